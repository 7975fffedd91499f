"""The login: its tokens verify against the keys it publishes, and only against those."""

from pathlib import Path
from typing import Any

import jwt
import pytest
import urllib3

from local.sandboxes.login import KEYS_FILE, LoginKeys, LoginSandbox, mint_oauth_token, mint_session_token

_CLAIMS: Any = {"issuer": "https://login.local", "audience": "hostcart", "subject": "user-1"}


def _key(sandbox: LoginSandbox, http: urllib3.PoolManager, kind: str, token: str) -> jwt.PyJWK:
    published = jwt.PyJWKSet.from_dict(http.request("GET", f"{sandbox.url}/{kind}/jwks.json").json())
    return published[jwt.get_unverified_header(token)["kid"]]


def test_tokens_verify_against_the_published_keys(tmp_path: Path, http: urllib3.PoolManager) -> None:
    with LoginSandbox(state_dir=tmp_path) as sandbox:
        session = mint_session_token(tmp_path, **_CLAIMS)
        oauth = mint_oauth_token(tmp_path, **_CLAIMS, scope="billing:read")
        for kind, token in (("session", session), ("oauth", oauth)):
            key = _key(sandbox, http, kind, token)
            claims = jwt.decode(
                token, key, algorithms=["ES256"], audience="hostcart", issuer=_CLAIMS["issuer"]
            )
            assert claims["sub"] == "user-1"
            assert claims["exp"] - claims["iat"] == 86_400
        assert claims["scope"] == "billing:read"
        assert claims["client_id"]
        with pytest.raises(KeyError):
            _key(sandbox, http, "oauth", session)


def test_only_public_halves_are_published(http: urllib3.PoolManager) -> None:
    with LoginSandbox() as sandbox:
        for kind in ("session", "oauth"):
            (key,) = http.request("GET", f"{sandbox.url}/{kind}/jwks.json").json()["keys"]
            assert "d" not in key
            assert {"kty", "kid", "alg", "use"} <= set(key)


def test_keys_are_made_once_and_kept_private(tmp_path: Path) -> None:
    first = LoginKeys.load(tmp_path)
    assert LoginKeys.load(tmp_path) == first
    assert first.session["kid"] != first.oauth["kid"]
    assert (tmp_path / KEYS_FILE).stat().st_mode & 0o077 == 0


def test_mints_by_hand(http: urllib3.PoolManager) -> None:
    with LoginSandbox() as sandbox:
        order = {**_CLAIMS, "kind": "oauth", "scope": "billing:read", "expires_in": -60}
        token = http.request("POST", f"{sandbox.url}/_sandbox/token", json=order).json()["token"]
        with pytest.raises(jwt.ExpiredSignatureError):
            jwt.decode(token, _key(sandbox, http, "oauth", token), algorithms=["ES256"], audience="hostcart")
        assert http.request("POST", f"{sandbox.url}/_sandbox/token", json={"kind": "magic"}).status == 400
