"""What an attempt at the registrar came to, as the registrar shows it now: shared by delivery and refund."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from hostcart.domain.cart import Cart, Domain, DomainAction, DomainItem, DomainStatus
from hostcart.domain.reconciliation import (
    Attempt,
    Decision,
    Patience,
    Verdict,
    reconcile_registration,
    reconcile_transfer,
    window_start,
)
from hostcart.domain.registration import ItemKind, RegisteredDomain, TransferStatus
from hostcart.domain.transitions import TransitionRefusedError
from hostcart.ports import Registrar

_SKEW: Final = timedelta(minutes=5)  # how far the registrar's clock may be behind ours
_KINDS: Final = {
    DomainAction.REGISTER: ItemKind.REGISTRATION,
    DomainAction.TRANSFER: ItemKind.TRANSFER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainTiming:
    """`poll` and `longest` bound the interval between two looks; see `Patience` for `settle` and `late`.

    The deadlines are for what the registrar has accepted and does not bring to an end.
    """

    poll: timedelta
    longest: timedelta
    settle: timedelta
    late: timedelta
    registration_deadline: timedelta
    transfer_deadline: timedelta

    @property
    def patience(self) -> Patience:
        return Patience(settle=self.settle, late=self.late, skew=_SKEW)

    def wait(self, item: DomainItem, domain: Domain, now: datetime) -> int:
        """Seconds: twice as long as has passed, within the bounds and not beyond the deadline.

        One at least: the state that waits takes no time-out of 0, and its execution would end there.
        """
        passed = now - (domain.started_at or now)
        left = self._deadline(item) - passed
        wait = max(self.poll, min(2 * passed, self.longest))
        return max(1, round((min(wait, left) if left > timedelta(0) else wait).total_seconds()))

    def _deadline(self, item: DomainItem) -> timedelta:
        moving = item.action is DomainAction.TRANSFER
        return self.transfer_deadline if moving else self.registration_deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The decision and the name in our account, if it was looked for and is there."""

    decision: Decision
    domain: RegisteredDomain | None


def first_attempt(cart: Cart, registrar: Registrar, now: datetime) -> Domain:
    """The record of an attempt that is about to be made; what was there before is not its doing."""
    item, since = cart.domain, now - _SKEW
    earlier = registrar.orders_since(item.name, kind=_KINDS[item.action], since=since)
    transfer = registrar.transfer(item.name) if item.action is DomainAction.TRANSFER else None
    return replace(
        domain_of(cart),
        status=DomainStatus.IN_PROGRESS,
        attempt=1,
        started_at=now,
        attempt_at=now,
        settled_items=tuple(sorted(found.id for found in earlier)),
        earlier_transfer=None if transfer is None else transfer.status.value,
    )


def look(cart: Cart, registrar: Registrar, timing: DomainTiming, now: datetime) -> Seen:
    """Asks the registrar; sends nothing. Raises the port's errors."""
    if cart.domain.action is DomainAction.TRANSFER:
        return _look_at_transfer(cart, registrar, timing, now)
    item, domain = cart.domain, domain_of(cart)
    attempt, patience = _attempt(item, domain), timing.patience
    deadline = attempt.started_at + timing.registration_deadline
    found = registrar.domain(item.name)
    items = registrar.orders_since(
        item.name, kind=ItemKind.REGISTRATION, since=window_start(attempt, patience)
    )
    decide = partial(
        reconcile_registration, attempt, patience, now=now, domain=found, items=items, deadline=deadline
    )
    decision = decide()
    if decision.verdict is Verdict.ASK:
        decision = decide(availability=registrar.check(item.name))
    return Seen(decision=decision, domain=found)


def _look_at_transfer(cart: Cart, registrar: Registrar, timing: DomainTiming, now: datetime) -> Seen:
    item, domain = cart.domain, domain_of(cart)
    attempt, patience = _attempt(item, domain), timing.patience
    deadline = attempt.started_at + timing.transfer_deadline
    transfer = registrar.transfer(item.name)
    if transfer is not None and transfer.status is TransferStatus.PENDING:
        # Under way: the most frequent answer by far, and one call is enough for it. A cancellation by the
        # customer ends it as its deadline would.
        deadline = now if cart.opened.cancelling else deadline
        decision = reconcile_transfer(
            attempt, patience, now=now, transfer=transfer, items=(), domain=None, deadline=deadline
        )
        return Seen(decision=decision, domain=None)
    found = registrar.domain(item.name)
    items = registrar.orders_since(item.name, kind=ItemKind.TRANSFER, since=window_start(attempt, patience))
    decision = reconcile_transfer(
        attempt, patience, now=now, transfer=transfer, items=items, domain=found, deadline=deadline
    )
    return Seen(decision=decision, domain=found)


def domain_of(cart: Cart) -> Domain:
    """The order's domain. Raises TransitionRefusedError for an order that has none."""
    domain = cart.opened.domain
    if domain is None:
        raise TransitionRefusedError("the order is not for a domain")
    return domain


def _attempt(item: DomainItem, domain: Domain) -> Attempt:
    began = domain.started_at or domain.attempt_at
    if began is None:
        raise TransitionRefusedError("the registrar was not asked yet")
    earlier = domain.earlier_transfer
    return Attempt(
        name=item.name,
        started_at=began,
        sent_at=domain.attempt_at or began,
        sends=domain.attempt,
        settled_items=frozenset(domain.settled_items),
        earlier_transfer=None if earlier is None else TransferStatus(earlier),
        cancel_refused=domain.cancel_refused,
    )
