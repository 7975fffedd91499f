"""Disputes and returned refunds at the sandbox: what they forbid, what is reported, how they end."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.contract.conftest import Order


def _reported(client: stripe.StripeClient, *kinds: str) -> list[str]:
    return [event.type for event in client.v1.events.list({"types": list(kinds)}).data]


def test_a_disputed_payment_takes_no_refund_until_it_is_won(
    client: stripe.StripeClient, place: Callable[..., Order], control: Callable[..., Any]
) -> None:
    order = place()
    client.v1.invoices.pay(order.invoice.id)
    opened = control("POST", "dispute", {"invoice": order.invoice.id})
    assert (opened["status"], opened["amount"]) == ("needs_response", order.invoice.amount_due)
    (dispute,) = client.v1.disputes.list().data
    assert isinstance(dispute.payment_intent, str)
    with pytest.raises(stripe.InvalidRequestError, match="charged back") as refused:
        client.v1.refunds.create({"payment_intent": dispute.payment_intent})
    assert refused.value.error is not None
    assert refused.value.error.code == "charge_disputed"
    control("POST", "dispute", {"invoice": order.invoice.id, "outcome": "won"})
    assert client.v1.refunds.create({"payment_intent": dispute.payment_intent}).status == "succeeded"
    kinds = ("charge.dispute.closed", "charge.dispute.created")
    assert _reported(client, *kinds) == list(kinds)


def test_the_dispute_card_is_disputed_as_soon_as_it_is_charged(
    client: stripe.StripeClient, place: Callable[..., Order]
) -> None:
    client.v1.invoices.pay(place("pm_card_createDispute").invoice.id)
    assert [entry.reason for entry in client.v1.disputes.list().data] == ["fraudulent"]


def test_a_refund_comes_back_on_demand(
    client: stripe.StripeClient, place: Callable[..., Order], control: Callable[..., Any]
) -> None:
    order = place()
    client.v1.invoices.pay(order.invoice.id)
    amount = order.invoice.amount_due
    client.v1.credit_notes.create({"invoice": order.invoice.id, "amount": amount, "refund_amount": amount})
    returned = control("POST", "return_refund", {"invoice": order.invoice.id})
    assert (returned["status"], returned["failure_reason"]) == ("failed", "expired_or_canceled_card")
    kinds = ("refund.failed", "refund.updated", "charge.refund.updated")
    assert _reported(client, *kinds) == list(kinds)
