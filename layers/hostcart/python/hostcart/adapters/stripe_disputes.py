"""Disputes: the customer's bank takes a payment back. What they are about is known by the payment alone."""

from collections.abc import Sequence
from typing import Final

import stripe
from pydantic import BaseModel

from hostcart.adapters.stripe_api import PAGE_SIZE, StripeApi, answer, every
from hostcart.domain.payment import Dispute, DisputeStatus
from hostcart.ports import RefusedError

# A word that is not listed is open: somebody has to look.
_STATUSES: Final = {
    "won": DisputeStatus.WON,
    "warning_closed": DisputeStatus.WON,
    "prevented": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}


class _Dispute(BaseModel):
    id: str
    status: str
    amount: int
    created: int = 0


class _Paid(BaseModel):
    payment_intent: str | None = None


class _Payment(BaseModel):
    status: str
    payment: _Paid


class _Payments(BaseModel):
    data: Sequence[_Payment] = ()


class _Invoice(BaseModel):
    payments: _Payments | None = None


def dispute_of(api: StripeApi, invoice_id: str) -> Dispute | None:
    """The newest dispute of what was paid on the invoice. None for an invoice that is not there, too."""
    try:
        found = [entry for intent in _intents(api, invoice_id) for entry in _disputes(api, intent)]
    except RefusedError as refused:
        if refused.code != "resource_missing":
            raise
        return None
    if not found:
        return None
    newest = max(found, key=lambda entry: entry.created)
    status = _STATUSES.get(newest.status, DisputeStatus.OPEN)
    return Dispute(id=newest.id, status=status, amount=newest.amount)


def _intents(api: StripeApi, invoice_id: str) -> list[str]:
    with api.calls() as v1:
        invoice = _Invoice.model_validate(answer(v1.invoices.retrieve(invoice_id, {"expand": ["payments"]})))
    made = invoice.payments.data if invoice.payments is not None else ()
    return [entry.payment.payment_intent for entry in made if entry.payment.payment_intent]


def _disputes(api: StripeApi, intent: str) -> list[_Dispute]:
    params: stripe.params.DisputeListParams = {"payment_intent": intent, "limit": PAGE_SIZE}
    with api.calls() as v1:
        return [_Dispute.model_validate(entry) for entry in every(v1.disputes.list, params)]
