"""What a run did not reach is told, and fails it."""

from dataclasses import replace

import pytest

from tests.simulation import __main__ as command
from tests.simulation import coverage, histories, report
from tests.simulation.coverage import Coverage
from tests.simulation.history import History, parse
from tests.simulation.scenarios import SCENARIOS

_RARE = ("ActivateSubscription", "stripe.subscriptions.cancel")
_TRUSTED = tuple(name for name in SCENARIOS if name.startswith("site/trusted"))


def _plain(names: list[str]) -> Coverage:
    """What the runs without a fault come to."""
    found = Coverage()
    for name in names:
        found.add(histories.run(History(name)), History(name))
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


def _with_fault(history: History, boundary: coverage.Boundary, fault: str) -> History:
    """The fault where the history comes to the boundary for the last time."""
    spots = [met.spot for met in histories.run(history).met if (met.state, met.name) == boundary]
    return history.with_fault(max(spots), fault)


def _subscribed_too_late() -> History:
    """A subscription's creation is held up, another one is refused, the order fails, and the first comes."""
    create = "ActivateSubscription", "stripe.subscriptions.create"
    return _with_fault(_with_fault(History("site/card"), create, "zombie_long"), create, "refused")


@pytest.mark.usefixtures("simulated")
def test_a_boundary_that_only_two_faults_lead_to_has_every_fault_too() -> None:
    found = Coverage()
    history = _subscribed_too_late()
    found.add(histories.run(history), history)
    rare = {cell: each for cell, each in found.untried().items() if cell[:2] == _RARE}
    assert set(rare) == set(coverage.cells(_RARE))
    done = report.follow(list(rare.values()))
    assert {cell for cell in done.coverage.hit if cell[:2] == _RARE} == set(rare)
    assert (done.rare, done.broken) == (len(rare), [])


@pytest.mark.usefixtures("simulated")
def test_the_smaller_witness_is_kept() -> None:
    small, large = History("site/card"), parse("site/card @5:repeat")
    for first, second in ((small, large), (large, small)):
        found = Coverage()
        for history in (first, second):
            other = Coverage()
            other.add(histories.run(history), history)
            found.update(other)
        assert found.witnesses["ChargePayment", "stripe.invoices.pay"][0] == small


@pytest.mark.parametrize(("hit", "code"), [(True, 0), (False, 1)])
def test_the_command_fails_with_a_gap(monkeypatch: pytest.MonkeyPatch, *, hit: bool, code: int) -> None:
    found = _full()
    if not hit:
        del found.hit["ChargePayment", "db.get CART", "crash_before"]
    total = replace(report.Result(label="all"), coverage=found)
    monkeypatch.setattr(report, "everything", lambda **_: total)
    monkeypatch.setattr("sys.argv", ["simulate"])
    assert command.main() == code
