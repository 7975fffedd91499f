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


# --- the registrar API (/v4): its own order statuses are success and failed, others are its successor's -----


class SaleStatus(StrEnum):
    """Of an order. INITIALIZED: not paid yet; REVIEW: the customer must act; STARTED: paid, in delivery."""

    INITIALIZED = "initialized"
    REVIEW = "review"
    STARTED = "started"
    SUCCESS = "success"
    FAILED = "failed"


class SaleItemStatus(StrEnum):
    """Of an item. REFUNDED: all that the order took was given back."""

    INITIALIZED = "initialized"
    SUCCESS = "success"
    FAILED = "failed"
    REFUNDED = "refunded"


class SaleKind(StrEnum):
    """What an item sells; SITE is ours alone."""

    REGISTRATION = "registration"
    TRANSFER = "transfer"
    RENEWAL = "renewal"
    SITE = "site"


class Interval(StrEnum):
    MONTH = "month"
    YEAR = "year"
