"""Every way through a state machine's definition, and which of them an execution's history took."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

type Json = dict[str, Any]


@dataclass(frozen=True, order=True)
class Branch:
    """`ProvisionSite`, `Retry[0] SiteFailedError`, `not retried`."""

    state: str
    clause: str
    outcome: str

    def __str__(self) -> str:
        return f"{self.state}: {self.clause}: {self.outcome}"


def all_branches(definition: Json) -> set[Branch]:
    """Every state, retrier, catcher (by error name), choice and default."""
    return {branch for name, state in definition["States"].items() for branch in _of_state(name, state)}


def _of_state(name: str, state: Json) -> Iterator[Branch]:
    yield _visited(name)
    for index, retrier in enumerate(state.get("Retry", [])):
        outcomes = ("not retried",) if retrier.get("MaxAttempts") == 0 else ("retried", "exhausted")
        for error in retrier["ErrorEquals"]:
            yield from (Branch(name, f"Retry[{index}] {error}", outcome) for outcome in outcomes)
    for index, catcher in enumerate(state.get("Catch", [])):
        for error in catcher["ErrorEquals"]:
            yield Branch(name, f"Catch[{index}] {error}", catcher["Next"])
    for index, choice in enumerate(state.get("Choices", [])):
        yield Branch(name, f"Choices[{index}]", choice["Next"])
    if "Default" in state:
        yield Branch(name, "Default", state["Default"])


def taken(definition: Json, history: Sequence[Mapping[str, Any]]) -> set[Branch]:
    """The branches that a history shows.

    Raises AssertionError when the history went another way than the definition says.
    """
    found: set[Branch] = set()
    current = ""
    for position, event in enumerate(history):
        kind = event["type"]
        if kind.endswith("StateEntered"):
            current = event["stateEnteredEventDetails"]["name"]
            found.add(_visited(current))
        elif kind in {"TaskFailed", "TaskTimedOut"}:
            error = _error(event)
            found |= _after_failure(current, definition["States"][current], error, history[position + 1 :])
        elif kind == "ChoiceStateExited":
            found.add(_chosen(current, definition["States"][current], _entered_next(history[position:])))
    return found


def _visited(state: str) -> Branch:
    return Branch(state, "state", "entered")


def _error(event: Mapping[str, Any]) -> str:
    details = event.get("taskFailedEventDetails") or event["taskTimedOutEventDetails"]
    return str(details["error"])


def _after_failure(name: str, state: Json, error: str, later: Sequence[Mapping[str, Any]]) -> set[Branch]:
    found: set[Branch] = set()
    again = later[0]["type"] == "TaskScheduled"
    retry = _match(state.get("Retry", []), error)
    if retry is not None:
        index, matched = retry
        refused = state["Retry"][index].get("MaxAttempts") == 0
        assert not (refused and again), f"{name} was tried again after {error}"
        outcome = "retried" if again else "not retried" if refused else "exhausted"
        found.add(Branch(name, f"Retry[{index}] {matched}", outcome))
    assert retry is not None or not again, f"{name} was tried again after {error}, which no retrier names"
    catch = None if again else _match(state.get("Catch", []), error)
    if catch is not None:
        index, matched = catch
        entered = _entered_next(later)
        assert entered == state["Catch"][index]["Next"], f"{name} went on to {entered} after {error}"
        found.add(Branch(name, f"Catch[{index}] {matched}", entered))
    return found


def _match(clauses: Sequence[Json], error: str) -> tuple[int, str] | None:
    for index, clause in enumerate(clauses):
        for name in clause["ErrorEquals"]:
            if name in {error, "States.ALL"}:
                return index, name
    return None


def _chosen(name: str, state: Json, entered: str) -> Branch:
    for index, choice in enumerate(state["Choices"]):
        if choice["Next"] == entered:
            return Branch(name, f"Choices[{index}]", entered)
    assert state.get("Default") == entered, f"{name} went on to {entered}"
    return Branch(name, "Default", entered)


def _entered_next(later: Sequence[Mapping[str, Any]]) -> str:
    return next(
        str(event["stateEnteredEventDetails"]["name"])
        for event in later
        if event["type"].endswith("StateEntered")
    )
