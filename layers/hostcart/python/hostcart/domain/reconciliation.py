"""What an attempt at the registrar came to, told from the outside after an answer was lost.

The registrar has no idempotency keys, and its 500 may be a lasting refusal. So nothing is inferred from the
answer: the evidence is the domain in the account, the order list, the transfer, and at last whether the name
can be bought. Every rule prefers waiting to a guess: a wrong guess buys twice or refunds what was delivered.

The rules hold under a claim: nobody but this attempt buys the name for our account meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from hostcart.domain.registration import (
    Availability,
    ItemKind,
    ItemStatus,
    OrderItem,
    RegisteredDomain,
    Transfer,
    TransferStatus,
)


class Verdict(StrEnum):
    """What to do next.

    ADOPT   it is ours by this attempt
    WAIT    ask again later
    FAILED  it came to nothing, for good: refund
    LOST    the same, and somebody else has the name
    RETRY   nothing happened: send again and count it
    ASK     settled without a trace: decide once more with the name's availability
    CANCEL  have the registrar cancel the transfer, then decide once more
    """

    ADOPT = "adopt"
    WAIT = "wait"
    FAILED = "failed"
    RETRY = "retry"
    LOST = "lost"
    ASK = "ask"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`reason` is a stable word for logs and the order's failure; `order_id` the registrar's, if known.

    `overdue`: past the deadline the registrar still calls its order good, so an operator should ask.
    """

    verdict: Verdict
    reason: str
    order_id: int | None = None
    overdue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The durable record, written before the call.

    `started_at` is when it was first sent, `sent_at` when last, `sends` how often. `settled_items` are the
    order items that belong to earlier attempts at the name; `earlier_transfer` is how the name's transfer
    stood before the first send, None if there was none. `cancel_refused`: the registrar would not cancel the
    transfer as it stands.
    """

    name: str
    started_at: datetime
    sent_at: datetime
    sends: int = 1
    settled_items: frozenset[int] = frozenset()
    earlier_transfer: TransferStatus | None = None
    cancel_refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """`settle`: from a send until its absence means something. `late`: until an effect can no longer come.

    `skew` is by how much the registrar's clock may be behind ours.
    """

    settle: timedelta
    late: timedelta
    skew: timedelta
    most_sends: int = 3


_DEAD: Final = frozenset({ItemStatus.FAILED, ItemStatus.REFUNDED})


def window_start(attempt: Attempt, patience: Patience) -> datetime:
    """From when on an order may be this attempt's: what to ask the order list for."""
    return attempt.started_at - patience.skew


def reconcile_registration(
    attempt: Attempt,
    patience: Patience,
    *,
    now: datetime,
    domain: RegisteredDomain | None,
    items: Sequence[OrderItem],
    availability: Availability | None = None,
    deadline: datetime | None = None,
) -> Decision:
    """What a registration came to.

    `items` are the order items of the window, `availability` is asked for only after the verdict ASK. After
    `deadline` a purchase that is still not delivered came to nothing if the name is free at the registry.
    """
    ours = _of_attempt(attempt, patience, items, ItemKind.REGISTRATION)
    expired = deadline is not None and now >= deadline
    if domain is not None:
        return _of_domain(attempt, patience, domain, ours, expired=expired)
    if ours:
        decided = _of_items(ours, failed="registration_failed", waiting="registry_working")
        late = expired and decided.verdict is Verdict.WAIT
        return _of_late_purchase(decided, availability) if late else decided
    return _without_trace(attempt, patience, now, availability)


def reconcile_transfer(
    attempt: Attempt,
    patience: Patience,
    *,
    now: datetime,
    transfer: Transfer | None,
    items: Sequence[OrderItem],
    domain: RegisteredDomain | None,
    deadline: datetime | None = None,
) -> Decision:
    """What a transfer came to, from the lost answer to its end.

    After `deadline` a pending one is cancelled.
    """
    ours = _of_attempt(attempt, patience, items, ItemKind.TRANSFER)
    expired = deadline is not None and now >= deadline
    if transfer is not None and _is_new(attempt, transfer, ours):
        return _of_transfer(attempt, transfer, ours, domain, expired=expired)
    if ours:
        decided = _of_items(ours, failed="transfer_failed", waiting="transfer_not_visible")
        if decided.verdict is not Verdict.WAIT:
            return decided
        return _of_unseen_transfer(attempt, decided, domain, expired=expired)
    if domain is not None:
        return Decision(verdict=Verdict.FAILED, reason="already_owned")
    if now < attempt.sent_at + patience.settle:
        return Decision(verdict=Verdict.WAIT, reason="settling")
    return _again(attempt, patience, now)


def _of_late_purchase(waiting: Decision, availability: Availability | None) -> Decision:
    """The registrar calls its order good, but the name is not there; it cannot be asked to cancel.

    What somebody holds may be ours in the making: it is waited for, as a refund would give the name away.
    """
    if availability is None:
        return replace(waiting, verdict=Verdict.ASK, reason="registration_overdue")
    if availability.available:
        return replace(waiting, verdict=Verdict.FAILED, reason="registration_expired", overdue=True)
    return replace(waiting, reason="registration_overdue", overdue=True)


def _of_unseen_transfer(
    attempt: Attempt, waiting: Decision, domain: RegisteredDomain | None, *, expired: bool
) -> Decision:
    """Paid for, and the registrar shows no transfer."""
    if domain is not None:
        return replace(waiting, verdict=Verdict.ADOPT, reason="transferred")
    if not expired:
        return waiting
    # That there is nothing to cancel proves that nothing will come of it.
    verdict = Verdict.FAILED if attempt.cancel_refused else Verdict.CANCEL
    return replace(waiting, verdict=verdict, reason="transfer_expired", overdue=attempt.cancel_refused)


def _of_domain(
    attempt: Attempt,
    patience: Patience,
    domain: RegisteredDomain,
    ours: Sequence[OrderItem],
    *,
    expired: bool,
) -> Decision:
    alive = _newest_alive(ours)
    order_id = None if alive is None else alive.order_id
    if domain.created_at is not None and domain.created_at >= window_start(attempt, patience):
        return Decision(verdict=Verdict.ADOPT, reason="registered", order_id=order_id)
    if alive is not None:
        # Paid in the window and in the account: ours, whatever the registry's clock says.
        return Decision(verdict=Verdict.ADOPT, reason="registered", order_id=order_id)
    if domain.created_at is None:
        # It was free when it was ordered, and nobody else buys it for this account: in the end it is ours.
        verdict = Verdict.ADOPT if expired else Verdict.WAIT
        return Decision(verdict=verdict, reason="creation_unknown")
    return Decision(verdict=Verdict.FAILED, reason="already_owned")


def _of_items(ours: Sequence[OrderItem], *, failed: str, waiting: str) -> Decision:
    """A failed item is a definite failure, unless another is still alive."""
    alive = _newest_alive(ours)
    if alive is not None:
        return Decision(verdict=Verdict.WAIT, reason=waiting, order_id=alive.order_id)
    return Decision(verdict=Verdict.FAILED, reason=failed, order_id=_newest(ours).order_id)


def _without_trace(
    attempt: Attempt, patience: Patience, now: datetime, availability: Availability | None
) -> Decision:
    if now < attempt.sent_at + patience.settle:
        return Decision(verdict=Verdict.WAIT, reason="settling")
    if availability is None:
        return Decision(verdict=Verdict.ASK, reason="no_trace")
    if availability.available:
        return _again(attempt, patience, now)
    if now < attempt.sent_at + patience.late:
        # Taken, and it may have been us: a registration can come to light late.
        return Decision(verdict=Verdict.WAIT, reason="taken_by_whom")
    return Decision(verdict=Verdict.LOST, reason="name_lost")


def _again(attempt: Attempt, patience: Patience, now: datetime) -> Decision:
    if attempt.sends < patience.most_sends:
        return Decision(verdict=Verdict.RETRY, reason="nothing_happened")
    if now < attempt.sent_at + patience.late:
        return Decision(verdict=Verdict.WAIT, reason="settling")
    return Decision(verdict=Verdict.FAILED, reason="registrar_refuses")


def _of_transfer(
    attempt: Attempt,
    transfer: Transfer,
    ours: Sequence[OrderItem],
    domain: RegisteredDomain | None,
    *,
    expired: bool,
) -> Decision:
    alive = _newest_alive(ours)
    order_id = alive.order_id if alive is not None else _newest(ours).order_id if ours else None
    verdict, reason = _of_status(attempt, transfer.status, delivered=domain is not None, expired=expired)
    overdue = expired and verdict is Verdict.WAIT
    return Decision(verdict=verdict, reason=reason, order_id=order_id, overdue=overdue)


def _of_status(
    attempt: Attempt, status: TransferStatus, *, delivered: bool, expired: bool
) -> tuple[Verdict, str]:
    match status:
        case TransferStatus.COMPLETED:
            return (Verdict.ADOPT, "transferred") if delivered else (Verdict.WAIT, "domain_not_visible")
        case TransferStatus.PENDING if expired and not attempt.cancel_refused:
            return Verdict.CANCEL, "transfer_expired"
        case TransferStatus.PENDING:
            return Verdict.WAIT, "transfer_pending"
        case TransferStatus.REJECTED if not attempt.cancel_refused:
            return Verdict.CANCEL, "transfer_rejected"
    return Verdict.FAILED, f"transfer_{status.value}"


def _is_new(attempt: Attempt, transfer: Transfer, ours: Sequence[OrderItem]) -> bool:
    """Transfers carry no date: one that had ended before looks the same until an order proves a new one."""
    under_way = transfer.status is TransferStatus.PENDING
    return under_way or bool(ours) or transfer.status is not attempt.earlier_transfer


def _of_attempt(
    attempt: Attempt, patience: Patience, items: Sequence[OrderItem], kind: ItemKind
) -> list[OrderItem]:
    start = window_start(attempt, patience)
    return [
        item
        for item in items
        if item.kind is kind
        and item.name == attempt.name
        and item.id not in attempt.settled_items
        and (item.created_at is None or item.created_at >= start)
    ]


def _newest_alive(ours: Sequence[OrderItem]) -> OrderItem | None:
    alive = [item for item in ours if item.status not in _DEAD]
    return _newest(alive) if alive else None


def _newest(items: Sequence[OrderItem]) -> OrderItem:
    return max(items, key=lambda item: (item.order_id, item.id))
