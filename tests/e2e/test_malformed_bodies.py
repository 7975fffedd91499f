"""Bodies that no client should send: each is refused with the right code, none is an error of ours."""

from collections.abc import Callable
from typing import Final

import pytest

from tests.e2e.support.problems import refused
from tests.e2e.support.shop import Shop
from tests.e2e.support.world import World

type Shops = Callable[..., Shop]

SITE: Final = b'"name":"x","variant":"vanilla","location":"pdx","plan":"basic","term":"monthly"'
JSON, FIELDS, LARGE = "invalid_json", "validation_failed", "payload_too_large"


def site(fields: bytes) -> bytes:
    return b'{"site":{' + fields + b"}}"


def named(name: bytes) -> bytes:
    """A body whose site's name is this JSON."""
    return site(SITE.replace(b'"x"', name))


def total(value: bytes) -> bytes:
    return b'{"site":{' + SITE + b'},"expected_total_cents":' + value + b"}"


BODIES: Final = {
    "nothing": (b"", JSON),
    "blanks": (b" \r\n\t", JSON),
    "cut off": (site(SITE)[:-1], JSON),
    "cut off in a string": (b'{"site":{"name":"x', JSON),
    "two values": (site(SITE) * 2, JSON),
    "something after": (site(SITE) + b"x", JSON),
    "a trailing comma": (site(SITE + b","), JSON),
    "single quotes": (site(SITE).replace(b'"', b"'"), JSON),
    "a comment": (b"/* x */" + site(SITE), JSON),
    "bare words": (b"{site: 1}", JSON),
    "a number": (b"1", JSON),
    "true": (b"true", JSON),
    "a list of bodies": (b"[" + site(SITE) + b"]", JSON),
    "deep lists": (b"[" * 5000, JSON),
    "deep and closed": (b"[" * 5000 + b"]" * 5000, JSON),
    "deep objects": (b'{"site":' * 5000 + b"1" + b"}" * 5000, JSON),
    "a byte order mark": (b"\xef\xbb\xbf" + site(SITE), JSON),
    "UTF-16": (site(SITE).decode().encode("utf-16"), JSON),
    "Latin-1": (named('"Übersee"'.encode("latin-1")), FIELDS),
    "a cut UTF-8 sequence": (named(b'"\xe2\x82"'), FIELDS),
    "an overlong UTF-8 sequence": (named(b'"\xc0\xaf"'), FIELDS),
    "a surrogate as UTF-8": (named(b'"\xed\xa0\x80"'), FIELDS),
    "a lone surrogate": (named(rb'"\ud800"'), JSON),
    "a turned surrogate pair": (named(rb'"\udc00\ud800"'), JSON),
    "a bad escape": (named(rb'"\x41"'), JSON),
    "a raw control character": (named(b'"a\x01b"'), JSON),
    "a raw null byte": (named(b'"a\x00b"'), JSON),
    "null bytes": (b"\x00" * 100, JSON),
    "an escaped null": (named(rb'"a\u0000b"'), FIELDS),
    "a line break": (named(rb'"a\nb"'), FIELDS),
    "a C1 control": (named(rb'"a\u0085b"'), FIELDS),
    "a direction override": (named(rb'"a\u202eb"'), FIELDS),
    "random bytes": (bytes(range(256)), JSON),
    "gzip": (b"\x1f\x8b\x08\x00" + b"\x00" * 40, JSON),
    "a form": (b"site[name]=x&site[plan]=basic", JSON),
    "XML": (b"<site/>", JSON),
    "no number": (total(b"NaN"), FIELDS),
    "infinity": (total(b"Infinity"), FIELDS),
    "minus infinity": (total(b"-Infinity"), FIELDS),
    "a huge number": (total(b"9" * 400), FIELDS),
    "an enormous number": (total(b"9" * 5000), JSON),
    "a large number": (total(b"99999999999999999999"), FIELDS),
    "a float": (total(b"1300.5"), FIELDS),
    "an exponent": (total(b"1e400"), FIELDS),
    "a number in a string": (total(b'"1300"'), FIELDS),
    "a leading zero": (total(b"01300"), JSON),
    "a plus sign": (total(b"+1300"), JSON),
    "a minus": (total(b"-1"), FIELDS),
    "a list for a name": (named(b'["x"]'), FIELDS),
    "an object for a name": (named(b'{"x":1}'), FIELDS),
    "null for a name": (named(b"null"), FIELDS),
    "a number for a name": (named(b"1"), FIELDS),
    "true for a name": (named(b"true"), FIELDS),
    "an empty key": (b'{"":1,"site":{' + SITE + b"}}", FIELDS),
    "a dunder key": (b'{"__proto__":{},"site":{' + SITE + b"}}", FIELDS),
    "a key in other case": (b'{"Site":{' + SITE + b"}}", FIELDS),
    "a blank in a key": (b'{"site ":{' + SITE + b"}}", FIELDS),
    "many keys": (b"{" + b",".join(b'"k%d":1' % n for n in range(4000)) + b"}", FIELDS),
    "a name with a million letters": (named(b'"' + b"x" * 1_000_000 + b'"'), LARGE),
    "a megabyte of blanks": (b" " * 1_000_000, LARGE),
    "just too large": (named(b'"' + b"x" * 65_536 + b'"'), LARGE),
}


@pytest.mark.parametrize("name", BODIES)
def test_it_is_refused(world: World, shop: Shops, name: str) -> None:
    body, code = BODIES[name]
    with world.nothing_created():
        answer = shop("ready").call(
            "POST", "/api/orders", content=body, headers={"Content-Type": "application/json"}
        )
        problem = refused(answer, code)
    assert len(answer.content) < 1_000_000
    assert ("errors" in problem) == (code == FIELDS)


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/json-patch+json",
        "application/jsonx",
        ";",
        "application/json, text/plain",
    ],
)
def test_another_media_type_is_refused(world: World, shop: Shops, kind: str) -> None:
    with world.nothing_created():
        answer = shop("ready").call("POST", "/api/orders", content=site(SITE), headers={"Content-Type": kind})
        refused(answer, "unsupported_media_type")


TWICE: Final = b'{"site":{' + SITE + b'},"site":{' + SITE.replace(b"basic", b"pro") + b"}}"


def test_a_name_given_twice_is_refused(world: World, shop: Shops) -> None:
    inner = named(b'"x","name":"y"')
    with world.nothing_created():
        for body in (TWICE, inner):
            answer = shop("ready").call(
                "POST", "/api/orders", content=body, headers={"Content-Type": "application/json"}
            )
            problem = refused(answer, "validation_failed")
            assert {error["code"] for error in problem["errors"]} == {"given_twice"}


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=UTF-8", "application/json;"])
def test_what_is_odd_but_right_passes(world: World, shop: Shops, kind: str) -> None:
    client = shop("trial")
    body = b"\r\n\t " + named(rb'"\u00dcbersee \ud83d\ude42 \/ x"') + b"\n"
    answer = client.call("POST", "/api/orders", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 202, answer.text
    token = answer.json()["cart"]["token"]
    client.finish(token)
    assert client.order(token)["site"]["name"] == "Übersee 🙂 / x"
    world.outcome(token)
