"""The limit that all functions share, on moto's table; the clock is a variable."""

import random
from collections import Counter
from collections.abc import Iterator
from threading import Lock
from typing import TYPE_CHECKING

import pytest
from hostcart.adapters.dynamodb_rate_limit import DynamoRateLimit, Window, windows
from hostcart.ports import MisconfiguredError, UnavailableError
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.table import TABLE, moto_table, set_environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

NOON = 1_800_000_000.0


class Time:
    """A clock that moves only while somebody sleeps."""

    def __init__(self, now: float = NOON) -> None:
        self.value = now
        self.lock = Lock()

    def now(self) -> float:
        return self.value

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.value += seconds


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> "Iterator[DynamoDBClient]":
    set_environment(monkeypatch)
    with moto_table() as client:
        yield client


def limit(client: "DynamoDBClient", time: Time, *of: Window, wait: float = 2.5) -> DynamoRateLimit:
    return DynamoRateLimit(client, TABLE, "registrar", of, longest_wait=wait, now=time.now, sleep=time.sleep)


def test_what_is_counted_for_the_registrars_limits() -> None:
    assert windows(per_second=20, per_hour=3000) == (Window(1, 10), Window(900, 600))


@given(st.lists(st.integers(min_value=0, max_value=7200), max_size=60), st.integers(1, 30))
def test_no_hour_sees_more_than_its_limit(seconds: list[int], most: int) -> None:
    per_hour = most * 5
    (_, window) = windows(per_second=20, per_hour=per_hour)
    served: list[int] = []
    taken: Counter[int] = Counter()
    for second in sorted(seconds * 10):
        slot = second // window.seconds
        if taken[slot] < window.calls:
            taken[slot] += 1
            served.append(second)
    assert all(sum(start <= one < start + 3600 for one in served) <= per_hour for start in served)


def test_below_the_limit_nobody_waits(dynamodb: "DynamoDBClient") -> None:
    time = Time()
    subject = limit(dynamodb, time, Window(1, 3))
    for _ in range(3):
        subject.acquire()
    assert time.value == NOON


def test_above_it_the_next_window_is_waited_for(dynamodb: "DynamoDBClient") -> None:
    time = Time(NOON + 0.25)
    subject = limit(dynamodb, time, Window(1, 2))
    for _ in range(3):
        subject.acquire()
    assert NOON + 1 <= time.value <= NOON + 1.5


def test_a_window_that_is_full_for_long_refuses_at_once(dynamodb: "DynamoDBClient") -> None:
    time = Time()
    subject = limit(dynamodb, time, Window(1, 9), Window(900, 2))
    subject.acquire()
    subject.acquire()
    with pytest.raises(UnavailableError, match="registrar_throttled"):
        subject.acquire()
    assert time.value == NOON


def test_a_wait_has_an_end(dynamodb: "DynamoDBClient") -> None:
    time = Time()
    subject, rivals = limit(dynamodb, time, Window(1, 1)), Time()
    # Others have taken the seconds to come.
    for second in range(5):
        rivals.value = NOON + second
        limit(dynamodb, rivals, Window(1, 1)).acquire()
    with pytest.raises(UnavailableError, match="registrar_throttled"):
        subject.acquire()
    assert time.value <= NOON + 2.5


def test_a_call_is_one_write_that_counts_into_every_window(dynamodb: "DynamoDBClient") -> None:
    time = Time(NOON + 2)
    subject = limit(dynamodb, time, Window(1, 3), Window(900, 5))
    subject.acquire()
    subject.acquire()
    time.value += 1
    subject.acquire()
    (item,) = dynamodb.scan(TableName=TABLE)["Items"]
    assert item == {
        "pk": {"S": "RATE#registrar#900"},
        "sk": {"S": str(int(NOON))},
        "calls": {"N": "3"},
        "a2": {"N": "2"},
        "a3": {"N": "1"},
        "expires_at": {"N": str(int(NOON) + 900 + 3600)},
    }


def test_a_call_that_is_refused_is_not_counted(dynamodb: "DynamoDBClient") -> None:
    limit(dynamodb, Time(), Window(1, 9), Window(900, 1)).acquire()
    with pytest.raises(UnavailableError, match="registrar_throttled"):
        limit(dynamodb, Time(), Window(1, 9), Window(900, 1)).acquire()
    (item,) = dynamodb.scan(TableName=TABLE)["Items"]
    assert (item["calls"], item["a0"]) == ({"N": "1"}, {"N": "1"})


def test_a_clock_that_is_behind_counts_into_its_own_second(dynamodb: "DynamoDBClient") -> None:
    windows_ = (Window(1, 2), Window(900, 9))
    limit(dynamodb, Time(NOON + 1), *windows_).acquire()
    for _ in range(2):
        limit(dynamodb, Time(NOON), *windows_).acquire()
    with pytest.raises(UnavailableError, match="registrar_throttled"):
        limit(dynamodb, Time(NOON), *windows_, wait=0).acquire()
    limit(dynamodb, Time(NOON + 1), *windows_, wait=0).acquire()


def test_a_database_that_does_not_say_which_window_is_full(dynamodb: "DynamoDBClient") -> None:
    time = Time()
    subject = limit(dynamodb, time, Window(1, 1), Window(900, 1))
    subject.acquire()
    dynamodb.meta.events.register(
        "after-call.dynamodb.UpdateItem", lambda parsed, **_: parsed.pop("Item", None) and None
    )
    with pytest.raises(UnavailableError, match="registrar_throttled"):
        subject.acquire()
    assert NOON < time.value <= NOON + 2.5


def test_windows_that_overlap_are_refused(dynamodb: "DynamoDBClient") -> None:
    with pytest.raises(ValueError, match="two items"):
        limit(dynamodb, Time(), Window(7, 1), Window(900, 1))


def test_those_who_wait_spread(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random.SystemRandom, "random", lambda _: 0.5)
    time = Time()
    subject = limit(dynamodb, time, Window(1, 1))
    subject.acquire()
    subject.acquire()
    assert time.value == NOON + 1.25


def test_a_table_that_is_not_there(dynamodb: "DynamoDBClient") -> None:
    dynamodb.delete_table(TableName=TABLE)
    with pytest.raises(MisconfiguredError, match="database_missing"):
        limit(dynamodb, Time(), Window(1, 1)).acquire()
