"""Subscriptions: created at a paid-through anchor, listed, updated, cancelled."""

from collections.abc import Mapping

from local.sandboxes.http import Json
from local.sandboxes.stripe.account import Account
from local.sandboxes.stripe.billing import bill_first_period, end
from local.sandboxes.stripe.catalogue import new_price
from local.sandboxes.stripe.customers import own_method
from local.sandboxes.stripe.errors import StripeApiError, invalid
from local.sandboxes.stripe.objects import blank, created_bounds, list_object, merge_metadata, new_id, within
from local.sandboxes.stripe.periods import add_interval

_LIVE = ("active", "trialing", "past_due", "unpaid", "incomplete", "paused")
_LONGEST_TRIAL_SECONDS = 2 * 366 * 86_400


def create_subscription(account: Account, params: Json, _path: Mapping[str, str]) -> Json:
    """POST /v1/subscriptions."""
    if "customer" not in params:
        raise invalid("Missing required param: customer.", param="customer", code="parameter_missing")
    customer = account.live_customer(params["customer"])
    if params.get("default_payment_method"):
        own_method(account, params["default_payment_method"], customer["id"], param="default_payment_method")
    prices = _prices(account, params)
    now = account.store.now()
    anchor = _anchor(params, prices[0], now)
    subscription = _shell(account, customer, params, prices[0]["currency"], anchor)
    items = zip(params["items"], prices, strict=True)
    data = [_item(subscription, item, price, now, anchor) for item, price in items]
    subscription["items"] = list_object(f"/v1/subscription_items?subscription={subscription['id']}", data)
    if anchor == now or _prorates(params, anchor, now):
        bill_first_period(account, subscription, customer, off_session=params.get("off_session", False))
    account.store.add(subscription)
    account.emit("customer.subscription.created", subscription)
    return subscription


def _prices(account: Account, params: Json) -> list[Json]:
    if not params.get("items"):
        raise invalid("Missing required param: items.", param="items", code="parameter_missing")
    prices = []
    for index, item in enumerate(params["items"]):
        if "price_data" in item:
            price = new_price(account, item["price_data"])
        elif "price" in item:
            price = account.store.get("price", item["price"], param=f"items[{index}][price]")
        else:
            raise invalid(f"Missing required param: items[{index}][price].", code="parameter_missing")
        if price["recurring"] is None:
            raise invalid("The price has `type=one_time` but this field only accepts recurring prices.")
        prices.append(price)
    if len({price["currency"] for price in prices}) > 1:
        raise invalid("You cannot combine currencies on a single subscription.")
    return prices


def _anchor(params: Json, price: Json, now: int) -> int:
    """When the first full period begins: now, the trial's end, or an anchor within one natural period."""
    trial_end = params.get("trial_end")
    if isinstance(trial_end, int):
        if not now < trial_end <= now + _LONGEST_TRIAL_SECONDS:
            raise invalid(
                "Invalid timestamp: trial_end must be in the future, at most two years.", param="trial_end"
            )
        return trial_end
    anchor = params.get("billing_cycle_anchor")
    if not isinstance(anchor, int):
        return now
    recurring = price["recurring"]
    natural = add_interval(now, recurring["interval"], recurring["interval_count"])
    if anchor < now:
        message = "Timestamp must be in the future; `billing_cycle_anchor` cannot be in the past."
        raise invalid(message, param="billing_cycle_anchor")
    if anchor > natural:
        message = (
            f"`billing_cycle_anchor` cannot be later than next natural billing date ({natural}) for plan"
        )
        raise invalid(message, param="billing_cycle_anchor")
    return anchor


def _prorates(params: Json, anchor: int, now: int) -> bool:
    proration = params.get("proration_behavior", "create_prorations")
    return anchor > now and proration != "none" and "trial_end" not in params


def _shell(account: Account, customer: Json, params: Json, currency: str, anchor: int) -> Json:
    now = account.store.now()
    trial_end = params.get("trial_end") if isinstance(params.get("trial_end"), int) else None
    return {
        **blank("Subscription"),
        "id": new_id("sub"),
        "object": "subscription",
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": anchor,
        "billing_mode": {"type": "flexible", "flexible": {"proration_discounts": "included"}},
        "billing_schedules": [],
        "cancel_at": params.get("cancel_at") if isinstance(params.get("cancel_at"), int) else None,
        "cancel_at_period_end": params.get("cancel_at_period_end", False),
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": params.get("collection_method", "charge_automatically"),
        "created": now,
        "currency": currency,
        "customer": customer["id"],
        "default_payment_method": params.get("default_payment_method") or None,
        "default_tax_rates": [],
        "description": params.get("description"),
        "discounts": [],
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "livemode": False,
        "metadata": merge_metadata({}, params.get("metadata")),
        "start_date": now,
        "status": "trialing" if trial_end else "active",
        "trial_end": trial_end,
        "trial_start": now if trial_end else None,
    }


def _item(subscription: Json, item: Json, price: Json, start: int, anchor: int) -> Json:
    recurring = price["recurring"]
    end = (
        anchor if anchor > start else add_interval(start, recurring["interval"], recurring["interval_count"])
    )
    return {
        **blank("SubscriptionItem"),
        "id": new_id("si"),
        "object": "subscription_item",
        "created": start,
        "current_period_end": end,
        "current_period_start": start,
        "discounts": [],
        "metadata": merge_metadata({}, item.get("metadata")),
        "plan": _plan(price),
        "price": price,
        "quantity": item.get("quantity", 1),
        "subscription": subscription["id"],
        "tax_rates": [],
    }


def _plan(price: Json) -> Json:
    return {
        **blank("Plan"),
        "id": price["id"],
        "object": "plan",
        "active": True,
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": "per_unit",
        "created": price["created"],
        "currency": price["currency"],
        "interval": price["recurring"]["interval"],
        "interval_count": price["recurring"]["interval_count"],
        "livemode": False,
        "metadata": {},
        "product": price["product"],
        "usage_type": "licensed",
    }


def get_subscription(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """GET /v1/subscriptions/{id}."""
    return account.store.get("subscription", path["id"])


def list_subscriptions(account: Account, params: Json, _path: Mapping[str, str]) -> list[Json]:
    """GET /v1/subscriptions: without status all but the cancelled, with `all` every one."""
    bounds = created_bounds(params)
    subscriptions = [
        subscription
        for subscription in account.store.newest_first("subscription", customer=params.get("customer"))
        if within(subscription["created"], bounds)
    ]
    match params.get("status"):
        case None:
            wanted: tuple[str, ...] = _LIVE
        case "all":
            return subscriptions
        case "ended":
            wanted = ("canceled", "incomplete_expired")
        case status:
            wanted = (status,)
    return [subscription for subscription in subscriptions if subscription["status"] in wanted]


def update_subscription(account: Account, params: Json, path: Mapping[str, str]) -> Json:
    """POST /v1/subscriptions/{id}: metadata, default_payment_method, cancel_at_period_end, description."""
    subscription = account.store.get("subscription", path["id"])
    if subscription["status"] == "canceled" and set(params) - {"metadata"}:
        message = "A canceled subscription can only update its cancellation_details and metadata."
        raise invalid(message, code="invalid_canceled_subscription_fields")
    unsupported = set(params) - {"metadata", "default_payment_method", "cancel_at_period_end", "description"}
    if unsupported:
        raise invalid(f"The sandbox does not update {', '.join(sorted(unsupported))}.")
    if params.get("default_payment_method"):
        own_method(
            account,
            params["default_payment_method"],
            subscription["customer"],
            param="default_payment_method",
        )
    for name in ("default_payment_method", "cancel_at_period_end", "description"):
        if name in params:
            subscription[name] = params[name]
    subscription["metadata"] = merge_metadata(subscription["metadata"], params.get("metadata"))
    account.emit("customer.subscription.updated", subscription)
    return subscription


def cancel_subscription(account: Account, params: Json, path: Mapping[str, str]) -> Json:
    """DELETE /v1/subscriptions/{id}: ends now, refunds nothing."""
    subscription = account.store.get("subscription", path["id"])
    if subscription["status"] == "canceled":
        # Stripe no longer finds a cancelled subscription on this path.
        raise StripeApiError(
            404, f"No such subscription: '{path['id']}'", code="resource_missing", param="id"
        )
    subscription["cancellation_details"] |= params.get("cancellation_details", {})
    end(account, subscription)
    return subscription
