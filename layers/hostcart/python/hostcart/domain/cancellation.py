"""When an order can be cancelled, and how the request is kept. Pure, as the aggregate itself.

A request and every step forward are writes over the same version of the cart, so one of the two comes first:
the step, and the request is judged by what it made; or the request, and the step is refused.
"""

from dataclasses import replace
from datetime import datetime

from hostcart.domain.cart import Cancellation, Cart, DomainAction, DomainItem, DomainStatus
from hostcart.domain.transitions import NotCancellableError


def request_cancellation(cart: Cart, now: datetime) -> Cart:
    """The accepted request; the same cart when it was accepted before.

    Raises NotCancellableError past the point of no return.
    """
    order = cart.opened
    if order.cancelling:
        return cart
    if not is_cancellable(cart):
        raise NotCancellableError(f"the order is {order.status}")
    return _touch(cart, Cancellation(requested_at=now), now)


def is_cancellable(cart: Cart) -> bool:
    """Whether the order can still be undone.

    A site until it is delivered: one that is being made is removed again. A registration until the registrar
    is asked: it cannot be given back. A transfer while it is under way, as the registrar may stop it.
    """
    order = cart.opened
    if order.status.terminal or order.failure is not None or order.cancellation is not None:
        return False
    domain = order.domain
    if domain is None or not isinstance(cart.item, DomainItem):
        return order.site is None
    if cart.item.action is DomainAction.TRANSFER:
        return domain.status in {DomainStatus.PENDING, DomainStatus.IN_PROGRESS} and not domain.cancel_refused
    return domain.attempt == 0


def refuse_cancellation(cart: Cart, now: datetime) -> Cart:
    """The registrar no longer stops the transfer: the order goes on as if nobody had asked.

    The same cart when the order was stopped already: a step that was held up must not take that back.
    """
    order, cancellation = cart.opened, cart.opened.cancellation
    if cancellation is None or cancellation.refused or order.failure is not None:
        return cart
    return _touch(cart, replace(cancellation, refused=True), now)


def _touch(cart: Cart, cancellation: Cancellation, now: datetime) -> Cart:
    order = replace(cart.opened, cancellation=cancellation, updated_at=now)
    return replace(cart, order=order, updated_at=now)
