"""Charge the cart's one invoice: look at it, then take only the steps that are still missing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from hostcart.contract.statuses import PaymentStatus
from hostcart.domain.cart import (
    CLAIM_LEASE,
    Cart,
    DomainItem,
    OrderKind,
    observe_payment,
    reprice_domain,
    start_attempt,
)
from hostcart.domain.money import below_minimum, total
from hostcart.domain.payment import AttemptState, Invoice, InvoiceStatus, Payment
from hostcart.ports import (
    CartStore,
    ClaimTakenError,
    Clock,
    DeclinedError,
    Metrics,
    OutcomeUnknownError,
    Payments,
    RefusedError,
    Registrar,
)
from hostcart.use_cases.domain_quote import price_now
from hostcart.use_cases.errors import DomainFailedError, OrderCancelledError, PaymentFailedError
from hostcart.use_cases.opening import load_opened
from hostcart.use_cases.saving import change
from hostcart.use_cases.waiting import doubling, heed


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargePaymentPorts:
    """`registrar` is built only for an order of a domain."""

    carts: CartStore
    payments: Payments
    registrar: Callable[[], Registrar]
    clock: Clock
    metrics: Metrics


class Step(StrEnum):
    """What comes next."""

    DELIVER = "deliver"
    SUSPEND = "suspend"
    WAIT = "wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Where the payment stands; `wait_seconds` is when to look again while it is not final.

    `kind` is what was ordered: it decides what to deliver.
    """

    order_id: str
    kind: OrderKind
    status: PaymentStatus
    step: Step
    wait_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTiming:
    """`poll` and `longest` bound the interval between two looks that no news comes between.

    `deadline` is how long the customer may take to act.
    """

    poll: timedelta
    longest: timedelta
    deadline: timedelta


def charge_payment(
    account_id: str, cart_token: str, *, timing: PaymentTiming, ports: ChargePaymentPorts
) -> Charge:
    """Moves the payment on as far as it goes now. Repeatable at any moment, with any of its answers lost.

    Raises PaymentFailedError when it can no longer succeed, DomainFailedError when the ordered name was lost
    or became dearer before the charge, OrderCancelledError, and the ports' UnavailableError to be
    retried.
    """
    cart = heed(ports.carts, load_opened(ports.carts, ports.clock, account_id, cart_token))
    if cart.opened.failure is not None:  # the compensation closes the invoice itself, so nothing can race it
        raise PaymentFailedError("payment_closed")
    if cart.opened.cancelling:
        raise OrderCancelledError
    if cart.payment.status is not PaymentStatus.SUCCEEDED:
        _keep_claim(cart, timing, ports)
        cart = _advance(cart, ports)
    return Charge(
        order_id=cart.opened.id,
        kind=cart.item.kind,
        status=cart.payment.status,
        step=_step(cart),
        wait_seconds=_wait(cart, timing, ports.clock.now()),
    )


def _step(cart: Cart) -> Step:
    """A payment under way may be trusted to arrive; when it fails, what was delivered is taken back."""
    site, status = cart.opened.site, cart.payment.status
    if status is PaymentStatus.SUCCEEDED:
        return Step.DELIVER
    if site is None:
        begun = cart.opened.delivery_started_at is not None
        return Step.DELIVER if begun and status is PaymentStatus.PROCESSING else Step.WAIT
    failed = status is PaymentStatus.AWAITING_AUTHENTICATION
    return Step.SUSPEND if failed and not site.suspended else Step.WAIT


def _keep_claim(cart: Cart, timing: PaymentTiming, ports: ChargePaymentPorts) -> None:
    """The name stays this order's until it is paid; one that was lost must not be charged for."""
    if not isinstance(cart.item, DomainItem):
        return
    try:
        ports.carts.renew_claim(cart, ports.clock.now() + timing.longest + CLAIM_LEASE)
    except ClaimTakenError as taken:
        raise DomainFailedError("domain_lost") from taken


def _advance(cart: Cart, ports: ChargePaymentPorts) -> Cart:
    try:
        invoice = ports.payments.get_invoice(cart.payment.invoice_id)
        if invoice.status is InvoiceStatus.DRAFT:
            if isinstance(cart.item, DomainItem):
                cart = _reprice(cart, ports)
            invoice = _finalize(cart, invoice, ports.payments)
        _refuse_debt(invoice)
        if invoice.status is InvoiceStatus.OPEN and _payable(cart, invoice):
            invoice = _pay(cart, invoice, ports)
    except DeclinedError as declined:
        if not declined.recoverable:
            raise PaymentFailedError("payment_declined") from declined
        invoice = _declined(ports.payments.get_invoice(cart.payment.invoice_id))
    except RefusedError as refused:
        raise PaymentFailedError("payment_declined") from refused
    return _observe(cart, invoice, ports)


def _reprice(cart: Cart, ports: ChargePaymentPorts) -> Cart:
    """Until the invoice is final: a look that was held up knows less than what came after it."""
    price, now = price_now(cart.domain, ports.registrar()), ports.clock.now()

    def how(current: Cart) -> Cart:
        charged = current.payment.hosted_invoice_url is not None
        return current if charged else reprice_domain(current, price, now)

    return change(ports.carts, cart, how)


def _finalize(cart: Cart, invoice: Invoice, payments: Payments) -> Invoice:
    """Adds the snapshot's lines and finalises; what is finalised is exactly what was quoted."""
    expected = total(cart.lines)
    if invoice.total != expected:
        invoice = payments.add_lines(invoice.id, cart.lines, cart_token=cart.token)
    if invoice.total != expected:
        raise PaymentFailedError("payment_closed")
    return payments.finalize(invoice.id, cart_token=cart.token)


def _payable(cart: Cart, invoice: Invoice) -> bool:
    """A charge is due while none is under way and the customer has not been asked to act.

    A decline that we did not store yet is sent again under its key: the processor repeats its answer, which
    tells whether it is final. One that follows a payment that we saw under way (a late debit failure) is the
    customer's to mend.
    """
    if cart.payment.status is not PaymentStatus.PROCESSING:
        return False
    seen = cart.payment.hosted_invoice_url is not None
    return invoice.attempt is AttemptState.NONE or (invoice.attempt is AttemptState.DECLINED and not seen)


def _refuse_debt(invoice: Invoice) -> None:
    """What is too small to charge, the processor books as a debt and calls paid."""
    booked = (
        invoice.status is InvoiceStatus.PAID
        and invoice.amount_paid == 0
        and invoice.total > invoice.credit_applied
    )
    due = invoice.status is InvoiceStatus.OPEN and below_minimum(invoice.amount_due, invoice.currency)
    if booked or due:
        raise PaymentFailedError("amount_below_minimum")


def _pay(cart: Cart, invoice: Invoice, ports: ChargePaymentPorts) -> Invoice:
    attempt = cart.payment.attempt
    try:
        return ports.payments.pay(
            invoice.id, method_id=cart.payment.method_id, cart_token=cart.token, attempt=attempt
        )
    except OutcomeUnknownError as unknown:
        if unknown.code == "server_error" and _untouched(ports.payments.get_invoice(invoice.id)):
            # The key now repeats the 5xx for ever; nothing is under way, so a new one cannot charge twice.
            now = ports.clock.now()
            change(ports.carts, cart, lambda current: start_attempt(current, attempt + 1, now))
        raise


def _untouched(invoice: Invoice) -> bool:
    return invoice.status is InvoiceStatus.OPEN and invoice.attempt is AttemptState.NONE


def _observe(cart: Cart, invoice: Invoice, ports: ChargePaymentPorts) -> Cart:
    if invoice.status in {InvoiceStatus.VOID, InvoiceStatus.UNCOLLECTIBLE}:
        raise PaymentFailedError("payment_closed")
    before = cart.payment.status
    cart = change(ports.carts, cart, _observation(invoice, ports.clock.now()))
    if cart.payment.status is not before:
        ports.metrics.count("PaymentOutcome", outcome=cart.payment.status)
    return cart


def _observation(invoice: Invoice, now: datetime) -> Callable[[Cart], Cart]:
    def how(cart: Cart) -> Cart:
        observed = payment_of(cart.payment, invoice)
        if observed.status is PaymentStatus.AWAITING_AUTHENTICATION and observed.asked_at is None:
            observed = replace(observed, asked_at=now)
        return cart if observed == cart.payment else observe_payment(cart, observed, now)

    return how


def payment_of(payment: Payment, invoice: Invoice) -> Payment:
    """The payment facts that follow from the invoice."""
    paid = invoice.status is InvoiceStatus.PAID
    if paid:
        status = PaymentStatus.SUCCEEDED
    elif invoice.attempt in {AttemptState.REQUIRES_ACTION, AttemptState.DECLINED}:
        status = PaymentStatus.AWAITING_AUTHENTICATION
    else:
        status = PaymentStatus.PROCESSING
    nothing_due = paid and invoice.amount_paid == 0
    return replace(
        payment,
        status=status,
        method_type=None if nothing_due else invoice.method_type or payment.method_type,
        hosted_invoice_url=invoice.hosted_url,
        amount_charged=_charged(status, invoice),
        credit_applied=invoice.credit_applied,
        paid_at=invoice.paid_at,
        paid_with=invoice.method_id if paid and invoice.method_id != payment.method_id else None,
    )


def _declined(invoice: Invoice) -> Invoice:
    """The answer said declined: so it is, even where the invoice does not show the attempt."""
    unseen = invoice.status is InvoiceStatus.OPEN and invoice.attempt is AttemptState.NONE
    return replace(invoice, attempt=AttemptState.DECLINED) if unseen else invoice


def _charged(status: PaymentStatus, invoice: Invoice) -> int:
    """What was charged or is being charged now; nothing while the customer has to act."""
    if status is PaymentStatus.SUCCEEDED:
        return invoice.amount_paid
    return invoice.amount_due if status is PaymentStatus.PROCESSING else 0


def _wait(cart: Cart, timing: PaymentTiming, now: datetime) -> int:
    """Seconds to the next look. A customer who has to act is given until the deadline."""
    passed = now - _since(cart)
    left = timing.longest
    if cart.payment.status is PaymentStatus.AWAITING_AUTHENTICATION:
        left = timing.deadline - passed
        if left <= timedelta(0):
            raise PaymentFailedError("payment_expired")
    return doubling(passed, timing.poll, timing.longest, left=left)


def _since(cart: Cart) -> datetime:
    """When the present wait began: with the order, or anew when the customer was asked to act."""
    return cart.payment.asked_at or cart.opened.created_at
