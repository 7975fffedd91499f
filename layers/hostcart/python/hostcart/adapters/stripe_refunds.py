"""Giving an invoice back: a credit note refunds what the method paid, the balance gets its credit back.

Repeatable after any lost answer, however late: each part is looked for by its metadata before it is made.
"""

from __future__ import annotations  # the SDK loads the types of every parameter when one is looked up

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import stripe
from pydantic import BaseModel

from hostcart.adapters.stripe_api import PAGE_SIZE, StripeApi, answer, every, with_live_key
from hostcart.adapters.stripe_disputes import dispute_of
from hostcart.adapters.stripe_facts import InvoiceAnswer
from hostcart.domain.payment import DisputeStatus, InvoiceStatus, Refund
from hostcart.ports import RefusedError

_FAILED: Final = frozenset({"failed", "canceled"})
_SUCCEEDED: Final = "succeeded"
_VOID: Final = "void"
_DISPUTED: Final = "charge_disputed"
PAID_BY_ANOTHER_WAY: Final = "paid_by_another_way"


class _StripeRefund(BaseModel):
    id: str
    status: str | None = None
    metadata: dict[str, str] | None = None

    @property
    def by_another_way(self) -> bool:
        """An operator paid the customer after the refund had failed."""
        return (self.metadata or {}).get(PAID_BY_ANOTHER_WAY) == "true"


class _NoteRefund(BaseModel):
    amount_refunded: int
    refund: _StripeRefund | str


class _CreditNote(BaseModel):
    id: str
    status: str
    refunds: Sequence[_NoteRefund] = ()
    metadata: dict[str, str] | None = None


class _BalanceEntry(BaseModel):
    id: str
    amount: int
    metadata: dict[str, str] | None = None


def give_back(api: StripeApi, invoice_id: str, cart_token: str) -> Refund:
    """Refunds the paid invoice in full.

    `settled` is False while a refund is pending: call again. `failed`: the method's bank sent the money back;
    an operator pays by another way and says so on the refund (see the runbook), which then counts as settled.
    `disputed`: no refund is made of a payment that the bank takes back; it counts as one once that is done.
    Raises RefusedError("invoice_not_paid").
    """
    with api.calls() as v1:
        invoice = InvoiceAnswer.model_validate(answer(v1.invoices.retrieve(invoice_id)))
    if invoice.status != InvoiceStatus.PAID:
        raise RefusedError("invoice_not_paid")
    # A debt from earlier that was collected with this invoice stays paid.
    owed_to_method = min(invoice.amount_paid, invoice.total)
    to_method = _to_method(api, invoice, owed_to_method, cart_token)
    entry = _credit_balance(api, invoice, cart_token) if invoice.balance_used > 0 else None
    if entry is None:
        return to_method
    made = to_method.id if to_method.id != invoice_id else entry.id
    return replace(to_method, id=made, credited_back=-entry.amount)


def came_back(api: StripeApi, invoice_id: str) -> int:
    """What credit notes of the invoice still show as refunded although the method's bank sent it back."""
    with api.calls() as v1:
        notes = [_CreditNote.model_validate(entry) for entry in _notes(v1, invoice_id)]
    live = [note for note in notes if note.status != _VOID]
    return sum(refund.amount_refunded for note in live for refund in note.refunds if _is_failed(refund))


def _to_method(api: StripeApi, invoice: InvoiceAnswer, owed: int, cart_token: str) -> Refund:
    """What the method gets back, or got by its bank's decision."""
    nothing = Refund(id=invoice.id, refunded=0, credited_back=0, settled=True)
    if owed <= 0:
        return nothing
    try:
        note = _refund_method(api, invoice, owed, cart_token)
    except RefusedError as refused:
        if refused.code != _DISPUTED:
            raise
        dispute = dispute_of(api, invoice.id)
        taken = dispute.amount if dispute is not None and dispute.status is DisputeStatus.LOST else 0
        return replace(nothing, refunded=min(taken, owed), settled=taken >= owed, disputed=True)
    return Refund(
        id=note.id,
        refunded=sum(refund.amount_refunded for refund in note.refunds if not _is_failed(refund)),
        credited_back=0,
        settled=all(_is_settled(refund) for refund in note.refunds),
        failed=any(_is_failed(refund) for refund in note.refunds),
    )


def _refund_method(api: StripeApi, invoice: InvoiceAnswer, amount: int, cart_token: str) -> _CreditNote:
    return _find_note(api, invoice.id, cart_token) or _create_note(api, invoice.id, amount, cart_token)


def _find_note(api: StripeApi, invoice_id: str, cart_token: str) -> _CreditNote | None:
    with api.calls() as v1:
        entries = [entry for entry in _notes(v1, invoice_id) if _is_ours(entry, cart_token)]
    notes = (_CreditNote.model_validate(entry) for entry in entries)
    return next((note for note in notes if note.status != _VOID), None)


def _notes(v1: stripe.V1Services, invoice_id: str) -> Iterator[dict[str, Any]]:
    params: stripe.params.CreditNoteListParams = {
        "invoice": invoice_id,
        "limit": PAGE_SIZE,
        "expand": ["data.refunds.refund"],
    }
    return every(v1.credit_notes.list, params)


def _create_note(api: StripeApi, invoice_id: str, amount: int, cart_token: str) -> _CreditNote:
    return with_live_key(
        f"cart:{cart_token}:cn",
        lambda key: _note_under(api, key, invoice_id, amount, cart_token),
        lambda: _find_note(api, invoice_id, cart_token),
    )


def _note_under(api: StripeApi, key: str, invoice_id: str, amount: int, cart_token: str) -> _CreditNote:
    with api.calls() as v1:
        note = v1.credit_notes.create(
            {
                "invoice": invoice_id,
                "amount": amount,
                "refund_amount": amount,
                "reason": "order_change",
                "metadata": {"cart_token": cart_token},
                "expand": ["refunds.refund"],
            },
            {"idempotency_key": key},
        )
        return _CreditNote.model_validate(answer(note))


def _credit_balance(api: StripeApi, invoice: InvoiceAnswer, cart_token: str) -> _BalanceEntry:
    found = _find_balance_entry(api, invoice.customer_id, cart_token)
    if found is not None:
        return found
    return with_live_key(
        f"cart:{cart_token}:cbt",
        lambda key: _credit_under(api, key, invoice, cart_token),
        lambda: _find_balance_entry(api, invoice.customer_id, cart_token),
    )


def _credit_under(api: StripeApi, key: str, invoice: InvoiceAnswer, cart_token: str) -> _BalanceEntry:
    with api.calls() as v1:
        entry = v1.customers.balance_transactions.create(
            invoice.customer_id,
            {
                "amount": -invoice.balance_used,  # negative: credit
                "currency": invoice.currency,
                "description": "Credit given back for an order that was not delivered",
                "metadata": {"cart_token": cart_token},
            },
            {"idempotency_key": key},
        )
        return _BalanceEntry.model_validate(answer(entry))


def _find_balance_entry(api: StripeApi, customer_id: str, cart_token: str) -> _BalanceEntry | None:
    params: stripe.params.CustomerBalanceTransactionListParams = {"limit": PAGE_SIZE}
    with api.calls() as v1:
        entries = every(partial(v1.customers.balance_transactions.list, customer_id), params)
        ours = next((entry for entry in entries if _is_ours(entry, cart_token)), None)
        return None if ours is None else _BalanceEntry.model_validate(ours)


def _is_ours(entry: dict[str, Any], cart_token: str) -> bool:
    metadata = entry.get("metadata")
    return isinstance(metadata, dict) and metadata.get("cart_token") == cart_token


def _is_settled(refund: _NoteRefund) -> bool:
    made = refund.refund
    return isinstance(made, _StripeRefund) and (made.status == _SUCCEEDED or made.by_another_way)


def _is_failed(refund: _NoteRefund) -> bool:
    made = refund.refund
    return isinstance(made, _StripeRefund) and made.status in _FAILED and not made.by_another_way
