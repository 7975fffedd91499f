"""Every refusal that the spec and the design name: its status, its code, its fields; and nothing is made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import pytest

from tests.e2e.support import routes
from tests.e2e.support.problems import refused
from tests.e2e.support.shop import PRICE, Shop, new_key, site_body
from tests.e2e.support.world import Counts, World

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

JSON: Final = {"Content-Type": "application/json"}
_UNKNOWN: Final = "0b7c9f0e5a3d4c219f6e2d1a8b7c6e5f"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A request and its refusal; `fields` are the fields at fault."""

    code: str
    body: Any = field(default_factory=site_body)
    account: str = "ready"
    credential: str = "user_key"
    headers: Mapping[str, str | None] = field(default_factory=dict)
    method: str = "POST"
    path: str = "/api/orders"
    content: bytes | None = None
    fields: tuple[str, ...] = ()


def callback(url: str) -> Json:
    return site_body(callback={"url": url})


def _get(path: str, code: str, **more: Any) -> Case:
    return Case(code=code, method="GET", path=path, body=None, **more)


BODIES: Final = {
    "no JSON": Case(code="invalid_json", content=b"{"),
    "no body": Case(code="invalid_json", content=b""),
    "an array": Case(code="invalid_json", body=[site_body()]),
    "a string": Case(code="invalid_json", body="site"),
    "null": Case(code="invalid_json", content=b"null"),
    "an empty object": Case(code="validation_failed", body={}, fields=("site",)),
    "site is null": Case(code="validation_failed", body={"site": None}, fields=("site",)),
    "site is a list": Case(code="validation_failed", body={"site": []}, fields=("site",)),
    "an unknown field": Case(
        code="validation_failed", body={**site_body(), "coupon": "x"}, fields=("coupon",)
    ),
    "an unknown field of the site": Case(
        code="validation_failed", body=site_body(region="pdx"), fields=("site.region",)
    ),
    **{
        f"no {name}": Case(code="validation_failed", body=site_body(**{name: None}), fields=(f"site.{name}",))
        for name in ("name", "variant", "location", "plan", "term")
    },
    "several at once": Case(
        code="validation_failed",
        body={"site": {"name": "", "variant": 1}, "callback": {}},
        fields=("site.name", "site.variant", "site.location", "site.plan", "site.term", "callback.url"),
    ),
    "a number for a name": Case(code="validation_failed", body=site_body(name=7), fields=("site.name",)),
    "a blank name": Case(code="validation_failed", body=site_body(name="  "), fields=("site.name",)),
    "a long name": Case(code="validation_failed", body=site_body(name="x" * 101), fields=("site.name",)),
    "a name with a line break": Case(
        code="validation_failed", body=site_body(name="a\nb"), fields=("site.name",)
    ),
    "a long plan": Case(code="validation_failed", body=site_body(plan="x" * 65), fields=("site.plan",)),
    "a negative expected total": Case(
        code="validation_failed",
        body={**site_body(), "expected_total_cents": -1},
        fields=("expected_total_cents",),
    ),
    "a broken expected total": Case(
        code="validation_failed",
        body={**site_body(), "expected_total_cents": 13.5},
        fields=("expected_total_cents",),
    ),
    "true as an expected total": Case(
        code="validation_failed",
        body={**site_body(), "expected_total_cents": True},
        fields=("expected_total_cents",),
    ),
    **{
        f"callback to {url}": Case(code="validation_failed", body=callback(url), fields=("callback.url",))
        for url in (
            "http://client.example/",
            "ftp://client.example/",
            "https://10.0.0.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[fd00::1]/",
            "https://0x7f.1/",
            "https://user:pw@client.example/",
            "https://metadata.internal/",
            "https://client.example/#x",
            "client.example",
            "https://",
        )
    },
    "callback with a header injected": Case(
        code="validation_failed",
        body=site_body(callback={"url": "https://client.example/", "authorization": "a\r\nX: y"}),
        fields=("callback.authorization",),
    ),
    "callback without a URL": Case(
        code="validation_failed",
        body=site_body(callback={"authorization": "Bearer 1"}),
        fields=("callback.url",),
    ),
}

CATALOGUE: Final = {
    **{
        f"unknown {name}": Case(
            code=f"unknown_{name}", body=site_body(None, **{name: "nowhere"}), fields=(f"site.{name}",)
        )
        for name in ("variant", "location", "plan", "term")
    },
    "over capacity": Case(code="variant_unavailable", body=site_body(location="tiny", variant="extendify")),
    "no price": Case(code="missing_pricing", account="eur", body=site_body(plan="business", term="annual")),
    "another price": Case(code="price_changed", body={**site_body(), "expected_total_cents": PRICE - 1}),
}

ACCOUNTS: Final = {
    "may not order": Case(code="account_cannot_order", account="blocked"),
    "no payment method": Case(
        code="no_default_payment_method", account="no_method", fields=("account.default_payment_method",)
    ),
    "no billing contact": Case(
        code="no_default_payment_method",
        account="no_contact",
        fields=("account.billing_contact.address", "account.billing_contact.postal_code"),
    ),
    "no customer": Case(
        code="no_default_payment_method",
        account="no_customer",
        fields=("account.stripe_customer", "account.default_payment_method"),
    ),
    "no account": Case(code="account_required", headers={"X-Auth-Account": None}),
    "an empty account": Case(code="account_required", headers={"X-Auth-Account": ""}),
    "another's account": Case(code="account_forbidden", headers={"X-Auth-Account": "10000002"}),
    "an unknown account": Case(code="account_forbidden", headers={"X-Auth-Account": "999"}),
    "a pattern for an account": Case(code="account_forbidden", headers={"X-Auth-Account": "*"}),
    "two accounts": Case(code="account_forbidden", headers={"X-Auth-Account": "10000001 10000002"}),
    "OAuth on create": Case(code="oauth_not_allowed", credential="oauth_read_token"),
    "OAuth on update": Case(
        code="oauth_not_allowed",
        credential="oauth_read_token",
        method="PATCH",
        path=f"/api/orders/{_UNKNOWN}",
    ),
}

HTTP: Final = {
    "no credential": Case(code="unauthenticated", headers={"Authorization": None}),
    "an empty credential": Case(code="unauthenticated", headers={"Authorization": "Bearer"}),
    "another scheme": Case(code="unauthenticated", headers={"Authorization": "Basic cmVhZHk6eA=="}),
    "an unknown key": Case(code="unauthenticated", headers={"Authorization": "Bearer hcu_" + "x" * 32}),
    "not even a token": Case(code="unauthenticated", headers={"Authorization": "Bearer x.y.z"}),
    "too large": Case(code="payload_too_large", body=site_body(name="x" * 70_000)),
    **{
        f"media type {kind}": Case(code="unsupported_media_type", headers={"Content-Type": kind})
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml", "json")
    },
    "an empty key": Case(code="invalid_idempotency_key", headers={"Idempotency-Key": ""}),
    "a long key": Case(code="invalid_idempotency_key", headers={"Idempotency-Key": "k" * 256}),
    "an update": Case(code="update_not_supported", method="PATCH", path=f"/api/orders/{_UNKNOWN}"),
    "no such path": _get("/api/nothing", "not_found"),
    "the root": _get("/", "not_found"),
    "too long a path": _get("/api/orders/1/2", "not_found"),
}

READS: Final = {
    "unknown cart": _get(f"/api/carts/{_UNKNOWN}", "not_found"),
    "unknown order": _get("/api/orders/0b7c9f0e-5a3d-4c21-9f6e-2d1a8b7c6e5f", "not_found"),
    "no cart's token": _get("/api/carts/x", "not_found"),
    "no order's id": _get("/api/orders/1", "not_found"),
    "a key's part as an order": _get("/api/orders/COUNTER", "not_found"),
    **{
        f"?{query}": _get(f"/api/orders?{query}", "invalid_pagination", fields=(query.partition("=")[0],))
        for query in ("page=0", "page=-1", "page=x", "page=", "page=1.5", "page=%D9%A1", "page=1e3")
    },
    **{
        f"?{query}": _get(f"/api/orders?{query}", "invalid_pagination", fields=("per_page",))
        for query in ("per_page=0", "per_page=101", "per_page=x", "per_page=-1", "per_page=99999999999")
    },
    **{
        f"{name} for OAuth without the scope": _get(
            path, "insufficient_scope", credential="oauth_other_token"
        )
        for name, path in {
            "list": "/api/orders",
            "order": "/api/orders/0b7c9f0e-5a3d-4c21-9f6e-2d1a8b7c6e5f",
            "cart": f"/api/carts/{_UNKNOWN}",
        }.items()
    },
    **{
        f"{name} without a credential": _get(path, "unauthenticated", headers={"Authorization": None})
        for name, path in {"list": "/api/orders", "order": "/api/orders/1", "cart": "/api/carts/1"}.items()
    },
}

CASES: Final = {**BODIES, **CATALOGUE, **ACCOUNTS, **HTTP, **READS}


def send(client: Shop, case: Case) -> httpx.Response:
    if case.content is not None:
        headers = {**JSON, **case.headers}
        return client.call(case.method, case.path, content=case.content, headers=headers)
    return client.call(case.method, case.path, json=case.body, headers=case.headers)


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_and_nothing_is_made(world: World, shop: Shops, name: str) -> None:
    case = CASES[name]
    with world.nothing_created():
        problem = refused(send(shop(case.account, case.credential), case), case.code)
    assert sorted(error["field"] for error in problem.get("errors", [])) == sorted(case.fields)


def test_the_count_would_notice_an_order(world: World, shop: Shops) -> None:
    client, before = shop("trial"), world.counts()
    with pytest.raises(AssertionError), world.nothing_created():
        token = client.place()
    client.finish(token)
    world.outcome(token)
    after = world.counts()
    grown = {name for name in Counts.__slots__ if getattr(after, name) != getattr(before, name)}
    assert grown == set(Counts.__slots__)


def test_a_changed_price_is_told(shop: Shops) -> None:
    problem = refused(shop("ready").post({**site_body(), "expected_total_cents": 1}), "price_changed")
    assert (problem["total_cents"], problem["currency"]) == (PRICE, "usd")


def test_the_expected_price_passes(world: World, shop: Shops) -> None:
    client = shop("trial")
    token = client.place({**site_body(), "expected_total_cents": PRICE})
    client.finish(token)
    world.outcome(token)


@pytest.mark.parametrize(
    ("method", "path"), [route for route in routes.REFUSED if route[1].startswith("/api/")]
)
def test_other_methods_are_named(world: World, shop: Shops, method: str, path: str) -> None:
    address = path.format(id=_UNKNOWN, token=_UNKNOWN, tld="com")
    with world.nothing_created():
        answer = shop("ready").call(method, address, json=site_body())
    refused(answer, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == routes.allowed(path)


def test_what_is_wrong_first_is_named(world: World, shop: Shops) -> None:
    """As docs/api.md has it. Each request is wrong in a later respect, too; no account is wrong in both of
    the last two, whose order tests/unit/use_cases/test_order_site.py holds.
    """
    nowhere, wrong_price = site_body(plan="nowhere"), {"expected_total_cents": 1}
    full = site_body(location="tiny", variant="extendify")
    large, text = b"{" + b" " * 70_000, {"Content-Type": "text/plain"}
    steps: list[tuple[str, Case]] = [
        ("identity", Case(code="unauthenticated", headers={"Authorization": None, "X-Auth-Account": "1"})),
        ("account", Case(code="account_forbidden", content=large, headers={"X-Auth-Account": "1", **text})),
        ("media type", Case(code="unsupported_media_type", content=large, headers=text)),
        ("size", Case(code="payload_too_large", content=large)),
        ("JSON", Case(code="invalid_json", content=b'{"x": 1, "site": {"plan": "nowhere"}')),
        ("fields", Case(code="validation_failed", account="blocked", body={**nowhere, "x": 1})),
        ("catalogue", Case(code="unknown_plan", account="blocked", body={**nowhere, **wrong_price})),
        ("capacity", Case(code="variant_unavailable", account="blocked", body={**full, **wrong_price})),
        ("price", Case(code="price_changed", account="blocked", body={**site_body(), **wrong_price})),
        ("rules", Case(code="account_cannot_order", account="blocked")),
        (
            "price, before the gate",
            Case(code="price_changed", account="no_method", body={**site_body(), **wrong_price}),
        ),
        ("gate", Case(code="no_default_payment_method", account="no_method")),
    ]
    with world.nothing_created():
        for name, case in steps:
            answer = send(shop(case.account), case)
            assert answer.json()["code"] == case.code, name


def test_too_many_requests_are_turned_away_by_the_gateway(world: World, shop: Shops) -> None:
    client = shop("ready")
    with world.throttled(), world.nothing_created():
        answers = [client.get("/api/orders") for _ in range(6)]
    turned_away = [answer for answer in answers if answer.status_code != 200]
    assert turned_away
    for answer in turned_away:
        refused(answer, "too_many_requests")
        assert int(answer.headers["retry-after"]) >= 1


def test_an_error_never_shows_the_inside(shop: Shops) -> None:
    for case in CASES.values():
        if case.credential == "user_key":
            text = send(shop(case.account), case).text
            assert not [word for word in ("Traceback", ".py", "arn:", "dynamodb", "boto") if word in text]


def test_a_refused_key_may_be_used_again(world: World, shop: Shops) -> None:
    client, key = shop("trial"), new_key()
    refused(client.post(site_body(plan="nowhere"), key=key), "unknown_plan")
    token = client.place(key=key)
    client.finish(token)
    world.outcome(token)
