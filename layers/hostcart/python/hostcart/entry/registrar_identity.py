"""Who calls the registrar API: HTTP Basic, `<user or account name>:<API key>`, and for which account."""

import base64
import binascii

from hostcart.contract.errors import ApiError
from hostcart.entry.http import Request
from hostcart.ports import Directory
from hostcart.use_cases.authenticate import UnauthenticatedError, authenticate_basic

_LONGEST = 1024


def account_of(request: Request, directory: Directory) -> str:
    """The account to answer for.

    It is the one that the key reaches. A user with several says which by X-Auth-Account, or uses an
    account's own key. Raises ApiError unauthenticated, account_forbidden, account_required.
    """
    name, key = _credentials(request.headers.get("authorization", ""))
    try:
        accounts = authenticate_basic(name, key, directory).account_ids
    except UnauthenticatedError as refused:
        raise ApiError("unauthenticated") from refused
    wanted = request.headers.get("x-auth-account", "").strip()
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


def _credentials(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic" or len(encoded) > _LONGEST:
        raise ApiError("unauthenticated")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as unreadable:
        raise ApiError("unauthenticated") from unreadable
    name, _, key = text.partition(":")
    return name, key
