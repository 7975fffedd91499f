"""Single runs: by a plan, by a seed, told as a story, shrunk to what is needed to see a promise broken."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from tests.simulation import invariants
from tests.simulation.history import History
from tests.simulation.kernel import Spot, Timing
from tests.simulation.scenarios import SCENARIOS
from tests.simulation.world import Planned, World

EXTRAS: Final = (
    "repeat",
    "pays",
    "pays_otherwise",
    "fails",
    "cancel",
    "sweep",
    "refund_returns",
    "disputed_won",
    "disputed_lost",
)
_RATES: Final = (0.01, 0.03, 0.06)
_MOST_FAULTS: Final = 12
_MOST_EXTRAS: Final = 3


@dataclass
class Rolling:
    """Chooser: faults by chance; `plan` is what came."""

    chance: random.Random
    rate: float
    plan: list[tuple[Spot, str]]

    def __call__(self, spot: Spot, _name: str, kinds: tuple[str, ...]) -> str | None:
        if len(self.plan) >= _MOST_FAULTS or self.chance.random() >= self.rate:
            return None
        fault = self.chance.choice(kinds)
        self.plan.append((spot, fault))
        return fault


def run(history: History, *, told: bool = False) -> World:
    """The world after its end, with what was found. Inside `doors.wired()`."""
    return _run(history, Planned(dict(history.plan)), told=told)


def _run(history: History, choose: Planned | Rolling, *, told: bool) -> World:
    timing = Timing() if history.seed is None else Timing(latency=2.0, timeout=9.0, seed=history.seed)
    world = World(SCENARIOS[history.scenario], choose, timing)
    for seconds, action in history.extras:
        world.at(seconds, "extra", action)
    world.told = [] if told else None
    world.logs = [] if told else None
    invariants.watch(world)
    world.run()
    if "no end" not in world.violations:
        invariants.check(world)
    return world


def roll(seed: int) -> tuple[History, World]:
    """A random history and its world after the end."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    scenario = chance.choice(list(SCENARIOS))
    extras = tuple(
        (int(chance.choice((1, 60, 900, 20_000)) * chance.random()), chance.choice(EXTRAS))
        for _ in range(chance.randrange(_MOST_EXTRAS + 1))
    )
    rolling = Rolling(chance, chance.choice(_RATES), [])
    history = History(scenario, seed, (), extras)
    world = _run(history, rolling, told=False)
    return replace(history, plan=tuple(rolling.plan)), world


def shrink(history: History, fails: Callable[[History], bool]) -> History:
    """The same failure with the fewest faults and actions; `fails` runs a history."""
    smaller = True
    while smaller:
        smaller = False
        for candidate in _smaller(history):
            if fails(candidate):
                history, smaller = candidate, True
                break
    return history


def _smaller(history: History) -> list[History]:
    timeless = [] if history.seed is None else [replace(history, seed=None)]
    return [
        *timeless,
        *(replace(history, plan=_without(history.plan, at)) for at in range(len(history.plan))),
        *(replace(history, extras=_without(history.extras, at)) for at in range(len(history.extras))),
    ]


def _without[T](entries: tuple[T, ...], at: int) -> tuple[T, ...]:
    return entries[:at] + entries[at + 1 :]


def breaks(what: str) -> Callable[[History], bool]:
    """Whether a history breaks this promise."""
    return lambda history: what in run(history).violations


def story(history: History) -> str:
    """What happened, call by call, and what was found."""
    world = run(history, told=True)
    lines = [
        f"make simulate REPLAY='{history}'",
        "",
        "      time  step.call  function             call   <== fault",
        *(world.told or []),
        "",
        *(f"BROKEN: {what}" for what in dict.fromkeys(world.violations)),
    ]
    return "\n".join(lines)
