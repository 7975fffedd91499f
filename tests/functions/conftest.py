"""These tests speak to sandboxes on this machine, and to nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functions.stack import Member, Stack, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1"]))


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running() as stack:
        yield stack


@pytest.fixture(scope="module")
def ready(stack: Stack) -> Member:
    """An account whose card charges."""
    return stack.join(1)


@pytest.fixture(scope="module")
def stranger(stack: Stack) -> Member:
    """Another account."""
    return stack.join(2)
