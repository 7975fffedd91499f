"""What a run reached, and what it has to: the definition's states, the recorded boundaries, all their faults.

`boundaries.txt` has every boundary that no fault or a single one leads to, as `State: call`. Whoever adds one
records it with `python -m tests.simulation --faults 1 --seeds 0 --record`; one that is lost fails the run.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from tests.simulation import doors
from tests.simulation.faults import kinds
from tests.simulation.history import History
from tests.simulation.kernel import Met, Spot
from tests.simulation.world import World

type Boundary = tuple[str, str]
"""(state, call)"""

type Cell = tuple[str, str, str]
"""(state, call, fault)"""

type Witness = tuple[History, Spot]
"""A history that comes to a boundary, and where it does."""

_RECORD: Final = Path(__file__).with_name("boundaries.txt")
_NETWORK: Final = "Stripe"
PAIRS: Final = 2


@dataclass
class Coverage:
    """How often each (state, call, fault) was hit, and which could have been where a run came.

    `plain` are the boundaries that a scenario alone comes to. `witnesses` has a history for each boundary,
    one of the smallest that were seen.
    """

    hit: Counter[Cell] = field(default_factory=Counter)
    seen: set[Cell] = field(default_factory=set)
    plain: set[Boundary] = field(default_factory=set)
    witnesses: dict[Boundary, Witness] = field(default_factory=dict)

    def add(self, world: World, history: History) -> None:
        """What a world met, in this history, since it was last asked."""
        if not history.size and history.seed is None:
            self.plain.update((met.state, met.name) for met in world.met)
        for met in world.met:
            if met.fault is not None:
                self.hit[met.state, met.name, met.fault] += 1
            known = self.witnesses.get((met.state, met.name))
            if known is None or history.size < known[0].size:
                self._witness(met, history)

    def _witness(self, met: Met, history: History) -> None:
        boundary = met.state, met.name
        self.seen.update((*boundary, fault) for fault in kinds(met.name, met.kind))
        self.witnesses[boundary] = history, met.spot

    def untried(self) -> dict[Cell, History]:
        """Each cell that was not hit, and what hits it: its boundary's witness with that fault there."""
        return {
            cell: history.with_fault(spot, cell[-1])
            for cell in sorted(self.seen - self.hit.keys())
            for history, spot in (self.witnesses[cell[:2]],)
        }

    def update(self, other: "Coverage") -> None:
        """Adds another's; of two witnesses the smaller, of equal ones the first by its text."""
        self.hit.update(other.hit)
        self.seen |= other.seen
        self.plain |= other.plain
        for boundary, found in other.witnesses.items():
            known = self.witnesses.get(boundary, found)
            self.witnesses[boundary] = min(known, found, key=_by_size)


def _by_size(witness: Witness) -> tuple[int, str]:
    history, _ = witness
    return history.size, str(history)


@cache
def task_states() -> frozenset[str]:
    """The states of the definition that call a function."""
    states = doors.template().definition()["States"]
    return frozenset(name for name, state in states.items() if state["Type"] == "Task")


def recorded() -> tuple[Boundary, ...]:
    """The boundaries of the record."""
    lines = _RECORD.read_text(encoding="utf-8").splitlines()
    return tuple((state, call) for state, _, call in (line.partition(": ") for line in lines))


def record(coverage: Coverage) -> None:
    """Makes what a whole run of single faults met the record."""
    met = sorted(boundaries_of(coverage))
    _RECORD.write_text("".join(f"{state}: {call}\n" for state, call in met), encoding="utf-8")


def boundaries_of(coverage: Coverage) -> set[Boundary]:
    return {(state, call) for state, call, _ in coverage.seen}


def cells(boundary: Boundary) -> Iterator[Cell]:
    """Every fault that applies at a boundary."""
    state, call = boundary
    invocation = "task" if state in task_states() else "network" if state == _NETWORK else "door"
    return ((state, call, fault) for fault in kinds(call, invocation))


def gaps(coverage: Coverage, *, most: int, whole: bool) -> list[str]:
    """What should have been reached with up to `most` faults and was not.

    With pairs, every fault at every boundary that was met; with single faults, at those that plain runs meet.
    Of all scenarios together (`whole`) also every state of the definition and every boundary of the record.
    """
    due = boundaries_of(coverage) if most >= PAIRS else coverage.plain if most else ()
    missed = [_missed(cell) for cell in _unhit(coverage, due)]
    return _unmet(coverage, most) + missed if whole else missed


def _unmet(coverage: Coverage, most: int) -> list[str]:
    met = boundaries_of(coverage)
    never = task_states() - {state for state, _ in met}
    found = [f"the state {state} was never entered" for state in sorted(never)]
    if most:
        found += [f"{state}: {call} was never met" for state, call in recorded() if (state, call) not in met]
    return found


def _unhit(coverage: Coverage, due: Iterable[Boundary]) -> list[Cell]:
    return [cell for boundary in sorted(due) for cell in cells(boundary) if cell not in coverage.hit]


def _missed(cell: Cell) -> str:
    state, call, fault = cell
    return f"{state}: {call}: {fault} never came"
