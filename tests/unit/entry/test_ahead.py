"""What is loaded before the first request, and where."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hostcart.entry.ahead import load_ahead

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
