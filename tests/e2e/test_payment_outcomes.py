"""Every way a payment can go, from the POST to the end of the order, on both sides."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.support.patience import await_value
from tests.e2e.support.shop import PRICE, Shop, site_body
from tests.e2e.support.world import World

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

_DAY = 86_400


def place(client: Shop, world: World, **site: Any) -> tuple[str, str]:
    """A new order with a callback: its token and the callback's path."""
    sink = world.sink("payments")
    callback = {"url": sink["url"], "authorization": sink["authorization"]}
    return client.place(site_body(callback=callback, **site)), sink["path"]


def ended(world: World, token: str, path: str, kind: str) -> None:
    """The execution succeeded and told the client's endpoint once."""
    assert world.outcome(token)["status"] == "SUCCEEDED"
    assert [entry["body"]["type"] for entry in world.received(path)] == [kind]


def nothing_delivered(world: World, token: str) -> None:
    assert world.sites(token) == []
    assert [s for s in world.subscriptions(token) if s["status"] != "canceled"] == []


# --- the money is there ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("balance", "charged", "credit", "left", "method"),
    [
        pytest.param(-500, 800, 500, 0, "card", id="part"),
        pytest.param(-2000, 0, PRICE, -700, None, id="all"),
        pytest.param(-PRICE, 0, PRICE, 0, None, id="exactly"),
    ],
)
def test_credit_pays_first(
    world: World, shop: Shops, *, balance: int, charged: int, credit: int, left: int, method: str | None
) -> None:
    world.set_balance("credit", balance)
    client = shop("credit")
    token, path = place(client, world)
    order = client.finish(token)
    payment = order["payment"]
    assert order["order"]["status"] == "completed"
    assert (payment["status"], payment["method_type"]) == ("succeeded", method)
    assert (payment["amount_charged_cents"], payment["credit_applied_cents"]) == (charged, credit)
    assert client.cart(token)["payment"]["method_type"] == method
    ended(world, token, path, "order.completed")
    world.delivered_once(token, amount=PRICE)
    assert world.balance("credit") == left


def test_an_account_in_euro_pays_the_price_in_euro(world: World, shop: Shops) -> None:
    client = shop("eur")
    token, path = place(client, world)
    order = client.finish(token)
    assert order["account"]["currency"] == "eur"
    assert order["payment"]["amount_charged_cents"] == 1200
    ended(world, token, path, "order.completed")
    world.delivered_once(token, amount=1200)
    (entry,) = world.invoices(token)
    assert world.stripe(f"invoices/{entry['id']}")["currency"] == "eur"


# --- the customer has to act ----------------------------------------------------------------------


@pytest.mark.parametrize("account", ["needs_3ds", "declined"])
def test_the_customer_pays_on_the_hosted_page(world: World, shop: Shops, account: str) -> None:
    client = shop(account)
    token, path = place(client, world)
    waiting = client.payment(token, "awaiting_authentication")
    assert waiting["order"]["status"] == "pending"
    assert waiting["tasks"][0]["status"] == "running"
    (invoice,) = world.invoices(token)
    assert invoice["status"] == "open"
    url = world.stripe(f"invoices/{invoice['id']}")["hosted_invoice_url"]
    assert url
    cart = client.cart(token)
    assert (cart["payment"]["hosted_invoice_url"], waiting["payment"]["hosted_invoice_url"]) == (url, url)
    assert cart["payment"]["method_type"] == "card"
    assert waiting["payment"]["amount_charged_cents"] == 0
    assert world.http.get(url).status_code == 200
    nothing_delivered(world, token)

    world.authenticate(token, "pay")
    order = client.finish(token)
    assert order["order"]["status"] == "completed"
    assert order["payment"]["status"] == "succeeded"
    assert order["payment"]["amount_charged_cents"] == PRICE
    ended(world, token, path, "order.completed")
    world.delivered_once(token, amount=PRICE)


def test_a_failed_authentication_leaves_the_page_open(world: World, shop: Shops) -> None:
    client = shop("needs_3ds")
    token, path = place(client, world)
    client.payment(token, "awaiting_authentication")
    world.authenticate(token, "fail")
    again = client.payment(token, "awaiting_authentication")
    assert again["order"]["status"] == "pending"
    assert again["payment"]["hosted_invoice_url"]
    world.authenticate(token, "pay")
    assert client.finish(token)["order"]["status"] == "completed"
    ended(world, token, path, "order.completed")
    world.delivered_once(token, amount=PRICE)


def test_nobody_acts_in_time(world: World, shop: Shops) -> None:
    client, before = shop("needs_3ds"), world.taken()
    with world.environment("ChargePaymentFunction", PAYMENT_DEADLINE_SECONDS="2"):
        token, path = place(client, world)
        order = client.finish(token)
    failed(order, "payment_expired")
    not_charged(world, token)
    assert world.taken() == before
    ended(world, token, path, "order.failed")


# --- the bank takes its time ----------------------------------------------------------------------


def test_a_debit_settles_later(world: World, shop: Shops) -> None:
    client = shop("sepa")
    token, path = place(client, world)
    client.until(token, lambda cart: cart["payment"]["hosted_invoice_url"] is not None)
    processing = client.order(token)
    assert processing["payment"]["status"] == "processing"
    assert processing["payment"]["method_type"] == "sepa_debit"
    assert processing["payment"]["amount_charged_cents"] == 1200
    assert processing["order"]["status"] == "pending"
    (invoice,) = world.invoices(token)
    assert (invoice["status"], invoice["amount_paid"]) == ("open", 0)
    nothing_delivered(world, token)

    world.advance_clock(_DAY)
    order = client.finish(token)
    assert (order["order"]["status"], order["payment"]["status"]) == ("completed", "succeeded")
    assert order["payment"]["method_type"] == "sepa_debit"
    ended(world, token, path, "order.completed")
    world.delivered_once(token, amount=1200)


def test_a_debit_fails_late_and_the_customer_pays_otherwise(world: World, shop: Shops) -> None:
    client = shop("sepa_fails")
    token, path = place(client, world)
    client.until(token, lambda cart: cart["payment"]["hosted_invoice_url"] is not None)
    assert client.order(token)["payment"]["status"] == "processing"
    world.advance_clock(5 * _DAY)
    waiting = client.payment(token, "awaiting_authentication")
    assert waiting["payment"]["hosted_invoice_url"]
    assert waiting["order"]["status"] == "pending"
    nothing_delivered(world, token)

    pay_by_card(world, token)
    order = client.finish(token)
    assert order["order"]["status"] == "completed"
    assert order["payment"]["method_type"] == "card"
    ended(world, token, path, "order.completed")
    world.delivered_once(token, amount=1200)


# --- there is no money ----------------------------------------------------------------------------


def failed(order: Json, code: str, *, delivery: str = "skipped") -> None:
    """The order ended without a payment and says why."""
    assert order["order"]["status"] == "failed"
    assert order["failure"]["code"] == code
    assert [task["status"] for task in order["tasks"]] == ["failed", delivery, "skipped"]
    assert order["payment"]["status"] == "failed"
    assert (order["payment"]["amount_charged_cents"], order["payment"]["credit_applied_cents"]) == (0, 0)
    assert "site" not in order
    assert "subscription" not in order


def not_charged(world: World, token: str) -> None:
    (invoice,) = world.invoices(token)
    assert (invoice["status"], invoice["amount_paid"]) == ("void", 0)
    nothing_delivered(world, token)


def test_a_stolen_card_ends_the_order(world: World, shop: Shops) -> None:
    client, before = shop("stolen"), world.taken()
    token, path = place(client, world)
    order = client.finish(token)
    failed(order, "payment_declined")
    cart = client.cart(token)
    assert (cart["cart"]["status"], cart["cart"]["rollup_status"]) == ("checked_out", "failed")
    assert cart["orders"][0]["status"] == "failed"
    not_charged(world, token)
    assert world.taken() == before
    ended(world, token, path, "order.failed")
    (entry,) = world.received(path)
    assert entry["body"]["data"]["order"]["status"] == "failed"


def test_an_invoice_that_was_voided_outside_ends_the_order(world: World, shop: Shops) -> None:
    client = shop("needs_3ds")
    token, path = place(client, world)
    client.payment(token, "awaiting_authentication")
    (invoice,) = world.invoices(token)
    world.http.post(
        f"{world.facts['stripe_url']}/v1/invoices/{invoice['id']}/void",
        headers={"Authorization": f"Bearer {world.stack.secrets['stripe_api_key']}"},
    ).raise_for_status()
    failed(client.finish(token), "payment_closed")
    not_charged(world, token)
    ended(world, token, path, "order.failed")


def test_an_amount_too_small_to_charge_is_refused_before_it_is_stored(world: World, shop: Shops) -> None:
    """The processor books such an amount as a debt and calls it paid: neither debt nor delivery may stay."""
    balance = -(PRICE - 30)
    world.set_balance("credit", balance)
    with world.nothing_created():
        answer = shop("credit").post(site_body())
    assert (answer.status_code, answer.json()["code"]) == (422, "amount_below_minimum")
    assert (answer.json()["due_cents"], answer.json()["currency"]) == (30, "usd")
    assert world.balance("credit") == balance


# --- delivered before the money is there: plan business ------------------------------------------------


def early(world: World, client: Shop) -> tuple[str, str]:
    """An order whose site is there while the bank works on the debit."""
    token, path = place(client, world, plan="business")
    client.until(token, lambda cart: cart["payment"]["hosted_invoice_url"] is not None)
    await_value(lambda: [site["status"] for site in world.sites(token)] == ["ready"], seconds=60)
    await_value(lambda: client.order(token).get("site"), seconds=60)
    order = client.order(token)
    assert (order["order"]["status"], order["payment"]["status"]) == ("processing", "processing")
    assert [task["status"] for task in order["tasks"]] == ["running", "completed", "pending"]
    assert "status" not in order["site"]
    assert world.subscriptions(token) == []
    return token, path


def test_a_trusted_debit_delivers_at_once_and_completes_when_it_settles(world: World, shop: Shops) -> None:
    client = shop("sepa")
    token, path = early(world, client)
    world.advance_clock(_DAY)
    order = client.finish(token)
    assert (order["order"]["status"], order["payment"]["status"]) == ("completed", "succeeded")
    ended(world, token, path, "order.completed")
    world.delivered_once(token, amount=7400)


def test_a_trusted_debit_that_fails_suspends_the_site_until_it_is_paid(world: World, shop: Shops) -> None:
    client = shop("sepa_fails")
    token, path = early(world, client)
    world.advance_clock(5 * _DAY)
    await_value(lambda: client.order(token)["site"].get("status") == "suspended", seconds=60)
    order = client.order(token)
    assert (order["order"]["status"], order["payment"]["status"]) == ("processing", "awaiting_authentication")
    assert order["payment"]["hosted_invoice_url"]
    assert [site["status"] for site in world.sites(token)] == ["suspended"]
    pay_by_card(world, token)
    await_value(lambda: [site["status"] for site in world.sites(token)] == ["ready"], seconds=60)
    order = client.finish(token, seconds=180)  # not before every suspension must be over
    assert order["order"]["status"] == "completed"
    assert "status" not in order["site"]
    ended(world, token, path, "order.completed")
    world.delivered_once(token, amount=7400)


def test_a_trusted_debit_that_fails_and_is_never_paid_takes_the_site_away(world: World, shop: Shops) -> None:
    client, before = shop("sepa_fails"), world.taken()
    with world.environment("ChargePaymentFunction", PAYMENT_DEADLINE_SECONDS="3"):
        token, path = early(world, client)
        world.advance_clock(5 * _DAY)
        order = client.finish(token)
    failed(order, "payment_expired", delivery="completed")
    not_charged(world, token)
    assert world.taken() == before
    ended(world, token, path, "order.failed")


def pay_by_card(world: World, token: str) -> None:
    """The customer on the hosted page, with a card instead."""
    (invoice,) = world.invoices(token)
    world.http.post(
        f"{world.facts['stripe_url']}/_sandbox/authenticate",
        json={"invoice": invoice["id"], "outcome": "pay", "payment_method": "pm_card_visa"},
    ).raise_for_status()
