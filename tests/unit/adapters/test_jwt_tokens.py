"""Tokens: two issuers, asymmetric algorithms only, every claim required, keys refetched with restraint."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hostcart.adapters.jwks import FRESH_SECONDS, REFETCH_SECONDS, STALE_SECONDS, Jwks
from hostcart.adapters.jwt_tokens import JwtTokens
from hostcart.ports import PortError, RefusedError, UnavailableError
from hostcart.settings import Issuer
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

SESSION = Issuer(issuer="https://login.example", audience="hostcart", jwks_url="https://login.example/jwks")
OAUTH = Issuer(issuer="https://oauth.example", audience="hostcart-api", jwks_url="https://oauth.example/jwks")
SESSION_KEY = ec.generate_private_key(ec.SECP256R1())
OAUTH_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGER = ec.generate_private_key(ec.SECP256R1())


def jwk(key: Any, kid: str, **more: str) -> dict[str, Any]:
    algorithm = ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else RSAAlgorithm
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, **more}


class Issuers:
    """Both JWKS addresses; counts fetches and can be down."""

    def __init__(self) -> None:
        self.keys = {
            SESSION.jwks_url: [jwk(SESSION_KEY, "s1")],
            OAUTH.jwks_url: [jwk(OAUTH_KEY, "o1", alg="RS256", use="sig")],
        }
        self.fetched: list[str] = []
        self.down = False
        self.now = 5000.0

    def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        if self.down:
            raise UnavailableError("jwks_unavailable")
        return json.dumps({"keys": self.keys[url]}).encode()

    def tokens(self) -> JwtTokens:
        return JwtTokens(
            SESSION, OAUTH, jwks=lambda url: Jwks(url, fetch=self.fetch, monotonic=lambda: self.now)
        )


def claims(issuer: Issuer = SESSION, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    usual = {"iss": issuer.issuer, "aud": issuer.audience, "sub": "user-1", "iat": now, "exp": now + 600}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def session_token(key: Any = SESSION_KEY, kid: str = "s1", **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, "ES256", headers={"kid": kid})


def oauth_token(**changes: Any) -> str:
    return jwt.encode(claims(OAUTH, **changes), OAUTH_KEY, "RS256", headers={"kid": "o1"})


def unsigned(header: dict[str, Any], payload: dict[str, Any]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, payload)]
    return (b".".join(parts) + b".").decode()


def hmac_signed_with_the_public_key() -> str:
    """The classic confusion: HS256 with the public key as the secret."""
    text = unsigned({"alg": "HS256", "typ": "JWT", "kid": "o1"}, claims(OAUTH)).rstrip(".")
    secret = json.dumps(jwk(OAUTH_KEY, "o1")).encode()
    digest = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return text + "." + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def test_a_session() -> None:
    verified = Issuers().tokens().verify(session_token(scope="billing:read"))
    assert (verified.oauth, verified.subject, verified.scopes) == (False, "user-1", ())


@pytest.mark.parametrize(
    ("given", "scopes"),
    [
        ({"scope": "billing:read sites:read"}, ("billing:read", "sites:read")),
        ({"scp": ["billing:read"]}, ("billing:read",)),
        ({"scp": "billing:read"}, ("billing:read",)),
        ({"scope": 7}, ()),
        ({}, ()),
    ],
)
def test_an_oauth_token_has_scopes(given: dict[str, Any], scopes: tuple[str, ...]) -> None:
    verified = Issuers().tokens().verify(oauth_token(**given))
    assert (verified.oauth, verified.scopes) == (True, scopes)


def test_only_the_keys_of_the_tokens_own_issuer_are_asked_for() -> None:
    issuers = Issuers()
    issuers.tokens().verify(oauth_token())
    assert issuers.fetched == [OAUTH.jwks_url]


def refused_tokens() -> dict[str, tuple[str, str]]:
    now = int(time.time())
    return {
        "expired": (session_token(exp=now - 31), "token_expired"),
        "issued in the future": (session_token(iat=now + 60), "token_invalid"),
        "not yet valid": (session_token(nbf=now + 60), "token_invalid"),
        "no exp": (session_token(exp=None), "token_invalid"),
        "no iat": (session_token(iat=None), "token_invalid"),
        "no sub": (session_token(sub=None), "token_invalid"),
        "empty sub": (session_token(sub=""), "token_invalid"),
        "sub is no string": (session_token(sub=7), "token_invalid"),
        "no aud": (session_token(aud=None), "token_invalid"),
        "audience of the other issuer": (session_token(aud=OAUTH.audience), "token_invalid"),
        "no iss": (session_token(iss=None), "token_issuer_unknown"),
        "iss is a list": (
            unsigned({"alg": "ES256", "kid": "s1"}, claims(iss=[SESSION.issuer])),
            "token_issuer_unknown",
        ),
        "unknown issuer": (session_token(iss="https://evil.example"), "token_issuer_unknown"),
        "other issuer's name": (session_token(iss=OAUTH.issuer), "token_key_unknown"),
        "signed by a stranger": (session_token(STRANGER), "token_invalid"),
        "unknown key id": (session_token(kid="s9"), "token_key_unknown"),
        "no key id": (jwt.encode(claims(), SESSION_KEY, "ES256"), "token_invalid"),
        "alg none": (unsigned({"alg": "none", "kid": "s1"}, claims()), "token_invalid"),
        "alg none in capitals": (unsigned({"alg": "NONE", "kid": "s1"}, claims()), "token_invalid"),
        "HMAC with the public key": (hmac_signed_with_the_public_key(), "token_invalid"),
        "an HMAC token": (
            jwt.encode(claims(), "x" * 32, "HS256", headers={"kid": "s1"}),
            "token_invalid",
        ),
        "RS256 under an EC key id": (
            jwt.encode(claims(), OAUTH_KEY, "RS256", headers={"kid": "s1"}),
            "token_invalid",
        ),
        "an algorithm that is not allowed": (
            jwt.encode(claims(OAUTH), OAUTH_KEY, "RS512", headers={"kid": "o1"}),
            "token_invalid",
        ),
        "an unknown critical header": (
            jwt.encode(claims(), SESSION_KEY, "ES256", headers={"kid": "s1", "crit": ["x"], "x": 1}),
            "token_invalid",
        ),
        "tampered": (session_token()[:-8] + "AAAAAAAA", "token_invalid"),
        "no token": ("", "token_invalid"),
        "an API key": ("hc_live_4f1c", "token_invalid"),
        "not ASCII": ("ä.ö.ü", "token_invalid"),
        "a lone surrogate": ("\ud800.a.b", "token_invalid"),
        "a list as payload": (unsigned({"alg": "ES256", "kid": "s1"}, [1]), "token_invalid"),  # type: ignore[arg-type]
        "huge": (session_token(extra="x" * 9000), "token_invalid"),
    }


@pytest.mark.parametrize("case", sorted(refused_tokens()))
def test_refused(case: str) -> None:
    token, code = refused_tokens()[case]
    with pytest.raises(RefusedError) as caught:
        Issuers().tokens().verify(token)
    assert str(caught.value) == code
    assert not token or token not in repr(caught.value)


def test_thirty_seconds_of_clock_skew_are_forgiven() -> None:
    now = int(time.time())
    tokens = Issuers().tokens()
    tokens.verify(session_token(exp=now - 20))
    tokens.verify(session_token(iat=now + 20))


def test_keys_are_fetched_once_and_again_when_they_are_old() -> None:
    issuers = Issuers()
    tokens = issuers.tokens()
    for _ in range(3):
        tokens.verify(session_token())
    assert len(issuers.fetched) == 1
    issuers.now += FRESH_SECONDS
    tokens.verify(session_token())
    assert len(issuers.fetched) == 2


def test_unknown_key_ids_cause_one_fetch_a_minute() -> None:
    issuers = Issuers()
    tokens = issuers.tokens()
    tokens.verify(session_token())
    issuers.now += REFETCH_SECONDS
    for attempt in range(20):
        with pytest.raises(RefusedError, match="token_key_unknown"):
            tokens.verify(session_token(kid=f"guess-{attempt}"))
    assert len(issuers.fetched) == 2
    issuers.now += REFETCH_SECONDS
    issuers.keys[SESSION.jwks_url].append(jwk(STRANGER, "s2"))
    assert tokens.verify(session_token(STRANGER, kid="s2")).subject == "user-1"
    assert len(issuers.fetched) == 3


def test_known_keys_serve_an_hour_while_the_issuer_is_down() -> None:
    issuers = Issuers()
    tokens = issuers.tokens()
    tokens.verify(session_token())
    issuers.down = True
    issuers.now += FRESH_SECONDS
    tokens.verify(session_token())
    with pytest.raises(PortError):
        tokens.verify(session_token(STRANGER, kid="s2"))
    issuers.now += STALE_SECONDS
    with pytest.raises(UnavailableError, match="jwks_unavailable"):
        tokens.verify(session_token())


def test_without_keys_nobody_is_refused_for_good() -> None:
    issuers = Issuers()
    issuers.down = True
    with pytest.raises(UnavailableError, match="jwks_unavailable"):
        issuers.tokens().verify(session_token())


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"keys": 7}'])
def test_a_jwks_that_is_none_counts_as_unavailable(body: bytes) -> None:
    with pytest.raises(UnavailableError, match="jwks_unavailable"):
        Jwks("https://login.example/jwks", fetch=lambda _: body).key("s1")


def test_keys_of_other_kinds_are_left_out() -> None:
    document = {
        "keys": [
            {"kty": "oct", "kid": "secret", "k": "AAAA"},
            {"kty": "RSA", "kid": "broken", "n": "!"},
            {"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": "AAAA"},
            {**jwk(SESSION_KEY, "enc"), "use": "enc"},
            {**jwk(OAUTH_KEY, "rs512"), "alg": "RS512"},
            "text",
            jwk(SESSION_KEY, "good"),
        ]
    }
    keys = Jwks("https://login.example/jwks", fetch=lambda _: json.dumps(document).encode())
    for kid in ("secret", "broken", "ed", "enc", "rs512"):
        with pytest.raises(RefusedError, match="token_key_unknown"):
            keys.key(kid)
    assert keys.key("good").key_id == "good"


def test_the_two_issuers_must_differ() -> None:
    with pytest.raises(ValueError, match="different issuers"):
        JwtTokens(SESSION, SESSION)
