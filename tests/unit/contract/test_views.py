"""Every view that the domain renders has the contract's shape."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hostcart.contract import responses
from hostcart.domain import views
from hostcart.domain.cart import Cart

from local.seed.accounts import ACCOUNTS, account_id, accounts_file, user_id
from local.seed.history import Past, past_order
from local.seed.seeding import CATALOGUE
from local.seed.state import Billing
from tools import catalogue_file
from tools.accounts_file import records

NOW = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def past() -> Past:
    billing = {seed.name: Billing("cus_1", "pm_1") for seed in ACCOUNTS}
    keys = {seed.name: (f"hcu_{i:032}", f"hca_{i:032}") for i, seed in enumerate(ACCOUNTS)}
    content = records(accounts_file(billing, keys))
    (account,) = (found for found in content.accounts if found.snapshot.id == account_id("history"))
    (user,) = (found for found in content.users if found.snapshot.id == user_id("history"))
    plan = catalogue_file.load(CATALOGUE).plans["basic"]
    return Past(account=account, user=user, plan=plan, orders=40, until=NOW)


def _json(view: dict[str, Any]) -> str:
    return json.dumps(view)


@pytest.mark.parametrize("number", [1, 2, 3, 20, 40])
def test_views_of_terminal_orders(past: Past, number: int) -> None:
    cart = past_order(past, number)
    envelope = responses.CartEnvelope.model_validate_json(_json(views.cart_view(cart)))
    assert envelope.orders[0].poll_url == f"/api/orders/{cart.opened.id}"
    responses.OrderEntry.model_validate_json(_json(views.list_entry(cart)))
    notification = responses.OrderNotification.model_validate_json(_json(views.callback_body(cart, NOW)))
    assert notification.type == f"order.{cart.opened.status}"
    responses.OrderView.model_validate_json(_json(_owned(cart)))


def _owned(cart: Cart) -> dict[str, Any]:
    """The order's view as its owner reads it, with the password joined."""
    view = views.order_view(cart)
    if "site" in view:
        assert "password" not in view["site"]["ssh_data"]
        view["site"]["ssh_data"]["password"] = "opened"
    return view


def test_orders_are_spread_over_two_years(past: Past) -> None:
    assert past.placed_at(40) == NOW
    assert NOW - past.placed_at(1) == timedelta(days=730) * 39 / 40
