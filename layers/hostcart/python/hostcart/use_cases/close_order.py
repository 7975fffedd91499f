"""Bring cart and order to their terminal state; a failed order gives back its capacity or its name."""

from dataclasses import dataclass

from hostcart.contract.statuses import OrderStatus
from hostcart.domain.cart import CallbackStatus, DomainItem
from hostcart.domain.cart import close_order as closed
from hostcart.ports import CartStore, Clock, Metrics
from hostcart.use_cases.saving import change, load


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseOrderPorts:
    carts: CartStore
    clock: Clock
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The terminal status, and whether a notification is still owed, as the execution's history shows it."""

    order_id: str
    status: OrderStatus
    notify: bool


def close_order(account_id: str, cart_token: str, *, ports: CloseOrderPorts) -> Closed:
    """Repeatable. Raises TransitionRefusedError when a task is not completed and none has failed."""
    cart = load(ports.carts, account_id, cart_token)
    if not cart.opened.status.terminal:
        failed = cart.opened.failure is not None
        if failed and isinstance(cart.item, DomainItem):
            ports.carts.forget_contacts(cart)  # first: after the order's end nothing would come back for them
        now = ports.clock.now()
        cart = change(
            ports.carts,
            cart,
            lambda current: closed(current, now),
            drop_claim=failed and isinstance(cart.item, DomainItem),
        )
        ports.metrics.count("OrdersClosed", status=cart.opened.status)
    return Closed(
        order_id=cart.opened.id,
        status=cart.opened.status,
        notify=cart.callback is CallbackStatus.PENDING,
    )
