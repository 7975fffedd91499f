"""What a lost answer came to: the whole table, row by row."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hostcart.domain.reconciliation import (
    Attempt,
    Decision,
    Patience,
    Verdict,
    reconcile_registration,
    reconcile_transfer,
    window_start,
)
from hostcart.domain.registration import (
    Availability,
    ItemKind,
    ItemStatus,
    OrderItem,
    RegisteredDomain,
    Transfer,
    TransferStatus,
)
from hypothesis import given
from hypothesis import strategies as st

NAME = "example.com"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PATIENCE = Patience(settle=30 * SECOND, late=600 * SECOND, skew=5 * SECOND)
ATTEMPT = Attempt(name=NAME, started_at=START, sent_at=START)
FREE = Availability(name=NAME, available=True, price=1299)
TAKEN = Availability(name=NAME, available=False)
SOON, SETTLED, LATE = START + SECOND, START + 30 * SECOND, START + 600 * SECOND


def domain(created_at: datetime | None = START) -> RegisteredDomain:
    return RegisteredDomain(
        name=NAME,
        created_at=created_at,
        expires_at=None,
        nameservers=(),
        locked=False,
        autorenew=False,
        privacy=False,
        contacts=None,
    )


def item(
    status: ItemStatus = ItemStatus.SUCCESS,
    number: int = 1,
    *,
    kind: ItemKind = ItemKind.REGISTRATION,
    at: datetime | None = START,
    name: str = NAME,
) -> OrderItem:
    return OrderItem(
        id=number, order_id=100 + number, name=name, kind=kind, status=status, created_at=at, price=1299
    )


@dataclass(frozen=True)
class Case:
    told: str
    expected: Decision
    now: datetime = SOON
    domain: RegisteredDomain | None = None
    items: tuple[OrderItem, ...] = ()
    availability: Availability | None = None
    attempt: Attempt = ATTEMPT
    deadline: datetime | None = None

    def __str__(self) -> str:
        return self.told


def decision(
    verdict: Verdict, reason: str, order_id: int | None = None, *, overdue: bool = False
) -> Decision:
    return Decision(verdict=verdict, reason=reason, order_id=order_id, overdue=overdue)


ADOPTED = decision(Verdict.ADOPT, "registered", 101)
WORKING = decision(Verdict.WAIT, "registry_working", 101)
REFUSED = decision(Verdict.FAILED, "registration_failed", 101)
SETTLING = decision(Verdict.WAIT, "settling")
OWNED = decision(Verdict.FAILED, "already_owned")
AGAIN = decision(Verdict.RETRY, "nothing_happened")

REGISTRATIONS = [
    Case("ours, with its order", ADOPTED, domain=domain(), items=(item(),)),
    Case("ours, its order not listed", decision(Verdict.ADOPT, "registered"), domain=domain()),
    Case(
        "created a little early by a slow clock",
        decision(Verdict.ADOPT, "registered"),
        domain=domain(START - 5 * SECOND),
    ),
    Case("older than the attempt", OWNED, domain=domain(START - 6 * SECOND)),
    Case(
        "older, with a failed order",
        OWNED,
        domain=domain(START - 9 * SECOND),
        items=(item(ItemStatus.FAILED),),
    ),
    Case(
        "older by the registry's clock, yet paid now",
        ADOPTED,
        domain=domain(START - 9 * SECOND),
        items=(item(),),
    ),
    Case("no creation date, paid", ADOPTED, domain=domain(None), items=(item(ItemStatus.PENDING),)),
    Case("no creation date, no order", decision(Verdict.WAIT, "creation_unknown"), domain=domain(None)),
    Case("the registry is still working", WORKING, items=(item(),)),
    Case("an order of unknown status", WORKING, items=(item(ItemStatus.PENDING),)),
    Case("still working, however late", WORKING, now=LATE, items=(item(),)),
    Case("still working before its deadline", WORKING, items=(item(),), deadline=LATE),
    Case(
        "still working at its deadline: who has the name?",
        decision(Verdict.ASK, "registration_overdue", 101),
        now=LATE,
        items=(item(),),
        deadline=LATE,
    ),
    Case(
        "still working at its deadline, and the name is free",
        decision(Verdict.FAILED, "registration_expired", 101, overdue=True),
        now=LATE,
        items=(item(ItemStatus.PENDING),),
        availability=FREE,
        deadline=LATE,
    ),
    Case(
        "still working at its deadline, and the name is held: perhaps for us",
        decision(Verdict.WAIT, "registration_overdue", 101, overdue=True),
        now=LATE,
        items=(item(),),
        availability=TAKEN,
        deadline=LATE,
    ),
    Case("there at its deadline", ADOPTED, now=LATE, domain=domain(), items=(item(),), deadline=LATE),
    Case(
        "refused at its deadline",
        REFUSED,
        now=LATE,
        items=(item(ItemStatus.REFUNDED),),
        availability=TAKEN,
        deadline=LATE,
    ),
    Case(
        "no creation date, no order, at the deadline",
        decision(Verdict.ADOPT, "creation_unknown"),
        now=LATE,
        domain=domain(None),
        deadline=LATE,
    ),
    Case("an order without a date", WORKING, items=(item(at=None),)),
    Case("refused", REFUSED, items=(item(ItemStatus.FAILED),)),
    Case("refunded", REFUSED, items=(item(ItemStatus.REFUNDED),)),
    Case(
        "the newest of the failed",
        replace(REFUSED, order_id=102),
        items=(item(ItemStatus.FAILED, 2), item(ItemStatus.REFUNDED)),
    ),
    Case("one failed, one alive", WORKING, items=(item(), item(ItemStatus.FAILED, 2))),
    Case("an order from before the window", SETTLING, items=(item(at=START - 6 * SECOND),)),
    Case("an order of another name", SETTLING, items=(item(name="other.com"),)),
    Case("an order of another kind", SETTLING, items=(item(kind=ItemKind.RENEWAL),)),
    Case(
        "an order of an earlier attempt",
        SETTLING,
        items=(item(ItemStatus.FAILED),),
        attempt=replace(ATTEMPT, settled_items=frozenset({1})),
    ),
    Case("no trace yet", SETTLING, availability=TAKEN),
    Case("no trace of what was sent again", SETTLING, now=LATE, attempt=replace(ATTEMPT, sent_at=LATE)),
    Case("no trace", decision(Verdict.ASK, "no_trace"), now=SETTLED),
    Case("no trace, free", AGAIN, now=SETTLED, availability=FREE),
    Case("no trace, taken", decision(Verdict.WAIT, "taken_by_whom"), now=SETTLED, availability=TAKEN),
    Case("no trace, taken for good", decision(Verdict.LOST, "name_lost"), now=LATE, availability=TAKEN),
    Case(
        "sent often enough",
        decision(Verdict.WAIT, "settling"),
        now=SETTLED,
        availability=FREE,
        attempt=replace(ATTEMPT, sends=3),
    ),
    Case(
        "sent often enough, and nothing can come any more",
        decision(Verdict.FAILED, "registrar_refuses"),
        now=LATE,
        availability=FREE,
        attempt=replace(ATTEMPT, sends=3),
    ),
]


@pytest.mark.parametrize("case", REGISTRATIONS, ids=str)
def test_a_registration(case: Case) -> None:
    assert _decided(case) == case.expected


def transfer(status: TransferStatus) -> Transfer:
    return Transfer(name=NAME, status=status, phase=status.value)


def sold(status: ItemStatus = ItemStatus.SUCCESS, number: int = 1) -> OrderItem:
    return item(status, number, kind=ItemKind.TRANSFER)


@dataclass(frozen=True)
class Move:
    told: str
    expected: Decision
    status: TransferStatus | None = None
    now: datetime = SOON
    domain: RegisteredDomain | None = None
    items: tuple[OrderItem, ...] = ()
    attempt: Attempt = ATTEMPT
    deadline: datetime | None = None

    def __str__(self) -> str:
        return self.told


OLD = domain(START - timedelta(days=400))  # a transferred name keeps its creation date
STUBBORN = replace(ATTEMPT, cancel_refused=True)
PENDING, COMPLETED = TransferStatus.PENDING, TransferStatus.COMPLETED
REJECTED, FAILED, CANCELED = TransferStatus.REJECTED, TransferStatus.FAILED, TransferStatus.CANCELED
ON_ITS_WAY = decision(Verdict.WAIT, "transfer_pending", 101)

TRANSFERS = [
    Move("under way", ON_ITS_WAY, PENDING, items=(sold(),)),
    Move("under way, its order not listed", decision(Verdict.WAIT, "transfer_pending"), PENDING),
    Move(
        "under way since before: never sent again",
        decision(Verdict.WAIT, "transfer_pending"),
        PENDING,
        now=LATE,
        attempt=replace(ATTEMPT, earlier_transfer=PENDING),
    ),
    Move("before its deadline", ON_ITS_WAY, PENDING, items=(sold(),), deadline=LATE),
    Move(
        "past its deadline",
        decision(Verdict.CANCEL, "transfer_expired", 101),
        PENDING,
        now=LATE,
        items=(sold(),),
        deadline=LATE,
    ),
    Move(
        "past its deadline, too late to cancel",
        replace(ON_ITS_WAY, overdue=True),
        PENDING,
        now=LATE,
        items=(sold(),),
        deadline=LATE,
        attempt=STUBBORN,
    ),
    Move("completed", decision(Verdict.ADOPT, "transferred", 101), COMPLETED, domain=OLD, items=(sold(),)),
    Move(
        "completed, deadline or not",
        decision(Verdict.ADOPT, "transferred"),
        COMPLETED,
        now=LATE,
        domain=OLD,
        deadline=SOON,
    ),
    Move(
        "completed, not yet visible",
        decision(Verdict.WAIT, "domain_not_visible", 101),
        COMPLETED,
        items=(sold(),),
    ),
    Move(
        "completed, not visible at its deadline: never refunded",
        decision(Verdict.WAIT, "domain_not_visible", 101, overdue=True),
        COMPLETED,
        now=LATE,
        items=(sold(),),
        deadline=LATE,
    ),
    Move(
        "rejected: cancel first",
        decision(Verdict.CANCEL, "transfer_rejected", 101),
        REJECTED,
        items=(sold(),),
    ),
    Move(
        "rejected, nothing to cancel",
        decision(Verdict.FAILED, "transfer_rejected", 101),
        REJECTED,
        items=(sold(),),
        attempt=STUBBORN,
    ),
    Move(
        "failed", decision(Verdict.FAILED, "transfer_failed", 101), FAILED, items=(sold(ItemStatus.REFUNDED),)
    ),
    Move(
        "cancelled",
        decision(Verdict.FAILED, "transfer_canceled", 101),
        CANCELED,
        items=(sold(ItemStatus.REFUNDED),),
    ),
    Move("cancelled, its order not listed", decision(Verdict.FAILED, "transfer_canceled"), CANCELED),
    Move(
        "cancelled before this attempt",
        SETTLING,
        CANCELED,
        attempt=replace(ATTEMPT, earlier_transfer=CANCELED),
    ),
    Move(
        "cancelled before, and again",
        decision(Verdict.FAILED, "transfer_canceled", 101),
        CANCELED,
        items=(sold(ItemStatus.REFUNDED),),
        attempt=replace(ATTEMPT, earlier_transfer=CANCELED),
    ),
    Move(
        "completed years ago, lost since",
        AGAIN,
        COMPLETED,
        now=SETTLED,
        attempt=replace(ATTEMPT, earlier_transfer=COMPLETED),
    ),
    Move(
        "paid, the transfer not yet visible",
        decision(Verdict.WAIT, "transfer_not_visible", 101),
        items=(sold(),),
    ),
    Move(
        "paid, no transfer to see at its deadline",
        decision(Verdict.CANCEL, "transfer_expired", 101),
        now=LATE,
        items=(sold(),),
        deadline=LATE,
    ),
    Move(
        "paid, and there is nothing to cancel",
        decision(Verdict.FAILED, "transfer_expired", 101, overdue=True),
        now=LATE,
        items=(sold(),),
        deadline=LATE,
        attempt=STUBBORN,
    ),
    Move(
        "paid and delivered, no transfer to see",
        decision(Verdict.ADOPT, "transferred", 101),
        items=(sold(),),
        domain=OLD,
    ),
    Move(
        "refunded, no transfer to see",
        decision(Verdict.FAILED, "transfer_failed", 101),
        items=(sold(ItemStatus.REFUNDED),),
    ),
    Move("a registration is no transfer", SETTLING, items=(item(),)),
    Move("in the account before", OWNED, domain=OLD),
    Move("no trace yet", SETTLING),
    Move("no trace", AGAIN, now=SETTLED),
    Move("sent often enough", SETTLING, now=SETTLED, attempt=replace(ATTEMPT, sends=3)),
    Move(
        "sent often enough, and nothing can come any more",
        decision(Verdict.FAILED, "registrar_refuses"),
        now=LATE,
        attempt=replace(ATTEMPT, sends=3),
    ),
]


@pytest.mark.parametrize("move", TRANSFERS, ids=str)
def test_a_transfer(move: Move) -> None:
    decided = reconcile_transfer(
        move.attempt,
        PATIENCE,
        now=move.now,
        transfer=None if move.status is None else transfer(move.status),
        items=move.items,
        domain=move.domain,
        deadline=move.deadline,
    )
    assert decided == move.expected


def test_the_window_begins_a_clock_skew_before_the_first_send() -> None:
    again = replace(ATTEMPT, sent_at=LATE, sends=2)
    assert window_start(again, PATIENCE) == START - 5 * SECOND


STATUSES = st.sampled_from(ItemStatus)
MOMENTS = st.none() | st.integers(-900, 900).map(lambda seconds: START + seconds * SECOND)
ITEMS = st.lists(st.builds(item, STATUSES, st.integers(1, 9), at=MOMENTS), max_size=4)
DOMAINS = st.none() | st.builds(domain, MOMENTS)
NOWS = st.integers(0, 2000).map(lambda seconds: START + seconds * SECOND)
ATTEMPTS = st.integers(1, 4).map(lambda sends: replace(ATTEMPT, sends=sends))


CASES = st.builds(
    Case,
    told=st.just("any"),
    expected=st.just(SETTLING),
    now=NOWS,
    domain=DOMAINS,
    items=ITEMS.map(tuple),
    availability=st.sampled_from([None, FREE, TAKEN]),
    attempt=ATTEMPTS,
    deadline=st.sampled_from([None, LATE]),
)


def _decided(case: Case) -> Decision:
    return reconcile_registration(
        case.attempt,
        PATIENCE,
        now=case.now,
        domain=case.domain,
        items=case.items,
        availability=case.availability,
        deadline=case.deadline,
    )


@given(CASES)
def test_never_twice_and_never_a_delivered_name_refunded(case: Case) -> None:
    decided, now, found = _decided(case).verdict, case.now, case.domain
    start = START - PATIENCE.skew
    in_window = [one for one in case.items if one.created_at is None or one.created_at >= start]
    alive = [one for one in in_window if one.status in (ItemStatus.SUCCESS, ItemStatus.PENDING)]
    if decided in (Verdict.RETRY, Verdict.LOST):
        assert found is None
        assert not in_window
        assert case.availability is not None
        assert now >= START + PATIENCE.settle
    if decided is Verdict.FAILED:
        assert not alive or (case.deadline, case.availability, found) == (LATE, FREE, None)
        assert not alive or now >= LATE
    if decided is Verdict.ADOPT:
        assert found is not None
    if decided is Verdict.LOST:
        assert now >= START + PATIENCE.late
