"""One world for all workflow tests."""

from collections.abc import Iterator

import pytest

from tests.workflow.runs import Runs
from tests.workflow.world import running


@pytest.fixture(scope="package")
def runs() -> Iterator[Runs]:
    """Every scenario's outcome, on request."""
    with running() as world:
        yield Runs(world)
