"""What is needed to run one history again, and its text.

`register/card seed=7 3.2:crash_after @600:cancel` is the scenario, the seed of all timing (none: nothing
takes time), a fault at the third call of step 3, and a cancellation after ten minutes.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from tests.simulation.kernel import Spot
from tests.simulation.scenarios import SCENARIOS

type Plan = tuple[tuple[Spot, str], ...]
"""The faults, each where it comes."""

type Extra = tuple[int, str]
"""(seconds after the order, what the client or the customer does)"""

_FAULT: Final = re.compile(r"(\d+)\.(\d+):(\w+)")
_EXTRA: Final = re.compile(r"@(\d+):(\w+)")


@dataclass(frozen=True)
class History:
    """What is needed to run one again."""

    scenario: str
    seed: int | None = None
    plan: Plan = ()
    extras: tuple[Extra, ...] = ()

    def __str__(self) -> str:
        parts = [self.scenario.replace(" ", "_")]
        parts += [] if self.seed is None else [f"seed={self.seed}"]
        parts += [f"{step}.{call}:{fault}" for (step, call), fault in self.plan]
        parts += [f"@{seconds}:{action}" for seconds, action in self.extras]
        return " ".join(parts)

    @property
    def size(self) -> int:
        return len(self.plan) + len(self.extras)

    def with_fault(self, spot: Spot, fault: str) -> "History":
        """This one with another fault, in place of what was there."""
        others = tuple(each for each in self.plan if each[0] != spot)
        return replace(self, plan=(*others, (spot, fault)))


def parse(text: str) -> History:
    """The history behind its text. Raises ValueError for what is none."""
    name, *parts = text.split()
    scenario = name.replace("_", " ")
    if scenario not in SCENARIOS:
        raise ValueError(f"no such scenario: {scenario}; there are {', '.join(SCENARIOS)}")
    history = History(scenario)
    for part in parts:
        history = _with(history, part)
    return history


def _with(history: History, part: str) -> History:
    if part.startswith("seed="):
        return replace(history, seed=int(part.removeprefix("seed=")))
    if found := _FAULT.fullmatch(part):
        spot = (int(found[1]), int(found[2]))
        return replace(history, plan=(*history.plan, (spot, found[3])))
    if found := _EXTRA.fullmatch(part):
        return replace(history, extras=(*history.extras, (int(found[1]), found[2])))
    raise ValueError(f"neither a seed, a fault nor an action: {part}")
