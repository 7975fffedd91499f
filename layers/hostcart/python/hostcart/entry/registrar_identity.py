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
        sent = base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error as unreadable:
        raise ApiError("unauthenticated") from unreadable
    name, _, key = _text(sent).partition(":")
    return name, key


def _text(sent: bytes) -> str:
    """RFC 7617 leaves the encoding open: curl sends UTF-8, `requests` and the clients built on it Latin-1."""
    try:
        return sent.decode()
    except UnicodeDecodeError:
        return sent.decode("latin-1")


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
