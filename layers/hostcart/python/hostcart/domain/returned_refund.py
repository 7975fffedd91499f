"""What becomes of a refund after its order was closed: a bank may send it back weeks later. Pure."""

from dataclasses import replace
from datetime import datetime

from hostcart.contract.statuses import PaymentStatus
from hostcart.domain.cart import Cart
from hostcart.domain.payment import GIVEN_BACK, Payment
from hostcart.domain.transitions import PAYMENT, RETURNED_REFUND, TransitionRefusedError, advance


def is_given_back(cart: Cart) -> bool:
    """Whether the order is closed and its payment was refunded, or is to be again."""
    return cart.opened.status.terminal and cart.payment.status in GIVEN_BACK


def revise_refund(cart: Cart, payment: Payment, now: datetime) -> Cart:
    """The payment facts as the processor shows the refund now; the same cart when nothing changed.

    The order stays closed. Raises TransitionRefusedError for any other order.
    """
    if not is_given_back(cart):
        raise TransitionRefusedError("the order was not refunded, or is not closed yet")
    if payment == cart.payment:
        return cart
    returned = payment.status is PaymentStatus.REFUND_PENDING
    advance(RETURNED_REFUND if returned else PAYMENT, cart.payment.status, payment.status)
    return replace(cart, payment=payment, updated_at=now)
