"""The reconciler's ports in memory, over the other fakes where they know the truth."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from hostcart.domain.findings import Finding, FindingKind, Judgement, Subject
from hostcart.domain.ledger import Booking
from hostcart.domain.registration import OrderItem
from hostcart.ports import PortError
from hostcart.ports_reconcile import (
    BilledCart,
    Execution,
    ExecutionStatus,
    Holder,
    ListedSite,
    OpenCart,
    Page,
    RenewalSubscription,
    ReturnedMoney,
)

from tests.fakes.platform import START
from tests.fakes.store import FakeCarts


def execution(status: ExecutionStatus, **changes: object) -> Execution:
    """The first execution of a cart, as ended at START unless told otherwise."""
    found = Execution(
        name="first",
        number=1,
        status=status,
        stopped_at=None if status is ExecutionStatus.RUNNING else START,
        resumes=0,
        redrivable=status is not ExecutionStatus.SUCCEEDED,
        account_id="10000001",
    )
    return replace(found, **changes)  # type: ignore[arg-type]


@dataclass
class FakeExecutions:
    """Port Executions: `known` by token; `resumed` are the calls."""

    known: dict[str, Execution] = field(default_factory=dict)
    resumed: list[str] = field(default_factory=list)
    failure: PortError | None = None

    def latest(self, cart_token: str) -> Execution | None:
        if self.failure is not None:
            raise self.failure
        return self.known.get(cart_token)

    def resume(
        self, execution: Execution | None, *, account_id: str, cart_token: str, fresh: bool = False
    ) -> str:
        del fresh
        self.resumed.append(cart_token)
        resumes = 0 if execution is None else execution.resumes + 1
        self.known[cart_token] = Execution(
            name=cart_token,
            number=1,
            status=ExecutionStatus.RUNNING,
            stopped_at=None,
            resumes=resumes,
            redrivable=False,
            account_id=account_id,
        )
        return cart_token


@dataclass
class FakeWork:
    """Port OpenWork over the carts in memory; pages of `size`."""

    carts: FakeCarts
    size: int = 100
    forgotten: set[tuple[str, str]] = field(default_factory=set)

    def page(self, cursor: str | None, *, before: datetime, limit: int) -> Page[OpenCart]:
        keys = sorted(self._open(before))
        first = int(cursor or 0)
        end = first + min(limit, self.size)
        return Page(
            entries=tuple(OpenCart(account_id=account, token=token) for account, token in keys[first:end]),
            after=str(end) if end < len(keys) else None,
        )

    def forget(self, cart: OpenCart) -> None:
        self.forgotten.add((cart.account_id, cart.token))

    def holder(self, name: str) -> Holder | None:
        if name not in self.carts.claims:
            return None
        (account, token), _ = self.carts.claims[name]
        return Holder(account_id=account, cart_token=token)

    def _open(self, before: datetime) -> Iterator[tuple[str, str]]:
        for key in self.carts.items:
            cart = self.carts.load(*key)
            if cart is not None and cart.work_owed and cart.created_at < before and key not in self.forgotten:
                yield key


@dataclass
class FakeFindings:
    """Port FindingStore."""

    kept: dict[tuple[FindingKind, str], Finding] = field(default_factory=dict)
    saved: dict[str, str] = field(default_factory=dict)

    def findings(self) -> Sequence[Finding]:
        return list(self.kept.values())

    def put(self, subject: Subject, judgement: Judgement, now: datetime) -> None:
        key = (subject.kind, subject.id)
        before = self.kept.get(key)
        fresh = Finding(subject=subject, judgement=judgement, since=now, judged_at=now)
        self.kept[key] = fresh if before is None else replace(before, judgement=judgement, judged_at=now)

    def drop(self, subject: Subject) -> None:
        self.kept.pop((subject.kind, subject.id), None)

    def accept(self, subject: Subject, *, accepted: bool) -> bool:
        key = (subject.kind, subject.id)
        if key not in self.kept:
            return False
        self.kept[key] = replace(self.kept[key], accepted=accepted)
        return True

    def cursors(self) -> Mapping[str, str]:
        return dict(self.saved)

    def save_cursors(self, cursors: Mapping[str, str]) -> None:
        self.saved = dict(cursors)


@dataclass
class FakeBilling:
    """Port Billing: what there is, with its moment; one entry a page. `asked` are the windows."""

    draft_list: list[tuple[datetime, BilledCart]] = field(default_factory=list)
    paid: list[tuple[datetime, BilledCart]] = field(default_factory=list)
    subscriptions: list[tuple[datetime, RenewalSubscription]] = field(default_factory=list)
    came_back: list[tuple[datetime, ReturnedMoney]] = field(default_factory=list)
    books: dict[str, Booking] = field(default_factory=dict)
    asked: list[tuple[datetime, datetime]] = field(default_factory=list)
    failure: PortError | None = None

    def drafts(self, *, before: datetime, after: str | None) -> Page[BilledCart]:
        return _page([draft for moment, draft in self.draft_list if moment < before], after)

    def payments(self, *, since: datetime, until: datetime, after: str | None) -> Page[BilledCart]:
        if self.failure is not None:
            raise self.failure
        self.asked.append((since, until))
        return _page([entry for moment, entry in self.paid if since <= moment < until], after)

    def returned(self, *, since: datetime, until: datetime, after: str | None) -> Page[ReturnedMoney]:
        return _page([entry for moment, entry in self.came_back if since <= moment < until], after)

    def renewals(self, *, since: datetime, until: datetime, after: str | None) -> Page[RenewalSubscription]:
        return _page([entry for moment, entry in self.subscriptions if since <= moment < until], after)

    def renewal(self, subscription_id: str) -> RenewalSubscription | None:
        return next((found for _, found in self.subscriptions if found.id == subscription_id), None)

    def booking(self, invoice_id: str) -> Booking | None:
        return self.books.get(invoice_id)

    def bookings(self, *, since: datetime, until: datetime) -> Iterator[Booking]:
        del since, until
        yield from self.books.values()


def _page[T](entries: list[T], after: str | None) -> Page[T]:
    first = int(after or 0)
    return Page(
        entries=tuple(entries[first : first + 1]),
        after=str(first + 1) if first + 1 < len(entries) else None,
    )


@dataclass
class FakeInventory:
    """Ports SiteInventory and RegistrarInventory."""

    sites: list[ListedSite] = field(default_factory=list)
    bought: list[OrderItem] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def listed(self, *, after: str | None, limit: int) -> Sequence[ListedSite]:
        found = sorted((site for site in self.sites if site.id > (after or "")), key=lambda site: site.id)
        return found[:limit]

    def exists(self, site_id: str) -> bool:
        return any(site.id == site_id for site in self.sites)

    def purchases(self, *, since: datetime) -> Sequence[OrderItem]:
        return [item for item in self.bought if item.created_at is None or item.created_at >= since]

    def owns(self, name: str) -> bool:
        return name in self.names


@dataclass
class FakeGauges:
    """Port Gauges: the last level by name and kind."""

    levels: dict[tuple[str, str], int] = field(default_factory=dict)

    def count(self, name: str, **dimensions: str) -> None:
        self.level(name, 1, **dimensions)

    def level(self, name: str, value: int, **dimensions: str) -> None:
        self.levels[name, dimensions.get("kind", "")] = value
