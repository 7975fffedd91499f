"""What the sweeps of one run share: the ports, how far each is, what was found and mended."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from hostcart.domain.cart import Cart
from hostcart.domain.deadlines import Deadlines
from hostcart.domain.findings import Judgement, RepairKind, Subject
from hostcart.ports import CartStore, Clock, Payments, Workflow
from hostcart.ports_reconcile import (
    Billing,
    Executions,
    FindingStore,
    Gauges,
    OpenWork,
    Page,
    RegistrarInventory,
    SiteInventory,
    ZoneInventory,
)
from hostcart.use_cases.recheck_refund import RecheckRefundPorts
from hostcart.use_cases.wake import WakePorts

_SWEEP_SECONDS: Final = 25
"""So long one sweep goes on; what is left is the next run's."""
_FIRST_LOOK_BACK: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcilePorts:
    carts: CartStore
    work: OpenWork
    findings: FindingStore
    executions: Executions
    payments: Payments
    billing: Billing
    sites: SiteInventory
    registrar: RegistrarInventory
    zones: ZoneInventory
    clock: Clock
    workflow: Workflow
    metrics: Gauges


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileTiming:
    """`after`: nothing younger is looked at. `drafts`: as long a draft may be without its cart.

    The others are what the tasks are given.
    """

    after: timedelta
    drafts: timedelta
    payment: timedelta
    site: timedelta
    transfer: timedelta

    @property
    def deadlines(self) -> Deadlines:
        return Deadlines(payment=self.payment, site=self.site, transfer=self.transfer)


@dataclass(slots=True, kw_only=True)
class Run:
    """One run, as of one moment."""

    as_of: datetime
    timing: ReconcileTiming
    ports: ReconcilePorts
    cursors: dict[str, str]
    repairs: Counter[RepairKind] = field(default_factory=Counter)

    @property
    def before(self) -> datetime:
        """What is younger may still be in the making."""
        return self.as_of - self.timing.after

    @property
    def wake_ports(self) -> WakePorts:
        return WakePorts(carts=self.ports.carts, workflow=self.ports.workflow)

    @property
    def refund_ports(self) -> RecheckRefundPorts:
        ports = self.ports
        return RecheckRefundPorts(
            carts=ports.carts, payments=ports.payments, clock=ports.clock, metrics=ports.metrics
        )

    def repaired(self, kind: RepairKind) -> None:
        self.repairs[kind] += 1

    def cart(self, account_id: str | None, token: str | None) -> Cart | None:
        return self.ports.carts.load(account_id, token) if account_id and token else None

    def judged(self, subject: Subject, judgement: Judgement) -> None:
        """Remembers what is not fine and forgets what is."""
        if judgement is Judgement.FINE:
            self.ports.findings.drop(subject)
        else:
            self.ports.findings.put(subject, judgement, self.as_of)

    def met(self, subject: Subject, judgement: Judgement) -> None:
        """As `judged`, for what a sweep comes across: there is nothing to forget."""
        if judgement is not Judgement.FINE:
            self.judged(subject, judgement)

    def rolling[T](self, name: str, fetch: Callable[[str | None], Page[T]]) -> Iterator[T]:
        """Entries of a list without dates, page by page over the runs and from the beginning again."""
        after, ends = self.cursors.get(name), time.monotonic() + _SWEEP_SECONDS
        while time.monotonic() < ends:
            page = fetch(after)
            yield from page.entries
            if page.after is None:
                self.cursors.pop(name, None)
                return
            self.cursors[name] = after = page.after

    def in_turn[T](self, name: str, entries: Mapping[str, T]) -> Iterator[T]:
        """Each entry of a whole list once, by key; the next run goes on where this one ended."""
        last, ends = self.cursors.get(name, ""), time.monotonic() + _SWEEP_SECONDS
        for key in sorted(entries, key=lambda key: (key <= last, key)):
            if time.monotonic() >= ends:
                return
            self.cursors[name] = key
            yield entries[key]
        self.cursors.pop(name, None)

    def window[T](self, name: str, fetch: Callable[[datetime, datetime, str | None], Page[T]]) -> Iterator[T]:
        """Entries of a list by date, each once; the next run finishes the window that one did not."""
        state = json.loads(self.cursors.get(name, "{}"))
        since = _moment(state.get("since")) or self.before - _FIRST_LOOK_BACK
        until, after = _moment(state.get("until")) or self.before, state.get("after")
        ends = time.monotonic() + _SWEEP_SECONDS
        # the very first window stays where it begins until it was read, however long that fails
        self.cursors.setdefault(name, _window(since, None, None))
        while since < until and time.monotonic() < ends:
            page = fetch(since, until, after)
            yield from page.entries
            after = page.after
            if after is None:
                since, until = until, self.before
            self.cursors[name] = _window(since, None if after is None else until, after)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _window(since: datetime, until: datetime | None, after: str | None) -> str:
    state = {"since": since.isoformat(), "until": None if until is None else until.isoformat()}
    return json.dumps({**state, "after": after})
