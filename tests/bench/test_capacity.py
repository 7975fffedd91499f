"""What an order consumes of DynamoDB, in all: a unit more is a regression."""

from typing import Any

import pytest

from tests.bench import counts, marks

# Write units and calls of every step today; lower them with every improvement.
WRITES: dict[str, list[float]] = {
    "site": [8, 8, 2, 2, 2, 3],
    "domain": [9, 10, 11, 2, 2, 3],  # six of them are calls to the registrar, counted for its limit
    "declined": [8, 6, 3, 6, 3],
}
READS: dict[str, list[float]] = {
    "site": [3, 2, 1, 1, 1, 2],
    "domain": [3.5, 2, 2, 1, 1, 2],
    "declined": [3, 2, 1, 1, 2],
}
CALLS = {"site": 20, "domain": 29, "declined": 18}
REGISTRAR_CALLS = 6
# What POST, ChargePayment and a page cost, whatever is stored.
SIZES = (60, 600)


@pytest.fixture(scope="module")
def measured(dynamodb_local: str) -> dict[str, Any]:
    return counts.capacity(counts.connect(dynamodb_local))


@pytest.mark.parametrize("life", counts.LIVES)
def test_no_life_consumes_more_than_today(measured: dict[str, Any], life: str) -> None:
    steps = measured[life]
    for kind, today in (("write", WRITES), ("read", READS)):
        allowed = dict(zip(steps, today[life], strict=True))
        over = {name: step[kind] for name, step in steps.items() if step[kind] > allowed[name]}
        assert not over, kind
    assert sum(step["calls"] for step in steps.values()) <= CALLS[life]


def test_a_site_order_stays_within_its_mark(measured: dict[str, Any]) -> None:
    assert sum(step["write"] for step in measured["site"].values()) <= marks.WRITE_UNITS["site"]


def test_each_call_to_the_registrar_is_one_write(dynamodb_local: str) -> None:
    """The real adapter asks the shared limit before every call, and so does the registrar here."""
    client = counts.connect(dynamodb_local)
    with counts.table(client, "bench-limit") as here:
        world = here.world()
        for _, step in counts.domain(world):
            step()
        assert len(world.registrar.calls) == REGISTRAR_CALLS
        registrar = world.registrar
        assert here.spent(lambda: registrar.check("example.net")) == {"calls": 1, "write": 1, "read": 0}


def test_a_webhook_consumes_no_more_than_today(measured: dict[str, Any]) -> None:
    """Of a payment that was not known yet: a look at the cart, the mark and its removal."""
    assert measured["webhook"] == {"calls": 5, "write": 5, "read": 3}


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
