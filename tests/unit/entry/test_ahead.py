"""What is loaded before the first request, and where."""

import json
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from hostcart.entry import ahead
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


@pytest.fixture(autouse=True)
def collector(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the garbage collector is told; this process's own is left alone."""
    told: list[str] = []
    calls = {name: partial(told.append, name) for name in ("disable", "freeze", "enable")}
    monkeypatch.setattr(ahead, "gc", SimpleNamespace(**calls))
    return told


def test_what_was_loaded_is_not_searched_for_garbage(
    monkeypatch: pytest.MonkeyPatch, collector: list[str]
) -> None:
    monkeypatch.setenv(KIND, "on-demand")

    def fail() -> None:
        collector.append("loads")
        raise RuntimeError

    load_ahead([fail])
    assert collector == ["disable", "loads", "freeze", "enable"]


def test_where_nothing_is_loaded_the_collector_is_left_alone(collector: list[str]) -> None:
    load_ahead([_unused])
    assert collector == []


def _unused(*_: object) -> Any:
    raise AssertionError


def _event_door(needed: list[Callable[[], object]]) -> object:
    return PaymentEventDoor(events=_unused, receive=_unused, clock=_unused, metrics=_unused, ahead=needed)


@pytest.mark.parametrize(
    "door",
    [
        lambda needed: http_door(_unused, ahead=needed),
        lambda needed: task_door(_unused, ahead=needed),
        lambda needed: scheduled(_unused, ahead=needed),
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
