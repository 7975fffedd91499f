"""JWTs of the provider's login (sessions) and of its OAuth server, verified against their JWKS."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import jwt

from hostcart.adapters.jwks import ALGORITHMS, Jwks
from hostcart.ports import RefusedError, VerifiedToken
from hostcart.settings import Issuer

LEEWAY_SECONDS: Final = 30
_LONGEST_TOKEN: Final = 8192
_REQUIRED: Final = ["exp", "iat", "iss", "aud", "sub"]


class JwtTokens:
    """The port Tokens. The unverified issuer only chooses which keys and audience to verify with."""

    def __init__(self, session: Issuer, oauth: Issuer, *, jwks: Callable[[str], Jwks] = Jwks) -> None:
        self._issuers = {
            session.issuer: (False, session, jwks(session.jwks_url)),
            oauth.issuer: (True, oauth, jwks(oauth.jwks_url)),
        }
        if len(self._issuers) == 1:
            raise ValueError("session and OAuth tokens must have different issuers")

    def verify(self, token: str) -> VerifiedToken:
        """Codes: token_expired, token_invalid, token_issuer_unknown, token_key_unknown; jwks_unavailable."""
        if len(token) > _LONGEST_TOKEN:
            raise RefusedError("token_invalid")
        is_oauth, issuer, jwks = self._issuers[_issuer(token, self._issuers)]
        claims = _verified_claims(token, jwks.key(_key_id(token)), issuer)
        return VerifiedToken(
            oauth=is_oauth, subject=claims["sub"], scopes=_scopes(claims) if is_oauth else ()
        )


def _key_id(token: str) -> str:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise RefusedError("token_invalid") from error
    key_id = header.get("kid")
    if header.get("alg") not in ALGORITHMS or not isinstance(key_id, str):
        raise RefusedError("token_invalid")
    return key_id


def _issuer(token: str, known: Mapping[str, object]) -> str:
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError) as error:
        raise RefusedError("token_invalid") from error
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or issuer not in known:
        raise RefusedError("token_issuer_unknown")
    return issuer


def _verified_claims(token: str, key: jwt.PyJWK, issuer: Issuer) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(ALGORITHMS),
            audience=issuer.audience,
            issuer=issuer.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": _REQUIRED},
        )
    except jwt.ExpiredSignatureError as error:
        raise RefusedError("token_expired") from error
    except (jwt.PyJWTError, ValueError) as error:
        raise RefusedError("token_invalid") from error
    if not claims["sub"]:
        raise RefusedError("token_invalid")
    return claims


def _scopes(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """`scope` is a space-separated string (RFC 8693), `scp` a list or such a string."""
    value = claims.get("scope", claims.get("scp"))
    if isinstance(value, str):
        return tuple(value.split())
    if isinstance(value, list):
        return tuple(entry for entry in value if isinstance(entry, str))
    return ()
