"""SEPA debits: in process first, settled or failed as the clock moves on."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.contract.conftest import Order

_DAY = 86_400


@pytest.mark.parametrize(
    ("method", "after_two_days", "after_six_days"),
    [
        ("pm_sepa_success", "paid", "paid"),
        ("pm_sepa_success_late", "open", "paid"),
        ("pm_sepa_fails", "open", "open"),
        ("pm_sepa_fails_late", "open", "open"),
        ("pm_sepa_disputed", "paid", "paid"),
    ],
)
def test_a_debit_settles_with_the_clock(
    *,
    client: stripe.StripeClient,
    place: Callable[..., Order],
    control: Callable[..., Any],
    method: str,
    after_two_days: str,
    after_six_days: str,
) -> None:
    order = place(method, currency="eur")
    pending = client.v1.invoices.pay(order.invoice.id, {"expand": ["payments.data.payment.payment_intent"]})
    assert pending.status == "open"
    assert pending.payments is not None
    intent = pending.payments.data[0].payment.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert intent.status == "processing"
    control("POST", "clock", {"advance_seconds": 2 * _DAY})
    assert client.v1.invoices.retrieve(order.invoice.id).status == after_two_days
    control("POST", "clock", {"advance_seconds": 4 * _DAY})
    assert client.v1.invoices.retrieve(order.invoice.id).status == after_six_days
    final = client.v1.payment_intents.retrieve(intent.id)
    assert final.status == ("succeeded" if after_six_days == "paid" else "requires_payment_method")


def test_a_debit_in_process_can_be_neither_voided_nor_paid_again(
    client: stripe.StripeClient, place: Callable[..., Order]
) -> None:
    order = place("pm_sepa_success", currency="eur")
    client.v1.invoices.pay(order.invoice.id)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.invoices.void_invoice(order.invoice.id)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.invoices.pay(order.invoice.id)


def test_a_failed_debit_can_be_paid_by_another_method(
    client: stripe.StripeClient, place: Callable[..., Order], control: Callable[..., Any]
) -> None:
    order = place("pm_sepa_fails", currency="eur")
    client.v1.invoices.pay(order.invoice.id)
    control("POST", "clock", {"advance_seconds": 2 * _DAY})
    answer = control(
        "POST",
        "authenticate",
        {"invoice": order.invoice.id, "outcome": "pay", "payment_method": "pm_card_visa"},
    )
    assert answer["status"] == "paid"


def test_a_debit_is_in_euro(client: stripe.StripeClient, place: Callable[..., Order]) -> None:
    order = place("pm_sepa_success", currency="usd")
    with pytest.raises(stripe.InvalidRequestError, match="eur"):
        client.v1.invoices.pay(order.invoice.id)


def test_a_method_is_made_from_an_iban(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"name": "Ada"})
    method = client.v1.payment_methods.create(
        {
            "type": "sepa_debit",
            "sepa_debit": {"iban": "DE62 3704 0044 0532 0130 01"},
            "billing_details": {"name": "Ada", "email": "ada@example.com"},
        }
    )
    attached = client.v1.payment_methods.attach(method.id, {"customer": customer.id})
    assert attached.sepa_debit is not None
    assert (attached.type, attached.sepa_debit.last4) == ("sepa_debit", "3001")


def test_a_disputed_debit_is_reported_after_it_was_paid(
    client: stripe.StripeClient, place: Callable[..., Order], control: Callable[..., Any]
) -> None:
    order = place("pm_sepa_disputed", currency="eur")
    client.v1.invoices.pay(order.invoice.id)
    control("POST", "clock", {"advance_seconds": 2 * _DAY})
    assert client.v1.events.list({"type": "charge.dispute.created"}).data == []
    control("POST", "clock", {"advance_seconds": 9 * _DAY})
    assert len(client.v1.events.list({"type": "charge.dispute.created"}).data) == 1
