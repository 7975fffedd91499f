"""Stripe's events over HTTP: what wakes an order, what is refused, and that nothing depends on them."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest
import stripe
from hostcart.adapters.stripe_events import LARGEST_BYTES
from hostcart.contract.responses import Problem

from local.sandboxes.stripe.webhooks import signature
from tests.e2e.support.patience import await_value
from tests.e2e.support.reconciler import Reconciler, processor
from tests.e2e.support.shop import PRICE, Shop, site_body
from tests.e2e.support.world import World

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

_LONG: Final = {"PAYMENT_POLL_SECONDS": "3600", "PAYMENT_POLL_MAX_SECONDS": "3600"}


@pytest.fixture
def only_news(world: World) -> Iterator[None]:
    """No payment is looked at by itself for an hour."""
    with world.environment("ChargePaymentFunction", **_LONG, PAYMENT_DEADLINE_SECONDS="7200"):
        yield


def event(world: World, token: str, **changes: Any) -> Json:
    metadata = {"account_id": world.accounts["needs_3ds"]["id"], "cart_token": token}
    return {
        "id": f"evt_{token}_{time.time_ns()}",
        "object": "event",
        "api_version": stripe.api_version,
        "created": int(time.time()),
        "livemode": False,
        "type": "invoice.paid",
        "data": {"object": {"id": "in_1", "object": "invoice", "metadata": metadata}},
        **changes,
    }


def send(world: World, body: bytes, header: str | None) -> httpx.Response:
    headers = {"Content-Type": "application/json"} | ({"Stripe-Signature": header} if header else {})
    return world.http.post(f"{world.facts['api_url']}/webhooks/stripe", content=body, headers=headers)


def signed(world: World, value: object, *, late: int = 0) -> httpx.Response:
    body = json.dumps(value, separators=(",", ":")).encode()
    secret = world.stack.secrets["stripe_webhook_secret"]
    return send(world, body, signature(body, [secret], int(time.time()) - late))


@pytest.mark.usefixtures("only_news")
def test_the_processors_own_event_wakes_the_order(world: World, shop: Shops) -> None:
    client = shop("needs_3ds")
    token = client.place()
    client.payment(token, "awaiting_authentication")
    await_value(lambda: "WaitForPayment" in states(world, token), seconds=30)
    world.authenticate(token, "pay")
    order = client.finish(token)
    assert order["order"]["status"] == "completed"
    world.delivered_once(token, amount=PRICE)
    assert "TaskTimedOut" not in {entry["type"] for entry in world.history(token)}


@pytest.mark.usefixtures("only_news")
def test_a_debit_that_settles_is_told(world: World, shop: Shops) -> None:
    client = shop("sepa")
    token = client.place()
    client.until(token, lambda cart: cart["payment"]["hosted_invoice_url"] is not None)
    world.advance_clock(6 * 86_400)
    assert client.finish(token)["payment"]["status"] == "succeeded"
    world.delivered_once(token, amount=1200)


def test_an_order_whose_events_are_lost_is_delivered_later(world: World, shop: Shops) -> None:
    """The endpoint at the processor is wrong for a while: the next look finds the payment."""
    right = {
        "url": f"{world.facts['api_url']}/webhooks/stripe",
        "secret": world.stack.secrets["stripe_webhook_secret"],
    }
    point = f"{world.facts['stripe_url']}/_sandbox/webhook_endpoint"
    world.http.post(point, json={"url": None, "secret": ""}).raise_for_status()
    try:
        client = shop("needs_3ds")
        token = client.place()
        client.payment(token, "awaiting_authentication")
        world.authenticate(token, "pay")
        assert client.finish(token, seconds=90)["order"]["status"] == "completed"
    finally:
        world.http.post(point, json=right).raise_for_status()
    world.delivered_once(token, amount=PRICE)


@pytest.mark.usefixtures("only_news")
def test_an_event_that_says_paid_delivers_nothing(world: World, shop: Shops) -> None:
    client = shop("needs_3ds")
    token = client.place()
    client.payment(token, "awaiting_authentication")
    await_value(lambda: "WaitForPayment" in states(world, token), seconds=30)
    given, looks = event(world, token), states(world, token).count("ChargePayment")
    assert signed(world, given).json() == {"status": "taken"}
    assert signed(world, given).json() == {"status": "repeated"}
    await_value(lambda: states(world, token).count("ChargePayment") > looks, seconds=30)
    assert client.order(token)["payment"]["status"] == "awaiting_authentication"
    assert world.sites(token) == []
    world.authenticate(token, "pay")
    assert client.finish(token)["order"]["status"] == "completed"


def states(world: World, token: str) -> list[str]:
    """The states that the execution entered."""
    return [
        entry["stateEnteredEventDetails"]["name"]
        for entry in world.history(token)
        if entry["type"].endswith("StateEntered")
    ]


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert Problem.model_validate_json(answer.content).code == code


def test_what_is_not_stripes_is_refused(world: World) -> None:
    value = event(world, "0" * 32)
    body = json.dumps(value, separators=(",", ":")).encode()
    secret, now = world.stack.secrets["stripe_webhook_secret"], int(time.time())
    with world.nothing_created():
        refused(send(world, body, None), 400, "webhook_signature_invalid")
        refused(send(world, body, signature(body, ["whsec_other"], now)), 400, "webhook_signature_invalid")
        refused(signed(world, value, late=310), 400, "webhook_signature_invalid")
        refused(signed(world, value, late=-330), 400, "webhook_signature_invalid")
        header = signature(body, [secret], now)
        refused(send(world, json.dumps(value).encode(), header), 400, "webhook_signature_invalid")
        old = event(world, "0" * 32, api_version="2024-06-20")
        refused(signed(world, old), 400, "webhook_event_invalid")
        refused(signed(world, {**value, "livemode": True}), 400, "webhook_event_invalid")
        large = {**value, "padding": "x" * LARGEST_BYTES}
        refused(signed(world, large), 413, "payload_too_large")


def test_an_unknown_cart_is_asked_for_again(world: World) -> None:
    refused(signed(world, event(world, "0" * 32)), 409, "webhook_object_unknown")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_no_other_method_is_there(world: World, method: str) -> None:
    answer = world.http.request(method, f"{world.facts['api_url']}/webhooks/stripe")
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST"


def test_the_processor_has_nothing_left_to_deliver(world: World) -> None:
    """Every event was taken: the sandbox's endpoint, secret and version are the product's.

    But for those of invoices that other tests planted without an order: 409, and sent again for a while.
    """
    await_value(lambda: not [e for e in _told(world) if e["pending"]], seconds=120)
    told = _told(world)
    assert told
    assert {entry["last_status"] for entry in told} == {200}


def _told(world: World) -> list[dict[str, Any]]:
    return [entry for entry in world.deliveries() if entry["attempts"] and 409 not in entry["statuses"]]


def _payment(client: Shop, token: str) -> str:
    status: str = client.order(token)["payment"]["status"]
    return status


def test_a_refund_that_the_bank_returns_is_owed_again(world: World, shop: Shops) -> None:
    """Told by the webhook, and kept until an operator has paid by another way."""
    client = shop("ready")
    token = client.place(site_body(name="fail-provision"))
    assert client.finish(token)["payment"]["status"] == "refunded"
    assert world.bank(token, "return_refund").json()["status"] == "failed"
    await_value(lambda: _payment(client, token) == "refund_pending", seconds=30)
    (invoice,) = world.invoices(token)
    reconciler = Reconciler(world)
    assert ("refund_returned", invoice["id"]) in reconciler.findings()
    reconciler.run()
    assert ("refund_returned", invoice["id"]) in reconciler.findings()
    (refund,) = (entry for entry in world.stripe("refunds?limit=100")["data"] if entry["status"] == "failed")
    processor(world, f"refunds/{refund['id']}", {"metadata[paid_by_another_way]": "true"})
    reconciler.run()
    assert ("refund_returned", invoice["id"]) not in reconciler.findings()
    assert _payment(client, token) == "refunded"


def test_a_disputed_payment_is_told_and_not_refunded(world: World, shop: Shops) -> None:
    client = shop("ready")
    token = client.place()
    assert client.finish(token)["order"]["status"] == "completed"
    (invoice,) = world.invoices(token)
    reconciler = Reconciler(world)
    assert world.bank(token, "dispute").json()["status"] == "needs_response"
    finding = ("payment_disputed", invoice["id"])
    await_value(lambda: finding in reconciler.findings(), seconds=30)
    assert world.invoices(token)[0]["amount_refunded"] == 0
    world.bank(token, "dispute", outcome="won")
    reconciler.run()
    assert finding not in reconciler.findings()
    assert _payment(client, token) == "succeeded"
