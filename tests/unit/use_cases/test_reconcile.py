"""One run as a whole: what it tells, and what one system's outage leaves of it."""

from datetime import timedelta

import pytest
from hostcart.domain.findings import FindingKind, Judgement, Subject
from hostcart.ports import UnavailableError
from hostcart.ports_reconcile import ExecutionStatus, Page, RenewalSubscription

from tests.fakes.platform import START
from tests.fakes.reconcile import execution
from tests.fakes.reconcile_world import NOBODY, Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_run_without_findings_tells_zero_of_every_kind(bench: Bench) -> None:
    report = bench.run()
    assert (report.breaks, report.repairs, report.failed) == ({}, {}, {})
    told = {
        kind: level for (name, kind), level in bench.gauges.levels.items() if name == "ReconcilerFindings"
    }
    assert told == dict.fromkeys(FindingKind, 0)
    assert bench.gauges.levels["LedgerBreaks", ""] == 0
    assert bench.gauges.levels["ReconcilerFailedSweeps", ""] == 0


def test_an_outage_fails_its_own_sweep_only(bench: Bench) -> None:
    bench.world.order()
    bench.subscribes(token=NOBODY)
    bench.billing.failure = UnavailableError("server_unavailable")
    report = bench.run()
    assert list(report.failed) == ["payments"]
    assert report.breaks == {"subscription_without_delivery": 1}
    assert report.repairs == {"execution_started": 1}
    assert bench.gauges.levels["ReconcilerFailedSweeps", ""] == 1
    assert bench.breaks == 1


def test_what_an_outage_kept_from_sight_is_found_afterwards(bench: Bench) -> None:
    bench.pays("in_9", NOBODY)
    bench.billing.failure = UnavailableError("server_unavailable")
    bench.run()
    bench.billing.failure = None
    assert bench.run(after=timedelta(hours=3)).breaks == {"payment_unknown": 1}


def test_a_defect_in_one_part_is_told_and_stops_nothing_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.subscribes(token=NOBODY)

    def broken(*_: object, **__: object) -> None:
        raise KeyError("private")

    monkeypatch.setattr(bench.billing, "drafts", broken)
    report = bench.run()
    assert {name: type(error) for name, error in report.failed.items()} == {"drafts": KeyError}
    assert report.breaks == {"subscription_without_delivery": 1}


def test_a_finding_that_cannot_be_judged_again_stays(bench: Bench) -> None:
    token = bench.world.order().token
    bench.executions.known[token] = execution(ExecutionStatus.FAILED, resumes=9)
    bench.run()
    bench.executions.failure = UnavailableError("workflow_unavailable")
    report = bench.run(after=timedelta(hours=2))
    assert set(report.failed) == {"order_stuck", "orders"}
    assert bench.breaks == 1


def test_an_endless_list_ends_with_the_runs_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        bench.pays(f"in_{number}", NOBODY)
    moments = iter(range(0, 10_000, 10))
    monkeypatch.setattr("hostcart.use_cases.reconcile_run.time.monotonic", lambda: next(moments))
    first = bench.run()
    assert sum(first.breaks.values()) < 5
    bench.pays("in_later", NOBODY, at=START + timedelta(minutes=90))
    for hours in range(2, 7):
        last = bench.run(after=timedelta(hours=hours))
    assert last.breaks == {"payment_unknown": 6}, "the next window begins where the unfinished one ended"


def _remembered(bench: Bench, count: int) -> list[Subject]:
    """So many breaks of an earlier run; their subscriptions live without an order."""
    subjects = []
    for number in range(count):
        bench.subscribes(f"sub_{number}", NOBODY)
        subject = Subject(kind=FindingKind.SUBSCRIPTION_WITHOUT_DELIVERY, id=f"sub_{number}")
        bench.findings.put(subject, Judgement.BROKEN, START)
        subjects.append(subject)
    return subjects


def _asked(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The subscriptions that are judged from now on; the sweep of new ones is switched off."""
    asked: list[str] = []
    plain = bench.billing.renewal

    def renewal(subscription_id: str) -> RenewalSubscription | None:
        asked.append(subscription_id)
        return plain(subscription_id)

    monkeypatch.setattr(bench.billing, "renewal", renewal)
    monkeypatch.setattr(bench.billing, "renewals", lambda **_: Page(entries=(), after=None))
    return asked


def test_judging_again_ends_with_the_runs_time_and_the_next_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    _remembered(bench, 5)
    asked = _asked(bench, monkeypatch)
    bench.pays("in_9", NOBODY)
    moments = iter(range(0, 10_000, 10))
    monkeypatch.setattr("hostcart.use_cases.reconcile_run.time.monotonic", lambda: next(moments))
    first = bench.run()
    assert asked == ["sub_0", "sub_1"]
    assert first.breaks == {"subscription_without_delivery": 5, "payment_unknown": 1}
    for hours in (2, 3):
        bench.run(after=timedelta(hours=hours))
    assert asked == ["sub_0", "sub_1", "sub_2", "sub_3", "sub_4"]
    bench.run(after=timedelta(hours=4))
    assert asked[5:] == ["sub_0", "sub_1"]


def test_with_time_enough_every_run_judges_all_again_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    _remembered(bench, 3)
    asked = _asked(bench, monkeypatch)
    for hours in (1, 2):
        bench.run(after=timedelta(hours=hours))
    assert asked == ["sub_0", "sub_1", "sub_2"] * 2


def test_what_an_operator_accepted_is_judged_once_a_day(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    (subject,) = _remembered(bench, 1)
    asked = _asked(bench, monkeypatch)
    bench.findings.accept(subject, accepted=True)
    for hours in range(60):
        bench.run(after=timedelta(hours=hours))
    assert len(asked) == 2
    bench.billing.subscriptions.clear()
    bench.run(after=timedelta(hours=72))
    assert bench.findings.kept == {}, "it leaves the list when it is mended"
