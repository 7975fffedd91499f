"""All singles, all pairs, and random histories, on some processes; what was covered and what was found."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Final

from tests.simulation import doors, histories
from tests.simulation.coverage import PAIRS, Cell, Coverage
from tests.simulation.explore import Explored, Explorer
from tests.simulation.history import History
from tests.simulation.scenarios import SCENARIOS
from tests.simulation.world import World

_CHUNK: Final = 250
_SHOWN: Final = 12


@dataclass
class Broken:
    """A broken promise and the shortest known history that breaks it."""

    what: str
    history: History


@dataclass
class Result:
    """What some work came to. `rare` counts the histories that were run for a boundary's last faults."""

    label: str
    plans: list[int] = field(default_factory=list)
    worlds: int = 0
    steps: int = 0
    histories: int = 0
    rare: int = 0
    broken: list[Broken] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)

    def add(self, other: "Result") -> None:
        longest = max(len(self.plans), len(other.plans))
        self.plans = [
            sum(plans[n] for plans in (self.plans, other.plans) if n < len(plans)) for n in range(longest)
        ]
        self.worlds += other.worlds
        self.steps += other.steps
        self.histories += other.histories
        self.rare += other.rare
        self.broken += other.broken
        self.coverage.update(other.coverage)


def explore(name: str, most: int) -> Result:
    """One scenario with up to `most` faults."""
    with doors.wired():
        found = Explorer(SCENARIOS[name], most).explore()
        return _of_explored(found)


def _of_explored(found: Explored) -> Result:
    firsts = {finding.what: History(finding.scenario, None, finding.plan) for finding in found.findings}
    return Result(
        label=found.scenario,
        plans=found.plans,
        worlds=found.worlds,
        steps=found.steps,
        broken=[_shrunk(what, history) for what, history in firsts.items()],
        coverage=found.coverage,
    )


def roll(seeds: range) -> Result:
    """Random histories."""
    result = Result(label=f"seeds {seeds.start}..{seeds.stop - 1}")
    with doors.wired():
        for seed in seeds:
            history, world = histories.roll(seed)
            result.histories += 1
            _note(result, history, world)
    return result


def follow(due: Sequence[History]) -> Result:
    """These, each to its end."""
    result = Result(label="rare boundaries")
    with doors.wired():
        for history in due:
            _note(result, history, histories.run(history))
            result.rare += 1
    return result


def _note(result: Result, history: History, world: World) -> None:
    result.steps += world.step_number
    result.coverage.add(world, history)
    result.broken += [_shrunk(what, history) for what in dict.fromkeys(world.violations)]


def _shrunk(what: str, history: History) -> Broken:
    fails = histories.breaks(what)
    return Broken(what, histories.shrink(history, fails) if fails(history) else history)


def everything(*, seeds: int, most: int, processes: int, names: Iterable[str] = SCENARIOS) -> Result:
    """All of it; says what is done as it goes."""
    began, total = time.monotonic(), Result(label="all")

    def done(work: Iterable[Future[Result]]) -> None:
        for each in as_completed(work):
            result = each.result()
            total.add(result)
            print(f"{time.monotonic() - began:7.0f}s  {_told(result)}", flush=True)

    with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
        done(_work(pool, seeds, most, names))
        tried: set[Cell] = set()
        while most >= PAIRS and (due := _due(total.coverage, tried)):
            done([pool.submit(follow, due[start::processes]) for start in range(processes)])
    return total


def _due(coverage: Coverage, tried: set[Cell]) -> list[History]:
    """What hits the cells that pairs and chance did not: a third fault where only two lead to, and so on.

    Each is `tried` once. What they come to may have boundaries of its own.
    """
    due = {cell: history for cell, history in coverage.untried().items() if cell not in tried}
    tried |= due.keys()
    return list(due.values())


def _told(result: Result) -> str:
    plans = ", ".join(f"{count} of {n}" for n, count in enumerate(result.plans))
    return (
        f"{result.label:<28} plans: {plans or result.histories or result.rare}; broken: {len(result.broken)}"
    )


def _work(pool: ProcessPoolExecutor, seeds: int, most: int, names: Iterable[str]) -> list[Future[Result]]:
    starts = range(0, seeds, _CHUNK)
    return [
        *(pool.submit(explore, name, most) for name in names),
        *(pool.submit(roll, range(start, min(start + _CHUNK, seeds))) for start in starts),
    ]


def lines(total: Result, gaps: Sequence[str]) -> Iterator[str]:
    """The report; `gaps` is what should have been reached."""
    yield from _coverage(total.coverage)
    plans = ", ".join(f"{count:,} with {n}" for n, count in enumerate(total.plans))
    yield f"plans of faults: {plans}; worlds {total.worlds:,}, steps {total.steps:,}"
    yield f"random histories: {total.histories:,}; for the last faults of rare boundaries: {total.rare:,}"
    yield f"not reached: {len(gaps)}"
    yield from (f"    {gap}" for gap in gaps)
    yield from _broken(total.broken)


def _coverage(coverage: Coverage) -> Iterator[str]:
    by_state: dict[str, dict[str, list[Cell]]] = defaultdict(lambda: defaultdict(list))
    for cell in sorted(coverage.seen):
        by_state[cell[0]][cell[1]].append(cell)
    for state, calls in by_state.items():
        yield state
        for name, cells in calls.items():
            missed = [fault for _, _, fault in cells if (state, name, fault) not in coverage.hit]
            times = sum(coverage.hit[cell] for cell in cells)
            note = f"   NOT HIT: {', '.join(missed)}" if missed else ""
            share = f"{len(cells) - len(missed):>3}/{len(cells):<3}"
            yield f"    {name:<44} {share} faults {times:>9,} times{note}"
    hit = sum(cell in coverage.hit for cell in coverage.seen)
    yield f"cells (state x boundary x fault): {hit:,} of {len(coverage.seen):,} hit"


def _broken(broken: list[Broken]) -> Iterator[str]:
    yield f"broken promises: {len(broken)}"
    smallest: dict[str, Broken] = {}
    for each in sorted(broken, key=lambda found: found.history.size):
        smallest.setdefault(each.what, each)
    for each in list(smallest.values())[:_SHOWN]:
        yield f"    {each.what}"
        yield f"        make simulate REPLAY='{each.history}'"
