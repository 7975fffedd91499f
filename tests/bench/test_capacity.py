"""What an order consumes of DynamoDB, in all: a unit more is a regression."""

from typing import Any

import pytest

from tests.bench import counts, marks

# Write units and calls of every step today; lower them with every improvement.
WRITES = {
    "site": [8, 8, 2, 2, 2, 3],
    "domain": [8, 9, 7, 2, 2, 3],
    "declined": [8, 6, 3, 6, 3],
}
CALLS = {"site": 20, "domain": 23, "declined": 18}
# What POST, ChargePayment and a page cost, whatever is stored.
SIZES = (60, 600)


@pytest.fixture(scope="module")
def measured(dynamodb_local: str) -> dict[str, Any]:
    return counts.capacity(counts.connect(dynamodb_local))


@pytest.mark.parametrize("life", counts.LIVES)
def test_no_life_consumes_more_than_today(measured: dict[str, Any], life: str) -> None:
    steps = measured[life]
    allowed = dict(zip(steps, WRITES[life], strict=True))
    over = {name: step["write"] for name, step in steps.items() if step["write"] > allowed[name]}
    assert not over
    assert sum(step["calls"] for step in steps.values()) <= CALLS[life]


@pytest.mark.parametrize("life", ["site"])
def test_a_life_stays_within_its_mark(measured: dict[str, Any], life: str) -> None:
    assert sum(step["write"] for step in measured[life].values()) <= marks.WRITE_UNITS[life]


@pytest.mark.parametrize("life", counts.LIVES)
def test_the_dearest_poll_is_one_read_of_a_unit(measured: dict[str, Any], life: str) -> None:
    poll = measured["polls"][life]
    assert poll["calls"] == 1
    assert 0 < poll["read"] <= marks.POLL_READ_UNITS


def test_an_api_key_is_two_reads(measured: dict[str, Any]) -> None:
    assert measured["authorizer"] == {"calls": 2, "write": 0, "read": 1}


def test_nothing_costs_more_with_more_orders_stored(dynamodb_local: str) -> None:
    few, many = counts.growth(counts.connect(dynamodb_local), SIZES).values()
    assert few == many
    assert all(units > 0 for units in few.values())
