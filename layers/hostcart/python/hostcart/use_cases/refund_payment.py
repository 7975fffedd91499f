"""The compensation of everything: stop the order, give the money back, remove what was made."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from hostcart.contract.statuses import PaymentStatus
from hostcart.domain.cart import (
    Cart,
    DomainItem,
    DomainStatus,
    Failure,
    fail_order,
    settle_failed_payment,
)
from hostcart.domain.payment import GIVEN_BACK, Invoice, InvoiceStatus, Payment, Refund
from hostcart.domain.reconciliation import Verdict
from hostcart.ports import (
    CartStore,
    Clock,
    DnsZones,
    Metrics,
    Payments,
    RefusedError,
    Registrar,
    Sites,
    UnavailableError,
)
from hostcart.use_cases.domain_attempt import DomainTiming, domain_of, look
from hostcart.use_cases.errors import RefundFailedError, failure_of
from hostcart.use_cases.opening import load_opened
from hostcart.use_cases.saving import change

_SETTLED: Final = frozenset({PaymentStatus.FAILED, PaymentStatus.CANCELLED, PaymentStatus.REFUNDED})

_UNPAID: Final = frozenset({InvoiceStatus.DRAFT, InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE})
_MOST_SUBSCRIPTIONS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPaymentPorts:
    carts: CartStore
    payments: Payments
    sites: Sites
    registrar: Registrar
    zones: DnsZones
    clock: Clock
    metrics: Metrics


DELIVERED: Final = "delivered"
"""Instead of a payment's status: the name is ours or may still become so, and is not refunded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compensation:
    """`settled` is False while the processor still works on the refund, or on the debit to refund.

    `status` is the payment's, or DELIVERED when there is nothing to compensate: the order goes on.
    A disputed payment is settled as far as the order goes: whoever is paid in the end, is the bank's word.
    """

    order_id: str
    status: str
    settled: bool


def refund_payment(
    account_id: str,
    cart_token: str,
    *,
    cause: str | None,
    timing: DomainTiming,
    ports: RefundPaymentPorts,
) -> Compensation:
    """Stops the order first, so that nothing is charged or delivered any more; then undoes. Repeatable.

    `cause` is the failed task's error as the state machine caught it (JSON text). Raises RefundFailedError
    when the bank sent the money back, and the ports' UnavailableError to be retried.
    """
    cart = load_opened(ports.carts, ports.clock, account_id, cart_token)
    if _may_be_ours(cart, timing, ports):
        ports.metrics.count("DomainsOverdue", action=cart.domain.action, reason="delivery_failed")
        return Compensation(order_id=cart.opened.id, status=DELIVERED, settled=False)
    disputed = False
    if not cart.opened.status.terminal:
        failure = failure_of(_code(cause))
        now = ports.clock.now()
        cart = change(ports.carts, cart, _failing(cart, failure, now))
        cart, disputed = _settle(cart, ports)
    return Compensation(
        order_id=cart.opened.id,
        status=cart.payment.status,
        settled=cart.opened.status.terminal or disputed or cart.payment.status in _SETTLED,
    )


def _may_be_ours(cart: Cart, timing: DomainTiming, ports: RefundPaymentPorts) -> bool:
    """A name that was bought is never given back, nor one whose purchase may still come to light."""
    order = cart.opened
    if not isinstance(cart.item, DomainItem) or order.failure is not None or order.status.terminal:
        return False
    domain, now = domain_of(cart), ports.clock.now()
    if domain.status is DomainStatus.ACTIVE:
        return True
    if domain.attempt == 0:
        return False
    verdict = look(cart, ports.registrar, timing, now).decision.verdict
    if verdict is Verdict.RETRY:
        return now < (domain.attempt_at or now) + timing.late
    return verdict not in {Verdict.FAILED, Verdict.LOST}


def _failing(judged: Cart, failure: Failure, now: datetime) -> Callable[[Cart], Cart]:
    """Stops the order that was judged.

    Raises UnavailableError when another attempt at the name was made meanwhile: it is to be judged too.
    """

    def how(current: Cart) -> Cart:
        if current.opened.failure is None and _attempt_of(current) != _attempt_of(judged):
            raise UnavailableError("superseded")
        return fail_order(current, failure, now)

    return how


def _attempt_of(cart: Cart) -> tuple[object, ...]:
    domain = cart.opened.domain
    return () if domain is None else (domain.status, domain.attempt, domain.attempt_at)


def _settle(cart: Cart, ports: RefundPaymentPorts) -> tuple[Cart, bool]:
    """The money first, then what was made, then the facts: a repeat finds whatever is done already.

    The second is whether the payment is disputed, and so not refunded.
    """
    invoice = _closed_invoice(cart, ports.payments)
    refund = None
    if invoice is not None and invoice.status is InvoiceStatus.PAID:
        refund = ports.payments.refund(invoice, cart_token=cart.token)
    _remove(cart, ports)
    if invoice is not None and invoice.status in _UNPAID:
        return cart, False  # a debit under way, for the bank to decide
    payment = _nothing_kept(cart) if invoice is None or refund is None else given_back(cart, invoice, refund)
    if refund is not None:
        _tell_of_undelivered(cart, ports.metrics)
    now = ports.clock.now()
    settled = change(ports.carts, cart, lambda current: settle_failed_payment(current, payment, now))
    if settled.payment.status is not cart.payment.status:
        ports.metrics.count("PaymentOutcome", outcome=payment.status)
    if refund is not None and refund.failed:
        ports.metrics.count("RefundsFailed")
        raise RefundFailedError
    if refund is not None and refund.disputed:
        if not refund.settled:
            ports.metrics.count("PaymentNeedsAttention", kind="refund_disputed")
        return settled, True
    return settled, False


def _tell_of_undelivered(cart: Cart, metrics: Metrics) -> None:
    """The customer paid, did not cancel, and gets nothing: alarmed, whatever it was that failed.

    Counted before it is stored: a crash in between counts it twice, rather than never.
    """
    order = cart.opened
    if order.failure is not None and not order.stopped_by_customer and cart.payment.status not in GIVEN_BACK:
        metrics.count("PaidUndelivered", code=order.failure.code)


def _remove(cart: Cart, ports: RefundPaymentPorts) -> None:
    _cancel_subscriptions(cart, ports.payments)
    if isinstance(cart.item, DomainItem):
        ports.zones.delete(cart.item.name, reference=cart.opened.id)
    else:
        ports.sites.delete(cart.opened.id)


def _nothing_kept(cart: Cart) -> Payment:
    """The payment facts of an invoice that is void: nobody was charged, and nobody will be."""
    status = PaymentStatus.CANCELLED if cart.opened.stopped_by_customer else PaymentStatus.FAILED
    return replace(cart.payment, status=status, amount_charged=0, credit_applied=0)


def given_back(cart: Cart, invoice: Invoice, refund: Refund) -> Payment:
    """The payment facts of a paid invoice that is, or is being, refunded in full."""
    return replace(
        cart.payment,
        status=PaymentStatus.REFUNDED if refund.settled else PaymentStatus.REFUND_PENDING,
        hosted_invoice_url=invoice.hosted_url,
        amount_charged=invoice.amount_paid,
        credit_applied=invoice.credit_applied,
        amount_refunded=refund.refunded,
        credit_refunded=refund.credited_back,
        paid_at=invoice.paid_at,
    )


def _closed_invoice(cart: Cart, payments: Payments) -> Invoice | None:
    """The invoice, voided unless it was paid; None when there is none any more.

    It is still open while a debit is under way, which can be neither stopped nor refunded before its end.
    """
    try:
        invoice = payments.get_invoice(cart.payment.invoice_id)
    except RefusedError as refused:
        if refused.code == "resource_missing":
            return None
        raise
    if invoice.status in _UNPAID:
        return _voided(invoice, payments)
    return invoice


def _voided(invoice: Invoice, payments: Payments) -> Invoice:
    try:
        return payments.void(invoice.id)
    except UnavailableError as unavailable:
        if unavailable.code == "payment_processing":
            return invoice
        raise


def _cancel_subscriptions(cart: Cart, payments: Payments) -> None:
    """There is one at the most; a second that should not be there would bill for ever."""
    order = cart.opened
    for _ in range(_MOST_SUBSCRIPTIONS):
        found = payments.find_subscription(
            cart.payment.customer_id, order_id=order.id, since=order.created_at
        )
        if found is None:
            return
        payments.cancel_subscription(found[0])
    raise UnavailableError("subscription_not_cancelled")


def _code(cause: str | None) -> str | None:
    """The task error's code out of the runtime's `{"errorMessage": ..., "errorType": ...}`."""
    try:
        message = json.loads(cause or "{}").get("errorMessage")
    except (ValueError, AttributeError):
        return None
    return message if isinstance(message, str) else None
