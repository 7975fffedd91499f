"""How the test cards of the fact sheet behave, off-session and on the hosted page."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe
import urllib3

from tests.contract.conftest import Order


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
        ("pm_card_authenticationRequired", "authentication_required", "authentication_required"),
        ("pm_card_authenticationRequiredOnSetup", "authentication_required", "authentication_required"),
        (
            "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
            "authentication_required",
            "authentication_required",
        ),
        ("pm_sandbox_insufficient_funds", "card_declined", "insufficient_funds"),
        ("pm_sandbox_do_not_honor", "card_declined", "do_not_honor"),
        ("pm_sandbox_expired_card", "expired_card", "expired_card"),
        ("pm_sandbox_incorrect_cvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_sandbox_processing_error", "processing_error", "processing_error"),
        ("pm_sandbox_lost_card", "card_declined", "lost_card"),
        ("pm_sandbox_stolen_card", "card_declined", "stolen_card"),
        ("pm_sandbox_pickup_card", "card_declined", "pickup_card"),
        ("pm_sandbox_fraudulent", "card_declined", "fraudulent"),
    ],
)
def test_a_declined_charge_leaves_the_invoice_open(
    client: stripe.StripeClient, place: Callable[..., Order], card: str, code: str, decline_code: str
) -> None:
    order = place(card)
    with pytest.raises(stripe.CardError) as refusal:
        client.v1.invoices.pay(order.invoice.id, {"off_session": True, "payment_method": order.method})
    error = refusal.value.error
    assert error is not None
    assert (refusal.value.http_status, error.type, error.code, error.decline_code) == (
        402,
        "card_error",
        code,
        decline_code,
    )
    assert refusal.value.request_id is not None
    assert error.payment_intent is not None
    assert error.payment_intent.status == "requires_payment_method"
    assert error.payment_intent.last_payment_error is not None
    assert client.v1.invoices.retrieve(order.invoice.id).status == "open"


@pytest.mark.parametrize(
    "card",
    ["pm_card_visa", "pm_card_mastercard", "pm_card_authenticationRequiredSetupForOffSession"],
)
def test_cards_that_pay_off_session(
    client: stripe.StripeClient, place: Callable[..., Order], card: str
) -> None:
    assert client.v1.invoices.pay(place(card).invoice.id, {"off_session": True}).status == "paid"


def test_on_session_the_intent_requires_action(
    client: stripe.StripeClient, place: Callable[..., Order]
) -> None:
    order = place("pm_card_authenticationRequired")
    with pytest.raises(stripe.CardError) as refusal:
        client.v1.invoices.pay(order.invoice.id, {"off_session": False})
    error = refusal.value.error
    assert error is not None
    assert error.code == "invoice_payment_intent_requires_action"
    assert error.payment_intent is not None
    assert error.payment_intent.status == "requires_action"


@pytest.mark.parametrize(
    ("card", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedStolenCard", "stolen_card"),
        ("pm_card_visa_chargeDeclinedLostCard", "lost_card"),
    ],
)
def test_cards_refused_at_attach(client: stripe.StripeClient, card: str, decline_code: str) -> None:
    customer = client.v1.customers.create({"name": "Ada"})
    with pytest.raises(stripe.CardError) as refusal:
        client.v1.payment_methods.attach(card, {"customer": customer.id})
    assert refusal.value.error is not None
    assert refusal.value.error.decline_code == decline_code
    assert client.v1.customers.payment_methods.list(customer.id).data == []


def test_another_method_pays_after_a_decline(
    client: stripe.StripeClient, place: Callable[..., Order], control: Callable[..., Any]
) -> None:
    order = place("pm_card_chargeCustomerFail")
    with pytest.raises(stripe.CardError):
        client.v1.invoices.pay(order.invoice.id)
    good = client.v1.payment_methods.attach("pm_card_visa", {"customer": order.customer})
    assert client.v1.invoices.pay(order.invoice.id, {"payment_method": good.id}).status == "paid"
    assert [entry["attempts"] for entry in control("GET", "invoices")] == [2]


@pytest.mark.parametrize(
    ("card", "outcome", "status"),
    [
        ("pm_card_authenticationRequired", "pay", "paid"),
        ("pm_card_authenticationRequired", "fail", "open"),
        ("pm_card_chargeCustomerFail", "pay", "paid"),
    ],
)
def test_the_customer_on_the_hosted_page(
    *,
    client: stripe.StripeClient,
    place: Callable[..., Order],
    control: Callable[..., Any],
    card: str,
    outcome: str,
    status: str,
) -> None:
    order = place(card)
    with pytest.raises(stripe.CardError):
        client.v1.invoices.pay(order.invoice.id, {"off_session": True})
    answer = control("POST", "authenticate", {"invoice": order.invoice.id, "outcome": outcome})
    assert answer == {"id": order.invoice.id, "status": status}
    assert client.v1.invoices.retrieve(order.invoice.id).status == status


def test_the_hosted_page_is_a_form(
    client: stripe.StripeClient, place: Callable[..., Order], http: urllib3.PoolManager
) -> None:
    order = place("pm_card_authenticationRequired")
    url = order.invoice.hosted_invoice_url
    assert url is not None
    assert b"<form" in http.request("GET", url).data
    assert b"Thank you" in http.request("POST", url, body=b"outcome=pay").data
    assert client.v1.invoices.retrieve(order.invoice.id).status == "paid"


def test_a_card_asks_for_authentication_once_when_that_sets_it_up(
    client: stripe.StripeClient, place: Callable[..., Order], control: Callable[..., Any]
) -> None:
    order = place("pm_card_authenticationRequiredOnSetup")
    control("POST", "authenticate", {"invoice": order.invoice.id, "outcome": "pay"})
    second = client.v1.invoices.create({"customer": order.customer, "default_payment_method": order.method})
    client.v1.invoices.add_lines(second.id, {"lines": [{"amount": 900}]})
    assert client.v1.invoices.pay(second.id, {"off_session": True}).status == "paid"
