"""What the reconciler finds, repairs and remembers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

_ACCEPTED_PAUSE: Final = timedelta(days=1)


class FindingKind(StrEnum):
    """What only an operator can mend."""

    ORDER_STUCK = "order_stuck"
    PAYMENT_UNKNOWN = "payment_unknown"
    SUBSCRIPTION_WITHOUT_DELIVERY = "subscription_without_delivery"
    SITE_WITHOUT_ORDER = "site_without_order"
    REGISTRATION_WITHOUT_ORDER = "registration_without_order"
    ZONE_WITHOUT_ORDER = "zone_without_order"
    REFUND_RETURNED = "refund_returned"
    PAYMENT_DISPUTED = "payment_disputed"


class RepairKind(StrEnum):
    """What was mended without anybody's doing."""

    EXECUTION_STARTED = "execution_started"
    EXECUTION_RESUMED = "execution_resumed"
    TASK_WOKEN = "task_woken"
    DRAFT_DELETED = "draft_deleted"
    SUBSCRIPTION_CANCELLED = "subscription_cancelled"
    ZONE_REMOVED = "zone_removed"
    CALLBACK_GIVEN_UP = "callback_given_up"


class Judgement(StrEnum):
    """FINE: as it should be. PENDING: its order is under way, look again. BROKEN: an operator must act."""

    FINE = "fine"
    PENDING = "pending"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is judged: the outside system's id (an order's: its cart token) and the cart it belongs to.

    `account_id` and `cart_token` are None where only the outside system's id is known.
    """

    kind: FindingKind
    id: str
    account_id: str | None = None
    cart_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A remembered subject, found `since` then and last judged at `judged_at`.

    `accepted` is an operator's word that it stays as it is and breaks nothing.
    """

    subject: Subject
    judgement: Judgement
    since: datetime
    judged_at: datetime
    accepted: bool = False

    @property
    def breaks(self) -> bool:
        """Whether it counts as a break of the ledger."""
        return self.judgement is Judgement.BROKEN and not self.accepted

    def due(self, now: datetime) -> bool:
        """Whether it is to be judged again: what was accepted only once a day, for there is no end to it."""
        return not self.accepted or self.judged_at + _ACCEPTED_PAUSE <= now
