"""The one table of allowed status changes. A change that is not listed is refused."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from hostcart.contract.statuses import CartStatus, OrderStatus, PaymentStatus, TaskStatus


class TransitionRefusedError(Exception):
    """The record is past the state that the change starts from."""


class CancelRequestedError(TransitionRefusedError):
    """The customer cancelled: the order takes no step forward any more."""


class NotCancellableError(TransitionRefusedError):
    """The order is past its point of no return, has failed already or is over."""


CART: Final[Mapping[CartStatus, frozenset[CartStatus]]] = {
    CartStatus.ACTIVE: frozenset({CartStatus.PROCESSING}),
    CartStatus.PROCESSING: frozenset({CartStatus.CHECKED_OUT}),
    CartStatus.CHECKED_OUT: frozenset(),
}

ORDER: Final[Mapping[OrderStatus, frozenset[OrderStatus]]] = {
    OrderStatus.PENDING: frozenset({OrderStatus.PROCESSING, OrderStatus.FAILED, OrderStatus.CANCELLED}),
    OrderStatus.PROCESSING: frozenset({OrderStatus.COMPLETED, OrderStatus.FAILED, OrderStatus.CANCELLED}),
    OrderStatus.COMPLETED: frozenset(),
    OrderStatus.FAILED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}

# A payment that only the compensation sees succeed goes straight from open to its refund.
_CLOSED: Final = frozenset(
    {
        PaymentStatus.SUCCEEDED,
        PaymentStatus.FAILED,
        PaymentStatus.CANCELLED,
        PaymentStatus.REFUND_PENDING,
        PaymentStatus.REFUNDED,
    }
)
PAYMENT: Final[Mapping[PaymentStatus, frozenset[PaymentStatus]]] = {
    PaymentStatus.PROCESSING: _CLOSED | {PaymentStatus.AWAITING_AUTHENTICATION},
    PaymentStatus.AWAITING_AUTHENTICATION: _CLOSED | {PaymentStatus.PROCESSING},
    PaymentStatus.SUCCEEDED: frozenset({PaymentStatus.REFUND_PENDING, PaymentStatus.REFUNDED}),
    PaymentStatus.REFUND_PENDING: frozenset({PaymentStatus.REFUNDED}),
    PaymentStatus.REFUNDED: frozenset(),
    PaymentStatus.FAILED: frozenset(),
    PaymentStatus.CANCELLED: frozenset(),
}

# The one way back, on the processor's word alone: a bank returns a refund that had arrived.
RETURNED_REFUND: Final[Mapping[PaymentStatus, frozenset[PaymentStatus]]] = {
    PaymentStatus.REFUNDED: frozenset({PaymentStatus.REFUND_PENDING}),
}

TASK: Final[Mapping[TaskStatus, frozenset[TaskStatus]]] = {
    TaskStatus.PENDING: frozenset({TaskStatus.RUNNING, TaskStatus.SKIPPED, TaskStatus.CANCELLED}),
    TaskStatus.RUNNING: frozenset({TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED}),
    TaskStatus.COMPLETED: frozenset(),
    TaskStatus.FAILED: frozenset(),
    TaskStatus.SKIPPED: frozenset(),
    TaskStatus.CANCELLED: frozenset(),
}


def advance[S: StrEnum](table: Mapping[S, frozenset[S]], current: S, target: S) -> S:
    """The target, if the table allows it; staying where one is, is always allowed.

    Raises TransitionRefusedError otherwise.
    """
    if target != current and target not in table[current]:
        raise TransitionRefusedError(f"{type(current).__name__}: {current} -> {target}")
    return target
