"""What an operator sees of an order: one correlation id through every function, metrics of every outcome."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.support.logs import Logs
from tests.e2e.support.problems import refused
from tests.e2e.support.shop import Shop, site_body
from tests.e2e.support.world import World

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

DELIVERED = {
    "OrderSiteFunction",
    "ChargePaymentFunction",
    "ProvisionSiteFunction",
    "ActivateSubscriptionFunction",
    "CloseOrderFunction",
    "SendCallbackFunction",
}
# The processor's events come when they come.
REPORTED = {"ReceiveStripeWebhookFunction"}
UNDELIVERED = (DELIVERED - {"ActivateSubscriptionFunction"}) | {"RefundPaymentFunction"}


def nudge(client: Shop, world: World) -> None:
    """Call every function once more: the engine shows a late line with the function's next call."""
    refused(client.post(site_body(plan="nowhere")), "unknown_plan")
    for name in ("A site", "fail-provision"):
        token = client.place(site_body(callback={"url": world.sink()["url"]}, name=name))
        world.outcome(token)


@pytest.fixture(scope="module")
def tokens(world: World) -> dict[str, str]:
    """One order that is delivered, one that is not, one whose callback is taken late."""
    client = Shop(world.http, world.facts["api_url"], world.accounts["ready"])
    placed = {}
    for name, site, kind in (
        ("delivered", "A site", "ok"),
        ("undelivered", "fail-provision", "ok"),
        ("late", "A site", "flaky/1"),
    ):
        sink = world.sink(kind)
        placed[name] = client.place(site_body(callback={"url": sink["url"]}, name=site))
    for token in placed.values():
        world.outcome(token)
    nudge(client, world)
    return placed


@pytest.mark.parametrize(("order", "functions"), [("delivered", DELIVERED), ("undelivered", UNDELIVERED)])
def test_the_cart_s_token_runs_through_every_function(
    world: World, shop: Shops, tokens: dict[str, str], *, order: str, functions: set[str]
) -> None:
    lines = Logs(world).of(tokens[order])
    for _ in range(2):
        if {name for name, _ in lines} - REPORTED != functions:
            nudge(shop("ready"), world)
            lines = Logs(world).of(tokens[order])
    assert {name for name, _ in lines} - REPORTED == functions
    assert {line["service"] for _, line in lines} == {"hostcart"}


def test_no_line_is_filed_under_another_order(world: World, tokens: dict[str, str]) -> None:
    """A warm worker keeps nothing of the order before."""
    for token in tokens.values():
        others = {other for other in tokens.values() if other != token}
        texts = [json.dumps(line) for _, line in Logs(world).of(token)]
        assert not [text for text in texts if any(other in text for other in others)]


def test_a_refusal_is_logged_with_its_request_id(world: World, shop: Shops) -> None:
    problem = refused(shop("ready").post(site_body(plan="nowhere")), "unknown_plan")
    nudge(shop("ready"), world)
    (line,) = [line for _, line in Logs(world).lines if line.get("request_id") == problem["request_id"]]
    assert (line["message"], line["code"]) == ("refused", "unknown_plan")
    assert "correlation_id" not in line


@pytest.mark.parametrize(
    ("metric", "unit", "dimension", "values"),
    [
        ("OrdersPlaced", "Count", "kind", {"site"}),
        ("PaymentOutcome", "Count", "outcome", {"succeeded", "refunded"}),
        ("ProvisioningTime", "Seconds", "service", {"hostcart"}),
        ("CallbackFailures", "Count", "reason", {"callback_http_503"}),
    ],
)
def test_the_metric_is_written(
    world: World, tokens: dict[str, str], *, metric: str, unit: str, dimension: str, values: set[str]
) -> None:
    assert tokens
    lines = Logs(world).metric(metric)
    for line in lines:
        (block,) = line["_aws"]["CloudWatchMetrics"]
        assert block["Namespace"] == "hostcart"
        assert [dimension] in block["Dimensions"] or dimension in block["Dimensions"][0]
        assert [entry["Unit"] for entry in block["Metrics"] if entry["Name"] == metric] == [unit]
    assert values <= {line[dimension] for line in lines}


def test_orders_are_counted_once(world: World, shop: Shops) -> None:
    client = shop("ready")
    nudge(client, world)
    before = len(Logs(world).metric("OrdersPlaced"))
    key = world.sink()["path"]
    token = client.place(key=key)
    assert client.place(key=key) == token
    client.finish(token)
    world.outcome(token)
    refused(client.post(site_body(plan="nowhere")), "unknown_plan")
    assert len(Logs(world).metric("OrdersPlaced")) == before + 1


def test_no_function_met_an_error_it_did_not_expect(world: World) -> None:
    """In all that the tests before have put the stack through."""
    assert Logs(world).unexpected() == []
