"""Every way a payment can go, with a domain: nothing is asked of the registrar before it is paid."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.support.names import COM, Names, Ordered, domain_body, new_name
from tests.e2e.support.shop import Shop
from tests.e2e.support.world import World

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

_DAY = 86_400
_EURO = 1199


@pytest.fixture
def names(world: World) -> Names:
    return Names(world)


def order(names: Names, client: Shop) -> Ordered:
    name = new_name()
    return Ordered(names, client, name, domain_body(name), kind="payments")


def completed(placed: Ordered, *, amount: int) -> Json:
    view = placed.ended()
    assert (view["order"]["status"], view["domain"]["status"]) == ("completed", "active")
    assert view["payment"]["status"] == "succeeded"
    placed.names.delivered_once(placed.token, placed.name, amount=amount)
    return view


def only_claimed(placed: Ordered) -> None:
    """The name is this order's for a time; the registrar knows nothing of it."""
    claim = placed.names.claim(placed.name)
    assert claim is not None
    assert claim["holder"]["S"].endswith(f"#{placed.token}")
    assert "lease_until" in claim
    assert (placed.names.orders(placed.name), placed.names.zones(placed.name)) == ([], [])


def nothing_kept(placed: Ordered, code: str) -> None:
    view = placed.ended()
    assert (view["order"]["status"], view["failure"]["code"]) == ("failed", code)
    assert view["payment"]["status"] == "failed"
    assert view["payment"]["amount_charged_cents"] == 0
    (invoice,) = placed.world.invoices(placed.token)
    assert (invoice["status"], invoice["amount_paid"]) == ("void", 0)
    placed.names.nothing_kept(placed.token, placed.name)


@pytest.mark.parametrize(("account", "amount"), [("ready", COM), ("eur", _EURO)])
def test_a_card_is_charged(names: Names, shop: Shops, account: str, amount: int) -> None:
    view = completed(order(names, shop(account)), amount=amount)
    assert view["payment"]["amount_charged_cents"] == amount
    assert view["payment"]["method_type"] == "card"


@pytest.mark.parametrize(
    ("balance", "charged", "method"), [(-500, COM - 500, "card"), (-2000, 0, None)], ids=["part", "all"]
)
def test_credit_pays_first(
    names: Names, shop: Shops, *, balance: int, charged: int, method: str | None
) -> None:
    names.world.set_balance("credit", balance)
    payment = completed(order(names, shop("credit")), amount=COM)["payment"]
    assert (payment["amount_charged_cents"], payment["credit_applied_cents"]) == (charged, COM - charged)
    assert payment["method_type"] == method


@pytest.mark.parametrize("account", ["needs_3ds", "declined"])
def test_the_customer_pays_on_the_hosted_page(names: Names, shop: Shops, account: str) -> None:
    placed = order(names, shop(account))
    waiting = placed.client.payment(placed.token, "awaiting_authentication")
    assert waiting["payment"]["hosted_invoice_url"]
    assert (waiting["order"]["status"], waiting["domain"]["status"]) == ("pending", "pending")
    only_claimed(placed)
    names.world.authenticate(placed.token, "pay")
    completed(placed, amount=COM)


def test_nobody_acts_in_time(names: Names, shop: Shops) -> None:
    with names.world.environment("ChargePaymentFunction", PAYMENT_DEADLINE_SECONDS="2"):
        placed = order(names, shop("needs_3ds"))
        nothing_kept(placed, "payment_expired")


def test_a_stolen_card_ends_the_order(names: Names, shop: Shops) -> None:
    nothing_kept(order(names, shop("stolen")), "payment_declined")


def test_a_debit_settles_before_anything_is_registered(names: Names, shop: Shops) -> None:
    placed = order(names, shop("sepa"))
    placed.client.until(placed.token, lambda cart: cart["payment"]["hosted_invoice_url"] is not None)
    processing = placed.client.order(placed.token)
    assert processing["payment"]["status"] == "processing"
    assert processing["payment"]["method_type"] == "sepa_debit"
    only_claimed(placed)
    names.world.advance_clock(_DAY)
    completed(placed, amount=_EURO)


def test_a_debit_fails_late_and_the_customer_pays_otherwise(names: Names, shop: Shops) -> None:
    placed = order(names, shop("sepa_fails"))
    placed.client.until(placed.token, lambda cart: cart["payment"]["hosted_invoice_url"] is not None)
    names.world.advance_clock(5 * _DAY)
    placed.client.payment(placed.token, "awaiting_authentication")
    only_claimed(placed)
    (invoice,) = names.world.invoices(placed.token)
    names.world.http.post(
        f"{names.world.facts['stripe_url']}/_sandbox/authenticate",
        json={"invoice": invoice["id"], "outcome": "pay", "payment_method": "pm_card_visa"},
    ).raise_for_status()
    view = completed(placed, amount=_EURO)
    assert view["payment"]["method_type"] == "card"


def test_a_debit_fails_late_and_nobody_pays(names: Names, shop: Shops) -> None:
    with names.world.environment("ChargePaymentFunction", PAYMENT_DEADLINE_SECONDS="3"):
        placed = order(names, shop("sepa_fails"))
        placed.client.until(placed.token, lambda cart: cart["payment"]["hosted_invoice_url"] is not None)
        names.world.advance_clock(5 * _DAY)
        nothing_kept(placed, "payment_expired")
