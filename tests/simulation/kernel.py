"""The core of a world: the clock, what is due, which functions run, what was found."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from tests.fakes.platform import START
from tests.simulation import doors, scenarios
from tests.simulation.asl import fault_of

type Json = dict[str, Any]
type Spot = tuple[int, int]
"""(step, call within it): a boundary of a run."""
type Outcome = tuple[str, Any]
"""("ok", the answer) or ("error", (name, cause)), as Lambda would tell it."""

MOST_STEPS: Final = 3000
MOST_SECONDS: Final = 90 * 86_400
_AT_ONCE: Final = 2


class Crash(BaseException):
    """The function's process dies: no handler of ours may see it."""


@dataclass
class Call:
    """A function that runs.

    `state` is the state's name, or the door's; `kind` is task, post, cancel, hook, sweep or network. `again`
    delivers the same event once more. `abandoned`: nobody waits for its answer any more.
    """

    step: int
    state: str
    kind: str
    again: Callable[[], Any]
    execution: str | None = None
    abandoned: bool = False


class Met(NamedTuple):
    """A boundary that a run came to, and what happened there."""

    spot: Spot
    state: str
    name: str
    kind: str
    fault: str | None


@dataclass
class Timing:
    """How much time things take: a call `latency` at the most, an unanswered one `timeout`.

    Without a seed nothing takes time, the first retries come at once and later ones as late as they may.
    """

    latency: float = 0.0
    timeout: float = 0.0
    seed: int | None = None

    def chance(self, step: int, tries: int) -> float:
        """In [0, 1), the same for the same step."""
        if self.seed is None:
            return 0.0 if tries < _AT_ONCE else 0.99
        return random.Random(f"{self.seed}/{step}").random()  # noqa: S311 - not a secret


class Kernel:
    """What is due happens in the order of time, and at one moment in the order of the asking."""

    def __init__(self, timing: Timing) -> None:
        self.timing = timing
        self.now = START.timestamp()
        self.elapsed = 0.0
        self.events: list[list[Any]] = []
        self.step_number = -1
        self.logs: list[str] | None = None
        self.told: list[str] | None = None
        self.violations: list[str] = []
        self.met: list[Met] = []
        self._stack: list[Call] = []
        self._counts: dict[int, int] = {}

    def clock(self) -> float:
        """The present, Unix seconds."""
        return self.now

    def at(self, seconds: float, kind: str, *details: Any) -> None:
        """`_on_<kind>` is due in so many seconds."""
        due = self.now + seconds
        place = len(self.events)
        while place > 0 and self.events[place - 1][0] > due:
            place -= 1
        self.events.insert(place, [due, kind, *details])

    def pass_moment(self, seconds: float) -> None:
        """A function waits a moment."""
        self.elapsed += seconds
        if self.timing.seed is not None:
            self.now += seconds

    @property
    def over(self) -> bool:
        return not self.events

    def step(self) -> None:
        """What is due next happens."""
        due, kind, *details = self.events.pop(0)
        self.now = max(self.now, due)
        self.step_number += 1
        getattr(self, f"_on_{kind}")(*details)

    @property
    def endless(self) -> bool:
        """Whether more happened than any order may take."""
        return self.step_number > MOST_STEPS or self.now > START.timestamp() + MOST_SECONDS

    def invoke(self, call: Call, handler: doors.Handler, event: Json) -> Outcome:
        """Runs a function to its end."""
        self._stack.append(call)
        self.elapsed = 0.0
        try:
            answer = json.loads(json.dumps(handler(json.loads(json.dumps(event)), None)))
        except Crash:
            return "error", ("Runtime.ExitError", json.dumps({"errorType": "Runtime.ExitError"}))
        except Exception as error:
            return "error", fault_of(error)
        finally:
            self._stack.pop()
        return "ok", answer

    def door(
        self, state: str, kind: str, folder: str, event: Json, answered: Callable[[Outcome], int]
    ) -> int:
        """Calls a function that answers somebody outside; every delivery's outcome goes to `answered`."""
        handler = doors.handler(folder)

        def deliver() -> int:
            again = self.invoke(Call(self.step_number, state, kind, lambda: None), handler, event)
            return answered(again)

        return answered(self.invoke(Call(self.step_number, state, kind, deliver), handler, event))

    def violate(self, what: str) -> None:
        """Notes a broken promise."""
        self.violations.append(what)
        if self.told is not None:
            self.told.append(f"     !! {what}")

    def tell(self, line: str) -> None:
        """A line of the story."""
        if self.told is not None:
            self.told.append(f"        {line}")

    def check_history(self, text: str) -> None:
        """What goes into an execution's history, or into a metric or a log, holds no secret."""
        for secret in scenarios.SECRETS:
            if secret in text:
                self.violate("a secret in the history")
