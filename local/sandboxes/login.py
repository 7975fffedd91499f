"""The provider's login: publishes the keys of session and OAuth tokens, and mints such tokens.

Keys are ES256 pairs, made once and kept in `<state_dir>/login-keys.json`, so that a seeding command can mint
tokens from the file alone while the sandbox runs in another process.
"""

import json
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from local.sandboxes.http import Json, Request, Response, json_response
from local.sandboxes.server import Sandbox

ALGORITHM = "ES256"
KEYS_FILE = "login-keys.json"
_PRIVATE_MEMBERS = frozenset({"d"})


@dataclass(frozen=True, slots=True)
class LoginKeys:
    """The private JWKs of the two token kinds."""

    session: Json
    oauth: Json

    @classmethod
    def generate(cls) -> Self:
        """Two new key pairs, kept nowhere."""
        return cls(session=_new_jwk(), oauth=_new_jwk())

    @classmethod
    def load(cls, state_dir: Path) -> Self:
        """The keys under `state_dir`; made and written (mode 0600) when there are none."""
        path = state_dir / KEYS_FILE
        if not path.exists():
            _write_once(path, json.dumps({"session": _new_jwk(), "oauth": _new_jwk()}))
        return cls(**json.loads(path.read_text()))


def mint_session_token(
    keys: LoginKeys | Path,
    *,
    issuer: str,
    audience: str,
    subject: str,
    expires_in: int = 86_400,
    extra: Mapping[str, Any] | None = None,
) -> str:
    """A signed session token: iss, aud, sub (the user id), iat, exp (`expires_in` seconds on), `extra`."""
    claims = _claims(issuer, audience, subject, expires_in)
    return _sign(_resolve(keys).session, {**claims, **(extra or {})})


def mint_oauth_token(
    keys: LoginKeys | Path,
    *,
    issuer: str,
    audience: str,
    subject: str,
    scope: str,
    client_id: str = "local-client",
    expires_in: int = 86_400,
    extra: Mapping[str, Any] | None = None,
) -> str:
    """A signed OAuth access token: a session token's claims, scope (space-separated) and client_id."""
    claims = _claims(issuer, audience, subject, expires_in)
    return _sign(_resolve(keys).oauth, {**claims, "scope": scope, "client_id": client_id, **(extra or {})})


class LoginSandbox(Sandbox):
    """Serves `/session/jwks.json` and `/oauth/jwks.json`; `POST /_sandbox/token` mints."""

    name = "login"

    def __init__(self, *, port: int = 0, state_dir: Path | None = None) -> None:
        super().__init__(port=port, state_dir=state_dir)
        self.keys = LoginKeys.load(state_dir) if state_dir else LoginKeys.generate()

    def serve(self, request: Request) -> Response:
        match request.method, request.path:
            case "GET", "/session/jwks.json":
                return _jwks(self.keys.session)
            case "GET", "/oauth/jwks.json":
                return _jwks(self.keys.oauth)
        return json_response(404, {"error": "not_found"})

    def views(self, request: Request) -> Response | None:
        if (request.method, request.path) != ("POST", "/_sandbox/token"):
            return None
        order = request.json()
        kind = order.pop("kind", "session")
        if kind not in ("session", "oauth"):
            raise ValueError("kind is session or oauth")
        mint = mint_session_token if kind == "session" else mint_oauth_token
        return json_response(200, {"token": mint(self.keys, **order)})

    def error_response(self, code: str) -> Response:
        return json_response(400, {"error": code})

    def snapshot(self) -> Json:
        return {}

    def restore(self, state: Json) -> None:
        """Nothing: the keys have a file of their own."""


def _new_jwk() -> Json:
    jwk: Json = json.loads(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1())))
    return {**jwk, "kid": secrets.token_hex(8), "use": "sig", "alg": ALGORITHM}


def _write_once(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.touch(mode=0o600)
    temporary.write_text(text)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return  # another process was first: its keys count
    finally:
        temporary.unlink()


def _resolve(keys: LoginKeys | Path) -> LoginKeys:
    return keys if isinstance(keys, LoginKeys) else LoginKeys.load(keys)


def _claims(issuer: str, audience: str, subject: str, expires_in: int) -> Json:
    now = int(time.time())
    return {"iss": issuer, "aud": audience, "sub": subject, "iat": now, "exp": now + expires_in}


def _sign(jwk: Json, claims: Json) -> str:
    return jwt.encode(claims, jwt.PyJWK(jwk).key, algorithm=ALGORITHM, headers={"kid": jwk["kid"]})


def _jwks(jwk: Json) -> Response:
    public = {name: value for name, value in jwk.items() if name not in _PRIVATE_MEMBERS}
    return json_response(200, {"keys": [public]}, headers={"Cache-Control": "max-age=300"})
