"""Create the renewal subscription of a delivered site: paid through its first term, billed after it."""

import calendar
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from hostcart.contract.statuses import Term
from hostcart.domain.cart import Cart, Subscription, TaskName, require_running
from hostcart.domain.cart import activate_subscription as activated
from hostcart.domain.money import total
from hostcart.ports import CartStore, Clock, Payments, RefusedError
from hostcart.use_cases.errors import SubscriptionFailedError
from hostcart.use_cases.saving import change, load

_INTERVALS = {Term.MONTHLY: "month", Term.ANNUAL: "year"}
_MONTHS = {Term.MONTHLY: 1, Term.ANNUAL: 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateSubscriptionPorts:
    carts: CartStore
    payments: Payments
    clock: Clock


def activate_subscription(account_id: str, cart_token: str, *, ports: ActivateSubscriptionPorts) -> str:
    """The order's id, once its one subscription exists and is stored. Repeatable.

    Raises SubscriptionFailedError when it is refused, and the ports' UnavailableError to be retried.
    """
    cart = load(ports.carts, account_id, cart_token)
    if cart.opened.subscription is None:
        require_running(cart, TaskName.ACTIVATE_SUBSCRIPTION)
        subscription = _find_or_create(cart, ports.payments)
        now = ports.clock.now()
        change(
            ports.carts,
            cart,
            lambda current: current if current.opened.subscription else activated(current, subscription, now),
        )
    return cart.opened.id


def _find_or_create(cart: Cart, payments: Payments) -> Subscription:
    """Looks before it creates: the processor has no natural once-only guard for subscriptions."""
    try:
        stripe_id, status = payments.find_subscription(
            cart.payment.customer_id, order_id=cart.opened.id, since=cart.opened.created_at
        ) or _create(cart, payments)
    except RefusedError as refused:
        raise SubscriptionFailedError("subscription_refused") from refused
    began = _paid_at(cart).astimezone(UTC)
    return Subscription(
        id=str(uuid.uuid5(uuid.UUID(cart.opened.id), "subscription")),
        status=status,
        bucket_type=cart.site.term,
        bucket_year=began.year,
        bucket_month=began.month,
        stripe_id=stripe_id,
    )


def _create(cart: Cart, payments: Payments) -> tuple[str, str]:
    return payments.create_subscription(
        customer_id=cart.payment.customer_id,
        method_id=cart.payment.method_id,
        product_id=cart.site.stripe_product,
        currency=cart.currency,
        amount=total(cart.lines),
        interval=_INTERVALS[cart.site.term],
        paid_through=paid_through(_paid_at(cart), cart.site.term),
        order_id=cart.opened.id,
        account_id=cart.account.id,
    )


def _paid_at(cart: Cart) -> datetime:
    return cart.payment.paid_at or cart.opened.created_at


def paid_through(paid_at: datetime, term: Term) -> datetime:
    """One term after the payment; the day is the month's last where the month is shorter (as Stripe does)."""
    months = paid_at.month - 1 + _MONTHS[term]
    year, month = paid_at.year + months // 12, months % 12 + 1
    return paid_at.replace(year=year, month=month, day=min(paid_at.day, calendar.monthrange(year, month)[1]))
