"""Every single fault at every boundary of every scenario; a fixed sample of pairs and of random histories."""

import pytest

from tests.simulation import histories
from tests.simulation.explore import Explorer
from tests.simulation.faults import kinds
from tests.simulation.history import History
from tests.simulation.scenarios import SCENARIOS

_SAMPLE = 150
# The faults that say least about what happened, and those that come from elsewhere.
_PAIRED = frozenset({"crash_after", "timeout_after", "late", "dup", "zombie", "cancel", "visit"})


@pytest.mark.usefixtures("simulated")
@pytest.mark.parametrize("name", SCENARIOS)
def test_no_single_fault_breaks_a_promise(name: str) -> None:
    explorer = Explorer(SCENARIOS[name], 1)
    found = explorer.explore()
    assert found.findings == [], "\n".join(
        f"{finding.what}: make simulate REPLAY='{History(name, None, finding.plan)}'"
        for finding in found.findings
    )
    plain = histories.run(History(name))
    there_are = sum(len(kinds(met.name, met.kind)) for met in plain.met)
    assert found.plans == [1, there_are], "every fault at every boundary"
    assert {(met.state, met.name, kind) for met in plain.met for kind in kinds(met.name, met.kind)} <= set(
        found.coverage.hit
    )


@pytest.mark.usefixtures("simulated")
@pytest.mark.parametrize("name", ["site/too little", "register/taken"])
def test_no_pair_of_faults_breaks_a_promise(name: str) -> None:
    found = Explorer(SCENARIOS[name], 2, only=_PAIRED).explore()
    assert found.findings == []
    assert found.plans[2] > 500


@pytest.mark.usefixtures("simulated")
def test_no_random_history_breaks_a_promise() -> None:
    broken = {}
    for seed in range(_SAMPLE):
        history, world = histories.roll(seed)
        if world.violations:
            broken[str(history)] = world.violations
    assert broken == {}
