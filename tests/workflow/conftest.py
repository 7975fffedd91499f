"""One world for all workflow tests; nothing but loopback can be reached."""

from collections.abc import Iterator

import pytest

from tests.workflow.runs import Runs
from tests.workflow.world import running


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.allow_hosts(["127.0.0.1"]))


@pytest.fixture(scope="package")
def runs() -> Iterator[Runs]:
    """Every scenario's outcome, on request."""
    with running() as world:
        yield Runs(world)
