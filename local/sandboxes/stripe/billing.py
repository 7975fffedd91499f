"""A subscription's periods: billed when they begin, renewed as the clock moves on, ended."""

from local.sandboxes.http import Json
from local.sandboxes.stripe.account import Account
from local.sandboxes.stripe.collection import collect, finalize
from local.sandboxes.stripe.customers import own_method
from local.sandboxes.stripe.errors import StripeApiError, invalid
from local.sandboxes.stripe.invoices import append_line, new_draft, new_line, pricing_of
from local.sandboxes.stripe.periods import add_interval

_RENEWING = ("active", "trialing")


def bill_first_period(account: Account, subscription: Json, customer: Json, *, off_session: bool) -> None:
    """Bill and collect at once; a refusal makes the subscription incomplete."""
    invoice = _bill_period(account, subscription, customer, billing_reason="subscription_create")
    if invoice["status"] == "paid":
        return
    try:
        _collect_for(account, invoice, subscription, customer, off_session=off_session)
    except StripeApiError:
        subscription["status"] = "incomplete"


def _bill_period(account: Account, subscription: Json, customer: Json, *, billing_reason: str) -> Json:
    """A finalized invoice for the items' current period, not yet collected."""
    invoice = new_draft(account, customer, subscription["currency"], billing_reason=billing_reason)
    details = {"metadata": subscription["metadata"], "subscription": subscription["id"]}
    invoice["parent"] = {
        "type": "subscription_details",
        "quote_details": None,
        "subscription_details": details,
    }
    for item in subscription["items"]["data"]:
        line = new_line(
            account,
            invoice,
            amount=item["price"]["unit_amount"] * item["quantity"],
            quantity=item["quantity"],
            description=None,
            metadata=subscription["metadata"],
            period={"start": item["current_period_start"], "end": item["current_period_end"]},
            pricing=pricing_of(item["price"]),
        )
        append_line(invoice, line)
    subscription["latest_invoice"] = invoice["id"]
    account.emit("invoice.created", invoice)
    finalize(account, invoice)
    return invoice


def _collect_for(
    account: Account, invoice: Json, subscription: Json, customer: Json, *, off_session: bool
) -> None:
    method_id = (
        subscription["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    )
    if method_id is None:
        raise invalid(
            "This customer has no attached payment source or default payment method.", code="missing"
        )
    method = own_method(account, method_id, customer["id"], param="default_payment_method")
    collect(account, invoice, method, off_session=off_session)


def renew_due(account: Account) -> None:
    """Begin and bill the periods that the clock has reached; a refusal makes a subscription past_due."""
    for subscription in account.store.all("subscription"):
        while subscription["status"] in _RENEWING and _period_end(subscription) <= account.store.now():
            _renew(account, subscription)


def _period_end(subscription: Json) -> int:
    ends: list[int] = [item["current_period_end"] for item in subscription["items"]["data"]]
    return min(ends)


def _renew(account: Account, subscription: Json) -> None:
    if subscription["cancel_at_period_end"]:
        end(account, subscription)
        return
    for item in subscription["items"]["data"]:
        recurring, start = item["price"]["recurring"], item["current_period_end"]
        item["current_period_start"] = start
        item["current_period_end"] = add_interval(start, recurring["interval"], recurring["interval_count"])
    subscription["status"] = "active"
    customer = account.store.get("customer", subscription["customer"])
    invoice = _bill_period(account, subscription, customer, billing_reason="subscription_cycle")
    try:
        if invoice["status"] != "paid":
            _collect_for(account, invoice, subscription, customer, off_session=True)
    except StripeApiError:
        subscription["status"] = "past_due"
    account.emit("customer.subscription.updated", subscription)


def end(account: Account, subscription: Json) -> None:
    """Cancel now."""
    now = account.store.now()
    subscription |= {"status": "canceled", "canceled_at": now, "ended_at": now}
    subscription["cancellation_details"]["reason"] = "cancellation_requested"
    account.emit("customer.subscription.deleted", subscription)
