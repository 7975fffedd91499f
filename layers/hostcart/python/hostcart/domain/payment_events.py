"""What the payment processor reports by itself: news, never facts. What is so, is asked for afterwards."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class CartRef:
    """The cart that an invoice was opened for, as the invoice's metadata names it."""

    account_id: str
    cart_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEvent:
    """One event: about a cart's invoice (`cart`), or about a payment whose invoice has to be looked up."""

    id: str
    kind: str
    created_at: datetime
    cart: CartRef | None
    intent_id: str | None


INVOICE_PAID: Final = "invoice.paid"
# After these a look at the invoice shows something else than before. Anything else is taken and left alone.
WORTH_A_LOOK: Final = frozenset(
    {
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.refund.updated",
        "invoice.finalization_failed",
        "invoice.marked_uncollectible",
        "invoice.overpaid",
        INVOICE_PAID,
        "invoice.payment_action_required",
        "invoice.payment_failed",
        "invoice.voided",
        "payment_intent.processing",
        "refund.failed",
        "refund.updated",
    }
)
# After these what was given back may be with us again, or be with the customer by their bank's doing.
MONEY_CAME_BACK: Final = frozenset({"charge.refund.updated", "refund.failed", "refund.updated"})
DISPUTED: Final = frozenset({"charge.dispute.closed", "charge.dispute.created"})
# What no step of an order settles: somebody has to look.
FOR_AN_OPERATOR: Final = frozenset(
    {"charge.dispute.created", "invoice.finalization_failed", "invoice.overpaid", "refund.failed"}
)
