"""Take note of what the payment processor reports: mark the cart and wake its execution, which looks itself.

An event decides nothing, so that neither its order nor its content matters: late, doubled or made up, it
costs one look. What is lost is found by the next look of its own accord.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from hostcart.domain.payment_events import FOR_AN_OPERATOR, WORTH_A_LOOK, CartRef, PaymentEvent
from hostcart.ports import CartStore, Clock, Metrics, PaymentIntents, UnknownCartError, Workflow
from hostcart.use_cases.errors import ObjectUnknownError

# Stripe sends an event for three days, and by hand for thirty.
_REMEMBERED: Final = timedelta(days=40)
_UNKNOWN_FOR: Final = timedelta(days=1)


class Receipt(StrEnum):
    TAKEN = "taken"
    REPEATED = "repeated"
    NOT_OURS = "not_ours"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivePaymentEventPorts:
    """`intents` is built when it is asked for: most events name their cart."""

    carts: CartStore
    intents: Callable[[], PaymentIntents]
    workflow: Workflow
    clock: Clock
    metrics: Metrics


def receive_payment_event(event: PaymentEvent, *, ports: ReceivePaymentEventPorts) -> Receipt:
    """Repeatable, with any of its answers lost: the event's id and its mark on the cart are one write.

    Raises ObjectUnknownError while the cart may still appear, and the ports' UnavailableError.
    """
    if event.kind not in WORTH_A_LOOK:
        return Receipt.NOT_OURS
    cart = event.cart or _cart_of_intent(event, ports)
    if cart is None:
        return Receipt.NOT_OURS
    now = ports.clock.now()
    try:
        first = ports.carts.mark_news_once(
            cart.account_id, cart.cart_token, event_id=event.id, until=now + _REMEMBERED
        )
    except UnknownCartError:
        if now - event.created_at < _UNKNOWN_FOR:
            raise ObjectUnknownError from None
        ports.metrics.count("WebhookOrphaned", kind=event.kind)
        return Receipt.GIVEN_UP
    if first and event.kind in FOR_AN_OPERATOR:
        ports.metrics.count("PaymentNeedsAttention", kind=event.kind)
    # A repeat too: the first time may have died before it woke anybody.
    task_token = ports.carts.task_token_with_news(cart.account_id, cart.cart_token)
    if task_token is not None:
        ports.workflow.wake(task_token)
    return Receipt.TAKEN if first else Receipt.REPEATED


def _cart_of_intent(event: PaymentEvent, ports: ReceivePaymentEventPorts) -> CartRef | None:
    return None if event.intent_id is None else ports.intents().cart_of_intent(event.intent_id)
