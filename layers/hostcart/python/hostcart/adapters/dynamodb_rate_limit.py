"""Port RateLimit: all functions together keep the limits of an outside system, counted in the table.

Windows of the clock are counted, all in one conditional UpdateItem: no read, and no conflict between callers.
A stretch of time touches one window more than it is long, so each window gets as much less: ten calls in a
clock second are never more than twenty in any second, 600 in a quarter of an hour never more than 3,000 in
any hour. Short windows also keep one burst from using up everybody's hour.

The longest window is an item: `calls` is its own count, and each shorter window within it that has seen a
call has an attribute. None of these takes the place of another: clocks may differ between functions.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, Final

from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.aws_errors import aws_errors
from hostcart.ports import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_HOUR: Final = 3600
_PARTS_OF_AN_HOUR: Final = 4
_KEPT_SECONDS: Final = _HOUR
_CALLS: Final = "calls"
_NONE: Final = {"N": "0"}
LONGEST_WAIT_SECONDS: Final = 2.5
# From the system: instances that start from one snapshot share the state of `random`.
_JITTER: Final = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Window:
    """So many calls in each `seconds` of the clock."""

    seconds: int
    calls: int


def windows(*, per_second: int, per_hour: int) -> tuple[Window, ...]:
    """What to count so that no second and no hour, whenever it begins, sees more; the short one first."""
    return (
        Window(1, max(1, per_second // 2)),
        Window(_HOUR // _PARTS_OF_AN_HOUR, max(1, per_hour // (_PARTS_OF_AN_HOUR + 1))),
    )


class DynamoRateLimit:
    """`name` is the outside system's; its counters expire by the attribute `expires_at`."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        name: str,
        limits: tuple[Window, ...],
        *,
        longest_wait: float = LONGEST_WAIT_SECONDS,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._name = name
        self._whole = max(limits, key=lambda window: window.seconds)
        self._parts = tuple(window for window in limits if window is not self._whole)
        if any(self._whole.seconds % part.seconds for part in self._parts):
            raise ValueError("a window that lies in two items would be counted twice over")
        self._longest_wait = longest_wait
        self._now = now
        self._sleep = sleep

    def acquire(self) -> None:
        """Waits for the window after a full one, if it begins soon enough.

        Raises UnavailableError("<name>_throttled"), UnavailableError("database_unavailable").
        """
        deadline = self._now() + self._longest_wait
        while (full := self._count()) is not None:
            self._wait(full, deadline)

    def _wait(self, window: Window, deadline: float) -> None:
        now = self._now()
        # Spread over the first half of the window, so that those who wait do not all ask at once.
        spread = _JITTER.random() * min(window.seconds, 1) / 2
        resume = (now // window.seconds + 1) * window.seconds + spread
        if resume > deadline:
            raise UnavailableError(f"{self._name}_throttled")
        self._sleep(resume - now)

    def _count(self) -> Window | None:
        """Counts a call into every present window, or into none: then the longest of those that are full."""
        now = int(self._now())
        start = now // self._whole.seconds * self._whole.seconds
        counters = {_CALLS: self._whole}
        for letter, part in zip(ascii_lowercase, self._parts, strict=False):
            counters[f"{letter}{(now - start) // part.seconds}"] = part
        names = {f"#{place}": name for place, name in enumerate(counters)}
        most = {f":{place}": {"N": str(window.calls)} for place, window in enumerate(counters.values())}
        free = (f"(attribute_not_exists(#{place}) OR #{place} < :{place})" for place in range(len(counters)))
        end = start + self._whole.seconds + _KEPT_SECONDS
        with aws_errors("database"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=keys.rate_window(self._name, self._whole.seconds, start),
                    UpdateExpression="SET expires_at = :end ADD "
                    + ", ".join(f"{name} :one" for name in names),
                    ConditionExpression=" AND ".join(free),
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues={":one": {"N": "1"}, ":end": {"N": str(end)}, **most},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._client.exceptions.ConditionalCheckFailedException as error:
                return _full(counters, error.response)
        return None


def _full(counters: Mapping[str, Window], refusal: Mapping[str, Any]) -> Window:
    """The longest of the windows that are full; if the database does not say, the one that soonest ends."""
    item = refusal.get("Item", {})
    full = [window for name, window in counters.items() if int(item.get(name, _NONE)["N"]) >= window.calls]
    return full[0] if full else min(counters.values(), key=lambda window: window.seconds)
