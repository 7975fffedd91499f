"""What a run has to reach, told by others than the run: the definition's states, and the recorded boundaries.

`boundaries.txt` has every boundary that no fault or a single one leads to, as `State: call`. Whoever adds one
records it with `python -m tests.simulation --faults 1 --seeds 0 --record`; one that is lost fails the run.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from tests.simulation import doors
from tests.simulation.explore import Cell, Coverage
from tests.simulation.faults import kinds

type Boundary = tuple[str, str]
"""(state, call)"""

_RECORD: Final = Path(__file__).with_name("boundaries.txt")
_NETWORK: Final = "Stripe"
_PAIRS: Final = 2


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

    Of a part of the scenarios (not `whole`) no more is asked than that each fault came at each boundary that
    its plain runs met.
    """
    if not whole:
        return [_missed(cell) for cell in _unhit(coverage, coverage.plain if most else ())]
    met = boundaries_of(coverage)
    never = task_states() - {state for state, _ in met}
    found = [f"the state {state} was never entered" for state in sorted(never)]
    if most == 0:
        return found
    found += [f"{state}: {call} was never met" for state, call in recorded() if (state, call) not in met]
    due: Iterable[Boundary] = recorded() if most >= _PAIRS else coverage.plain
    return found + [_missed(cell) for cell in _unhit(coverage, due)]


def _unhit(coverage: Coverage, due: Iterable[Boundary]) -> list[Cell]:
    return [cell for boundary in sorted(due) for cell in cells(boundary) if cell not in coverage.hit]


def _missed(cell: Cell) -> str:
    state, call, fault = cell
    return f"{state}: {call}: {fault} never came"
