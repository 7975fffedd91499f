"""Cancel an order: the request is stored, and the order's own execution undoes what was done."""

from dataclasses import dataclass

from hostcart.contract.errors import ApiError
from hostcart.domain.cancellation import request_cancellation
from hostcart.domain.cart import Cart
from hostcart.domain.transitions import NotCancellableError
from hostcart.ports import CartStore, Clock, Workflow
from hostcart.use_cases.saving import change
from hostcart.use_cases.wake import WakePorts, wake


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrderPorts:
    carts: CartStore
    workflow: Workflow
    clock: Clock


def cancel_order(account_id: str, cart_token: str, *, ports: CancelOrderPorts) -> Cart:
    """The cart with the accepted request, its execution told. Repeatable: a repeat finds it accepted.

    No outside system is called, so that what is accepted is one write. Raises ApiError `not_found` while the
    account has no such order, `order_not_cancellable` past the point of no return, and the ports' errors.
    """
    cart = ports.carts.load(account_id, cart_token)
    if cart is None or cart.order is None:
        raise ApiError("not_found", "There is no such order in this account.")
    now = ports.clock.now()
    try:
        cart = change(ports.carts, cart, lambda current: request_cancellation(current, now))
    except NotCancellableError:
        raise ApiError("order_not_cancellable", "The order is over or can no longer be undone.") from None
    if not cart.opened.status.terminal:
        wake(account_id, cart_token, ports=WakePorts(carts=ports.carts, workflow=ports.workflow))
    return cart
