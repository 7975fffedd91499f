"""From the body to the command: every malformed body is named by code and field."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hostcart.adapters.addresses import check_callback_url
from hostcart.contract.errors import ApiError
from hostcart.contract.responses import Problem
from hostcart.entry.order_body import idempotency_key
from hostcart.entry.site_order import parse_site_order
from hypothesis import given, settings
from hypothesis import strategies as st

SITE: dict[str, Any] = {
    "name": "My blog",
    "variant": "vanilla",
    "location": "pdx",
    "plan": "basic",
    "term": "monthly",
}
CALLBACK = {"url": "https://client.example/hooks", "authorization": "Bearer 12345"}


def vet(url: str) -> str | None:
    return check_callback_url(url, allow_loopback=False)


def refused(body: object) -> ApiError:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(ApiError) as caught:
        parse_site_order(text, vet)
    assert caught.value.status == 400
    return caught.value


def fields(error: ApiError) -> list[tuple[str, str]]:
    return [(found.field, found.code) for found in error.errors]


def test_a_whole_order() -> None:
    body = {"site": SITE, "callback": CALLBACK, "expected_total_cents": 1300}
    request = parse_site_order(json.dumps(body).encode(), vet)
    assert request.model_dump() == body


def test_what_is_optional() -> None:
    request = parse_site_order(json.dumps({"site": SITE}).encode(), vet)
    assert (request.callback, request.expected_total_cents) == (None, None)
    url_only = {"site": SITE, "callback": {"url": CALLBACK["url"]}}
    callback = parse_site_order(json.dumps(url_only).encode(), vet).callback
    assert callback is not None
    assert callback.authorization is None
    nulls = {"site": SITE, "callback": None, "expected_total_cents": None}
    assert parse_site_order(json.dumps(nulls).encode(), vet) == request


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"site":%s,"site":%s}', "site"),
        (b'{"site":%s,"expected_total_cents":1,"expected_total_cents":2}', "expected_total_cents"),
        (b'{"site":%s,"callback":{"url":"https://a.example","url":"https://b.example"}}', "url"),
    ],
)
def test_a_name_given_twice_is_refused(body: bytes, name: str) -> None:
    site = json.dumps(SITE).encode()
    error = refused(body.replace(b"%s", site))
    assert (error.code, fields(error)) == ("validation_failed", [(name, "given_twice")])


def test_what_was_not_utf_8_is_no_name() -> None:
    error = refused({"site": {**SITE, "name": "caf\ufffd"}})
    assert fields(error) == [("site.name", "string_pattern_mismatch")]


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u200f"])
def test_a_name_may_not_turn_the_direction_of_what_follows(mark: str) -> None:
    error = refused({"site": {**SITE, "name": f"a{mark}b"}})
    assert fields(error) == [("site.name", "string_pattern_mismatch")]


def test_spaces_around_words_are_not_part_of_them() -> None:
    request = parse_site_order(
        json.dumps({"site": {**SITE, "name": "  My blog ", "plan": " basic"}}).encode(), vet
    )
    assert (request.site.name, request.site.plan) == ("My blog", "basic")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"site",
        b"[]",
        b"null",
        b'"site"',
        b"42",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b'{"site": "\\ud800"}',
        b'{"site":' + b"[" * 20_000,
        b'{"site": {}} {}',
        b"{'site': {}}",
        b"\x00",
    ],
)
def test_what_is_no_json_object(body: bytes) -> None:
    error = refused(body)
    assert error.code == "invalid_json"
    assert error.errors == ()


@pytest.mark.parametrize("name", SITE)
@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "string_type"),
        (42, "string_type"),
        (["x"], "string_type"),
        ({}, "string_type"),
        (True, "string_type"),
        ("", "string_too_short"),
        ("   ", "string_too_short"),
        ("x" * 101, "string_too_long"),
    ],
)
def test_a_field_of_the_site(name: str, value: object, code: str) -> None:
    error = refused({"site": {**SITE, name: value}})
    assert error.code == "validation_failed"
    assert fields(error) == [(f"site.{name}", code)]


@pytest.mark.parametrize("name", SITE)
def test_each_field_is_required(name: str) -> None:
    site = {key: value for key, value in SITE.items() if key != name}
    assert fields(refused({"site": site})) == [(f"site.{name}", "missing")]


def test_every_fault_is_told_at_once() -> None:
    error = refused({"site": {"name": "", "plam": "basic", "plan": 1, "variant": "v", "location": "l"}})
    assert sorted(fields(error)) == [
        ("site.name", "string_too_short"),
        ("site.plam", "extra_forbidden"),
        ("site.plan", "string_type"),
        ("site.term", "missing"),
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ("site", "missing")),
        ({"site": None}, ("site", "model_type")),
        ({"site": []}, ("site", "model_type")),
        ({"site": SITE, "sites": 1}, ("sites", "extra_forbidden")),
        ({"site": {**SITE, "domain": "x"}}, ("site.domain", "extra_forbidden")),
        ({"site": {**SITE, "name": "a\nb"}}, ("site.name", "string_pattern_mismatch")),
        ({"site": {**SITE, "name": "a\x00b"}}, ("site.name", "string_pattern_mismatch")),
        ({"site": {**SITE, "name": "a\x85b"}}, ("site.name", "string_pattern_mismatch")),
        ({"site": SITE, "callback": "https://client.example"}, ("callback", "model_type")),
        ({"site": SITE, "callback": {}}, ("callback.url", "missing")),
        ({"site": SITE, "callback": {"url": ""}}, ("callback.url", "string_too_short")),
        (
            {"site": SITE, "callback": {"url": "https://client.example/" + "x" * 2000}},
            ("callback.url", "string_too_long"),
        ),
        ({"site": SITE, "callback": {"url": "https://a b"}}, ("callback.url", "string_pattern_mismatch")),
        ({"site": SITE, "callback": {**CALLBACK, "secret": "x"}}, ("callback.secret", "extra_forbidden")),
        (
            {"site": SITE, "callback": {**CALLBACK, "authorization": ""}},
            ("callback.authorization", "string_too_short"),
        ),
        (
            {"site": SITE, "callback": {**CALLBACK, "authorization": "a\r\nX-Evil: 1"}},
            ("callback.authorization", "string_pattern_mismatch"),
        ),
        (
            {"site": SITE, "callback": {**CALLBACK, "authorization": "x" * 1901}},
            ("callback.authorization", "string_too_long"),
        ),
        ({"site": SITE, "expected_total_cents": -1}, ("expected_total_cents", "greater_than_equal")),
        ({"site": SITE, "expected_total_cents": 10**13}, ("expected_total_cents", "less_than_equal")),
        ({"site": SITE, "expected_total_cents": 13.5}, ("expected_total_cents", "int_type")),
        ({"site": SITE, "expected_total_cents": "1300"}, ("expected_total_cents", "int_type")),
        ({"site": SITE, "expected_total_cents": True}, ("expected_total_cents", "int_type")),
    ],
)
def test_other_faults(body: object, expected: tuple[str, str]) -> None:
    error = refused(body)
    assert error.code == "validation_failed"
    assert fields(error) == [expected]


@pytest.mark.parametrize(
    "url",
    [
        "http://client.example/",
        "ftp://client.example/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://localhost/",
        "https://user:secret@client.example/",
        "client.example",
        "https://",
    ],
)
def test_a_callback_that_must_not_be_called(url: str) -> None:
    error = refused({"site": SITE, "callback": {"url": url}})
    assert error.code == "validation_failed"
    assert fields(error) == [("callback.url", "invalid_callback_url")]


def test_no_value_comes_back_in_an_error() -> None:
    """A callback's authorization is a secret, and a message is logged and shown."""
    body = {"site": SITE, "callback": {"url": "nope secret", "authorization": "se\ncret-42"}}
    error = refused(body)
    told = json.dumps(error.problem("req-1"))
    assert "secret" not in told
    assert "cret-42" not in told
    assert error.__cause__ is None
    assert error.__suppress_context__


# --- whatever a fuzzer thinks of -------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
WORD = st.sampled_from(["vanilla", "pdx", "basic", "monthly", "https://client.example/"]) | st.text()
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "site": st.fixed_dictionaries({}, optional=dict.fromkeys(SITE, WORD | JSON)) | JSON,
        "callback": st.fixed_dictionaries({}, optional={"url": WORD, "authorization": WORD | JSON}) | JSON,
        "expected_total_cents": st.integers() | JSON,
        "extra": JSON,
    },
)


@settings(max_examples=300)
@given(st.binary(max_size=300) | (JSON | NEARLY).map(lambda value: json.dumps(value).encode()))
def test_no_body_raises_anything_but_a_refusal(body: bytes) -> None:
    outcome = _outcome(lambda: parse_site_order(body, vet))
    if isinstance(outcome, ApiError):
        assert outcome.code in {"invalid_json", "validation_failed"}
        assert (outcome.code == "invalid_json") == (not outcome.errors)
        Problem.model_validate_json(json.dumps(outcome.problem("req-1")))
    else:
        assert outcome.site.name


@given(st.text(max_size=300))
def test_no_key_raises_anything_but_a_refusal(key: str) -> None:
    outcome = _outcome(lambda: idempotency_key({"idempotency-key": key}))
    assert outcome == key or (isinstance(outcome, ApiError) and outcome.code == "invalid_idempotency_key")


def _outcome[R](parse: Callable[[], R]) -> R | ApiError:
    try:
        return parse()
    except ApiError as error:
        return error


@pytest.mark.parametrize("key", ["k", "K-1 2_3", "x" * 255, "0b7c9f0e-5a3d-4c21-9f6e-2d1a8b7c6e5f"])
def test_an_idempotency_key(key: str) -> None:
    assert idempotency_key({"idempotency-key": key}) == key


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\nb", "\x7f", "\x00"])
def test_what_is_no_idempotency_key(key: str) -> None:
    with pytest.raises(ApiError) as caught:
        idempotency_key({"idempotency-key": key})
    assert (caught.value.code, caught.value.status) == ("invalid_idempotency_key", 400)


def test_the_key_is_optional() -> None:
    assert idempotency_key({}) is None
