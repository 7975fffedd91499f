"""What a client reads, held against the contract's models at every step of an order's life."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hostcart.contract.responses import CartEnvelope, OrderEntry, OrderNotification, OrderView
from hostcart.domain import views
from hostcart.domain.cart import Cart
from hostcart.domain.transitions import TransitionRefusedError

from tests.fakes.platform import START
from tests.fakes.sites import PASSWORD
from tests.unit.domain.carts import ORDER_ID, STEPS, TOKEN, completed, new_cart, opened

TERMINAL = ["completed", "notified", "closed failed"]


def as_read(view: views.View) -> Any:
    """Through JSON, as a client gets it."""
    return json.loads(json.dumps(view))


@pytest.mark.parametrize("cart", [new_cart(), *STEPS.values()], ids=["new", *STEPS])
def test_the_cart_has_the_contracts_shape(cart: Cart) -> None:
    CartEnvelope.model_validate_json(json.dumps(views.cart_view(cart)))


@pytest.mark.parametrize("name", STEPS)
def test_the_order_has_the_contracts_shape(name: str) -> None:
    view = as_read(views.order_view(STEPS[name]))
    if "site" in view:
        view["site"]["ssh_data"]["password"] = PASSWORD  # joined on reading
    OrderView.model_validate_json(json.dumps(view))
    OrderEntry.model_validate_json(json.dumps(views.list_entry(STEPS[name])))


@pytest.mark.parametrize("name", TERMINAL)
def test_the_notification_has_the_contracts_shape(name: str) -> None:
    body = views.callback_body(STEPS[name], START)
    OrderNotification.model_validate_json(json.dumps(body))


def test_a_new_cart() -> None:
    assert as_read(views.cart_view(new_cart())) == {
        "status": "accepted",
        "cart": {
            "token": TOKEN,
            "status": "active",
            "rollup_status": "pending",
            "poll_url": f"/api/carts/{TOKEN}",
        },
        "payment": {"status": "processing", "method_type": "card", "hosted_invoice_url": None},
        "orders": [],
    }


def test_an_opened_cart_names_its_order() -> None:
    view = as_read(views.cart_view(opened()))
    assert view["cart"]["status"] == "processing"
    assert view["orders"] == [{"id": ORDER_ID, "status": "pending", "poll_url": f"/api/orders/{ORDER_ID}"}]


@pytest.mark.parametrize(
    ("name", "rollup"),
    [
        ("opened", "pending"),
        ("paid", "processing"),
        ("failed", "processing"),
        ("completed", "completed"),
        ("closed failed", "failed"),
    ],
)
def test_the_rollup_follows_the_order(name: str, rollup: str) -> None:
    assert views.cart_view(STEPS[name])["cart"]["rollup_status"] == rollup


def test_a_delivered_order() -> None:
    view = as_read(views.order_view(completed()))
    assert view == {
        "order": {
            "id": ORDER_ID,
            "status": "completed",
            "created_at": "2026-11-21T17:30:00Z",
            "updated_at": "2026-11-21T17:30:00Z",
            "location": "pdx",
        },
        "tasks": [
            {"id": 1, "name": "charge_payment", "status": "completed"},
            {"id": 2, "name": "provision_site", "status": "completed"},
            {"id": 3, "name": "activate_subscription", "status": "completed"},
        ],
        "payment": {
            "status": "succeeded",
            "method_type": "card",
            "hosted_invoice_url": "https://invoice.example/in_1",
            "amount_charged_cents": 1300,
            "credit_applied_cents": 0,
        },
        "account": {
            "id": "10000001",
            "name": "Example Ltd",
            "status": "active",
            "trial": False,
            "currency": "usd",
            "billing_plan": "standard",
            "parent_id": None,
            "created_at": "2025-10-17T17:30:00Z",
        },
        "user": {"id": "20000001", "name": "A. Client", "email": "a.client@example.com"},
        "site": {
            "id": ORDER_ID,
            "name": "My blog",
            "domain": "my-blog.sites.example",
            "variant": "vanilla",
            "location": "pdx",
            "ssh_data": {"ipaddr": "203.0.113.10", "username": "site1", "port": 22},
        },
        "subscription": {
            "id": ORDER_ID,
            "status": "active",
            "bucket_type": "monthly",
            "bucket_year": 2026,
            "bucket_month": 11,
            "stripe_id": "sub_1",
        },
    }


def test_what_is_not_there_is_left_out() -> None:
    assert {"site", "subscription", "failure"}.isdisjoint(views.order_view(opened()))


def test_a_failed_order_says_why() -> None:
    view = views.order_view(STEPS["closed failed"])
    assert view["failure"] == {"code": "site_failed", "detail": "The site could not be created."}
    assert "site" not in view


def test_an_order_placed_with_an_account_key_has_no_user() -> None:
    assert views.order_view(replace(STEPS["opened"], user=None))["user"] is None


def test_the_notification_carries_no_access_data() -> None:
    text = json.dumps(views.callback_body(completed(), START))
    assert json.loads(text)["type"] == "order.completed"
    assert not any(secret in text for secret in ("ssh", "203.0.113.10", "site1", "a.client@example.com"))


def test_no_view_of_an_order_that_is_not_open() -> None:
    with pytest.raises(TransitionRefusedError):
        views.order_view(new_cart())


def test_times_are_utc_in_whole_seconds() -> None:
    moment = datetime(2026, 11, 21, 18, 30, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))
    assert views.timestamp(moment) == "2026-11-21T17:30:00Z"
