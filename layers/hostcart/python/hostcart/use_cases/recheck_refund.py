"""Look once more at the refund of a closed order: the bank may have sent it back."""

from dataclasses import dataclass

from hostcart.contract.statuses import PaymentStatus
from hostcart.domain.returned_refund import is_given_back, revise_refund
from hostcart.ports import CartStore, Clock, Metrics, Payments
from hostcart.use_cases.refund_payment import given_back
from hostcart.use_cases.saving import change, load


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckRefundPorts:
    carts: CartStore
    payments: Payments
    clock: Clock
    metrics: Metrics


def recheck_refund(account_id: str, cart_token: str, *, ports: RecheckRefundPorts) -> PaymentStatus:
    """The payment's status after the look; an order that is open, or owes nothing back, is left alone.

    A refund that came back is `refund_pending` again and counts in the alarmed metric RefundsFailed.
    Repeatable. Raises CartNotFoundError and the ports' errors.
    """
    cart = load(ports.carts, account_id, cart_token)
    if cart.order is None or not is_given_back(cart):
        return cart.payment.status
    invoice = ports.payments.get_invoice(cart.payment.invoice_id)
    refund = ports.payments.refund(invoice, cart_token=cart.token)  # finds what was made
    payment, now = given_back(cart, invoice, refund), ports.clock.now()
    cart = change(ports.carts, cart, lambda current: revise_refund(current, payment, now))
    if refund.failed:
        ports.metrics.count("RefundsFailed")
    return cart.payment.status
