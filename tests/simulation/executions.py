"""The executions of the state machine, as Step Functions would run them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final

from tests.simulation import doors
from tests.simulation.asl import Machine, Standing
from tests.simulation.kernel import Call, Json, Kernel, Timing

_STANDING: Final = attrgetter("execution", "state", "data", "waiting", "seconds", "tries", "attempt", "error")
_OWN: Final = frozenset({"call", "awake", "expired"})
_STATUS: Final = {"succeeded": "SUCCEEDED", "failed": "FAILED"}


class Executions(Kernel):
    """`runs` by name, as plain JSON. `ended`: when each ended, and how often it was redriven."""

    def __init__(self, timing: Timing, parameters: Mapping[str, str]) -> None:
        super().__init__(timing)
        self.machine = machine(tuple(sorted(parameters.items())))
        self.runs: dict[str, list[Any]] = {}
        self.ended: dict[str, list[float]] = {}

    # --- what Step Functions' client asks for -------------------------------------------------------

    def begin(self, name: str, given: Json) -> bool:
        """Starts an execution, once for a name."""
        if name in self.runs:
            return False
        self._stand(self.machine.start(name, given))
        return True

    def describe(self, name: str) -> Json | None:
        """As DescribeExecution tells it, or None when there is none."""
        if name not in self.runs:
            return None
        standing = self.standing(name)
        told: Json = {
            "name": name,
            "status": _STATUS.get(standing.waiting, "RUNNING"),
            "input": json.dumps({key: standing.data[key] for key in ("account_id", "cart_token")}),
            "redriveCount": int(self.ended.get(name, [0, 0])[1]),
        }
        if standing.over:
            told["stopDate"] = datetime.fromtimestamp(self.ended[name][0], UTC)
        if standing.waiting == "failed":
            told |= {"error": standing.error, "redriveStatus": "REDRIVABLE"}
        return told

    def redrive(self, name: str) -> None:
        """Goes on at the state that failed."""
        self.ended[name][1] += 1
        self._stand(self.machine.redriven(self.standing(name)))

    def wake(self, token: str, output: Any, *, error: str | None = None, cause: str = "") -> bool:
        """The word for a task that waits with a token; False when nobody waits for it any more."""
        name = token.partition(":")[0]
        standing = self.standing(name) if name in self.runs else None
        if standing is None or standing.token != token or standing.waiting not in {"call", "token"}:
            return False
        if error is not None:
            self.fail(name, error, cause)
        else:
            self._stand(self.machine.succeeded(standing, output))
        return True

    # --- steps ------------------------------------------------------------------------------------

    def standing(self, name: str) -> Standing:
        """Where an execution is."""
        execution, state, data, waiting, seconds, tries, attempt, error = self.runs[name]
        return Standing(
            execution=execution,
            state=state,
            data=data,
            waiting=waiting,
            seconds=seconds,
            tries=tuple(tries),
            attempt=attempt,
            error=error,
        )

    def fail(self, name: str, error: str, cause: str) -> None:
        """The present task of an execution failed."""
        self.check_history(cause)
        standing = self.standing(name)
        self.tell(f"{standing.state} failed: {error} {cause}")
        chance = self.timing.chance(self.step_number, sum(standing.tries))
        self._stand(self.machine.failed(standing, error, cause, chance=chance))

    def _stand(self, standing: Standing) -> None:
        self._keep(standing)
        if standing.entered:
            self.tell(f"-> {' -> '.join(standing.entered)}")
        self.check_history(json.dumps(standing.data))
        name = standing.execution
        self.events = [event for event in self.events if event[1] not in _OWN or event[2] != name]
        match standing.waiting:
            case "call":
                self.at(0, "call", name, standing.attempt)
            case "retry" | "pause":
                self.at(standing.seconds or 0, "awake", name, standing.attempt)
            case "token" if standing.seconds is not None:
                self.at(standing.seconds, "expired", name, standing.attempt)
            case "succeeded" | "failed":
                self.ended[name] = [self.now, self.ended.get(name, [0, 0])[1]]

    def _keep(self, standing: Standing) -> None:
        self.runs[standing.execution] = list(_STANDING(standing))

    def _on_awake(self, name: str, attempt: int) -> None:
        standing = self.standing(name)
        if standing.attempt != attempt or standing.waiting not in {"retry", "pause"}:
            return
        after = self.machine.awake(standing)
        if after.waiting != "call":
            self._stand(after)
            return
        self._keep(after)
        self._on_call(name, after.attempt)

    def _on_expired(self, name: str, attempt: int) -> None:
        standing = self.standing(name)
        if standing.attempt == attempt and standing.waiting == "token":
            self.fail(name, "States.Timeout", "")

    def _on_call(self, name: str, attempt: int) -> None:
        standing = self.standing(name)
        if standing.attempt != attempt or standing.waiting != "call":
            return
        arn, payload = self.machine.payload(standing)
        handler, state, step = doors.handler_of(arn), standing.state, self.step_number
        call = Call(step, state, "task", lambda: None, execution=name)
        call.again = lambda: self.invoke(Call(step, state, "task", lambda: None), handler, payload)
        outcome, answer = self.invoke(call, handler, payload)
        present = self.standing(name)
        if call.abandoned or present.attempt != attempt or present.waiting != "call":
            return  # it was given up, or its token was answered while it ran
        if outcome == "ok":
            self._stand(self.machine.called(present, answer))
        else:
            self.fail(name, *answer)


_machines: dict[tuple[tuple[str, str], ...], Machine] = {}


def machine(parameters: tuple[tuple[str, str], ...]) -> Machine:
    """The definition with these parameters of the template."""
    if parameters not in _machines:
        _machines[parameters] = Machine(doors.template().changed(dict(parameters)).definition())
    return _machines[parameters]
