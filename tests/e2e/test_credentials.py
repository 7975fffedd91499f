"""Only genuine credentials pass: forged, stale and foreign tokens are 401 on every route."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.engine.parameters import AUDIENCE
from local.sandboxes.login import LoginKeys
from tests.e2e.support import routes
from tests.e2e.support.problems import refused
from tests.e2e.support.shop import Shop
from tests.e2e.support.world import World

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

HOUR: Final = 3600
USER: Final = "20000001"


class Mint:
    """Makes tokens as the login would, and as it never would."""

    def __init__(self, world: World, kind: str) -> None:
        keys = LoginKeys.load(world.stack.workspace.state / "sandboxes")
        self.jwk: Json = getattr(keys, kind)
        self.other: Json = keys.oauth if kind == "session" else keys.session
        now = int(time.time())
        self.claims: Json = {
            "iss": f"{world.facts['login_url']}/{kind}",
            "aud": AUDIENCE,
            "sub": USER,
            "iat": now,
            "exp": now + HOUR,
            "scope": "billing:read",
            "client_id": "a-client",
        }
        self.other_issuer = f"{world.facts['login_url']}/{'oauth' if kind == 'session' else 'session'}"

    def token(self, *, without: str = "", **claims: Any) -> str:
        """Signed with the right key; `claims` replace the right ones."""
        merged = {**self.claims, **claims}
        merged.pop(without, None)
        return self._signed(merged, self.jwk)

    def forged(self) -> Iterator[tuple[str, str]]:
        """What must not pass, by what is wrong with it."""
        now = self.claims["iat"]
        yield "expired", self.token(iat=now - 2 * HOUR, exp=now - HOUR)
        yield "not valid yet", self.token(nbf=now + HOUR)
        yield "wrong audience", self.token(aud="another")
        yield "wrong issuer", self.token(iss="https://login.example/session")
        yield "the other kind's issuer", self.token(iss=self.other_issuer)
        yield "unknown user", self.token(sub="29999999")
        yield "empty user", self.token(sub="")
        for claim in ("exp", "iat", "iss", "aud", "sub"):
            yield f"without {claim}", self.token(without=claim)
        yield "the other kind's key", self._signed(self.claims, {**self.other, "kid": self.jwk["kid"]})
        yield "the other kind's key and id", self._signed(self.claims, self.other)
        stranger = jwt.encode(
            self.claims,
            ec.generate_private_key(ec.SECP256R1()),
            algorithm="ES256",
            headers={"kid": self.jwk["kid"]},
        )
        yield "a stranger's key", stranger
        yield "no key id", jwt.encode(self.claims, jwt.PyJWK(self.jwk).key, algorithm="ES256")
        yield "an unknown key id", self._signed(self.claims, {**self.jwk, "kid": "another"})
        yield from self._forged_algorithms()
        yield from self._tampered()

    def _forged_algorithms(self) -> Iterator[tuple[str, str]]:
        header = {"kid": self.jwk["kid"]}
        yield "unsigned", jwt.encode(self.claims, "", algorithm="none", headers=header)
        public = jwt.PyJWK(self.jwk).key.public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        for alg in ("HS256", "HS512"):
            yield (
                f"the public key as {alg} secret",
                _hmac_token(self.claims, pem, alg, self.jwk["kid"]),
            )

    def _tampered(self) -> Iterator[tuple[str, str]]:
        head, payload, signature = self.token().split(".")
        changed = _segment({**self.claims, "sub": "20000002"})
        yield "another user under the signature", f"{head}.{changed}.{signature}"
        yield "a cut signature", f"{head}.{payload}.{signature[:-8]}"
        yield "no signature", f"{head}.{payload}."
        yield "unsigned in the header", f"{_segment({'alg': 'none', 'kid': self.jwk['kid']})}.{payload}."
        yield "broken payload", f"{head}.!!!.{signature}"
        yield "two parts", f"{head}.{payload}"

    @staticmethod
    def _signed(claims: Json, jwk: Json) -> str:
        return jwt.encode(claims, jwt.PyJWK(jwk).key, algorithm="ES256", headers={"kid": jwk["kid"]})


def _segment(value: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _hmac_token(claims: Json, secret: bytes, alg: str, key_id: str) -> str:
    """By hand: the library refuses to sign with what looks like a public key."""
    import hashlib
    import hmac

    digest = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}[alg]
    signed = f"{_segment({'alg': alg, 'kid': key_id})}.{_segment(claims)}"
    signature = base64.urlsafe_b64encode(hmac.new(secret, signed.encode(), digest).digest())
    return f"{signed}.{signature.rstrip(b'=').decode()}"


def _read(client: Shop, token: str) -> httpx.Response:
    return client.get("/api/orders", headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("kind", ["session", "oauth"])
def test_a_genuine_token_passes(world: World, shop: Shops, kind: str) -> None:
    mint = Mint(world, kind)
    assert _read(shop("ready"), mint.token()).status_code == 200
    assert _read(shop("ready"), mint.token(aud=["else", AUDIENCE])).status_code == 200


@pytest.mark.parametrize("kind", ["session", "oauth"])
def test_no_other_token_passes(world: World, shop: Shops, kind: str) -> None:
    client = shop("ready")
    for wrong, token in Mint(world, kind).forged():
        answer = _read(client, token)
        assert answer.status_code == 401, wrong
        refused(answer, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_session_needs_no_scope_and_an_oauth_token_has_no_more_than_its_own(
    world: World, shop: Shops
) -> None:
    client = shop("ready")
    assert _read(client, Mint(world, "session").token(without="scope")).status_code == 200
    oauth = Mint(world, "oauth")
    for scope in ("", "billing", "billing:readonly", "billing:write sites:read", "BILLING:READ"):
        refused(_read(client, oauth.token(scope=scope)), "insufficient_scope")
    refused(_read(client, oauth.token(without="scope")), "insufficient_scope")
    assert _read(client, oauth.token(scope="sites:read billing:read")).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic {key}",
        "{key}",
        "Bearer {key}x",
        "Bearer {upper}",
        "Bearer x{key}",
        "Bearer {key} {key}",
        "Bearer hca_",
        "Bearer " + "a" * 9000,
    ],
)
def test_a_key_is_taken_whole_or_not_at_all(world: World, shop: Shops, header: str) -> None:
    key = world.accounts["ready"]["user_key"]
    given = header.format(key=key, upper=key.swapcase())
    answer = shop("ready").get("/api/orders", headers={"Authorization": given.strip() or None})
    refused(answer, "unauthenticated")


@pytest.mark.parametrize(("method", "path"), routes.AUTHORISED)
def test_every_route_asks_who_is_calling(world: World, shop: Shops, method: str, path: str) -> None:
    expired = dict(Mint(world, "session").forged())["expired"]
    address = path.format(id="x", token="x")
    with world.nothing_created():
        for given in (None, f"Bearer {expired}", "Bearer hcu_" + "0" * 32):
            refused(
                shop("ready").call(method, address, headers={"Authorization": given}, json={}),
                "unauthenticated",
            )


def test_the_scheme_is_named_in_any_case(world: World, shop: Shops) -> None:
    key = world.accounts["ready"]["user_key"]
    assert shop("ready").get("/api/orders", headers={"Authorization": f"bearer {key}"}).status_code == 200
