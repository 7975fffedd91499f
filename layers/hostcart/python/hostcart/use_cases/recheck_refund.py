"""Look once more at the money of a closed order: a bank may send a refund back, or take a payment back."""

from dataclasses import dataclass

from hostcart.contract.statuses import PaymentStatus
from hostcart.domain.cart import Cart
from hostcart.domain.findings import FindingKind, Judgement, Subject
from hostcart.domain.payment import DisputeStatus, Refund
from hostcart.domain.returned_refund import is_given_back, revise_refund
from hostcart.ports import CartStore, Clock, Counts, Payments
from hostcart.use_cases.refund_payment import given_back
from hostcart.use_cases.saving import change, load


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckRefundPorts:
    carts: CartStore
    payments: Payments
    clock: Clock
    metrics: Counts


def recheck_refund(account_id: str, cart_token: str, *, ports: RecheckRefundPorts) -> PaymentStatus:
    """The payment's status after the look; an order that is open, or owes nothing back, is left alone.

    A refund that came back is `refund_pending` again and counts once in the alarmed metric RefundsFailed.
    Repeatable. Raises CartNotFoundError and the ports' errors.
    """
    cart, _ = _look(load(ports.carts, account_id, cart_token), ports)
    return cart.payment.status


def judge_refund(cart: Cart | None, *, ports: RecheckRefundPorts) -> Judgement:
    """What a look at the cart's refund comes to: BROKEN while an operator owes it to the customer.

    PENDING while it is under way, or its order is; its execution looks by itself.
    """
    if cart is None or cart.order is None:
        return Judgement.FINE
    if not cart.order.status.terminal:
        return Judgement.PENDING
    return _owed(*_look(cart, ports))


def judge_dispute(cart: Cart | None, *, ports: RecheckRefundPorts) -> Judgement:
    """What a look at the dispute of the cart's payment comes to.

    BROKEN while it is to be answered, and for good when it is lost: a delivered order is not paid, a refunded
    one was given back twice. FINE when it is won, or when it is all that an order without delivery was owed.
    When it is won, such an order is owed a refund, which is judged as any other.
    """
    if cart is None:
        return Judgement.FINE
    dispute = ports.payments.dispute(cart.payment.invoice_id)
    if dispute is None:
        return Judgement.FINE
    cart, refund = _look(cart, ports)
    if dispute.status is DisputeStatus.OPEN:
        return Judgement.BROKEN
    if refund is not None and refund.disputed:
        return Judgement.FINE if refund.settled else Judgement.BROKEN
    return _owed(cart, refund) if dispute.status is DisputeStatus.WON else Judgement.BROKEN


def _owed(cart: Cart, refund: Refund | None) -> Judgement:
    if refund is None or cart.payment.status is not PaymentStatus.REFUND_PENDING:
        return Judgement.FINE
    return Judgement.BROKEN if refund.failed else Judgement.PENDING


def refund_of(cart: Cart) -> Subject:
    """The refund, as the reconciler remembers it; by its invoice."""
    return _subject(FindingKind.REFUND_RETURNED, cart)


def dispute_of(cart: Cart) -> Subject:
    """The dispute, as the reconciler remembers it; by its invoice."""
    return _subject(FindingKind.PAYMENT_DISPUTED, cart)


def _subject(kind: FindingKind, cart: Cart) -> Subject:
    return Subject(kind=kind, id=cart.payment.invoice_id, account_id=cart.account.id, cart_token=cart.token)


def _look(cart: Cart, ports: RecheckRefundPorts) -> tuple[Cart, Refund | None]:
    """The cart as it is afterwards, and its refund if the order is closed and was given back."""
    if cart.order is None or not is_given_back(cart):
        return cart, None
    invoice = ports.payments.get_invoice(cart.payment.invoice_id)
    refund = ports.payments.refund(invoice, cart_token=cart.token)  # finds what was made
    payment, now = given_back(cart, invoice, refund), ports.clock.now()
    revised = change(ports.carts, cart, lambda current: revise_refund(current, payment, now))
    if refund.failed and revised is not cart:
        ports.metrics.count("RefundsFailed")
    return revised, refund
