"""The registrar in memory behind the limit that all functions share: the table counts each call."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hostcart.adapters.dynamodb_rate_limit import DynamoRateLimit, windows
from hostcart.ports import RateLimit

from tests.fakes.platform import FakeClock
from tests.fakes.registrar import FakeRegistrar

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

# The template's own.
_LIMITS = windows(per_second=20, per_hour=3000)


@dataclass(kw_only=True)
class LimitedRegistrar(FakeRegistrar):
    """As the adapter does, it acquires the limit before each call."""

    limit: RateLimit

    def _begin(self, name: str) -> None:
        self.limit.acquire()
        super()._begin(name)


def limited_registrar(client: "DynamoDBClient", table: str, clock: FakeClock) -> LimitedRegistrar:
    """Its limit reads the clock of the orders, so that the count of its writes is no matter of chance."""
    limit = DynamoRateLimit(
        client,
        table,
        "registrar",
        _LIMITS,
        now=lambda: clock.now().timestamp(),
        sleep=lambda seconds: clock.advance(seconds=seconds),
    )
    return LimitedRegistrar(clock, limit=limit)
