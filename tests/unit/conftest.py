"""No unit test opens a socket, and none waits for a clock."""

import time
from typing import Any

import pytest
from hypothesis import settings

# Examples are the same in every run; a time limit would make a busy machine a failure.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def _no_sockets(socket_disabled: None) -> None:
    """Blocks sockets in every unit test."""


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Lets `time.sleep` return at once; lists the seconds asked for, by which `time.monotonic` moves on."""
    asked: list[float] = []
    begin = time.monotonic()
    monkeypatch.setattr(time, "sleep", asked.append)
    monkeypatch.setattr(time, "monotonic", lambda: begin + sum(asked))
    return asked


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """A unit test that takes this long is no unit test."""
    for item in items:
        if "tests/unit/" in str(item.path) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(30))
