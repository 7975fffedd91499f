"""Until when an order must have ended, whatever happens to it. Beyond it something is wrong with us."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hostcart.contract.statuses import PaymentStatus
from hostcart.domain.cart import Cart, DomainItem, Order

_RETRIES: Final = timedelta(hours=12)  # what the state machine's own retries may take
_BANK: Final = timedelta(days=14)  # a debit that settles, a refund that arrives
_NOTIFICATION: Final = timedelta(days=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """What the tasks are given: for the customer to pay, the site to be made, the transfer to complete."""

    payment: timedelta
    site: timedelta
    transfer: timedelta


def deadline_of(cart: Cart, deadlines: Deadlines) -> datetime:
    """The moment by which the cart leaves the state that it is in now."""
    order = cart.order
    if order is None:
        return cart.created_at + _RETRIES
    if order.status.terminal:
        return order.updated_at + _NOTIFICATION
    if order.failure is not None:
        return order.updated_at + _BANK + _RETRIES
    if cart.payment.status is PaymentStatus.SUCCEEDED:
        return _delivered_by(cart, order, deadlines)
    return _paid_by(cart, order, deadlines)


def _paid_by(cart: Cart, order: Order, deadlines: Deadlines) -> datetime:
    asked_at = cart.payment.asked_at
    if asked_at is None:
        return order.created_at + max(_BANK, deadlines.payment) + _RETRIES
    if cart.payment.status is PaymentStatus.AWAITING_AUTHENTICATION:
        return asked_at + deadlines.payment + _RETRIES
    # who was asked has begun a debit on the hosted page since, by the payment's deadline at the latest
    return asked_at + deadlines.payment + _BANK + _RETRIES


def _delivered_by(cart: Cart, order: Order, deadlines: Deadlines) -> datetime:
    """From the payment on: what was delivered before it waited for the bank or for the customer."""
    began = max(order.delivery_started_at or order.created_at, cart.payment.paid_at or order.created_at)
    allowed = deadlines.transfer if isinstance(cart.item, DomainItem) else deadlines.site
    return began + allowed + 2 * _RETRIES
