"""The simulation's interpreter of the definition goes moto's way: the same states, data and pauses."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.simulation.asl import TOKEN, Machine, Standing
from tests.workflow.cases import Outcome, Scenario
from tests.workflow.runs import Runs
from tests.workflow.scenarios import ALL

type Event = dict[str, Any]

_CHANCE = 0.5
_ENDINGS = {"TaskSucceeded", "TaskFailed", "TaskTimedOut"}


@dataclass
class Followed:
    """What the interpreter made of the answers that moto's history tells."""

    machine: Machine
    events: list[Event]
    states: list[str] = field(default_factory=list)
    retries: list[tuple[float, float]] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def follow(self) -> Standing:
        """From the start to the end. Raises AssertionError where the two part."""
        given = json.loads(self.events[0]["executionStartedEventDetails"]["input"])
        standing = self._note(self.machine.start("followed", given))
        endings, scheduled, inputs = self._of_kind(_ENDINGS), self._scheduled(), self._inputs()
        redrives = self._of_kind({"ExecutionRedriven"})
        self._same_data(standing, inputs)
        while not standing.over:
            if standing.waiting == "call":
                self._same_call(standing, next(scheduled))
                standing = self._after(standing, next(endings))
            else:
                if standing.waiting == "pause":
                    self._waited(standing)
                standing = self.machine.awake(standing)
            self._note(standing)
            self._same_data(standing, inputs)
            if standing.over and next(redrives, None) is not None:
                standing = self._note(self.machine.redriven(standing))
                self._same_data(standing, inputs)
        assert list(redrives) == []
        assert list(endings) == list(scheduled) == list(inputs) == []
        return standing

    def _after(self, standing: Standing, ending: Event) -> Standing:
        if ending["type"] == "TaskSucceeded":
            output = json.loads(ending["taskSucceededEventDetails"]["output"])
            if self._waits(standing):
                self._waited(standing)
                return self.machine.succeeded(self.machine.called(standing, {}), output)
            return self.machine.called(standing, output["Payload"])
        if ending["type"] == "TaskTimedOut" and self._waits(standing):
            self._waited(standing)
        details = ending.get("taskFailedEventDetails") or ending["taskTimedOutEventDetails"]
        after = self.machine.failed(standing, details["error"], details.get("cause", ""), chance=_CHANCE)
        if after.waiting == "retry":
            assert after.seconds is not None
            jitters = self.machine.states[standing.state]["Retry"][-1].get("JitterStrategy") == "FULL"
            longest = after.seconds / _CHANCE if jitters else after.seconds
            self.retries.append((0.0 if jitters else after.seconds, longest))
        return after

    def _waited(self, standing: Standing) -> None:
        """The harness notes every wait under a token in full, however it ended."""
        assert standing.seconds is not None
        self.pauses.append(standing.seconds)

    def _waits(self, standing: Standing) -> bool:
        return bool(self.machine.states[standing.state]["Resource"].endswith(TOKEN))

    def _note(self, standing: Standing) -> Standing:
        self.states += standing.entered
        return standing

    def _same_call(self, standing: Standing, event: Event) -> None:
        function, payload = self.machine.payload(standing)
        wanted = json.loads(event["taskScheduledEventDetails"]["parameters"])
        if "task_token" in payload:
            assert wanted["Payload"].pop("task_token"), "moto gave no token"
            assert payload.pop("task_token") == standing.token
        assert wanted == {"FunctionName": function, "Payload": payload}
        assert event["taskScheduledEventDetails"].get("timeoutInSeconds") == standing.seconds

    @staticmethod
    def _same_data(standing: Standing, inputs: Iterator[Event]) -> None:
        """The data with which the last of the new states was entered."""
        entered = [next(inputs)["stateEnteredEventDetails"] for _ in standing.entered]
        if entered and not standing.over:
            assert json.loads(entered[-1]["input"]) == standing.data

    def _of_kind(self, kinds: set[str]) -> Iterator[Event]:
        return iter([event for event in self.events if event["type"] in kinds])

    def _scheduled(self) -> Iterator[Event]:
        return self._of_kind({"TaskScheduled"})

    def _inputs(self) -> Iterator[Event]:
        return iter([event for event in self.events if event["type"].endswith("StateEntered")])


def _executions(outcome: Outcome) -> list[list[Event]]:
    """A scenario's executions: some are started again."""
    found: list[list[Event]] = []
    for event in outcome.history:
        if event["type"] == "ExecutionStarted":
            found.append([])
        found[-1].append(event)
    return found


# A redriven execution goes on in the history that failed, and so does the interpreter.
@pytest.mark.parametrize("scenario", ALL, ids=str)
def test_the_interpreter_goes_the_same_way(runs: Runs, scenario: Scenario) -> None:
    outcome = runs.outcome(scenario)
    followed = [Followed(Machine(outcome.definition), events) for events in _executions(outcome)]
    ends = [each.follow() for each in followed]
    assert [name for each in followed for name in each.states] == outcome.states
    assert ("SUCCEEDED" if ends[-1].waiting == "succeeded" else "FAILED") == outcome.status
    pauses = [pause for each in followed for pause in each.pauses]
    assert pauses == outcome.waits
    bounds = [bound for each in followed for bound in each.retries]
    assert len(bounds) == len(outcome.retries)
    assert all(low <= seconds <= high for (low, high), seconds in zip(bounds, outcome.retries, strict=True))
    last = outcome.history[-1]
    if outcome.status == "SUCCEEDED":
        assert json.loads(last["executionSucceededEventDetails"]["output"]) == ends[-1].data
    else:
        assert last["executionFailedEventDetails"].get("error") == ends[-1].error


def test_another_way_is_noticed(runs: Runs) -> None:
    outcome = runs.named("stolen card")
    definition = json.loads(json.dumps(outcome.definition))
    definition["States"]["ChargePayment"]["Catch"][-1]["ResultPath"] = "$.elsewhere"
    with pytest.raises((AssertionError, LookupError)):
        Followed(Machine(definition), _executions(outcome)[0]).follow()
