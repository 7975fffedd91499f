"""An interpreter of the state machine's language, as far as our definition uses it; pure.

A `Standing` is all that is known of an execution, in plain JSON types. Each function takes one and what
happened and gives the next: what the machine then waits for (a function's answer, a token, a pause) or its end.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

type Json = dict[str, Any]
type Waiting = Literal["call", "token", "retry", "pause", "succeeded", "failed"]

TOKEN: Final = "lambda:invoke.waitForTaskToken"
_KNOWN: Final = {
    "Task": {
        "Type", "Comment", "Resource", "Parameters", "ResultSelector", "ResultPath", "TimeoutSeconds",
        "TimeoutSecondsPath", "Retry", "Catch", "Next", "End",
    },
    "Choice": {"Type", "Comment", "Choices", "Default"},
    "Wait": {"Type", "Comment", "Seconds", "SecondsPath", "Next"},
    "Pass": {"Type", "Comment", "Result", "ResultPath", "Parameters", "Next"},
    "Succeed": {"Type", "Comment"},
    "Fail": {"Type", "Comment", "Error", "Cause"},
}  # fmt: skip
_RETRIER: Final = {
    "ErrorEquals",
    "IntervalSeconds",
    "BackoffRate",
    "MaxDelaySeconds",
    "MaxAttempts",
    "JitterStrategy",
}
_TERMINAL_ERRORS: Final = frozenset({"States.DataLimitExceeded", "States.Runtime"})


class UnsupportedError(Exception):
    """The definition uses what this interpreter does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an execution is.

    `waiting` says for what; `seconds` how long at the most (a call, a token) or exactly (a pause). `tries`
    counts the retries of each retrier of the present state. `attempt` counts the calls of the execution, and
    makes each token its own. `entered` are the states entered by the last step.
    """

    execution: str
    state: str
    data: Json
    waiting: Waiting
    seconds: float | None = None
    tries: tuple[int, ...] = ()
    attempt: int = 0
    error: str | None = None
    entered: tuple[str, ...] = field(default=(), compare=False)

    @property
    def over(self) -> bool:
        return self.waiting in {"succeeded", "failed"}

    @property
    def token(self) -> str:
        """The task token of the present call."""
        return f"{self.execution}:{self.state}:{self.attempt}"


class Machine:
    """A definition. Raises UnsupportedError for what it cannot follow, before anything runs."""

    def __init__(self, definition: Json) -> None:
        self.definition = definition
        self.states: dict[str, Json] = definition["States"]
        for name, state in self.states.items():
            _check(name, state)

    # --- steps ------------------------------------------------------------------------------------

    def start(self, execution: str, given: Json) -> Standing:
        """A new execution."""
        begun = Standing(execution=execution, state="", data=given, waiting="call")
        return self._enter(begun, self.definition["StartAt"])

    def payload(self, standing: Standing) -> tuple[str, Json]:
        """(function's ARN, event) of the present call."""
        context = {"Task": {"Token": standing.token}, "Execution": {"Name": standing.execution}}
        parameters = _filled(self.states[standing.state]["Parameters"], standing.data, context)
        return parameters["FunctionName"], parameters["Payload"]

    def called(self, standing: Standing, answer: Any) -> Standing:
        """The function answered; a task with a token goes on waiting for its word."""
        if self.states[standing.state]["Resource"].endswith(TOKEN):
            return replace(standing, waiting="token", entered=())
        return self.succeeded(standing, {"ExecutedVersion": "$LATEST", "Payload": answer, "StatusCode": 200})

    def succeeded(self, standing: Standing, result: Any) -> Standing:
        """The task has its result."""
        state = self.states[standing.state]
        if "ResultSelector" in state:
            try:
                result = _filled(state["ResultSelector"], result, {})
            except LookupError as error:
                return self._caught(standing, "States.ParameterPathFailure", str(error))
        data = _put(standing.data, state.get("ResultPath", "$"), result)
        return self._leave(replace(standing, data=data, entered=()), state)

    def failed(self, standing: Standing, error: str, cause: str, *, chance: float) -> Standing:
        """The task failed: tried again after a pause, or caught. `chance` in [0, 1) decides a jitter."""
        state = self.states[standing.state]
        standing = replace(standing, entered=())
        for index, retrier in enumerate(state.get("Retry", ())):
            if _matches(retrier["ErrorEquals"], error):
                tried = _tries(standing, state)
                if tried[index] >= retrier.get("MaxAttempts", 3):
                    break
                seconds = _interval(retrier, tried[index], chance)
                tries = (*tried[:index], tried[index] + 1, *tried[index + 1 :])
                return replace(standing, waiting="retry", seconds=seconds, tries=tries)
        return self._caught(standing, error, cause)

    def redriven(self, standing: Standing) -> Standing:
        """An execution that failed goes on at the state that failed, with its retries anew."""
        return self._enter(replace(standing, entered=(), error=None), standing.state)

    def awake(self, standing: Standing) -> Standing:
        """A pause has ended."""
        standing = replace(standing, entered=())
        if standing.waiting == "retry":
            return self._call(standing, self.states[standing.state])
        return self._leave(standing, self.states[standing.state])

    # --- states -----------------------------------------------------------------------------------

    def _caught(self, standing: Standing, error: str, cause: str) -> Standing:
        for catcher in self.states[standing.state].get("Catch", ()):
            if _matches(catcher["ErrorEquals"], error):
                data = _put(standing.data, catcher.get("ResultPath", "$"), {"Error": error, "Cause": cause})
                return self._enter(replace(standing, data=data), catcher["Next"])
        return replace(standing, waiting="failed", seconds=None, error=error)

    def _leave(self, standing: Standing, state: Json) -> Standing:
        if state.get("End"):
            return replace(standing, waiting="succeeded", seconds=None)
        return self._enter(standing, state["Next"])

    def _enter(self, standing: Standing, name: str) -> Standing:
        state = self.states[name]
        standing = replace(standing, state=name, tries=(), seconds=None, entered=(*standing.entered, name))
        match state["Type"]:
            case "Task":
                return self._call(standing, state)
            case "Choice":
                return self._enter(standing, _chosen(state, standing.data))
            case "Wait":
                seconds = state["Seconds"] if "Seconds" in state else _at(standing.data, state["SecondsPath"])
                return replace(standing, waiting="pause", seconds=float(seconds))
            case "Pass":
                result = _filled(state["Parameters"], standing.data, {}) if "Parameters" in state else None
                data = _put(standing.data, state.get("ResultPath", "$"), state.get("Result", result))
                return self._leave(replace(standing, data=data), state)
            case "Succeed":
                return replace(standing, waiting="succeeded")
        return replace(standing, waiting="failed", error=state.get("Error"))

    def _call(self, standing: Standing, state: Json) -> Standing:
        seconds: Any = state.get("TimeoutSeconds")
        if "TimeoutSecondsPath" in state:
            seconds = _at(standing.data, state["TimeoutSecondsPath"])
        waits = None if seconds is None else float(seconds)
        return replace(standing, waiting="call", seconds=waits, attempt=standing.attempt + 1)


def _check(name: str, state: Json) -> None:
    unknown = set(state) - _KNOWN.get(state["Type"], set())
    for retrier in state.get("Retry", ()):
        unknown |= set(retrier) - _RETRIER
    for catcher in state.get("Catch", ()):
        unknown |= set(catcher) - {"ErrorEquals", "ResultPath", "Next", "Comment"}
    if unknown:
        raise UnsupportedError(f"{name}: {', '.join(sorted(unknown))}")
    if state["Type"] == "Task" and not state["Resource"].endswith(("lambda:invoke", TOKEN)):
        raise UnsupportedError(f"{name}: {state['Resource']}")


def _matches(names: list[str], error: str) -> bool:
    """States.ALL takes everything but the errors that AWS excepts."""
    if error in _TERMINAL_ERRORS:
        return error in names
    if "States.TaskFailed" in names and error != "States.Timeout":
        return True
    return error in names or "States.ALL" in names


def _tries(standing: Standing, state: Json) -> tuple[int, ...]:
    return standing.tries or (0,) * len(state["Retry"])


def _interval(retrier: Json, tried: int, chance: float) -> float:
    seconds = float(retrier.get("IntervalSeconds", 1)) * float(retrier.get("BackoffRate", 2.0)) ** tried
    seconds = min(seconds, float(retrier.get("MaxDelaySeconds", seconds)))
    return seconds * chance if retrier.get("JitterStrategy") == "FULL" else seconds


# --- data -----------------------------------------------------------------------------------------


def _at(data: Any, path: str) -> Any:
    """The value at `$.a.b`. Raises LookupError."""
    if not path.startswith("$"):
        raise UnsupportedError(path)
    for name in filter(None, path[1:].split(".")):
        if not isinstance(data, Mapping) or name not in data:
            raise LookupError(path)
        data = data[name]
    return data


def _put(data: Any, path: str | None, value: Any) -> Any:
    if path is None:
        return data
    names = [name for name in path[1:].split(".") if name]
    return _put_at(data, names, value)


def _put_at(data: Any, names: list[str], value: Any) -> Any:
    if not names:
        return value
    members = dict(data) if isinstance(data, Mapping) else {}
    members[names[0]] = _put_at(members.get(names[0]), names[1:], value)
    return members


def _filled(template: Any, data: Any, context: Json) -> Any:
    """A payload template with its paths replaced; `$$.` reads the context object."""
    if isinstance(template, list):
        return [_filled(entry, data, context) for entry in template]
    if not isinstance(template, Mapping):
        return template
    return dict(_members(template, data, context))


def _members(template: Mapping[str, Any], data: Any, context: Json) -> Iterator[tuple[str, Any]]:
    for name, value in template.items():
        if not name.endswith(".$"):
            yield name, _filled(value, data, context)
        elif value.startswith("$$"):
            yield name[:-2], _at(context, value[1:])
        else:
            yield name[:-2], _at(data, value)


# --- choices --------------------------------------------------------------------------------------


def _chosen(state: Json, data: Any) -> str:
    for choice in state["Choices"]:
        if _holds(choice, data):
            return str(choice["Next"])
    return str(state["Default"])


def _holds(rule: Json, data: Any) -> bool:
    if "And" in rule:
        return all(_holds(part, data) for part in rule["And"])
    if "Or" in rule:
        return any(_holds(part, data) for part in rule["Or"])
    if "Not" in rule:
        return not _holds(rule["Not"], data)
    (test,) = set(rule) - {"Variable", "Next", "Comment"}
    try:
        value = _at(data, rule["Variable"])
    except LookupError:
        if test == "IsPresent":
            return not rule[test]
        raise
    return _TESTS[test](value, rule[test])


_TESTS: Final = {
    "StringEquals": lambda value, wanted: isinstance(value, str) and value == wanted,
    "BooleanEquals": lambda value, wanted: value is wanted,
    "NumericEquals": lambda value, wanted: _number(value) and value == wanted,
    "NumericGreaterThan": lambda value, wanted: _number(value) and value > wanted,
    "NumericGreaterThanEquals": lambda value, wanted: _number(value) and value >= wanted,
    "NumericLessThan": lambda value, wanted: _number(value) and value < wanted,
    "IsPresent": lambda _value, wanted: wanted is True,
    "IsNull": lambda value, wanted: (value is None) is wanted,
}


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def fault_of(error: BaseException) -> tuple[str, str]:
    """(error, cause) of a function that raised, as Lambda tells it."""
    kind = type(error).__name__
    return kind, json.dumps({"errorMessage": str(error), "errorType": kind})
