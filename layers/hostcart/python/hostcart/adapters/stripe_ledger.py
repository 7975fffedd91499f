"""Stripe's books (port Billing): lists of what belongs to carts of ours, and what was taken and given back.

Ours is what carries our metadata; an account may hold other invoices and subscriptions too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

import stripe
from pydantic import BaseModel

from hostcart.adapters.secrets import Secrets
from hostcart.adapters.stripe_api import PAGE_SIZE, StripeApi, answer, every
from hostcart.adapters.stripe_facts import InvoiceAnswer
from hostcart.adapters.stripe_refunds import PAID_BY_ANOTHER_WAY, came_back
from hostcart.domain.ledger import Booking
from hostcart.domain.payment import InvoiceStatus
from hostcart.ports import RefusedError
from hostcart.ports_reconcile import BilledCart, Page, RenewalSubscription, ReturnedMoney
from hostcart.settings import PaymentSettings

_UNDONE: Final = frozenset({"failed", "canceled"})
_ENDED: Final = frozenset({"canceled", "incomplete_expired"})
_LOST: Final = "lost"
_PAYMENTS: Final = "payments"
_RETURNED: Final = ("refund.failed", "charge.dispute.created", "charge.dispute.closed")


class _Listed(BaseModel):
    data: Sequence[dict[str, Any]]
    has_more: bool = False


class _Marked(BaseModel):
    """What carries metadata."""

    id: str
    metadata: dict[str, str] | None = None
    status: str | None = None


class _Paid(BaseModel):
    payment_intent: str | None = None


class _InvoicePayment(BaseModel):
    status: str
    payment: _Paid


class _InvoicePayments(BaseModel):
    data: Sequence[_InvoicePayment]


class _Booked(InvoiceAnswer):
    metadata: dict[str, str] | None = None
    payments: _InvoicePayments | None = None  # type: ignore[assignment]  # not expanded as far as there
    post_payment_credit_notes_amount: int = 0


class _Refund(BaseModel):
    amount: int
    payment_intent: str | None = None
    status: str | None = None
    metadata: dict[str, str] | None = None

    @property
    def given(self) -> bool:
        """Whether the customer has it, by this refund or by another way."""
        return self.status not in _UNDONE or (self.metadata or {}).get(PAID_BY_ANOTHER_WAY) == "true"


class StripeLedger:
    """See the port. One request a page."""

    def __init__(
        self, settings: PaymentSettings, secrets: Secrets, *, http_client: stripe.HTTPClient | None = None
    ) -> None:
        self._api = StripeApi(settings, secrets, http_client=http_client)

    def drafts(self, *, before: datetime, after: str | None) -> Page[BilledCart]:
        params = {"status": "draft", "created": {"lt": _seconds(before)}}
        with self._api.calls() as v1:
            listed = _page(v1.invoices.list, params, after)
        return Page(entries=tuple(_billed(listed.data)), after=_next(listed))

    def payments(self, *, since: datetime, until: datetime, after: str | None) -> Page[BilledCart]:
        params = {"type": "invoice.paid", "created": _window(since, until)}
        with self._api.calls() as v1:
            listed = _page(v1.events.list, params, after)
        invoices = [event["data"]["object"] for event in listed.data]
        return Page(entries=tuple(_billed(invoices)), after=_next(listed))

    def returned(self, *, since: datetime, until: datetime, after: str | None) -> Page[ReturnedMoney]:
        params = {"types": list(_RETURNED), "created": _window(since, until)}
        with self._api.calls() as v1:
            listed = _page(v1.events.list, params, after)
        return Page(entries=tuple(_returned(listed.data)), after=_next(listed))

    def renewals(self, *, since: datetime, until: datetime, after: str | None) -> Page[RenewalSubscription]:
        params = {"created": _window(since, until)}
        with self._api.calls() as v1:
            listed = _page(v1.subscriptions.list, params, after)
        found = [_renewal(_Marked.model_validate(entry)) for entry in listed.data]
        return Page(entries=tuple(filter(None, found)), after=_next(listed))

    def renewal(self, subscription_id: str) -> RenewalSubscription | None:
        try:
            with self._api.calls() as v1:
                return _renewal(_Marked.model_validate(answer(v1.subscriptions.retrieve(subscription_id))))
        except RefusedError as refusal:
            if refusal.code != "resource_missing":
                raise
            return None

    def booking(self, invoice_id: str) -> Booking | None:
        try:
            with self._api.calls() as v1:
                found = answer(v1.invoices.retrieve(invoice_id, {"expand": [_PAYMENTS]}))
                invoice = _Booked.model_validate(found)
                intents = _intents(invoice)
                refunded = _sum(intents, (_refunded(v1, {"payment_intent": intent}) for intent in intents))
                lost = _sum(intents, (_lost(v1, {"payment_intent": intent}) for intent in intents))
        except RefusedError as refusal:
            if refusal.code != "resource_missing":
                raise
            return None
        return self._booking(invoice, refunded, lost)

    def bookings(self, *, since: datetime, until: datetime) -> Iterator[Booking]:
        """Refunds are read once for all: those of an invoice are never older than it."""
        params = {
            "created": _window(since, until),
            "limit": PAGE_SIZE,
            "expand": [f"data.{_PAYMENTS}"],
        }
        with self._api.calls() as v1:
            younger = {"created": {"gte": _seconds(since)}}
            refunded, lost = _refunded(v1, younger), _lost(v1, younger)
            for entry in every(v1.invoices.list, params):
                if _is_ours(entry):
                    invoice = _Booked.model_validate(entry)
                    intents = _intents(invoice)
                    yield self._booking(invoice, _sum(intents, [refunded]), _sum(intents, [lost]))

    def _booking(self, invoice: _Booked, refunded: int, lost: int) -> Booking:
        marks = invoice.metadata or {}
        paid = invoice.status == InvoiceStatus.PAID
        return Booking(
            invoice_id=invoice.id,
            account_id=marks.get("account_id", ""),
            cart_token=marks.get("cart_token", ""),
            currency=invoice.currency,
            # a debt from earlier that was collected with this invoice is not the order's
            captured=min(invoice.amount_paid, invoice.total) if paid else 0,
            # what is too small to charge is booked on the balance, and given back there
            credit_used=invoice.balance_used if paid else 0,
            # what a bank took back for good is with the customer as well
            refunded=max(refunded, self._noted(invoice, refunded)) + lost,
            credited=self._credited(invoice) if paid and invoice.balance_used else 0,
        )

    def _noted(self, invoice: _Booked, refunded: int) -> int:
        """What credit notes gave back: one that paid out of band shows no refund, one outlives its refund."""
        noted = invoice.post_payment_credit_notes_amount
        return noted if noted <= refunded else noted - came_back(self._api, invoice.id)

    def _credited(self, invoice: _Booked) -> int:
        """The account credit that was given back for the cart."""
        token = (invoice.metadata or {}).get("cart_token")
        with self._api.calls() as v1:
            entries = every(
                partial(v1.customers.balance_transactions.list, invoice.customer_id), {"limit": PAGE_SIZE}
            )
            given = [entry for entry in entries if (entry.get("metadata") or {}).get("cart_token") == token]
        return -sum(int(entry["amount"]) for entry in given)


def _page(
    call: Callable[[Any], stripe.StripeObject], params: Mapping[str, Any], after: str | None
) -> _Listed:
    more = {} if after is None else {"starting_after": after}
    return _Listed.model_validate(answer(call({**params, **more, "limit": PAGE_SIZE})))


def _next(listed: _Listed) -> str | None:
    return str(listed.data[-1]["id"]) if listed.has_more and listed.data else None


def _window(since: datetime, until: datetime) -> dict[str, int]:
    return {"gte": _seconds(since), "lt": _seconds(until)}


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _billed(entries: Sequence[dict[str, Any]]) -> Iterator[BilledCart]:
    for entry in filter(_is_ours, entries):
        marks = entry["metadata"]
        yield BilledCart(
            invoice_id=entry["id"], account_id=marks["account_id"], cart_token=marks["cart_token"]
        )


def _is_ours(entry: dict[str, Any]) -> bool:
    marks = entry.get("metadata") or {}
    return "cart_token" in marks and "account_id" in marks


def _returned(events: Sequence[dict[str, Any]]) -> Iterator[ReturnedMoney]:
    """What is about no payment by intent is not ours."""
    for event in events:
        intent = event["data"]["object"].get("payment_intent")
        if isinstance(intent, str):
            yield ReturnedMoney(intent_id=intent, disputed=event["type"].startswith("charge.dispute."))


def _renewal(marked: _Marked) -> RenewalSubscription | None:
    marks = marked.metadata or {}
    if "order_id" not in marks or "account_id" not in marks:
        return None
    return RenewalSubscription(
        id=marked.id,
        account_id=marks["account_id"],
        order_id=marks["order_id"],
        live=marked.status not in _ENDED,
    )


def _intents(invoice: _Booked) -> list[str]:
    """The payments that were made on the invoice, by intent."""
    made = invoice.payments.data if invoice.payments is not None else ()
    return [p.payment.payment_intent for p in made if p.payment.payment_intent and p.status == "paid"]


def _sum(intents: Sequence[str], amounts: Iterable[Mapping[str, int]]) -> int:
    return sum(by_intent.get(intent, 0) for by_intent in amounts for intent in intents)


def _lost(v1: stripe.V1Services, params: Mapping[str, Any]) -> dict[str, int]:
    """What banks took back for good, by payment intent."""
    sums: dict[str, int] = {}
    for entry in every(v1.disputes.list, {**params, "limit": PAGE_SIZE}):
        dispute = _Refund.model_validate(entry)
        if dispute.payment_intent is not None and dispute.status == _LOST:
            sums[dispute.payment_intent] = sums.get(dispute.payment_intent, 0) + dispute.amount
    return sums


def _refunded(v1: stripe.V1Services, params: Mapping[str, Any]) -> dict[str, int]:
    """What was given back, by payment intent."""
    sums: dict[str, int] = {}
    for entry in every(v1.refunds.list, {**params, "limit": PAGE_SIZE}):
        refund = _Refund.model_validate(entry)
        if refund.payment_intent is not None and refund.given:
            sums[refund.payment_intent] = sums.get(refund.payment_intent, 0) + refund.amount
    return sums
