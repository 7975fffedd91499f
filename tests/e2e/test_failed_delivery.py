"""A paid order that cannot be delivered is refunded, once, whatever could not be made."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.support.shop import PRICE, Shop, site_body
from tests.e2e.support.world import World

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

SUBSCRIBE = "POST /v1/subscriptions"


def _fail(world: World, client: Shop, name: str) -> tuple[str, Json]:
    """Order a site that will not be delivered; token and the ended order's view."""
    sink = world.sink("undelivered")
    before = world.taken()
    token = client.place(
        site_body(callback={"url": sink["url"], "authorization": sink["authorization"]}, name=name)
    )
    order = client.finish(token)
    assert world.outcome(token)["status"] == "SUCCEEDED"
    assert [entry["body"]["type"] for entry in world.received(sink["path"])] == ["order.failed"]
    assert world.taken() == before
    assert world.sites(token) == []
    assert [entry["status"] for entry in world.subscriptions(token)] in ([], ["canceled"])
    return token, order


def _refunded(order: Json) -> None:
    assert order["order"]["status"] == "failed"
    assert order["payment"]["status"] == "refunded"
    assert "site" not in order
    assert order.get("subscription", {"status": "canceled"})["status"] == "canceled"


@pytest.mark.parametrize(
    ("name", "code"), [("fail-provision", "site_failed"), ("refuse-provision", "site_refused")]
)
def test_no_site_no_money(world: World, shop: Shops, name: str, code: str) -> None:
    token, order = _fail(world, shop("ready"), name)
    _refunded(order)
    assert order["failure"]["code"] == code
    assert [task["status"] for task in order["tasks"]] == ["completed", "failed", "skipped"]
    assert order["payment"]["amount_charged_cents"] == PRICE
    (invoice,) = world.invoices(token)
    assert (invoice["status"], invoice["amount_paid"], invoice["amount_refunded"]) == ("paid", PRICE, PRICE)


def test_credit_comes_back_as_credit(world: World, shop: Shops) -> None:
    world.set_balance("credit", -500)
    token, order = _fail(world, shop("credit"), "fail-provision")
    _refunded(order)
    assert (order["payment"]["amount_charged_cents"], order["payment"]["credit_applied_cents"]) == (800, 500)
    (invoice,) = world.invoices(token)
    assert (invoice["amount_paid"], invoice["amount_refunded"]) == (800, 800)
    assert world.balance("credit") == -500


def test_no_subscription_takes_the_site_back(world: World, shop: Shops) -> None:
    world.arm("stripe", SUBSCRIBE, "error:resource_missing")
    token, order = _fail(world, shop("ready"), "A site without a renewal")
    _refunded(order)
    assert order["failure"]["code"] == "subscription_refused"
    assert [task["status"] for task in order["tasks"]] == ["completed", "completed", "failed"]
    (invoice,) = world.invoices(token)
    assert invoice["amount_refunded"] == PRICE


@pytest.mark.parametrize("action", ["drop_after", "replay:500", "status:500"])
def test_a_refund_survives_its_own_faults(world: World, shop: Shops, action: str) -> None:
    world.arm("stripe", "POST /v1/credit_notes", action)
    token, order = _fail(world, shop("ready"), "fail-provision")
    assert world.armed("stripe") == []
    _refunded(order)
    (invoice,) = world.invoices(token)
    assert invoice["amount_refunded"] == PRICE


@pytest.mark.parametrize(
    ("sandbox", "match", "action"),
    [
        ("stripe", "POST /v1/invoices/*/add_lines", "status:500"),
        ("stripe", "POST /v1/invoices/*/add_lines", "replay:500"),
        ("stripe", "POST /v1/invoices/*/finalize", "drop_after"),
        ("stripe", "POST /v1/invoices/*/finalize", "replay:500"),
        ("stripe", "POST /v1/invoices/*/pay", "drop"),
        ("stripe", "POST /v1/invoices/*/pay", "drop_after"),
        ("stripe", "POST /v1/invoices/*/pay", "replay:500"),
        ("stripe", "POST /v1/invoices/*/pay", "error:rate_limit"),
        ("sites", "PUT /sites/*", "status:503"),
        ("sites", "PUT /sites/*", "drop_after"),
        ("stripe", SUBSCRIBE, "drop_after"),
        ("stripe", SUBSCRIBE, "replay:500"),
    ],
)
def test_what_passes_is_only_a_delay(
    world: World, shop: Shops, sandbox: str, match: str, action: str
) -> None:
    client = shop("ready")
    world.arm(sandbox, match, action)
    token = client.place()
    order = client.finish(token)
    assert world.armed(sandbox) == []
    assert order["order"]["status"] == "completed"
    world.outcome(token)
    world.delivered_once(token, amount=PRICE)
