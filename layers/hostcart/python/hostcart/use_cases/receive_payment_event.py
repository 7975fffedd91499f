"""Take note of what the payment processor reports: mark the cart and wake its execution, which looks itself.

An event decides nothing, so that neither its order nor its content matters: late, doubled or made up, it
costs one look. What is lost is found by the next look of its own accord.

An order that is closed has no execution that could look: then the look at its refund or its dispute is taken
here, and what an operator must do is remembered as a finding.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from hostcart.contract.statuses import PaymentStatus
from hostcart.domain.findings import Judgement, Subject
from hostcart.domain.payment_events import (
    DISPUTED,
    FOR_AN_OPERATOR,
    INVOICE_PAID,
    MONEY_CAME_BACK,
    WORTH_A_LOOK,
    CartRef,
    PaymentEvent,
)
from hostcart.ports import CartStore, Clock, Metrics, Payments, UnknownCartError, Workflow
from hostcart.ports_reconcile import FindingStore
from hostcart.use_cases.errors import ObjectUnknownError
from hostcart.use_cases.recheck_refund import (
    RecheckRefundPorts,
    dispute_of,
    judge_dispute,
    judge_refund,
    refund_of,
)
from hostcart.use_cases.saving import load

# Stripe sends an event for three days, and by hand for thirty.
_REMEMBERED: Final = timedelta(days=40)
_UNKNOWN_FOR: Final = timedelta(days=1)


class Receipt(StrEnum):
    TAKEN = "taken"
    REPEATED = "repeated"
    NOT_OURS = "not_ours"
    KNOWN = "known"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivePaymentEventPorts:
    """`payments` is built when it is asked for: most events name their cart, and need no look from here."""

    carts: CartStore
    payments: Callable[[], Payments]
    findings: FindingStore
    workflow: Workflow
    clock: Clock
    metrics: Metrics


def receive_payment_event(event: PaymentEvent, *, ports: ReceivePaymentEventPorts) -> Receipt:
    """Repeatable, with any of its answers lost: the event's id and its mark on the cart are one write.

    Raises ObjectUnknownError while the cart may still appear, and the ports' UnavailableError.
    """
    cart = _cart_of(event, ports)
    if cart is None:
        return Receipt.NOT_OURS
    if _is_known(event, cart, ports):
        return Receipt.KNOWN
    first = _mark(event, cart, ports)
    if first is None:
        return Receipt.GIVEN_UP
    # What follows is for a repeat too: the first time may have died behind its mark, before it told anybody.
    if event.kind in FOR_AN_OPERATOR:
        ports.metrics.count("PaymentNeedsAttention", kind=event.kind)
    task_token = ports.carts.task_token_with_news(cart.account_id, cart.cart_token)
    if task_token is not None:
        ports.workflow.wake(task_token)
    if event.kind in MONEY_CAME_BACK | DISPUTED:
        _look_at_money(event.kind, cart, ports)
    return Receipt.TAKEN if first else Receipt.REPEATED


def _is_known(event: PaymentEvent, ref: CartRef, ports: ReceivePaymentEventPorts) -> bool:
    """Of most orders the charge's own answer told it already: one read, in place of a mark and a look."""
    if event.kind != INVOICE_PAID:
        return False
    cart = ports.carts.load(ref.account_id, ref.cart_token)
    return cart is not None and cart.payment.status is PaymentStatus.SUCCEEDED


def _mark(event: PaymentEvent, cart: CartRef, ports: ReceivePaymentEventPorts) -> bool | None:
    """Whether it is the event's first time; None when its cart will not appear any more."""
    now = ports.clock.now()
    try:
        return ports.carts.mark_news_once(
            cart.account_id, cart.cart_token, event_id=event.id, until=now + _REMEMBERED
        )
    except UnknownCartError:
        if now - event.created_at < _UNKNOWN_FOR:
            raise ObjectUnknownError from None
        ports.metrics.count("WebhookOrphaned", kind=event.kind)
        return None


def _cart_of(event: PaymentEvent, ports: ReceivePaymentEventPorts) -> CartRef | None:
    if event.kind not in WORTH_A_LOOK:
        return None
    if event.cart is not None or event.intent_id is None:
        return event.cart
    return ports.payments().cart_of_intent(event.intent_id)


def _look_at_money(kind: str, ref: CartRef, ports: ReceivePaymentEventPorts) -> None:
    """The first look decides nothing for good: the reconciler judges again what it finds remembered."""
    cart = load(ports.carts, ref.account_id, ref.cart_token)
    look = RecheckRefundPorts(
        carts=ports.carts, payments=ports.payments(), clock=ports.clock, metrics=ports.metrics
    )
    if kind in DISPUTED:
        _remember(dispute_of(cart), judge_dispute(cart, ports=look), ports)
    else:
        _remember(refund_of(cart), judge_refund(cart, ports=look), ports)


def _remember(subject: Subject, judgement: Judgement, ports: ReceivePaymentEventPorts) -> None:
    if judgement is not Judgement.FINE:
        ports.findings.put(subject, judgement, ports.clock.now())
