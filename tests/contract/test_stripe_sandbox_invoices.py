"""Invoices: from draft to paid or void, with the customer's balance."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.contract.conftest import Order


def test_an_invoice_is_charged_once(
    client: stripe.StripeClient, place: Callable[..., Order], control: Callable[..., Any]
) -> None:
    order = place()
    assert (order.invoice.status, order.invoice.amount_due) == ("open", 1300)
    assert order.invoice.hosted_invoice_url
    paid = client.v1.invoices.pay(
        order.invoice.id,
        {
            "off_session": True,
            "payment_method": order.method,
            "expand": ["payments.data.payment.payment_intent.latest_charge"],
        },
    )
    assert (paid.status, paid.amount_paid, paid.amount_remaining) == ("paid", 1300, 0)
    assert paid.status_transitions.paid_at is not None
    assert paid.payments is not None
    intent = paid.payments.data[0].payment.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert intent.status == "succeeded"
    assert isinstance(intent.latest_charge, stripe.Charge)
    with pytest.raises(stripe.InvalidRequestError, match="Invoice is already paid"):
        client.v1.invoices.pay(order.invoice.id)
    assert control("GET", "invoices") == [
        {
            "id": order.invoice.id,
            "customer": order.customer,
            "status": "paid",
            "total": 1300,
            "amount_paid": 1300,
            "amount_refunded": 0,
            "credit_applied": 0,
            "metadata": {"order": "o-1"},
            "attempts": 1,
        }
    ]


def test_payments_are_found_by_invoice(client: stripe.StripeClient, place: Callable[..., Order]) -> None:
    order = place()
    place()
    payments = client.v1.invoice_payments.list(
        {"invoice": order.invoice.id, "expand": ["data.payment.payment_intent"]}
    )
    assert [payment.status for payment in payments.data] == ["open"]
    intent = payments.data[0].payment.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert intent.amount == 1300


@pytest.mark.parametrize(
    ("amount", "balance", "status", "due", "ending"),
    [
        (1300, 0, "open", 1300, 0),
        (1300, -500, "open", 800, 0),
        (1300, 200, "open", 1500, 0),
        (300, -500, "paid", 0, -200),
        (500, -500, "paid", 0, 0),
        (0, 0, "paid", 0, 0),
        (30, 0, "paid", 0, 30),  # too little to charge: a debt
        (520, -500, "paid", 0, 20),
        (50, 0, "open", 50, 0),
    ],
)
def test_the_balance_is_applied_on_finalizing(
    *,
    client: stripe.StripeClient,
    place: Callable[..., Order],
    amount: int,
    balance: int,
    status: str,
    due: int,
    ending: int,
) -> None:
    order = place(amount=amount, balance=balance)
    invoice = order.invoice
    assert (invoice.status, invoice.amount_due, invoice.total) == (status, due, amount)
    assert (invoice.starting_balance, invoice.ending_balance) == (balance, ending)
    assert client.v1.customers.retrieve(order.customer).balance == ending


def test_voiding_gives_applied_credit_back(client: stripe.StripeClient, place: Callable[..., Order]) -> None:
    order = place(balance=-500)
    assert client.v1.invoices.void_invoice(order.invoice.id).status == "void"
    assert client.v1.customers.retrieve(order.customer).balance == -500
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.invoices.pay(order.invoice.id)
    kinds = [entry.type for entry in client.v1.customers.balance_transactions.list(order.customer).data]
    assert kinds == ["unapplied_from_invoice", "applied_to_invoice", "adjustment"]


def test_only_drafts_are_editable(client: stripe.StripeClient, place: Callable[..., Order]) -> None:
    order = place()
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.invoices.add_lines(order.invoice.id, {"lines": [{"amount": 1}]})
    assert refusal.value.error is not None
    assert refusal.value.error.code == "invoice_not_editable"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.invoices.delete(order.invoice.id)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.invoices.finalize_invoice(order.invoice.id)
    draft = client.v1.invoices.create({"customer": order.customer})
    assert client.v1.invoices.delete(draft.id).deleted


def test_lists_by_customer_and_status(client: stripe.StripeClient, place: Callable[..., Order]) -> None:
    first, second = place(), place()
    client.v1.invoices.pay(first.invoice.id)
    paid = client.v1.invoices.list({"status": "paid"})
    assert [invoice.id for invoice in paid.data] == [first.invoice.id]
    owned = client.v1.invoices.list({"customer": second.customer})
    assert [invoice.id for invoice in owned.data] == [second.invoice.id]


def test_a_deleted_customer_gets_no_invoice(client: stripe.StripeClient, place: Callable[..., Order]) -> None:
    order = place()
    client.v1.customers.delete(order.customer)
    assert client.v1.customers.retrieve(order.customer).deleted
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.invoices.create({"customer": order.customer})
    assert refusal.value.error is not None
    assert (refusal.value.error.code, refusal.value.param) == ("resource_missing", "customer")


def test_a_foreign_or_detached_method_is_refused(
    client: stripe.StripeClient, place: Callable[..., Order]
) -> None:
    order, other = place(), place()
    for method in (other.method, "pm_none"):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.invoices.create({"customer": order.customer, "default_payment_method": method})
        assert refusal.value.error is not None
        assert refusal.value.error.code == "resource_missing"
    client.v1.payment_methods.detach(order.method)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.invoices.pay(order.invoice.id)


def test_a_line_may_carry_a_price(client: stripe.StripeClient, place: Callable[..., Order]) -> None:
    order = place()
    client.v1.products.create({"id": "site_basic", "name": "Basic"})
    draft = client.v1.invoices.create({"customer": order.customer, "currency": "usd"})
    price = {"currency": "usd", "product": "site_basic", "unit_amount": 700}
    invoice = client.v1.invoices.add_lines(draft.id, {"lines": [{"price_data": price, "quantity": 2}]})  # type: ignore[typeddict-item]
    pricing = invoice.lines.data[0].pricing
    assert invoice.total == 1400
    assert pricing is not None
    assert pricing.price_details is not None
    assert pricing.price_details.product == "site_basic"
