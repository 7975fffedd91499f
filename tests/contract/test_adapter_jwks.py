"""The token adapter against the login sandbox's key documents."""

from collections.abc import Iterator

import pytest
from hostcart.adapters.jwt_tokens import JwtTokens
from hostcart.ports import RefusedError, UnavailableError
from hostcart.settings import Issuer

from local.sandboxes.login import LoginSandbox, mint_oauth_token, mint_session_token

SESSION, OAUTH, AUDIENCE = "https://login.local", "https://oauth.local", "hostcart"


@pytest.fixture
def login() -> Iterator[LoginSandbox]:
    with LoginSandbox() as sandbox:
        yield sandbox


def tokens(url: str) -> JwtTokens:
    return JwtTokens(
        Issuer(issuer=SESSION, audience=AUDIENCE, jwks_url=f"{url}/session/jwks.json"),
        Issuer(issuer=OAUTH, audience=AUDIENCE, jwks_url=f"{url}/oauth/jwks.json"),
    )


def test_both_kinds_of_token(login: LoginSandbox) -> None:
    subject = tokens(login.url)
    session = mint_session_token(login.keys, issuer=SESSION, audience=AUDIENCE, subject="user-1")
    oauth = mint_oauth_token(
        login.keys, issuer=OAUTH, audience=AUDIENCE, subject="user-2", scope="billing:read x"
    )
    assert (subject.verify(session).oauth, subject.verify(session).subject) == (False, "user-1")
    assert subject.verify(oauth).scopes == ("billing:read", "x")


def test_a_token_of_one_issuer_does_not_pass_for_the_other(login: LoginSandbox) -> None:
    forged = mint_oauth_token(login.keys, issuer=SESSION, audience=AUDIENCE, subject="user-2", scope="")
    with pytest.raises(RefusedError, match="token_key_unknown"):
        tokens(login.url).verify(forged)


def test_an_expired_session(login: LoginSandbox) -> None:
    old = mint_session_token(login.keys, issuer=SESSION, audience=AUDIENCE, subject="u", expires_in=-60)
    with pytest.raises(RefusedError, match="token_expired"):
        tokens(login.url).verify(old)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "wrong"])
def test_without_the_login_nothing_is_decided(login: LoginSandbox, url: str) -> None:
    token = mint_session_token(login.keys, issuer=SESSION, audience=AUDIENCE, subject="user-1")
    base = f"{login.url}/nowhere" if url == "wrong" else url
    with pytest.raises(UnavailableError, match="jwks_unavailable"):
        tokens(base).verify(token)
