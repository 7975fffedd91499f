"""Refunds and credit notes: never more than was paid."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.contract.conftest import Order


def _paid(client: stripe.StripeClient, order: Order) -> tuple[str, str]:
    invoice = client.v1.invoices.pay(order.invoice.id, {"expand": ["payments"]})
    assert invoice.payments is not None
    intent = invoice.payments.data[0].payment.payment_intent
    assert isinstance(intent, str)
    return invoice.id, intent


def test_a_credit_note_refunds_and_gives_credit_back(
    client: stripe.StripeClient, place: Callable[..., Order], control: Callable[..., Any]
) -> None:
    order = place(balance=-500)
    invoice, _ = _paid(client, order)
    line = client.v1.invoices.retrieve(invoice).lines.data[0].id
    note = client.v1.credit_notes.create(
        {
            "invoice": invoice,
            "lines": [{"type": "invoice_line_item", "invoice_line_item": line, "quantity": 1}],
            "refund_amount": 800,
            "credit_amount": 500,
            "metadata": {"item": "i-1"},
        }
    )
    assert (note.amount, note.type, note.refunds[0].amount_refunded) == (1300, "post_payment", 800)
    assert client.v1.customers.retrieve(order.customer).balance == -500
    assert client.v1.refunds.list().data[0].status == "succeeded"
    assert [entry["amount_refunded"] for entry in control("GET", "invoices")] == [800]
    (charge,) = control("GET", "charges")
    assert (charge["invoice"], charge["amount"], charge["amount_refunded"]) == (invoice, 800, 800)
    assert [entry.id for entry in client.v1.credit_notes.list({"invoice": invoice}).data] == [note.id]


@pytest.mark.parametrize(
    ("amount", "refund", "credit"),
    [(1300, 1300, 0), (1301, 800, 501), (800, 700, 0), (800, 0, 0)],
)
def test_a_credit_note_that_does_not_add_up_is_refused(
    client: stripe.StripeClient, place: Callable[..., Order], amount: int, refund: int, credit: int
) -> None:
    invoice, _ = _paid(client, place(balance=-500))
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.credit_notes.create(
            {"invoice": invoice, "amount": amount, "refund_amount": refund, "credit_amount": credit}
        )
    assert client.v1.refunds.list().data == []
    assert client.v1.credit_notes.list().data == []


def test_a_credit_note_lowers_an_open_invoice(
    client: stripe.StripeClient, place: Callable[..., Order]
) -> None:
    order = place()
    note = client.v1.credit_notes.create({"invoice": order.invoice.id, "amount": 300})
    assert note.type == "pre_payment"
    assert client.v1.invoices.pay(order.invoice.id).amount_paid == 1000


def test_over_refunding_is_refused(client: stripe.StripeClient, place: Callable[..., Order]) -> None:
    _, intent = _paid(client, place())
    refund = client.v1.refunds.create({"payment_intent": intent, "amount": 1000})
    assert refund.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        client.v1.refunds.create({"payment_intent": intent, "amount": 301})
    client.v1.refunds.create({"payment_intent": intent})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": intent})
    assert refusal.value.error is not None
    assert refusal.value.error.code == "charge_already_refunded"


@pytest.mark.parametrize(
    ("card", "first", "final", "refunded"),
    [
        ("pm_card_pendingRefund", "pending", "succeeded", 1300),
        ("pm_card_refundFail", "succeeded", "failed", 0),
    ],
)
def test_refunds_may_end_later(
    *,
    client: stripe.StripeClient,
    place: Callable[..., Order],
    control: Callable[..., Any],
    card: str,
    first: str,
    final: str,
    refunded: int,
) -> None:
    _, intent = _paid(client, place(card))
    refund = client.v1.refunds.create({"payment_intent": intent})
    assert refund.status == first
    control("POST", "clock", {"advance_seconds": 90_000})
    assert client.v1.refunds.retrieve(refund.id).status == final
    assert [entry["amount_refunded"] for entry in control("GET", "invoices")] == [refunded]
