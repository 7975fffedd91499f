"""The payment of a cart: what we know of its one invoice."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from hostcart.contract.statuses import MethodType, PaymentStatus

GIVEN_BACK: Final = frozenset({PaymentStatus.REFUND_PENDING, PaymentStatus.REFUNDED})
"""What was paid is the customer's again, or is to be."""


class InvoiceStatus(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


class AttemptState(StrEnum):
    """How the newest payment of an invoice stands at the processor."""

    NONE = "none"
    PROCESSING = "processing"
    REQUIRES_ACTION = "requires_action"
    DECLINED = "declined"
    SUCCEEDED = "succeeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice as the processor reports it now; amounts in minor units, credit_applied >= 0.

    `balance` is what the customer owed before it (negative: credit); while it is a draft, what they owe now.
    `method_id` is the method of the newest payment, which need not be the one that was pinned.
    """

    id: str
    status: InvoiceStatus
    currency: str
    total: int
    amount_due: int
    amount_paid: int
    credit_applied: int
    hosted_url: str | None
    paid_at: datetime | None
    attempt: AttemptState
    method_type: MethodType | None
    balance: int = 0
    method_id: str | None = None


class DisputeStatus(StrEnum):
    """OPEN: to be answered, or in the bank's hands. WON: the money stays ours. LOST: the customer has it."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """The customer's bank takes a payment back; `amount` in minor units."""

    id: str
    status: DisputeStatus
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """What has been given back of an invoice; `settled` is False while the processor works on it.

    `failed`: the customer's bank sent the money back to us, and no later look will find it settled by itself.
    `disputed`: nothing was refunded, as the bank takes the payment back by itself; settled once it has.
    """

    id: str
    refunded: int
    credited_back: int
    settled: bool
    failed: bool = False
    disputed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """The stored payment facts of a cart; `attempt` grows only after a definite failure.

    `amount_refunded` went back to the method, `credit_refunded` to the account's balance.

    `paid_with` is the method that paid, if the customer took another one than `method_id` on the hosted page;
    `paid_with_saved` whether it was theirs to be charged again when the renewal was about to be created.

    `asked_at` is when the customer was first asked to act: a debit may fail days after the order.
    """

    status: PaymentStatus
    customer_id: str
    method_id: str
    method_type: MethodType | None
    invoice_id: str
    hosted_invoice_url: str | None = None
    amount_charged: int = 0
    credit_applied: int = 0
    amount_refunded: int = 0
    credit_refunded: int = 0
    attempt: int = 1
    paid_at: datetime | None = None
    asked_at: datetime | None = None
    paid_with: str | None = None
    paid_with_saved: bool | None = None
