"""Subscriptions: anchored at the end of what was paid, renewed by the clock."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from local.sandboxes.stripe.periods import add_interval
from tests.contract.conftest import Order

_DAY = 86_400


def _create(
    client: stripe.StripeClient, order: Order, anchor: int, interval: str = "month"
) -> stripe.Subscription:
    client.v1.products.create({"name": "Basic"}, {"idempotency_key": f"product-{interval}"})
    product = client.v1.products.list().data[0].id
    return client.v1.subscriptions.create(
        {
            "customer": order.customer,
            "items": [
                {
                    "price_data": {
                        "currency": "usd",
                        "product": product,
                        "recurring": {"interval": interval},
                        "unit_amount": 1300,
                    }
                }
            ],
            "billing_cycle_anchor": anchor,
            "proration_behavior": "none",
            "off_session": True,
            "default_payment_method": order.method,
            "metadata": {"item": "i-1"},
        }
    )


def test_nothing_is_billed_before_the_anchor(
    client: stripe.StripeClient, place: Callable[..., Order], control: Callable[..., Any]
) -> None:
    order = place()
    anchor = int(time.time()) + 20 * _DAY
    subscription = _create(client, order, anchor)
    assert subscription.status == "active"
    assert subscription["items"].data[0].current_period_end == anchor
    assert len(control("GET", "invoices")) == 1
    assert control("GET", "subscriptions") == [
        {"id": subscription.id, "customer": order.customer, "status": "active", "metadata": {"item": "i-1"}}
    ]
    control("POST", "clock", {"advance_seconds": 21 * _DAY})
    assert [entry["status"] for entry in control("GET", "invoices")] == ["open", "paid"]
    renewed = client.v1.subscriptions.retrieve(subscription.id)
    assert renewed["items"].data[0].current_period_start == anchor


def test_a_refused_renewal_is_past_due(
    client: stripe.StripeClient, place: Callable[..., Order], control: Callable[..., Any]
) -> None:
    subscription = _create(client, place("pm_card_chargeCustomerFail"), int(time.time()) + _DAY)
    control("POST", "clock", {"advance_seconds": 2 * _DAY})
    assert client.v1.subscriptions.retrieve(subscription.id).status == "past_due"


@pytest.mark.parametrize(("interval", "days"), [("month", -1), ("month", 32), ("year", 367)])
def test_the_anchor_lies_within_one_natural_period(
    client: stripe.StripeClient, place: Callable[..., Order], interval: str, days: int
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        _create(client, place(), int(time.time()) + days * _DAY, interval)
    assert refusal.value.param == "billing_cycle_anchor"
    assert client.v1.subscriptions.list({"status": "all"}).data == []


@pytest.mark.parametrize(
    ("start", "interval", "count", "end"),
    [
        ("2026-01-31T10:00", "month", 1, "2026-02-28T10:00"),
        ("2028-01-31T10:00", "month", 1, "2028-02-29T10:00"),
        ("2026-12-15T10:00", "month", 1, "2027-01-15T10:00"),
        ("2028-02-29T10:00", "year", 1, "2029-02-28T10:00"),
        ("2026-01-31T10:00", "month", 2, "2026-03-31T10:00"),
        ("2026-01-31T10:00", "week", 2, "2026-02-14T10:00"),
    ],
)
def test_periods_follow_the_calendar(start: str, interval: str, count: int, end: str) -> None:
    moments = [int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) for text in (start, end)]
    assert add_interval(moments[0], interval, count) == moments[1]


def test_cancelled_ones_are_listed_on_request_only(
    client: stripe.StripeClient, place: Callable[..., Order]
) -> None:
    order = place()
    kept, gone = (_create(client, order, int(time.time()) + _DAY) for _ in range(2))
    assert client.v1.subscriptions.cancel(gone.id).status == "canceled"
    live = client.v1.subscriptions.list({"customer": order.customer})
    assert [entry.id for entry in live.data] == [kept.id]
    every = client.v1.subscriptions.list({"customer": order.customer, "status": "all"})
    assert {entry.id for entry in every.data} == {kept.id, gone.id}
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.subscriptions.cancel(gone.id)


def test_without_an_anchor_the_first_period_is_billed_at_once(
    client: stripe.StripeClient, place: Callable[..., Order], control: Callable[..., Any]
) -> None:
    order = place()
    price = {"currency": "usd", "unit_amount": 900, "recurring": {"interval": "month"}}
    product = client.v1.products.create({"name": "Basic"}).id
    created = client.v1.prices.create({**price, "product": product})  # type: ignore[typeddict-item]
    subscription = client.v1.subscriptions.create(
        {"customer": order.customer, "items": [{"price": created.id}], "default_payment_method": order.method}
    )
    assert subscription.status == "active"
    assert [(entry["status"], entry["total"]) for entry in control("GET", "invoices")] == [
        ("open", 1300),
        ("paid", 900),
    ]
