"""Orders with faults in every sandbox and workers killed at random: docs/storm.md."""

from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.support.commands import tool
from tests.e2e.support.leaks import find, histories, secrets_of, written_files
from tests.e2e.support.stack import LocalStack
from tests.e2e.support.world import World
from tests.storm import report
from tests.storm.storm import Outcome, Size, Storm

pytestmark = pytest.mark.timeout(900)

_SIZE = Size(orders=36, seed=1, days=2, outages=(), hasty=True)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, http: httpx.Client) -> Iterator[World]:
    """A stack of its own: its reconciler looks hours ahead, and everything in its books is the storm's."""
    local = LocalStack(tmp_path_factory.mktemp("storm"))
    local.up_lean()
    try:
        yield World(local, http)
    finally:
        local.down()


@pytest.fixture(scope="module")
def outcome(world: World) -> Outcome:
    return Storm(world, _SIZE, print).run()


def test_every_order_ends_and_no_promise_is_broken(world: World, outcome: Outcome) -> None:
    told = "\n".join((*report.summary(outcome), *report.stories(world, outcome)))
    assert not outcome.breaks, told


def test_it_was_a_storm(outcome: Outcome) -> None:
    """Every account ordered, sandboxes failed, workers died: without them the test above shows nothing."""
    ends = {order.status for order in outcome.orders if order.token}
    assert {"completed", "failed"} <= ends
    assert len({order.plan.account for order in outcome.orders}) == 8
    assert len({box for box, _, _ in outcome.weather.met}) >= 2
    assert outcome.weather.kills.total() > 0


def test_the_ledger_names_none_of_them(world: World, outcome: Outcome) -> None:
    for day in outcome.days:
        shown = tool(world, "ledger", "--day", day)
        assert shown.returncode in (0, 1), shown.stderr
        assert not [order.token for order in outcome.orders if order.token and order.token in shown.stdout]


def test_no_secret_was_written(world: World, outcome: Outcome) -> None:
    tokens = [order.token for order in outcome.orders if order.token]
    assert find(written_files(world.stack.workspace.logs), secrets_of(world)) == []
    assert find(histories(world, newest=len(tokens)), secrets_of(world)) == []
