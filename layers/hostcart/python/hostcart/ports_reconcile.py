"""What the reconciler and the operators' commands need of the outside world; errors as in hostcart.ports."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from hostcart.domain.findings import Finding, Judgement, Subject
from hostcart.domain.ledger import Booking
from hostcart.domain.registration import OrderItem


class ExecutionStatus(StrEnum):
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """The newest execution of a cart; `resumes` is how often it was brought on its way again.

    `error` is the name of what it failed with, `account_id` is out of its input.
    """

    name: str
    number: int
    status: ExecutionStatus
    stopped_at: datetime | None
    resumes: int
    redrivable: bool
    account_id: str
    error: str | None = None


class Executions(Protocol):
    def latest(self, cart_token: str) -> Execution | None:
        """The newest execution, or None when the cart never had one."""

    def resume(
        self, execution: Execution | None, *, account_id: str, cart_token: str, fresh: bool = False
    ) -> str:
        """Lets an ended execution go on where it failed, or starts a new one from the beginning.

        New where there was none, where the service cannot resume it, and with `fresh`. The name of what runs.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Page[T]:
    """Entries of ours; `after` continues the list, None at its end."""

    entries: tuple[T, ...]
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCart:
    account_id: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The order that holds a name, by a lease or for good."""

    account_id: str
    cart_token: str


class OpenWork(Protocol):
    """What is not finished, found without reading what is."""

    def page(self, cursor: str | None, *, before: datetime, limit: int) -> Page[OpenCart]:
        """Carts that are owed something and were stored before the moment."""

    def forget(self, cart: OpenCart) -> None:
        """The cart is not looked at any more, until it changes."""

    def holder(self, name: str) -> Holder | None: ...


class FindingStore(Protocol):
    def findings(self) -> Sequence[Finding]: ...

    def put(self, subject: Subject, judgement: Judgement, now: datetime) -> None:
        """Remembers it; since when and whether it was accepted stays."""

    def drop(self, subject: Subject) -> None: ...

    def accept(self, subject: Subject, *, accepted: bool) -> bool:
        """An operator's word; False when there is no such finding."""

    def cursors(self) -> Mapping[str, str]: ...

    def save_cursors(self, cursors: Mapping[str, str]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledCart:
    """An invoice of ours and the cart it was opened for."""

    invoice_id: str
    account_id: str
    cart_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalSubscription:
    """A subscription of ours; `live` is False once it has ended."""

    id: str
    account_id: str
    order_id: str
    live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedMoney:
    """A refund came back, or a payment is `disputed`; `intent_id` is the payment's, of anybody's."""

    intent_id: str
    disputed: bool


class Billing(Protocol):
    """The processor's books, by lists. Moments are the processor's."""

    def drafts(self, *, before: datetime, after: str | None) -> Page[BilledCart]:
        """Draft invoices that were opened before the moment."""

    def payments(self, *, since: datetime, until: datetime, after: str | None) -> Page[BilledCart]:
        """Invoices that were paid from `since` to before `until`."""

    def returned(self, *, since: datetime, until: datetime, after: str | None) -> Page[ReturnedMoney]:
        """What came back or was disputed, or whose dispute was decided, from `since` to before `until`."""

    def renewals(self, *, since: datetime, until: datetime, after: str | None) -> Page[RenewalSubscription]:
        """Subscriptions that were created from `since` to before `until` and have not ended."""

    def renewal(self, subscription_id: str) -> RenewalSubscription | None: ...

    def booking(self, invoice_id: str) -> Booking | None:
        """What was taken and given back of one invoice."""

    def bookings(self, *, since: datetime, until: datetime) -> Iterator[Booking]:
        """Of every invoice of ours that was opened from `since` to before `until`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSite:
    """A site that exists; `id` is the order's."""

    id: str
    account_id: str
    created_at: datetime


class SiteInventory(Protocol):
    def listed(self, *, after: str | None, limit: int) -> Sequence[ListedSite]:
        """Sites that are not deleted, by id, from the one after `after`."""

    def exists(self, site_id: str) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedZone:
    """A DNS zone that an order made; `reference` is the order's id, `name` an A-label."""

    name: str
    reference: str
    account_id: str


class ZoneInventory(Protocol):
    def listed(self, *, after: str | None) -> Page[ListedZone]:
        """Zones that carry the mark of an order; all others are somebody else's."""

    def exists(self, name: str, *, reference: str) -> bool: ...

    def delete(self, name: str, *, reference: str) -> None:
        """As DnsZones."""


class RegistrarInventory(Protocol):
    def purchases(self, *, since: datetime) -> Sequence[OrderItem]:
        """Registrations and transfers of any name that were ordered since and not undone, oldest first."""

    def owns(self, name: str) -> bool: ...


class Gauges(Protocol):
    def count(self, name: str, **dimensions: str) -> None: ...

    def level(self, name: str, value: int, **dimensions: str) -> None:
        """How many there are now; 0 is written too."""
