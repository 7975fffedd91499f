"""The port Payments on Stripe: one invoice a cart, charged off-session.

Idempotency keys are derived from the cart or order, so that a repeated call is the same call. Stripe keeps an
answer under its key for a day and repeats it even when the invoice has moved on since: whenever an answer is
such a replay, the invoice is read again. Naturally repeatable calls (void, delete, cancel) carry no key of
ours, because a replayed refusal would bar them for a day.
"""

from __future__ import annotations  # the SDK loads the types of every parameter when one is looked up

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import stripe

from hostcart.adapters.secrets import Secrets
from hostcart.adapters.stripe_api import StripeApi, answer, headers, with_live_key
from hostcart.adapters.stripe_errors import is_replay
from hostcart.adapters.stripe_facts import EXPAND, invoice_facts
from hostcart.adapters.stripe_refunds import give_back
from hostcart.adapters.stripe_subscriptions import (
    cancel_subscription,
    create_subscription,
    find_subscription,
    has_method,
)
from hostcart.domain.money import Line
from hostcart.domain.payment import AttemptState, Dispute, Invoice, InvoiceStatus, Refund
from hostcart.domain.payment_events import CartRef
from hostcart.ports import OutcomeUnknownError, RefusedError, UnavailableError
from hostcart.settings import PaymentSettings

_MISSING: Final = "resource_missing"
_MOST_DRAFTS: Final = 5


class StripePayments:
    """See the port. Mostly one request a method, one more after a replay or a refusal."""

    def __init__(
        self, settings: PaymentSettings, secrets: Secrets, *, http_client: stripe.HTTPClient | None = None
    ) -> None:
        self._api = StripeApi(settings, secrets, http_client=http_client)

    def open_invoice(
        self, *, customer_id: str, method_id: str, currency: str, account_id: str, cart_token: str
    ) -> Invoice:
        """The key names the method: a repeat after the customer replaced the card is another call.

        A draft that was discarded is replayed too: then the next key in line opens a new one.
        """
        params: stripe.params.InvoiceCreateParams = {
            "customer": customer_id,
            "currency": currency,
            "collection_method": "charge_automatically",
            "auto_advance": False,
            "pending_invoice_items_behavior": "exclude",
            "discounts": "",  # none: the customer pays the price that was quoted
            "default_payment_method": method_id,
            "metadata": {"cart_token": cart_token, "account_id": account_id},
        }
        for generation in range(1, _MOST_DRAFTS + 1):
            suffix = f"inv:{method_id}" if generation == 1 else f"inv:{method_id}:{generation}"
            draft = self._open_draft(params, f"cart:{cart_token}:{suffix}", last=generation == _MOST_DRAFTS)
            if draft is not None:
                return draft
        raise RefusedError("invoice_discarded")

    def _open_draft(
        self, params: stripe.params.InvoiceCreateParams, key: str, *, last: bool
    ) -> Invoice | None:
        """None when this key can open none any more: its draft was discarded, or it repeats a 5xx."""
        try:
            with self._api.calls() as v1:
                opened = v1.invoices.create(params, {"idempotency_key": key})
                if not is_replay(headers(opened)):
                    return invoice_facts(answer(opened))
        except OutcomeUnknownError as unknown:
            if unknown.code != "server_error" or last:
                raise
            return None  # a draft that it may have made moves no money
        return self._find(opened.id)

    def get_invoice(self, invoice_id: str) -> Invoice:
        with self._api.calls() as v1:
            return invoice_facts(answer(v1.invoices.retrieve(invoice_id, {"expand": EXPAND})))

    def add_lines(self, invoice_id: str, lines: Sequence[Line], *, cart_token: str) -> Invoice:
        params: stripe.params.InvoiceAddLinesParams = {
            "lines": [
                {"amount": line.amount, "description": line.description, "metadata": {"item": line.id}}
                for line in lines
            ]
        }
        return self._advance_draft(
            invoice_id,
            f"cart:{cart_token}:lines",
            lambda v1, key: v1.invoices.add_lines(invoice_id, params, {"idempotency_key": key}),
            lambda invoice: invoice.total != 0,
        )

    def finalize(self, invoice_id: str, *, cart_token: str) -> Invoice:
        return self._advance_draft(
            invoice_id,
            f"cart:{cart_token}:fin",
            lambda v1, key: v1.invoices.finalize_invoice(
                invoice_id, {"auto_advance": False, "expand": EXPAND}, {"idempotency_key": key}
            ),
            lambda _invoice: False,
        )

    def pay(self, invoice_id: str, *, method_id: str, cart_token: str, attempt: int) -> Invoice:
        """An invoice that is paid or being paid already is returned as it is."""
        params: stripe.params.InvoicePayParams = {
            "payment_method": method_id,
            "off_session": True,
            "expand": EXPAND,
        }
        key = f"cart:{cart_token}:pay:{attempt}"
        with self._api.calls() as v1:
            try:
                paid = v1.invoices.pay(invoice_id, params, {"idempotency_key": key})
            except (stripe.CardError, stripe.InvalidRequestError) as refusal:
                if isinstance(refusal, stripe.CardError) and not is_replay(refusal.headers):
                    raise
                current = self.get_invoice(invoice_id)
                if _is_settling(current):
                    return current
                raise
            return self._now(invoice_id, paid)

    def void(self, invoice_id: str) -> Invoice:
        """A draft is deleted instead: finalising it would spend the customer's credit first.

        Raises UnavailableError("payment_processing") while a debit is under way: it can be neither stopped
        nor refunded yet.
        """
        current = self._find(invoice_id)
        if current is None:
            return _gone(invoice_id)
        if current.status is InvoiceStatus.DRAFT:
            current = self._delete_draft(current)
        if current.status not in (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE):
            return current
        with self._api.calls() as v1:
            try:
                return invoice_facts(answer(v1.invoices.void_invoice(invoice_id, {"expand": EXPAND})))
            except stripe.InvalidRequestError:
                current = self.get_invoice(invoice_id)
                if current.status in (InvoiceStatus.PAID, InvoiceStatus.VOID):
                    return current
                if current.attempt is AttemptState.PROCESSING:
                    raise UnavailableError("payment_processing") from None
                raise

    def discard_draft(self, invoice_id: str) -> None:
        try:
            with self._api.calls() as v1:
                v1.invoices.delete(invoice_id)
        except RefusedError as refusal:
            if refusal.code != _MISSING:
                raise

    def refund(self, invoice: Invoice, *, cart_token: str) -> Refund:
        return give_back(self._api, invoice.id, cart_token)

    def dispute(self, invoice_id: str) -> Dispute | None:
        from hostcart.adapters.stripe_disputes import dispute_of  # rare: most functions never ask

        return dispute_of(self._api, invoice_id)

    def find_subscription(
        self, customer_id: str, *, order_id: str, since: datetime
    ) -> tuple[str, str] | None:
        return find_subscription(self._api, customer_id, order_id, since)

    def create_subscription(
        self,
        *,
        customer_id: str,
        method_id: str | None,
        product_id: str,
        currency: str,
        amount: int,
        interval: str,
        paid_through: datetime,
        order_id: str,
        account_id: str,
    ) -> tuple[str, str]:
        return create_subscription(
            self._api,
            customer_id=customer_id,
            method_id=method_id,
            product_id=product_id,
            currency=currency,
            amount=amount,
            interval=interval,
            paid_through=paid_through,
            order_id=order_id,
            account_id=account_id,
        )

    def has_method(self, customer_id: str, method_id: str) -> bool:
        return has_method(self._api, customer_id, method_id)

    def cart_of_intent(self, intent_id: str) -> CartRef | None:
        from hostcart.adapters.stripe_intents import cart_of_intent  # as rare

        return cart_of_intent(self._api, intent_id)

    def cancel_subscription(self, subscription_id: str) -> None:
        cancel_subscription(self._api, subscription_id)

    def _advance_draft(
        self,
        invoice_id: str,
        key: str,
        call: Callable[[stripe.V1Services, str], stripe.Invoice],
        done: Callable[[Invoice], bool],
    ) -> Invoice:
        """Makes a call that only a draft takes; one that is past that state is returned as it is.

        `done` says of a draft whether the call has had its effect.
        """

        def look() -> Invoice | None:
            invoice = self.get_invoice(invoice_id)
            return invoice if invoice.status is not InvoiceStatus.DRAFT or done(invoice) else None

        return with_live_key(key, lambda live: self._advance_under(live, invoice_id, call), look)

    def _advance_under(
        self, key: str, invoice_id: str, call: Callable[[stripe.V1Services, str], stripe.Invoice]
    ) -> Invoice:
        with self._api.calls() as v1:
            try:
                changed = call(v1, key)
            except stripe.InvalidRequestError:
                current = self._find(invoice_id)
                if current is None or current.status is InvoiceStatus.DRAFT:
                    raise
                return current
            return self._now(invoice_id, changed)

    def _now(self, invoice_id: str, given: stripe.Invoice) -> Invoice:
        """The answer's facts, or the present ones when the answer is an old one."""
        if is_replay(headers(given)):
            return self.get_invoice(invoice_id)
        return invoice_facts(answer(given))

    def _find(self, invoice_id: str) -> Invoice | None:
        try:
            return self.get_invoice(invoice_id)
        except RefusedError as refusal:
            if refusal.code != _MISSING:
                raise
            return None

    def _delete_draft(self, draft: Invoice) -> Invoice:
        try:
            self.discard_draft(draft.id)
        except RefusedError:
            # Finalised meanwhile: it is not a draft any more, or the refusal stands.
            current = self.get_invoice(draft.id)
            if current.status is InvoiceStatus.DRAFT:
                raise
            return current
        return replace(draft, status=InvoiceStatus.VOID)


def _is_settling(invoice: Invoice) -> bool:
    return invoice.status is InvoiceStatus.PAID or invoice.attempt is AttemptState.PROCESSING


def _gone(invoice_id: str) -> Invoice:
    """A deleted draft: no money was ever asked for."""
    return Invoice(
        id=invoice_id,
        status=InvoiceStatus.VOID,
        currency="",
        total=0,
        amount_due=0,
        amount_paid=0,
        credit_applied=0,
        hosted_url=None,
        paid_at=None,
        attempt=AttemptState.NONE,
        method_type=None,
    )
