"""Create the renewal subscription: of a site after its first term, of a domain before it expires."""

import calendar
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from hostcart.contract.statuses import Term
from hostcart.domain import tlds
from hostcart.domain.cart import (
    Cart,
    DomainItem,
    Subscription,
    TaskName,
    note_saved_method,
    require_running,
)
from hostcart.domain.cart import activate_subscription as activated
from hostcart.domain.money import total
from hostcart.domain.payment import Payment
from hostcart.domain.transitions import TransitionRefusedError
from hostcart.ports import CartStore, Clock, Payments, RefusedError
from hostcart.use_cases.errors import SubscriptionFailedError
from hostcart.use_cases.saving import change, load

_INTERVALS = {Term.MONTHLY: "month", Term.ANNUAL: "year"}
_MONTHS = {Term.MONTHLY: 1, Term.ANNUAL: 12}
_SOONEST: Final = timedelta(
    days=1
)  # however soon a transferred name expires, its first bill is in the future


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What is billed from `first_bill` on; the paid period began at `began`."""

    product_id: str
    amount: int
    term: Term
    began: datetime
    first_bill: datetime


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
        cart = _settle_method(cart, ports)
        subscription = _find_or_create(cart, ports.payments)
        _store(cart, subscription, ports)
    return cart.opened.id


def _store(cart: Cart, subscription: Subscription, ports: ActivateSubscriptionPorts) -> None:
    now = ports.clock.now()

    def how(current: Cart) -> Cart:
        return current if current.opened.subscription else activated(current, subscription, now)

    try:
        change(ports.carts, cart, how)
    except TransitionRefusedError:
        # The order failed while this step was held up: nobody else knows of what it made.
        ports.payments.cancel_subscription(subscription.stripe_id)
        raise


def _find_or_create(cart: Cart, payments: Payments) -> Subscription:
    """Looks just before it creates: the processor has no natural once-only guard for subscriptions."""
    renewal = renewal_of(cart)
    try:
        stripe_id, status = payments.find_subscription(
            cart.payment.customer_id, order_id=cart.opened.id, since=cart.opened.created_at
        ) or _create(cart, renewal, payments)
    except RefusedError as refused:
        raise SubscriptionFailedError("subscription_refused") from refused
    began = renewal.began.astimezone(UTC)
    return Subscription(
        id=str(uuid.uuid5(uuid.UUID(cart.opened.id), "subscription")),
        status=status,
        bucket_type=renewal.term,
        bucket_year=began.year,
        bucket_month=began.month,
        stripe_id=stripe_id,
    )


def _create(cart: Cart, renewal: Renewal, payments: Payments) -> tuple[str, str]:
    return payments.create_subscription(
        customer_id=cart.payment.customer_id,
        method_id=_method(cart.payment),
        product_id=renewal.product_id,
        currency=cart.currency,
        amount=renewal.amount,
        interval=_INTERVALS[renewal.term],
        paid_through=renewal.first_bill,
        order_id=cart.opened.id,
        account_id=cart.account.id,
    )


def _settle_method(cart: Cart, ports: ActivateSubscriptionPorts) -> Cart:
    """Decides what renews, once: a try that named another method would make a second subscription."""
    payment = cart.payment
    if payment.paid_with is None or payment.paid_with_saved is not None:
        return cart
    saved, now = ports.payments.has_method(payment.customer_id, payment.paid_with), ports.clock.now()
    return change(ports.carts, cart, lambda current: note_saved_method(current, saved=saved, now=now))


def _method(payment: Payment) -> str | None:
    """The method that paid: the one that was charged first may be the one that was declined.

    One that the customer did not save on the hosted page cannot be charged again: None, their default.
    """
    if payment.paid_with is None:
        return payment.method_id
    return payment.paid_with if payment.paid_with_saved else None


def renewal_of(cart: Cart) -> Renewal:
    """What the order renews as, from its stored facts alone."""
    if isinstance(cart.item, DomainItem):
        return _renewal_of_domain(cart, cart.item)
    return Renewal(
        product_id=cart.site.stripe_product,
        amount=total(cart.lines),
        term=cart.site.term,
        began=_paid_at(cart),
        first_bill=paid_through(_paid_at(cart), cart.site.term),
    )


def _renewal_of_domain(cart: Cart, item: DomainItem) -> Renewal:
    domain = cart.opened.domain
    delivered = (None if domain is None else domain.delivered_at) or _paid_at(cart)
    expires = None if domain is None else domain.expires_at
    if expires is None:
        expires = paid_through(delivered, Term.ANNUAL)
    lead = timedelta(days=tlds.get(item.suffix).renewal.lead_days)
    return Renewal(
        product_id=item.stripe_product,
        amount=item.renewal_amount,
        term=Term.ANNUAL,
        began=delivered,
        first_bill=max(expires - lead, delivered + _SOONEST),
    )


def _paid_at(cart: Cart) -> datetime:
    return cart.payment.paid_at or cart.opened.created_at


def paid_through(paid_at: datetime, term: Term) -> datetime:
    """One term after the payment; the day is the month's last where the month is shorter (as Stripe does)."""
    months = paid_at.month - 1 + _MONTHS[term]
    year, month = paid_at.year + months // 12, months % 12 + 1
    return paid_at.replace(year=year, month=month, day=min(paid_at.day, calendar.monthrange(year, month)[1]))
