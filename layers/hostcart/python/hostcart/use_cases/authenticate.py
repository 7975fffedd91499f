"""Who is calling: API keys, session tokens and OAuth access tokens, all as `Authorization: Bearer`."""

from dataclasses import dataclass
from typing import Final

from hostcart.domain.accounts import ApiKey, Caller, CredentialKind
from hostcart.ports import Directory, RefusedError, Tokens

_KEY_PREFIXES: Final = ("hcu_", "hca_")
_LONGEST: Final = 8192


class UnauthenticatedError(Exception):
    """No credential, or one that is not accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatePorts:
    directory: Directory
    tokens: Tokens


def authenticate_bearer(header: str, ports: AuthenticatePorts) -> Caller:
    """The caller behind an Authorization header. Raises UnauthenticatedError, UnavailableError."""
    scheme, _, credential = header.partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not credential or len(credential) > _LONGEST:
        raise UnauthenticatedError
    if credential.startswith(_KEY_PREFIXES):
        return _of_key(_stored(credential, ports.directory), ports.directory)
    return _of_token(credential, ports)


def authenticate_basic(name: str, key: str, directory: Directory) -> Caller:
    """The caller of the registrar API: `<user or account name>:<api key>`. Raises UnauthenticatedError."""
    record = _stored(key, directory)
    if record.name != name:
        raise UnauthenticatedError
    return _of_key(record, directory)


def _stored(key: str, directory: Directory) -> ApiKey:
    record = directory.api_key(key)
    if record is None:
        raise UnauthenticatedError
    return record


def _of_key(record: ApiKey, directory: Directory) -> Caller:
    if record.kind is CredentialKind.ACCOUNT_KEY and record.account_id is not None:
        return Caller(kind=record.kind, user_id=None, account_ids=(record.account_id,))
    return _of_user(record.kind, record.user_id or "", (), directory)


def _of_token(credential: str, ports: AuthenticatePorts) -> Caller:
    try:
        token = ports.tokens.verify(credential)
    except RefusedError as refused:
        raise UnauthenticatedError from refused
    kind = CredentialKind.OAUTH if token.oauth else CredentialKind.SESSION
    return _of_user(kind, token.subject, token.scopes, ports.directory)


def _of_user(kind: CredentialKind, user_id: str, scopes: tuple[str, ...], directory: Directory) -> Caller:
    """Memberships are read from our own records, so that leaving an account takes effect at once."""
    user = directory.user(user_id) if user_id else None
    if user is None:
        raise UnauthenticatedError
    return Caller(kind=kind, user_id=user_id, account_ids=user.account_ids, scopes=scopes)
