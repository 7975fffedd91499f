"""What is loaded before the first request, and where."""

import gc
import json
from collections.abc import Callable
from typing import Any

import pytest
from hostcart.entry.ahead import load_ahead
from hostcart.entry.http import http_door
from hostcart.entry.payment_event import PaymentEventDoor
from hostcart.entry.schedule import scheduled
from hostcart.entry.task import task_door

from tests.sam_template import ROOT, Template, folder_of

KIND = "AWS_LAMBDA_INITIALIZATION_TYPE"


@pytest.mark.parametrize(
    ("kind", "loaded"),
    [
        (None, []),
        ("on-demand", ["needed"]),
        ("provisioned-concurrency", ["needed", "rarely"]),
        ("snap-start", ["needed", "rarely"]),
    ],
)
def test_what_is_loaded_where(kind: str | None, loaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KIND, raising=False)
    if kind is not None:
        monkeypatch.setenv(KIND, kind)
    done: list[str] = []
    load_ahead([lambda: done.append("needed")], [lambda: done.append("rarely")])
    assert done == loaded


def test_a_failure_is_logged_and_left_to_the_request(
    monkeypatch: pytest.MonkeyPatch, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    monkeypatch.setenv(KIND, "on-demand")
    done: list[str] = []

    def fail() -> None:
        raise RuntimeError("a secret")

    load_ahead([fail, lambda: done.append("next")])
    (line,) = logged()
    assert line["error"] == "RuntimeError"
    assert "a secret" not in json.dumps(line)
    assert done == ["next"]


def test_what_was_loaded_is_not_searched_for_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KIND, "on-demand")
    looked: list[bool] = []

    def fail() -> None:
        looked.append(gc.isenabled())
        raise RuntimeError

    try:
        load_ahead([fail])
        assert (looked, gc.isenabled(), gc.get_freeze_count() > 0) == ([False], True, True)
    finally:
        gc.unfreeze()


def _unused(*_: object) -> Any:
    raise AssertionError


def _event_door(ahead: list[Callable[[], object]]) -> object:
    return PaymentEventDoor(events=_unused, receive=_unused, clock=_unused, metrics=_unused, ahead=ahead)


@pytest.mark.parametrize(
    "door",
    [
        lambda ahead: http_door(_unused, ahead=ahead),
        lambda ahead: task_door(_unused, ahead=ahead),
        lambda ahead: scheduled(_unused, ahead=ahead),
        _event_door,
    ],
    ids=["http", "task", "schedule", "payment_event"],
)
def test_every_door_loads_ahead(
    door: Callable[[list[Callable[[], object]]], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KIND, "on-demand")
    done: list[str] = []
    door([lambda: done.append("needed")])
    assert done == ["needed"]


@pytest.mark.parametrize("folder", sorted(folder_of(name) for name in Template().functions))
def test_every_handler_that_needs_something_names_it(folder: str) -> None:
    text = (ROOT / "functions" / folder / "handler.py").read_text()
    assert ("ahead=[" in text or "load_ahead([" in text) or "wiring" not in text
