"""The door of what a schedule runs."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hostcart.entry.schedule import Outcome, RunFailedError, scheduled
from hostcart.ports import UnavailableError

type Lines = Callable[[], list[dict[str, Any]]]

SECRET = "Bearer 12345"


def _ran(event: dict[str, Any], **failed: Exception) -> tuple[datetime, dict[str, Any]]:
    seen: list[datetime] = []

    def run(as_of: datetime) -> Outcome:
        seen.append(as_of)
        return Outcome(told={"breaks": {}}, failed=failed)

    answer = scheduled(run)(event, None)
    return seen[0], answer


def test_a_run_is_as_of_the_events_time(logged: Lines) -> None:
    as_of, answer = _ran({"time": "2026-11-21T12:00:00Z"})
    assert (as_of, answer) == (datetime(2026, 11, 21, 12, tzinfo=UTC), {"breaks": {}})
    assert logged()[-1]["message"] == "run_done"


def test_without_a_time_it_is_as_of_now() -> None:
    as_of, _ = _ran({})
    assert as_of.tzinfo is UTC
    assert abs((as_of - datetime.now(UTC)).total_seconds()) < 60


def test_what_failed_is_in_the_log_by_its_code(logged: Lines) -> None:
    _ran({}, sites=UnavailableError("sites_busy"), drafts=KeyError(SECRET))
    lines = logged()
    assert [line["message"] for line in lines] == ["part_failed", "unexpected_error", "run_done"]
    assert (lines[0]["part"], lines[0]["code"]) == ("sites", "sites_busy")
    assert SECRET not in str(lines)


@pytest.mark.parametrize(
    ("error", "text"),
    [(UnavailableError("database_unavailable"), "database_unavailable"), (KeyError(SECRET), "KeyError")],
)
def test_a_run_that_fails_tells_a_code_and_nothing_else(logged: Lines, error: Exception, text: str) -> None:
    def run(_: datetime) -> Outcome:
        raise error

    with pytest.raises(RunFailedError, match=f"^{text}$") as caught:
        scheduled(run)({}, None)
    assert caught.value.__cause__ is None
    assert SECRET not in str(logged())
