"""The registrar's limits across functions, on DynamoDB Local: its conditional writes are atomic."""

import itertools
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Final

import boto3
import pytest
from hostcart.adapters.dynamodb_rate_limit import DynamoRateLimit, Window, windows
from hostcart.ports import UnavailableError

from tests.fakes.table import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

NOON: Final = 1_800_000_000.0
FUNCTIONS: Final = 6
_names = itertools.count(1)


@pytest.fixture
def connect(dynamodb_local: str) -> "Callable[[], DynamoDBClient]":
    def one() -> "DynamoDBClient":
        return boto3.Session().client(
            "dynamodb",
            endpoint_url=dynamodb_local,
            region_name="eu-central-1",
            aws_access_key_id="limits",
            aws_secret_access_key="test",
        )

    return one


@pytest.fixture
def table(connect: "Callable[[], DynamoDBClient]") -> str:
    return create_table(connect(), f"limits-{next(_names)}")


class Function:
    """One of the functions that run at once: a client and a clock of its own; it counts what it was given."""

    def __init__(self, client: "DynamoDBClient", table: str, *limits: Window) -> None:
        self.now = NOON
        self.given: Counter[int] = Counter()
        self.limit = DynamoRateLimit(
            client, table, "registrar", limits, longest_wait=0, now=lambda: self.now, sleep=self._sleep
        )

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def ask(self, times: int) -> None:
        for _ in range(times):
            try:
                self.limit.acquire()
            except UnavailableError:
                continue
            self.given[int(self.now)] += 1


def _at_once(functions: list[Function], work: Callable[[Function], None]) -> Counter[int]:
    """What all were given together, by second; they start at one moment."""
    start = Barrier(len(functions))

    def run(function: Function) -> None:
        start.wait(timeout=60)
        work(function)

    with ThreadPoolExecutor(len(functions)) as pool:
        list(pool.map(run, functions))
    return sum((function.given for function in functions), Counter[int]())


def test_many_functions_at_once_get_exactly_what_there_is(
    connect: "Callable[[], DynamoDBClient]", table: str
) -> None:
    functions = [Function(connect(), table, Window(900, 7)) for _ in range(FUNCTIONS)]
    assert _at_once(functions, lambda function: function.ask(5)).total() == 7


def test_no_second_and_no_hour_of_the_registrar_sees_more_than_its_limit(
    connect: "Callable[[], DynamoDBClient]", table: str
) -> None:
    """Each function walks through three hours at its own pace and asks for more than there is."""
    limits = windows(per_second=6, per_hour=30)
    functions = [Function(connect(), table, *limits) for _ in range(FUNCTIONS)]

    def walk(function: Function) -> None:
        for second in (0, 1, 2, 899, 900, 901, 1800, 3599, 3600, 3601, 7199, 10_799):
            function.now = NOON + second
            function.ask(4)

    given = _at_once(functions, walk)
    moments = sorted(given.elements())
    assert moments
    assert all(
        given[second] + given[second + 1] <= 6 for second in given
    )  # any second touches two of the clock
    assert all(sum(first <= moment < first + 3600 for moment in moments) <= 30 for first in moments)
    # Nothing is lost either: each window with a demand gave all that it had, up to the seconds' share.
    quarters = Counter((moment - int(NOON)) // 900 for moment in moments)
    assert quarters[0] == limits[1].calls
