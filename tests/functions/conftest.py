"""These tests speak to sandboxes on this machine."""

from collections.abc import Iterator

import pytest

from tests.functions.stack import Member, Stack, running


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
