"""Every fault, and every pair of faults, at every boundary of a scenario's run.

Worlds that are equal in all that the future depends on have the same future: it is followed once. So every
plan of at most two faults is covered, though most share their tails; `plans` counts them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.simulation import doors, invariants
from tests.simulation.coverage import Coverage
from tests.simulation.faults import kinds
from tests.simulation.history import History, Plan
from tests.simulation.scenarios import Scenario
from tests.simulation.world import Planned, World


@dataclass(frozen=True)
class Finding:
    """A broken promise and the faults that lead to it."""

    scenario: str
    plan: Plan
    what: str


@dataclass
class Explored:
    """What an exploration came to. `plans[n]` are the plans of n faults that were covered."""

    scenario: str
    plans: list[int]
    worlds: int
    steps: int
    findings: list[Finding]
    coverage: Coverage


@dataclass
class _Node:
    """A world between two steps. `budget` is how many faults its futures were followed with."""

    snapshot: bytes
    step: int
    plan: Plan
    budget: int = -1
    edges: list[tuple[int, bytes | None]] = field(default_factory=list)


class Explorer:
    """Follows one scenario with up to `most` faults, of the kinds in `only` if there are any."""

    def __init__(
        self, scenario: Scenario, most: int, *, findings: int = 20, only: frozenset[str] | None = None
    ) -> None:
        self.scenario = scenario
        self.most = most
        self.planned = Planned()
        self.world = World(scenario, self.planned)
        invariants.watch(self.world)
        self.nodes: dict[bytes, _Node] = {}
        self.findings: list[Finding] = []
        self.coverage = Coverage()
        self.steps = 0
        self.ends: set[bytes] = set()
        self._enough = findings
        self._only = only

    def explore(self) -> Explored:
        """All of it; stops early at `findings` broken promises."""
        doors.Active.world = self.world
        root = self.world.snapshot()
        self.nodes[root] = _Node(root, -1, ())
        pending = [(root, self.most)]
        while pending and len(self.findings) < self._enough:
            key, budget = pending.pop()
            node = self.nodes[key]
            if node.budget >= budget:
                continue
            node.budget = budget
            node.edges = []
            for used, child in self._futures(node, budget):
                node.edges.append((used, child))
                if child is not None:
                    pending.append((child, budget - used))
        return Explored(
            scenario=self.scenario.name,
            plans=self._plans(root) if not self.findings else [],
            worlds=len(self.nodes),
            steps=self.steps,
            findings=self.findings,
            coverage=self.coverage,
        )

    def _futures(self, node: _Node, budget: int) -> Iterator[tuple[int, bytes | None]]:
        """(faults used, the world after the step or None at the end) for every plan of the next step."""
        plans: list[Plan] = [()]
        while plans:
            plan = plans.pop()
            child = self._step(node, plan)
            yield len(plan), child
            if len(plan) < budget:
                last = plan[-1][0] if plan else (-1, -1)
                plans += [
                    (*plan, (met.spot, kind))
                    for met in self.world.met
                    if met.spot > last and met.fault is None
                    for kind in kinds(met.name, met.kind)
                    if self._only is None or kind in self._only
                ]

    def _step(self, node: _Node, plan: Plan) -> bytes | None:
        world = self.world
        world.restore(node.snapshot, node.step)
        self.planned.plan = dict(plan)
        world.step()
        self.steps += 1
        whole = (*node.plan, *plan)
        self.coverage.add(world, History(self.scenario.name, plan=whole))
        if world.endless:
            world.violate("no end")
        elif world.over:
            self.ends.add(world.snapshot())
            invariants.check(world)
        self.findings += [Finding(self.scenario.name, whole, what) for what in world.violations]
        if world.over or world.violations:
            return None
        key = world.snapshot()
        if key not in self.nodes:
            self.nodes[key] = _Node(key, world.step_number, whole)
        return key

    def _plans(self, root: bytes) -> list[int]:
        """How many plans of 0, 1, ... faults the followed futures stand for."""
        known: dict[tuple[bytes | None, int], int] = {}

        def exactly(key: bytes | None, faults: int) -> int:
            if key is None:
                return int(faults == 0)
            return known[key, faults]

        for key in self._children_first(root):
            for faults in range(self.nodes[key].budget + 1):
                known[key, faults] = sum(
                    exactly(child, faults - used) for used, child in self.nodes[key].edges if used <= faults
                )
        return [known[root, faults] for faults in range(self.most + 1)]

    def _children_first(self, root: bytes) -> list[bytes]:
        order: list[bytes] = []
        entered: set[bytes] = set()
        stack: list[tuple[bytes, bool]] = [(root, False)]
        while stack:
            key, left = stack.pop()
            if left:
                order.append(key)
            elif key not in entered:
                entered.add(key)
                stack.append((key, True))
                stack += [(child, False) for _, child in self.nodes[key].edges if child is not None]
        return order


def explore(scenario: Scenario, most: int) -> Explored:
    """Inside `doors.wired()`."""
    return Explorer(scenario, most).explore()


type Progress = Callable[[Explored], None]
