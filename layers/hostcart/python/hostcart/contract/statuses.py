"""Every status that a client can read. Values are part of the public contract."""

from enum import StrEnum


class CartStatus(StrEnum):
    ACTIVE = "active"
    PROCESSING = "processing"
    CHECKED_OUT = "checked_out"


class RollupStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class OrderStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        return self in {OrderStatus.COMPLETED, OrderStatus.FAILED, OrderStatus.CANCELLED}


class TaskStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class PaymentStatus(StrEnum):
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    AWAITING_AUTHENTICATION = "awaiting_authentication"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"


class MethodType(StrEnum):
    CARD = "card"
    SEPA_DEBIT = "sepa_debit"


class Term(StrEnum):
    MONTHLY = "monthly"
    ANNUAL = "annual"
