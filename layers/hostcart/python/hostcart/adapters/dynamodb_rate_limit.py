"""Port RateLimit: all functions together keep the limits of an outside system, counted in the table.

Windows of the clock are counted, one conditional UpdateItem each: no read, and no conflict between callers.
A stretch of time touches one window more than it is long, so each window gets as much less: ten calls in a
clock second are never more than twenty in any second, 600 in a quarter of an hour never more than 3,000 in
any hour. Short windows also keep one burst from using up everybody's hour.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.aws_errors import aws_errors
from hostcart.adapters.dynamodb_errors import is_condition_failure
from hostcart.ports import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_HOUR: Final = 3600
_PARTS_OF_AN_HOUR: Final = 4
_KEPT_SECONDS: Final = _HOUR
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
        self._limits = limits
        self._longest_wait = longest_wait
        self._now = now
        self._sleep = sleep

    def acquire(self) -> None:
        """Waits for the window after a full one, if it begins soon enough.

        Raises UnavailableError("<name>_throttled"), UnavailableError("database_unavailable").
        """
        deadline = self._now() + self._longest_wait
        for window in self._limits:
            while not self._count(window):
                self._wait(window, deadline)

    def _wait(self, window: Window, deadline: float) -> None:
        now = self._now()
        # Spread over the first half of the window, so that those who wait do not all ask at once.
        spread = _JITTER.random() * min(window.seconds, 1) / 2
        resume = (now // window.seconds + 1) * window.seconds + spread
        if resume > deadline:
            raise UnavailableError(f"{self._name}_throttled")
        self._sleep(resume - now)

    def _count(self, window: Window) -> bool:
        """False when the present window is full."""
        start = int(self._now() // window.seconds) * window.seconds
        with aws_errors("database"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=keys.rate_window(self._name, window.seconds, start),
                    UpdateExpression="SET expires_at = :end ADD calls :one",
                    ConditionExpression="attribute_not_exists(calls) OR calls < :most",
                    ExpressionAttributeValues={
                        ":one": {"N": "1"},
                        ":most": {"N": str(window.calls)},
                        ":end": {"N": str(start + window.seconds + _KEPT_SECONDS)},
                    },
                )
            except self._client.exceptions.ClientError as error:
                if is_condition_failure(error):
                    return False
                raise
        return True
