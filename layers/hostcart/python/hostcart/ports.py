"""What the use cases need of the outside world, and the errors that adapters raise instead of an SDK's.

PortError
  UnavailableError        nothing happened, or it does not matter: try again
    OutcomeUnknownError   it may have happened: ask before sending again
  RefusedError            a definite no, with a stable code
    DeclinedError         the payment method was declined
  MisconfiguredError      our credentials or configuration are wrong: an operator must act
"""

from __future__ import annotations  # a poll needs the errors of this module, not the domain's records

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from hostcart.domain.accounts import Account, ApiKey, User
    from hostcart.domain.cart import Cart
    from hostcart.domain.catalogue import Catalogue, Occupancy, Slot
    from hostcart.domain.contacts import ResolvedContacts
    from hostcart.domain.money import Line
    from hostcart.domain.payment import Dispute, Invoice, Refund
    from hostcart.domain.payment_events import CartRef, PaymentEvent
    from hostcart.domain.registration import (
        Availability,
        ItemKind,
        OrderItem,
        Pricing,
        Purchase,
        RegisteredDomain,
        RegistrationRequest,
        Transfer,
        TransferRequest,
    )
    from hostcart.domain.sales import Sale
    from hostcart.domain.site import ProvisionedSite, SiteSpec


class PortError(Exception):
    """Base of all; `code` is a stable snake_case word, safe to log and to store."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class UnavailableError(PortError):
    """Busy, throttled or unreachable: nothing happened."""


class OutcomeUnknownError(UnavailableError):
    """It may have happened.

    Codes: `timeout`, `connection_lost`, `invalid_answer`, `server_unavailable` (a 5xx was answered),
    `server_error` (a 5xx that the processor keeps under the key and will repeat).
    """


class RefusedError(PortError):
    """A definite no."""


class DeclinedError(RefusedError):
    """The payment was declined; `recoverable` says whether the customer can still pay this invoice."""

    def __init__(self, code: str, *, recoverable: bool) -> None:
        super().__init__(code)
        self.recoverable = recoverable


class MisconfiguredError(PortError):
    """Refused for a reason that only an operator can mend."""


class ConflictError(Exception):
    """Somebody else wrote the record first: load it again."""


class CartExistsError(Exception):
    """The cart token is taken: the request is a repeat."""


class ClaimTakenError(Exception):
    """Another open order or an owned registration holds the name."""


class UnknownCartError(Exception):
    """There is no such cart."""


class EventRefusedError(Exception):
    """What claims to be the processor's event is none that we take.

    Reasons: `too_large`, `signature_missing`, `signature_malformed`, `signature_wrong`, `signature_old`,
    `signature_future`, `not_json`, `not_an_event`, `version` (of the API), `mode` (test or live).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CapacityExhaustedError(Exception):
    """No free capacity in the slot."""


class Clock(Protocol):
    def now(self) -> datetime:
        """The present, UTC, whole seconds."""


class PaymentIntents(Protocol):
    def cart_of_intent(self, intent_id: str) -> CartRef | None:
        """The cart whose invoice a payment is for; None when it is for none of ours. Raises as Payments."""


class Payments(PaymentIntents, Protocol):
    """Invoices, refunds and subscriptions. Keys make every call repeatable; amounts are minor units.

    Every method raises UnavailableError, OutcomeUnknownError, RefusedError or MisconfiguredError.
    """

    def open_invoice(
        self, *, customer_id: str, method_id: str, currency: str, account_id: str, cart_token: str
    ) -> Invoice:
        """An empty draft that can move no money, once per cart token."""

    def get_invoice(self, invoice_id: str) -> Invoice:
        """As it is now; RefusedError("resource_missing") if there is none."""

    def add_lines(self, invoice_id: str, lines: Sequence[Line], *, cart_token: str) -> Invoice:
        """Adds the lines to the draft, once per cart token."""

    def finalize(self, invoice_id: str, *, cart_token: str) -> Invoice:
        """draft -> open or, when nothing is due, paid."""

    def pay(self, invoice_id: str, *, method_id: str, cart_token: str, attempt: int) -> Invoice:
        """Charges off-session, once per attempt. Raises DeclinedError."""

    def void(self, invoice_id: str) -> Invoice:
        """open -> void; a draft is deleted and returned void, one that was paid meanwhile paid.

        Repeatable without a key. UnavailableError("payment_processing") while a debit is under way.
        """

    def discard_draft(self, invoice_id: str) -> None:
        """Deletes a draft of which nothing was stored; gone already is fine."""

    def refund(self, invoice: Invoice, *, cart_token: str) -> Refund:
        """Gives all back, money to the method and credit to the account; once per cart token."""

    def dispute(self, invoice_id: str) -> Dispute | None:
        """The newest dispute of what was paid on the invoice."""

    def find_subscription(
        self, customer_id: str, *, order_id: str, since: datetime
    ) -> tuple[str, str] | None:
        """(id, status) of the order's subscription in any state but an ended one, or None.

        `since` is when the order was opened: no older subscription can be its own.
        """

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
        """(id, status) of the renewal subscription, first billed at `paid_through`; interval month | year.

        Without a method the customer's default of that time is charged.
        """

    def has_method(self, customer_id: str, method_id: str) -> bool:
        """Whether the payment method is saved with the customer, so that it can be charged again."""

    def cancel_subscription(self, subscription_id: str) -> None:
        """Ends it at once, without proration; ended already is fine."""


class PaymentEvents(Protocol):
    """Events that the payment processor sends by itself. Raises EventRefusedError, MisconfiguredError."""

    def signed(self, body: bytes, signature: str | None, *, now: datetime) -> PaymentEvent:
        """The event in a request's body, byte for byte, and its signature header."""

    def trusted(self, event: object) -> PaymentEvent:
        """The event that came over a way that only the processor can use."""


class Sites(Protocol):
    """The site provisioner, see docs/site-provisioner.md. Raises as Payments does."""

    def put(self, spec: SiteSpec) -> ProvisionedSite:
        """Asks for the site; the same id twice is one site."""

    def get(self, site_id: str) -> ProvisionedSite | None:
        """The site, or None if it was never asked for."""

    def suspend(self, site_id: str) -> None:
        """Nobody can use the site, nothing of it is lost; suspended already or gone is fine."""

    def resume(self, site_id: str) -> None:
        """The site can be used again; not suspended is fine. RefusedError when it is gone."""

    def delete(self, site_id: str) -> None:
        """Removes the site and refuses the id from now on; unknown or gone already is fine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Where to send the notification; both are secrets at rest."""

    url: str = field(repr=False)
    authorization: str | None = field(repr=False)


class Callbacks(Protocol):
    def deliver(self, callback: Callback, *, message_id: str, account_id: str, body: bytes) -> None:
        """One signed POST.

        Raises UnavailableError (try again later), RefusedError("gone") on 410, RefusedError(code) when the
        address must not be called.
        """


class Cipher(Protocol):
    """Seals secrets with account and cart as encryption context."""

    def seal(self, plaintext: bytes, *, account_id: str, cart_token: str) -> bytes: ...

    def open(self, sealed: bytes, *, account_id: str, cart_token: str) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The sealed secrets that a cart was ordered with."""

    callback: bytes | None = None
    item: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredView:
    """A rendered public view: `body` is JSON text, `version` changes with every write."""

    body: str
    version: int
    terminal: bool
    sealed_password: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """Rendered list entries, newest first, and how many orders the account has."""

    orders: tuple[dict[str, Any], ...]
    total: int


class CartStore(Protocol):
    """Carts with their orders. All reads and writes are under one account's key."""

    def create(self, cart: Cart, sealed: Sealed) -> None:
        """Stores a new cart and takes its slot or claims its name.

        Raises CartExistsError, CapacityExhaustedError, ClaimTakenError.
        """

    def renew_claim(self, cart: Cart, until: datetime) -> None:
        """Keeps the cart's claim on its name; a firm one stays firm.

        Raises ClaimTakenError when somebody else holds it now.
        """

    def save_claimed(self, cart: Cart) -> Cart:
        """`save`, and the claim on the name becomes firm with it. Raises ClaimTakenError, ConflictError."""

    def is_claimed(self, name: str, at: datetime) -> bool:
        """Whether an open order or an owned registration holds the name (an A-label) at that moment."""

    def registration(self, account_id: str, number: int) -> tuple[Cart, Sealed] | None:
        """The completed domain order behind a registration id of the account."""

    def discard(self, cart: Cart) -> None:
        """Removes a new cart and gives back its slot or its claim.

        Raises ConflictError when its fulfilment has begun.
        """

    def load(self, account_id: str, token: str) -> Cart | None:
        """The cart, read consistently."""

    def load_sealed(self, account_id: str, token: str) -> Sealed: ...

    def forget_contacts(self, cart: Cart) -> None:
        """Removes the contacts that a domain was ordered with; does nothing when that is done."""

    def forget_callback(self, cart: Cart) -> None:
        """Removes where the end of the order was to be told; does nothing when that is done."""

    def last_number(self, account_id: str) -> int:
        """The newest order number, 0 before the first."""

    def open_order(self, cart: Cart) -> Cart:
        """Stores a cart whose order was just opened, together with the account's counter.

        Raises ConflictError when the cart or the counter moved on.
        """

    def save(
        self,
        cart: Cart,
        *,
        sealed_password: bytes | None = None,
        release: Slot | None = None,
        drop_claim: bool = False,
    ) -> Cart:
        """Writes over `cart.version` and returns the cart with its new version.

        `release` gives a slot back and `drop_claim` frees the name in the same transaction. Raises
        ConflictError.
        """

    def mark_news(self, account_id: str, token: str) -> str | None:
        """Something about the cart was reported; the task token under which its execution waits, if it does.

        The token may be of a wait that has ended. An unknown cart has no token.
        """

    def mark_news_once(self, account_id: str, token: str, *, event_id: str, until: datetime) -> bool:
        """Marks the news of an event and remembers the event until then, in one write.

        False, and nothing written, when the event is remembered. Raises UnknownCartError.
        """

    def task_token_with_news(self, account_id: str, token: str) -> str | None:
        """The token of the wait that has news, if there are both."""

    def clear_news(self, cart: Cart) -> Cart:
        """Forgets the mark and the wait that it ended. Call it before looking, never after."""

    def store_task_token(self, account_id: str, token: str, task_token: str) -> bool:
        """The execution waits under this token; False, and nothing stored, when there is news."""

    def cart_view(self, account_id: str, token: str) -> StoredView | None: ...

    def order_view(self, account_id: str, token: str) -> StoredView | None:
        """None while the order is not open."""

    def list_orders(self, account_id: str, *, page: int, per_page: int) -> OrderPage: ...

    def sales(self, account_id: str, *, first: int, last: int) -> Sequence[Sale]:
        """What the account's orders of these numbers sold, in the order of their numbers."""


class Directory(Protocol):
    """Accounts, users and API keys as the provider loaded them."""

    def account(self, account_id: str) -> Account | None: ...

    def user(self, user_id: str) -> User | None: ...

    def api_key(self, key: str) -> ApiKey | None: ...


class CatalogueStore(Protocol):
    def catalogue(self) -> Catalogue:
        """Raises MisconfiguredError("catalogue_missing") before the first load."""

    def occupancy(self, slots: Sequence[Slot]) -> Sequence[Occupancy]: ...


class Tokens(Protocol):
    """Verifies JWTs of the provider's login and of its OAuth server."""

    def verify(self, token: str) -> VerifiedToken:
        """Raises RefusedError(code) for a bad token, UnavailableError when keys cannot be fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedToken:
    """`oauth` says which of the two issuers signed it."""

    oauth: bool
    subject: str
    scopes: tuple[str, ...]


class Workflow(Protocol):
    def start(self, *, account_id: str, cart_token: str) -> None:
        """Starts the fulfilment, once per cart token. Raises UnavailableError."""

    def wake(self, task_token: str) -> None:
        """Ends the wait under this token; one that has ended is fine. Raises UnavailableError."""


class Counts(Protocol):
    def count(self, name: str, **dimensions: str) -> None:
        """One event."""


class Metrics(Counts, Protocol):
    def seconds(self, name: str, value: float, **dimensions: str) -> None:
        """A duration in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A hosted DNS zone."""

    id: str
    nameservers: tuple[str, ...]


class DnsZones(Protocol):
    def ensure(self, name: str, *, account_id: str, reference: str) -> Zone:
        """The zone of a name with its parking record, made once per reference. Raises UnavailableError.

        It is marked as the account's, see `ZoneInventory`.
        """

    def delete(self, name: str, *, reference: str) -> None:
        """Removes the zone that was made under the reference and its records; gone already is fine."""


class Features(Protocol):
    def domain_registration(self, account: Account) -> bool:
        """Whether the account may order domains now."""


class Registrar(Protocol):
    """The registrar of domain names. Names are A-labels, amounts US cents.

    Every method raises UnavailableError (throttled or busy: nothing happened), OutcomeUnknownError (a
    time-out or a 5xx, which here may also be a lasting refusal: ask before sending again), RefusedError or
    MisconfiguredError. No error carries a contact or an auth code.
    """

    def check(self, name: str) -> Availability:
        """Whether the name can be bought now, and its price for one year."""

    def pricing(self, name: str, *, years: int) -> Pricing: ...

    def domain(self, name: str) -> RegisteredDomain | None:
        """The name, if it is in our account."""

    def register(self, request: RegistrationRequest) -> Purchase:
        """Buys the name, once for every call. Never call it again without asking first.

        RefusedError codes: `name_unavailable`, `price_refused`, `contact_refused`, `nameservers_refused`,
        `requirements_refused`, `invalid_argument`.
        """

    def transfer(self, name: str) -> Transfer | None:
        """The newest transfer of the name into our account, ended ones too; None if there never was one."""

    def start_transfer(self, request: TransferRequest) -> Purchase:
        """Asks for a transfer, once for every call. Codes as `register`, and `auth_code_refused`."""

    def cancel_transfer(self, name: str) -> Transfer:
        """RefusedError: `not_found`, `conflict` (too late), `invalid_argument` (cancelled before)."""

    def set_contacts(self, name: str, contacts: ResolvedContacts) -> None:
        """Replaces all four roles. RefusedError: `not_found`, `contact_refused`, ..."""

    def set_nameservers(self, name: str, nameservers: Sequence[str]) -> None:
        """RefusedError: `not_found`, `nameservers_refused`, ..."""

    def order(self, order_id: int) -> Sequence[OrderItem] | None:
        """The items of one order."""

    def orders_since(self, name: str, *, kind: ItemKind, since: datetime) -> Sequence[OrderItem]:
        """The name's order items of this kind in orders placed at `since` or later, oldest first."""


class RateLimit(Protocol):
    def acquire(self) -> None:
        """Leave for one call, after a short wait if need be. Raises UnavailableError("..._throttled")."""
