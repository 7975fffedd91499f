"""Stripe's invoice as our facts. Response enums are open: a value unknown to this code is no crash."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import BaseModel

from hostcart.contract.statuses import MethodType
from hostcart.domain.payment import AttemptState, Invoice, InvoiceStatus
from hostcart.ports import OutcomeUnknownError

# Stripe expands four levels at most: the intent's own payment method is one too deep, hence the pinned one.
EXPAND: Final = ["payments.data.payment.payment_intent", "default_payment_method"]

_INTENT_STATES: Final = {
    "processing": AttemptState.PROCESSING,
    "requires_action": AttemptState.REQUIRES_ACTION,
    "requires_source_action": AttemptState.REQUIRES_ACTION,
    "requires_confirmation": AttemptState.NONE,
    "canceled": AttemptState.NONE,
    "succeeded": AttemptState.SUCCEEDED,
}


class _Method(BaseModel):
    id: str
    type: str | None = None


class _Intent(BaseModel):
    status: str
    payment_method: str | _Method | None = None
    payment_method_types: Sequence[str] = ()
    last_payment_error: dict[str, Any] | None = None


class _Payment(BaseModel):
    payment_intent: str | _Intent | None = None


class _InvoicePayment(BaseModel):
    status: str
    created: int
    payment: _Payment


class _InvoicePayments(BaseModel):
    data: Sequence[_InvoicePayment]


class _Transitions(BaseModel):
    paid_at: int | None = None


class _Customer(BaseModel):
    id: str


class InvoiceAnswer(BaseModel):
    """The members of an invoice that we read; all others are ignored."""

    id: str
    status: str
    currency: str
    total: int
    amount_due: int
    amount_paid: int
    starting_balance: int = 0
    ending_balance: int | None = None
    customer: str | _Customer
    hosted_invoice_url: str | None = None
    default_payment_method: str | _Method | None = None
    payments: _InvoicePayments | None = None
    status_transitions: _Transitions

    @property
    def customer_id(self) -> str:
        return self.customer if isinstance(self.customer, str) else self.customer.id

    @property
    def balance_used(self) -> int:
        """By how much finalising raised what the customer owes on the balance: credit spent, debt booked."""
        if self.ending_balance is None or self.status == InvoiceStatus.VOID:
            return 0
        return max(0, self.ending_balance - self.starting_balance)

    @property
    def credit_applied(self) -> int:
        """The credit spent; a debt that is booked beyond it (an amount too small to charge) is no credit."""
        return min(self.balance_used, max(0, -self.starting_balance))


def invoice_facts(answer: Any) -> Invoice:
    """Raises pydantic's ValidationError for an answer that is no invoice."""
    return facts(InvoiceAnswer.model_validate(answer))


def facts(invoice: InvoiceAnswer) -> Invoice:
    """Raises OutcomeUnknownError for an invoice status of the future."""
    newest = _newest(invoice)
    return Invoice(
        id=invoice.id,
        status=_status(invoice.status),
        currency=invoice.currency,
        total=invoice.total,
        amount_due=invoice.amount_due,
        amount_paid=invoice.amount_paid,
        credit_applied=invoice.credit_applied,
        hosted_url=invoice.hosted_invoice_url,
        paid_at=_moment(invoice.status_transitions.paid_at),
        attempt=_attempt(invoice, newest),
        method_type=_method_type(invoice, newest),
        balance=invoice.starting_balance,
        method_id=_method_id(newest),
    )


def _status(value: str) -> InvoiceStatus:
    try:
        return InvoiceStatus(value)
    except ValueError:
        raise OutcomeUnknownError("invalid_answer") from None


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _newest(invoice: InvoiceAnswer) -> _InvoicePayment | None:
    """The payment that succeeded, else the newest that is not cancelled."""
    payments = invoice.payments.data if invoice.payments is not None else ()
    live = [payment for payment in payments if payment.status != "canceled"]
    return max(live, key=lambda payment: (payment.status == "paid", payment.created), default=None)


def _attempt(invoice: InvoiceAnswer, newest: _InvoicePayment | None) -> AttemptState:
    if invoice.status == InvoiceStatus.PAID:
        return AttemptState.SUCCEEDED if invoice.amount_paid > 0 else AttemptState.NONE
    intent = newest.payment.payment_intent if newest is not None else None
    if not isinstance(intent, _Intent):
        return AttemptState.NONE
    if intent.status == "requires_payment_method":
        return _after_failure(intent.last_payment_error)
    # What we do not know may be moving money: wait for it as for one that is under way.
    return _INTENT_STATES.get(intent.status, AttemptState.PROCESSING)


def _after_failure(error: dict[str, Any] | None) -> AttemptState:
    """An intent without a method: so it starts, and so it is again after a failed attempt."""
    if error is None:
        return AttemptState.NONE
    needs_customer = error.get("code") == "authentication_required"
    return AttemptState.REQUIRES_ACTION if needs_customer else AttemptState.DECLINED


def _method_id(newest: _InvoicePayment | None) -> str | None:
    intent = newest.payment.payment_intent if newest is not None else None
    used = intent.payment_method if isinstance(intent, _Intent) else None
    return used.id if isinstance(used, _Method) else used


def _method_type(invoice: InvoiceAnswer, newest: _InvoicePayment | None) -> MethodType | None:
    """The kind of method charged, or to be charged; None when nothing is due or the kind is not ours."""
    if invoice.amount_due == 0 and invoice.amount_paid == 0:
        return None
    pinned = invoice.default_payment_method
    intent = newest.payment.payment_intent if newest is not None else None
    if isinstance(intent, _Intent) and intent.payment_method is not None:
        used = intent.payment_method
        if isinstance(used, _Method):
            return _kind(used.type)
        if not isinstance(pinned, _Method) or used != pinned.id:
            return _only_kind(intent.payment_method_types)
    return _kind(pinned.type) if isinstance(pinned, _Method) else None


def _only_kind(types: Sequence[str]) -> MethodType | None:
    """Another method than the pinned one paid, on the hosted page: known if only one kind was allowed."""
    kinds = {kind for kind in map(_kind, types) if kind is not None}
    return kinds.pop() if len(kinds) == 1 else None


def _kind(value: str | None) -> MethodType | None:
    return MethodType(value) if value is not None and value in MethodType else None
