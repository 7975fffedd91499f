"""Signatures of the Standard Webhooks specification, https://www.standardwebhooks.com.

Every account verifies with a secret of its own, derived from the master: an operator hands it out with
`account_secret`, and nothing per account has to be stored.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final

from hostcart.ports import MisconfiguredError

_PREFIX: Final = "whsec_"
_SHORTEST_MASTER_BYTES: Final = 24


def account_secret(master: str, account_id: str) -> str:
    """The account's `whsec_<base64>`, as its client's Standard Webhooks library takes it.

    `master` has the same form. Raises MisconfiguredError("signing_secret_malformed").
    """
    derived = hmac.new(_key(master), f"account:{account_id}".encode(), hashlib.sha256).digest()
    return _PREFIX + base64.b64encode(derived).decode()


def signed_headers(
    masters: Sequence[str], *, account_id: str, message_id: str, timestamp: int, body: bytes
) -> Mapping[str, str]:
    """The three headers; one signature per master while a secret is rolling."""
    content = f"{message_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            _sign(account_secret(master, account_id), content) for master in masters
        ),
    }


def _sign(secret: str, content: bytes) -> str:
    digest = hmac.new(_key(secret), content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise MisconfiguredError("signing_secret_malformed") from None
    if not secret.startswith(_PREFIX) or len(key) < _SHORTEST_MASTER_BYTES:
        raise MisconfiguredError("signing_secret_malformed")
    return key
