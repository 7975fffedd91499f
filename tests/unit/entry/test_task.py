"""The task door: errors leave by name and code, nothing private goes with them."""

import json
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostcart.entry.task import Outcome, TaskInput, TaskRetryError, task_door
from hostcart.ports import MisconfiguredError, OutcomeUnknownError, PortError, RefusedError, UnavailableError
from hostcart.use_cases import errors
from hostcart.use_cases.errors import (
    CallbackUndeliveredError,
    CartNotFoundError,
    PaymentFailedError,
    SiteFailedError,
    SubscriptionFailedError,
    TaskError,
)

type Lines = Callable[[], list[dict[str, Any]]]

SECRET = "Bearer 12345"
INPUT = {"account_id": "10000001", "cart_token": "0" * 32}


def raised(error: BaseException) -> BaseException:
    """What leaves the door when the task raises the error while handling one with a secret."""

    def run(_: TaskInput) -> Outcome:
        raise error from ValueError(SECRET)

    with pytest.raises(type(error) if isinstance(error, TaskError) else TaskRetryError) as caught:
        task_door(run)(dict(INPUT), None)
    return caught.value


def test_a_task_gets_ids_and_gives_its_outcome(logged: Lines) -> None:
    seen: list[TaskInput] = []

    def run(task: TaskInput) -> Outcome:
        seen.append(task)
        return {"ready": True}

    error = {"Error": "SiteFailedError", "Cause": "{}"}
    assert task_door(run)({**INPUT, "error": error}, None) == {"ready": True}
    assert task_door(run)(dict(INPUT), None) == {"ready": True}
    assert [task.cause for task in seen] == ["{}", None]
    assert (seen[0].account_id, seen[0].cart_token) == ("10000001", "0" * 32)
    line = logged()[0]
    assert (line["message"], line["outcome"], line["correlation_id"]) == (
        "task_done",
        {"ready": True},
        "0" * 32,
    )


@pytest.mark.parametrize(
    "error",
    [
        CartNotFoundError(),
        PaymentFailedError("payment_declined"),
        SiteFailedError("site_failed"),
        SubscriptionFailedError("subscription_refused"),
        CallbackUndeliveredError("callback_http_500"),
    ],
)
def test_a_definite_failure_keeps_its_name_and_code(error: TaskError, logged: Lines) -> None:
    left = raised(error)
    assert left is error
    assert str(left) == error.code
    _nothing_private(left, logged)
    assert logged()[-1]["code"] == error.code


@pytest.mark.parametrize(
    "error",
    [
        UnavailableError("rate_limit"),
        OutcomeUnknownError("timeout"),
        RefusedError("invalid_request"),
        MisconfiguredError("payments_denied"),
    ],
)
def test_what_may_pass_is_a_retry(error: PortError, logged: Lines) -> None:
    left = raised(error)
    assert str(left) == error.code
    _nothing_private(left, logged)


def test_what_an_operator_must_mend_is_counted_at_every_try(
    logged: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    for error in (UnavailableError("rate_limit"), RefusedError("gone"), SiteFailedError("site_failed")):
        raised(error)
    assert capsys.readouterr().out == ""
    for _ in range(2):
        raised(MisconfiguredError("sites_denied"))
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["Misconfigured"], line["code"]) for line in counted] == [([1.0], "sites_denied")] * 2
    assert {line["correlation_id"] for line in [*counted, *logged()]} == {"0" * 32}


@pytest.mark.parametrize("error", [RuntimeError(SECRET), KeyError(SECRET), AssertionError(SECRET)])
def test_an_unexpected_error_leaves_by_its_type(error: Exception, logged: Lines) -> None:
    left = raised(error)
    assert str(left) == type(error).__name__
    _nothing_private(left, logged)


def _nothing_private(error: BaseException, logged: Lines) -> None:
    """Neither in what the runtime formats nor in the log; the cart is the correlation id."""
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert SECRET not in "".join(traceback.format_exception(error))
    lines = logged()
    assert SECRET not in json.dumps(lines)
    assert {line["correlation_id"] for line in lines} == {"0" * 32}


def test_the_trace_of_a_definite_failure_is_cut() -> None:
    """It shows the door, not the way through the adapters."""
    left = raised(PaymentFailedError("payment_declined"))
    assert [frame.name for frame in traceback.extract_tb(left.__traceback__)][-1] == "handler"


@pytest.mark.parametrize("event", [{}, {"account_id": "1"}, {"cart_token": "0" * 32}])
def test_an_input_without_ids_is_no_task(event: dict[str, str]) -> None:
    with pytest.raises(KeyError):
        task_door(lambda _: {})(event, None)


def test_the_names_are_the_state_machines() -> None:
    """An error that the definition names must be a class here."""
    definition = Path(__file__).parents[3] / "statemachine/fulfil_order.asl.yaml"
    named = {
        name
        for group in re.findall(r"ErrorEquals: \[([^\]]*)\]", definition.read_text())
        for name in group.split(", ")
        if not name.startswith("States.")
    }
    assert named
    assert all(issubclass(getattr(errors, name), TaskError) for name in named)
