"""HTTP Basic of the registrar API, `<user or account name>:<API key>`, and the account to answer for."""

import base64
import binascii

from hostcart.contract.errors import ApiError
from hostcart.domain.accounts import Caller
from hostcart.entry.http import Request

_LONGEST = 1024


def credentials_of(request: Request) -> tuple[str, str]:
    """Name and key as they were sent. Raises ApiError unauthenticated when there are none."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic" or len(encoded) > _LONGEST:
        raise ApiError("unauthenticated")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as unreadable:
        raise ApiError("unauthenticated") from unreadable
    name, _, key = text.partition(":")
    return name, key


def account_of(request: Request, caller: Caller) -> str:
    """The one account that the key reaches.

    A user with several says which by X-Auth-Account, or uses an account's own key. Raises ApiError
    account_forbidden, account_required.
    """
    wanted = request.headers.get("x-auth-account", "").strip()
    accounts = caller.account_ids
    if wanted or not accounts:
        if wanted not in accounts:
            raise ApiError("account_forbidden")
        return wanted
    if len(accounts) > 1:
        raise ApiError(
            "account_required",
            "This user has several accounts: name one in X-Auth-Account, or use the account's key.",
        )
    return accounts[0]
