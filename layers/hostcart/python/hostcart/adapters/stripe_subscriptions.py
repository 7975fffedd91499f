"""Renewal subscriptions: Stripe has no guard of its own against a second one, so look before creating."""

from __future__ import annotations  # the SDK loads the types of every parameter when one is looked up

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import stripe
from pydantic import BaseModel

from hostcart.adapters.stripe_api import PAGE_SIZE, StripeApi, answer, every, with_live_key
from hostcart.ports import RefusedError

_CLOCK_SKEW: Final = timedelta(hours=1)
_EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
_ENDED: Final = frozenset({"canceled", "incomplete_expired"})


class _Subscription(BaseModel):
    id: str
    status: str


def find_subscription(
    api: StripeApi, customer_id: str, order_id: str, since: datetime
) -> tuple[str, str] | None:
    """(id, status). Lists, because Stripe's search lags behind what was just created.

    Bounded in time, so that a customer with thousands of sites costs one page all the same.
    """
    params: stripe.params.SubscriptionListParams = {
        "customer": customer_id,
        "status": "all",
        "limit": PAGE_SIZE,
        "created": {"gte": int((since - _CLOCK_SKEW).timestamp())},
    }
    with api.calls() as v1:
        entries = every(v1.subscriptions.list, params)
        ours = next((entry for entry in entries if _is_live(entry, order_id)), None)
        return None if ours is None else _facts(ours)


def create_subscription(
    api: StripeApi,
    *,
    customer_id: str,
    method_id: str | None,
    product_id: str,
    currency: str,
    amount: int,
    interval: str,
    paid_through: datetime,
    order_id: str,
    account_id: str,
) -> tuple[str, str]:
    """(id, status). Nothing is charged before `paid_through`: the first period was paid with the cart.

    Stripe refuses an anchor later than one natural period from now. Around a month's end the paid term can
    end later than that (paid on 30 January, created on the 31st); then a trial covers the difference.
    """
    params: stripe.params.SubscriptionCreateParams = {
        "customer": customer_id,
        "items": [
            {
                "price_data": {
                    "currency": currency,
                    "product": product_id,
                    "unit_amount": amount,
                    "recurring": {"interval": interval},
                }
            }
        ],
        "proration_behavior": "none",
        "off_session": True,
        "metadata": {"order_id": order_id, "account_id": account_id},
    }
    if method_id is not None:
        params["default_payment_method"] = method_id
    end = int(paid_through.timestamp())
    return with_live_key(
        f"order:{order_id}:sub",
        lambda key: _create_under(api, key, params, end),
        lambda: find_subscription(api, customer_id, order_id, _EVER),
    )


def _create_under(
    api: StripeApi, key: str, params: stripe.params.SubscriptionCreateParams, end: int
) -> tuple[str, str]:
    with api.calls() as v1:
        try:
            created = v1.subscriptions.create(
                {**params, "billing_cycle_anchor": end}, {"idempotency_key": key}
            )
        except stripe.InvalidRequestError as refusal:
            if refusal.param != "billing_cycle_anchor":
                raise
            created = v1.subscriptions.create(
                {**params, "trial_end": end}, {"idempotency_key": f"{key}:trial"}
            )
        return _facts(answer(created))


def has_method(api: StripeApi, customer_id: str, method_id: str) -> bool:
    """Whether the method is saved with the customer; what Stripe refuses to show is not."""
    try:
        with api.calls() as v1:
            v1.customers.payment_methods.retrieve(customer_id, method_id)
    except RefusedError:
        return False
    return True


def cancel_subscription(api: StripeApi, subscription_id: str) -> None:
    """Ends it at once; Stripe's defaults make neither an invoice nor a proration."""
    try:
        with api.calls() as v1:
            v1.subscriptions.cancel(subscription_id)
    except RefusedError as refusal:
        if refusal.code != "resource_missing":
            raise


def _facts(answered: Any) -> tuple[str, str]:
    subscription = _Subscription.model_validate(answered)
    return subscription.id, subscription.status


def _is_live(entry: dict[str, Any], order_id: str) -> bool:
    metadata = entry.get("metadata")
    return (
        isinstance(metadata, dict)
        and metadata.get("order_id") == order_id
        and entry.get("status") not in _ENDED
    )
