from collections.abc import Iterator

import pytest

from tests.simulation import doors


@pytest.fixture
def simulated() -> Iterator[None]:
    """The product's wiring leads into the world that runs."""
    with doors.wired():
        yield
