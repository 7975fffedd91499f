"""What a run did not reach is told, and fails it."""

from dataclasses import replace

import pytest

from tests.simulation import __main__ as command
from tests.simulation import coverage, histories, report
from tests.simulation.explore import Coverage
from tests.simulation.histories import History
from tests.simulation.scenarios import SCENARIOS

_TRUSTED = tuple(name for name in SCENARIOS if name.startswith("site/trusted"))


def _plain(names: list[str]) -> Coverage:
    """What the runs without a fault come to."""
    found = Coverage()
    for name in names:
        found.add(histories.run(History(name)), plain=True)
    return found


def _full() -> Coverage:
    """As if every fault had come wherever it applies."""
    found = Coverage(plain=set(coverage.recorded()))
    for boundary in coverage.recorded():
        for cell in coverage.cells(boundary):
            found.hit[cell] += 1
            found.seen.add(cell)
    return found


@pytest.mark.usefixtures("simulated")
def test_every_state_of_the_definition_is_entered() -> None:
    assert coverage.gaps(_plain(list(SCENARIOS)), most=0, whole=True) == []


@pytest.mark.usefixtures("simulated")
def test_a_state_that_no_scenario_enters_is_told() -> None:
    others = _plain([name for name in SCENARIOS if name not in _TRUSTED])
    assert coverage.gaps(others, most=0, whole=True) == ["the state SuspendSite was never entered"]
    assert coverage.gaps(others, most=0, whole=False) == []


@pytest.mark.usefixtures("simulated")
def test_the_record_has_what_the_plain_runs_meet() -> None:
    assert _plain(list(SCENARIOS)).plain <= set(coverage.recorded())
    assert ("ProvisionSite", "sites.resume") in coverage.recorded()


def test_what_was_reached_leaves_no_gap() -> None:
    assert coverage.gaps(_full(), most=2, whole=True) == []


def test_a_fault_that_never_came_is_told() -> None:
    found = _full()
    del found.hit["SuspendSite", "sites.suspend", "late"]
    told = ["SuspendSite: sites.suspend: late never came"]
    assert coverage.gaps(found, most=2, whole=True) == told
    assert coverage.gaps(found, most=1, whole=True) == told
    assert coverage.gaps(found, most=1, whole=False) == told


def test_a_boundary_that_is_lost_is_told() -> None:
    found = _full()
    found.seen = {cell for cell in found.seen if cell[1] != "sites.resume"}
    assert "ProvisionSite: sites.resume was never met" in coverage.gaps(found, most=1, whole=True)


@pytest.mark.parametrize(("hit", "code"), [(True, 0), (False, 1)])
def test_the_command_fails_with_a_gap(monkeypatch: pytest.MonkeyPatch, *, hit: bool, code: int) -> None:
    found = _full()
    if not hit:
        del found.hit["ChargePayment", "db.get CART", "crash_before"]
    total = replace(report.Result(label="all"), coverage=found)
    monkeypatch.setattr(report, "everything", lambda **_: total)
    monkeypatch.setattr("sys.argv", ["simulate"])
    assert command.main() == code
