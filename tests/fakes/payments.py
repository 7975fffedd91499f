"""The port Payments in memory: a small invoice state machine, lost answers, a customer who acts."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto

from hostcart.contract.statuses import MethodType
from hostcart.domain.money import Line, below_minimum, total
from hostcart.domain.payment import (
    AttemptState,
    Dispute,
    DisputeStatus,
    Invoice,
    InvoiceStatus,
    Refund,
)
from hostcart.domain.payment_events import CartRef
from hostcart.ports import DeclinedError, OutcomeUnknownError, PortError, RefusedError, UnavailableError

from tests.fakes.platform import FakeClock


class Method(Enum):
    """How the saved payment method behaves."""

    CHARGES = auto()
    DECLINES = auto()
    STOLEN = auto()
    NEEDS_CUSTOMER = auto()
    SETTLES_LATER = auto()


@dataclass(frozen=True)
class Charge:
    invoice_id: str
    amount: int


@dataclass
class FakeSubscription:
    id: str
    customer_id: str
    order_id: str
    status: str
    amount: int
    currency: str
    product_id: str
    interval: str
    paid_through: datetime
    method_id: str | None


@dataclass
class FakePayments:
    """`credit` is the customer's balance (a debt is negative). `calls` names every call in order. `saved` are
    the methods that the customer has beside the pinned one.

    `refunds_return`: the customer's bank sends them back. `disputed`: it takes the payment back. `suffix`
    and `link` make ids and addresses longer.
    """

    clock: FakeClock
    method: Method = Method.CHARGES
    credit: int = 0
    refunds_settle: bool = True
    refunds_return: bool = False
    suffix: str = ""
    link: str = "https://invoice.example/"
    disputed: Dispute | None = None
    saved: set[str] = field(default_factory=set)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    intents: dict[str, CartRef] = field(default_factory=dict)
    charges: list[Charge] = field(default_factory=list)
    refunds: dict[str, Refund] = field(default_factory=dict)
    subscriptions: list[FakeSubscription] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)
    _pinned: str = ""
    _drafts: dict[str, str] = field(default_factory=dict)
    _spent: set[int] = field(default_factory=set)
    _faults: list[tuple[str, bool, PortError]] = field(default_factory=list)

    # --- what a test arranges --------------------------------------------------------------------------

    def fail(self, call: str, error: PortError, *, after: bool = False, times: int = 1) -> None:
        """The next calls of this name raise, before or after their effect."""
        self._faults += [(call, after, error)] * times

    def spend_key(self, attempt: int) -> None:
        """The processor keeps a 5xx under the attempt's key and repeats it for ever."""
        self._spent.add(attempt)

    def change(self, **changes: object) -> Invoice:
        """Changes the one invoice behind our back."""
        changed = replace(self.invoice, **changes)  # type: ignore[arg-type]
        self.invoices[changed.id] = changed
        return changed

    def receive(self, method_id: str | None = None) -> None:
        """The customer pays the one open invoice, with another method if one is named; or a debit settles."""
        self._mark_paid(self.invoice)
        if method_id is not None:
            self.change(method_id=method_id)

    @property
    def invoice(self) -> Invoice:
        """The one invoice."""
        (invoice,) = self.invoices.values()
        return invoice

    @property
    def live_subscriptions(self) -> list[FakeSubscription]:
        return [found for found in self.subscriptions if found.status != "canceled"]

    # --- the port --------------------------------------------------------------------------------------

    def open_invoice(
        self, *, customer_id: str, method_id: str, currency: str, account_id: str, cart_token: str
    ) -> Invoice:
        del customer_id, account_id
        self._begin("open_invoice")
        self._pinned = method_id
        if cart_token not in self._drafts:
            draft = replace(
                _draft(f"in_{len(self.invoices) + 1}{self.suffix}", currency), balance=-self.credit
            )
            self._drafts[cart_token] = draft.id
            self.invoices[draft.id] = draft
        self._end("open_invoice")
        return self.invoices[self._drafts[cart_token]]

    def get_invoice(self, invoice_id: str) -> Invoice:
        self._begin("get_invoice")
        self._end("get_invoice")
        return self._get(invoice_id)

    def add_lines(self, invoice_id: str, lines: Sequence[Line], *, cart_token: str) -> Invoice:
        del cart_token
        self._begin("add_lines")
        invoice = self._get(invoice_id)
        if invoice.status is InvoiceStatus.DRAFT and invoice.total == 0:
            amount = total(lines)
            invoice = self._put(replace(invoice, total=amount, amount_due=amount))
        self._end("add_lines")
        return invoice

    def finalize(self, invoice_id: str, *, cart_token: str) -> Invoice:
        del cart_token
        self._begin("finalize")
        invoice = self._get(invoice_id)
        if invoice.status is InvoiceStatus.DRAFT:
            invoice = self._finalize(invoice)
        self._end("finalize")
        return invoice

    def pay(self, invoice_id: str, *, method_id: str, cart_token: str, attempt: int) -> Invoice:
        del method_id, cart_token
        self._begin("pay")
        self.attempts.append(attempt)
        if attempt in self._spent:
            raise OutcomeUnknownError("server_error")
        invoice = self._get(invoice_id)
        if invoice.status is InvoiceStatus.OPEN and invoice.attempt is not AttemptState.PROCESSING:
            invoice = self._charge(invoice)
        elif invoice.status is InvoiceStatus.VOID:
            raise RefusedError("invoice_not_open")
        self._end("pay")
        return invoice

    def void(self, invoice_id: str) -> Invoice:
        self._begin("void")
        invoice = self._get(invoice_id)
        if invoice.attempt is AttemptState.PROCESSING:
            raise UnavailableError("payment_processing")
        if invoice.status is InvoiceStatus.DRAFT:
            del self.invoices[invoice.id]
            invoice = replace(invoice, status=InvoiceStatus.VOID)
        elif invoice.status in {InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE}:
            self.credit += invoice.credit_applied
            invoice = self._put(replace(invoice, status=InvoiceStatus.VOID, credit_applied=0))
        self._end("void")
        return invoice

    def discard_draft(self, invoice_id: str) -> None:
        self._begin("discard_draft")
        self.invoices.pop(invoice_id, None)
        self._drafts = {token: kept for token, kept in self._drafts.items() if kept != invoice_id}
        self._end("discard_draft")

    def refund(self, invoice: Invoice, *, cart_token: str) -> Refund:
        self._begin("refund")
        current = self._get(invoice.id)
        if current.status is not InvoiceStatus.PAID:
            raise RefusedError("invoice_not_paid")
        if cart_token not in self.refunds:
            self.credit += current.total - current.amount_paid
        known = self.refunds.get(cart_token)
        if self.disputed is not None and (known is None or known.disputed):
            return self._disputed_refund(current, cart_token, self.disputed)
        refund = Refund(
            id="cn_1",
            refunded=0 if self.refunds_return else current.amount_paid,
            credited_back=current.total - current.amount_paid,
            settled=self.refunds_settle and not self.refunds_return,
            failed=self.refunds_return,
        )
        self.refunds[cart_token] = refund
        self._end("refund")
        return refund

    def _disputed_refund(self, invoice: Invoice, cart_token: str, dispute: Dispute) -> Refund:
        lost = dispute.status is DisputeStatus.LOST
        refund = Refund(
            id=invoice.id,
            refunded=invoice.amount_paid if lost else 0,
            credited_back=invoice.total - invoice.amount_paid,
            settled=lost,
            disputed=dispute.status is not DisputeStatus.WON,
        )
        if dispute.status is DisputeStatus.WON:
            refund = replace(
                refund,
                refunded=0 if self.refunds_return else invoice.amount_paid,
                settled=self.refunds_settle and not self.refunds_return,
                failed=self.refunds_return,
            )
        self.refunds[cart_token] = refund
        self._end("refund")
        return refund

    def dispute(self, invoice_id: str) -> Dispute | None:
        del invoice_id
        self._begin("dispute")
        return self.disputed

    def find_subscription(
        self, customer_id: str, *, order_id: str, since: datetime
    ) -> tuple[str, str] | None:
        self._begin("find_subscription")
        self._end("find_subscription")
        found = [
            (subscription.id, subscription.status)
            for subscription in self.live_subscriptions
            if (subscription.customer_id, subscription.order_id) == (customer_id, order_id)
        ]
        return found[0] if found else None

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
        """Keeps no key: a second call makes a second subscription, as it would a day later."""
        del account_id
        self._begin("create_subscription")
        created = FakeSubscription(
            id=f"sub_{len(self.subscriptions) + 1}{self.suffix}",
            customer_id=customer_id,
            order_id=order_id,
            status="active",
            amount=amount,
            currency=currency,
            product_id=product_id,
            interval=interval,
            paid_through=paid_through,
            method_id=method_id,
        )
        self.subscriptions.append(created)
        self._end("create_subscription")
        return created.id, created.status

    def has_method(self, customer_id: str, method_id: str) -> bool:
        del customer_id
        self._begin("has_method")
        return method_id in self.saved

    def cart_of_intent(self, intent_id: str) -> CartRef | None:
        self._begin("cart_of_intent")
        return self.intents.get(intent_id)

    def cancel_subscription(self, subscription_id: str) -> None:
        self._begin("cancel_subscription")
        for subscription in self.subscriptions:
            if subscription.id == subscription_id:
                subscription.status = "canceled"
        self._end("cancel_subscription")

    # --- the processor's side --------------------------------------------------------------------------

    def _get(self, invoice_id: str) -> Invoice:
        if invoice_id not in self.invoices:
            raise RefusedError("resource_missing")
        return self.invoices[invoice_id]

    def _put(self, invoice: Invoice) -> Invoice:
        self.invoices[invoice.id] = invoice
        return invoice

    def _finalize(self, draft: Invoice) -> Invoice:
        used = min(max(0, self.credit), draft.total)
        due = draft.total - used
        self.credit -= used
        if below_minimum(due, draft.currency):
            self.credit -= due
            due = 0
        finalised = replace(
            draft,
            status=InvoiceStatus.OPEN,
            amount_due=due,
            credit_applied=used,
            hosted_url=f"{self.link}{draft.id}",
        )
        return self._put(finalised) if due else self._mark_paid(finalised)

    def _mark_paid(self, invoice: Invoice) -> Invoice:
        due = invoice.amount_due
        if due:
            self.charges.append(Charge(invoice.id, due))
        return self._put(
            replace(
                invoice,
                status=InvoiceStatus.PAID,
                amount_paid=due,
                paid_at=self.clock.now(),
                attempt=AttemptState.SUCCEEDED if due else AttemptState.NONE,
                method_type=MethodType.CARD if due else None,
                method_id=self._pinned if due else None,
            )
        )

    def _charge(self, invoice: Invoice) -> Invoice:
        if self.method is Method.CHARGES:
            return self._mark_paid(invoice)
        state = {
            Method.SETTLES_LATER: AttemptState.PROCESSING,
            Method.NEEDS_CUSTOMER: AttemptState.REQUIRES_ACTION,
        }.get(self.method, AttemptState.DECLINED)
        waiting = self._put(replace(invoice, attempt=state))
        if self.method is Method.SETTLES_LATER:
            return waiting
        raise DeclinedError(
            "stolen_card" if self.method is Method.STOLEN else "card_declined",
            recoverable=self.method is not Method.STOLEN,
        )

    def _begin(self, name: str) -> None:
        self.calls.append(name)
        self._raise(name, after=False)

    def _end(self, name: str) -> None:
        """The effect is done; a fault armed for after it loses the answer."""
        self._raise(name, after=True)

    def _raise(self, name: str, *, after: bool) -> None:
        for position, (call, late, error) in enumerate(self._faults):
            if (call, late) == (name, after):
                del self._faults[position]
                raise error


def _draft(invoice_id: str, currency: str) -> Invoice:
    return Invoice(
        id=invoice_id,
        status=InvoiceStatus.DRAFT,
        currency=currency,
        total=0,
        amount_due=0,
        amount_paid=0,
        credit_applied=0,
        hosted_url=None,
        paid_at=None,
        attempt=AttemptState.NONE,
        method_type=MethodType.CARD,
    )
