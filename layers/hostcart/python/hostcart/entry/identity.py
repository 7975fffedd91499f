"""What a caller may do, decided in one place and denied by default."""

from hostcart.contract.errors import ApiError
from hostcart.domain.accounts import Caller, CredentialKind
from hostcart.entry.http import Request

READ_SCOPE = "billing:read"


def caller_of(request: Request) -> Caller:
    """The caller as the authorizer found it. Raises ApiError 401 when no authorizer stood before."""
    context = request.authorizer
    kind = context.get("kind")
    if kind not in set(CredentialKind):
        raise ApiError("unauthenticated")
    return Caller(
        kind=CredentialKind(kind),
        user_id=context.get("user_id") or None,
        account_ids=_words(context.get("accounts")),
        scopes=_words(context.get("scopes")),
    )


def context_of(caller: Caller) -> dict[str, str]:
    """The authorizer's context for `caller_of`: ids only, no names and no addresses."""
    return {
        "kind": caller.kind,
        "user_id": caller.user_id or "",
        "accounts": " ".join(caller.account_ids),
        "scopes": " ".join(caller.scopes),
    }


def may_read(request: Request) -> tuple[Caller, str]:
    """Caller and account of a read: any credential, OAuth with billing:read. Raises ApiError 4xx."""
    caller = caller_of(request)
    if caller.kind is CredentialKind.OAUTH and READ_SCOPE not in caller.scopes:
        raise ApiError("insufficient_scope", f"The token needs the scope {READ_SCOPE}.")
    return caller, _account(request, caller)


def may_write(request: Request) -> tuple[Caller, str]:
    """Caller and account of a write: a session or an API key, never OAuth. Raises ApiError 4xx."""
    caller = caller_of(request)
    if caller.kind is CredentialKind.OAUTH:
        raise ApiError("oauth_not_allowed", "Use a session or an API key.")
    return caller, _account(request, caller)


def require_user(caller: Caller) -> str:
    """The user behind the credential. Raises ApiError user_required for an account's own key."""
    if caller.user_id is None:
        raise ApiError("user_required", "Use a session or an API key of a user.")
    return caller.user_id


def _account(request: Request, caller: Caller) -> str:
    account_id = request.headers.get("x-auth-account", "").strip()
    if not account_id:
        raise ApiError("account_required", "Send the account's id in the X-Auth-Account header.")
    if account_id not in caller.account_ids:
        raise ApiError("account_forbidden")
    return account_id


def _words(text: object) -> tuple[str, ...]:
    return tuple(text.split()) if isinstance(text, str) else ()
