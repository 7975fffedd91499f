"""Renewal subscriptions: created once, found by metadata on any page, ended without complaint."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hostcart.ports import RefusedError

from tests.unit.adapters.stripe_stub import EMPTY, MISSING, Scene, error, listing, ok, scene

SINCE = datetime(2026, 12, 31, 12, tzinfo=UTC)


def subscribe(given: Scene, method_id: str | None = "pm_1") -> tuple[str, str]:
    return given.payments.create_subscription(
        customer_id="cus_1",
        method_id=method_id,
        product_id="prod_1",
        currency="usd",
        amount=1300,
        interval="month",
        paid_through=datetime(2027, 1, 31, 12, tzinfo=UTC),
        order_id="order-1",
        account_id="17",
    )


def subscription(number: int, status: str, order: str) -> dict[str, Any]:
    return {
        "id": f"sub_{number}",
        "object": "subscription",
        "status": status,
        "metadata": {"order_id": order},
    }


def test_the_renewal_starts_when_the_paid_term_ends() -> None:
    given = scene(ok({"id": "sub_1", "object": "subscription", "status": "active"}))
    assert subscribe(given) == ("sub_1", "active")
    (sent,) = given.http.sent
    assert (sent.route, sent.key) == ("POST /v1/subscriptions", "order:order-1:sub")
    assert sent.params == {
        "customer": "cus_1",
        "items[0][price_data][currency]": "usd",
        "items[0][price_data][product]": "prod_1",
        "items[0][price_data][unit_amount]": "1300",
        "items[0][price_data][recurring][interval]": "month",
        "billing_cycle_anchor": "1801396800",
        "proration_behavior": "none",
        "off_session": "true",
        "default_payment_method": "pm_1",
        "metadata[order_id]": "order-1",
        "metadata[account_id]": "17",
    }


def test_without_a_method_the_customers_default_is_charged() -> None:
    given = scene(ok({"id": "sub_1", "object": "subscription", "status": "active"}))
    subscribe(given, method_id=None)
    (sent,) = given.http.sent
    assert sent.key == "order:order-1:sub"
    assert "default_payment_method" not in sent.params


def test_a_method_is_saved_with_the_customer_or_not() -> None:
    given = scene(ok({"id": "pm_2", "object": "payment_method"}), MISSING, error(400, code="odd"))
    assert given.payments.has_method("cus_1", "pm_2")
    assert not given.payments.has_method("cus_1", "pm_2")
    assert not given.payments.has_method("cus_1", "pm_2")
    assert given.routes[0] == "GET /v1/customers/cus_1/payment_methods/pm_2"


def test_a_paid_term_beyond_the_natural_period_is_covered_by_a_trial() -> None:
    given = scene(
        error(400, code="parameter_invalid", param="billing_cycle_anchor"),
        ok({"id": "sub_1", "object": "subscription", "status": "trialing"}),
    )
    assert subscribe(given) == ("sub_1", "trialing")
    anchored, trial = given.http.sent
    assert (anchored.key, trial.key) == ("order:order-1:sub", "order:order-1:sub:trial")
    assert trial.params["trial_end"] == anchored.params["billing_cycle_anchor"]
    assert "billing_cycle_anchor" not in trial.params


def test_any_other_refusal_of_the_renewal_stands() -> None:
    given = scene(error(400, code="resource_missing", param="customer"))
    with pytest.raises(RefusedError, match="resource_missing"):
        subscribe(given)


def test_the_orders_subscription_is_found_on_a_later_page() -> None:
    given = scene(
        ok(listing(subscription(1, "active", "other"), subscription(2, "canceled", "order-1"), more=True)),
        ok(listing(subscription(3, "incomplete_expired", "order-1"), subscription(4, "past_due", "order-1"))),
    )
    assert given.payments.find_subscription("cus_1", order_id="order-1", since=SINCE) == ("sub_4", "past_due")
    first, second = (sent.params for sent in given.http.sent)
    assert first == {
        "customer": "cus_1",
        "status": "all",
        "limit": "100",
        "created[gte]": str(int(SINCE.timestamp()) - 3600),
    }
    assert second == {**first, "starting_after": "sub_2"}


def test_no_subscription() -> None:
    given = scene(ok(EMPTY))
    assert given.payments.find_subscription("cus_1", order_id="order-1", since=SINCE) is None


def test_ending_a_subscription_twice_is_fine() -> None:
    given = scene(ok(subscription(1, "canceled", "order-1")), MISSING, error(400, code="odd"))
    given.payments.cancel_subscription("sub_1")
    given.payments.cancel_subscription("sub_1")
    with pytest.raises(RefusedError, match="odd"):
        given.payments.cancel_subscription("sub_1")
    assert given.routes[0] == "DELETE /v1/subscriptions/sub_1"


def test_behind_a_repeated_server_error_the_effect_is_looked_for_before_another_key_is_used() -> None:
    kept = error(500, type="api_error", replayed=True)
    given = scene(kept, ok(listing(subscription(1, "active", "order-1"))))
    assert subscribe(given) == ("sub_1", "active")
    assert given.routes == ["POST /v1/subscriptions", "GET /v1/subscriptions"]


def test_behind_a_repeated_server_error_without_effect_the_next_key_is_used() -> None:
    kept = error(500, type="api_error", replayed=True)
    given = scene(kept, ok(EMPTY), ok({"id": "sub_2", "object": "subscription", "status": "active"}))
    assert subscribe(given) == ("sub_2", "active")
    assert [sent.key for sent in given.http.sent if sent.method == "post"] == [
        "order:order-1:sub",
        "order:order-1:sub:2",
    ]
