"""Open orders: dead executions go on, stuck orders are told."""

from datetime import timedelta

import pytest
from hostcart.domain.cart import CallbackStatus
from hostcart.domain.findings import FindingKind
from hostcart.ports_reconcile import ExecutionStatus
from hostcart.use_cases.reconcile_orders import MOST_RESUMES

from tests.fakes.platform import START
from tests.fakes.reconcile import execution
from tests.fakes.reconcile_world import Bench
from tests.fakes.world import ACCOUNT, CALLBACK, site_order

STUCK = FindingKind.ORDER_STUCK
DEAD = [ExecutionStatus.FAILED, ExecutionStatus.ABORTED, ExecutionStatus.TIMED_OUT, ExecutionStatus.SUCCEEDED]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_an_execution_that_never_started_is_started(bench: Bench) -> None:
    token = bench.world.order().token
    assert bench.run().repairs == {"execution_started": 1}
    assert bench.executions.resumed == [token]
    assert bench.run().repairs == {}


def test_what_is_young_is_left_alone(bench: Bench) -> None:
    bench.world.order()
    bench.run(after=timedelta(minutes=15))
    assert bench.executions.resumed == []


@pytest.mark.parametrize("status", DEAD)
def test_a_dead_execution_goes_on(bench: Bench, status: ExecutionStatus) -> None:
    token = bench.world.order().token
    bench.executions.known[token] = execution(status)
    report = bench.run()
    assert (report.repairs, report.breaks) == ({"execution_resumed": 1}, {})
    assert bench.executions.resumed == [token]


def test_a_running_execution_is_left_alone(bench: Bench) -> None:
    token = bench.world.order().token
    bench.executions.known[token] = execution(ExecutionStatus.RUNNING)
    bench.run()
    assert bench.executions.resumed == []


def test_the_next_resume_waits_longer(bench: Bench) -> None:
    token = bench.world.order().token
    ended = START + timedelta(hours=1)
    bench.executions.known[token] = execution(ExecutionStatus.FAILED, resumes=2, stopped_at=ended)
    bench.run(after=timedelta(hours=4, minutes=59))
    assert bench.executions.resumed == []
    bench.run(after=timedelta(hours=5))
    assert bench.executions.resumed == [token]


def test_an_order_that_was_resumed_in_vain_is_a_break_until_somebody_resumes_it(bench: Bench) -> None:
    token = bench.world.order().token
    bench.executions.known[token] = execution(ExecutionStatus.FAILED, resumes=MOST_RESUMES)
    assert bench.run(after=timedelta(hours=9)).breaks == {"order_stuck": 1}
    assert (bench.executions.resumed, bench.breaks) == ([], 1)
    bench.executions.known[token] = execution(ExecutionStatus.RUNNING, resumes=MOST_RESUMES + 1)
    assert bench.run(after=timedelta(hours=10)).breaks == {}
    assert (bench.breaks, bench.found(STUCK)) == (0, [])


@pytest.mark.parametrize(
    ("steps", "in_time", "late"),
    [
        ((), timedelta(hours=11), timedelta(hours=12)),
        (("charge",), timedelta(hours=24), timedelta(hours=24, minutes=30)),
        (("charge", "refund"), timedelta(days=14), timedelta(days=14, hours=12)),
    ],
)
def test_an_order_past_its_deadline_is_a_break_though_it_runs(
    bench: Bench, steps: tuple[str, ...], in_time: timedelta, late: timedelta
) -> None:
    token = bench.world.order().token
    for step in steps:
        getattr(bench.world, step)()
    bench.executions.known[token] = execution(ExecutionStatus.RUNNING)
    bench.run(after=in_time)
    assert bench.breaks == 0
    bench.run(after=late)
    assert bench.breaks == 1


def _complete(bench: Bench, callback: dict[str, str] | None) -> str:
    token = bench.world.order(site_order(callback=callback)).token
    bench.world.charge()
    bench.world.provision()
    bench.world.activate()
    bench.world.close()
    return token


def test_an_order_at_its_end_is_not_looked_at(bench: Bench) -> None:
    _complete(bench, callback=None)
    bench.run(after=timedelta(days=30))
    assert (bench.executions.resumed, bench.breaks) == ([], 0)


def test_an_owed_callback_is_sent_when_its_execution_died(bench: Bench) -> None:
    token = _complete(bench, CALLBACK)
    bench.executions.known[token] = execution(ExecutionStatus.ABORTED)
    bench.run()
    assert bench.executions.resumed == [token]


def test_a_callback_that_nobody_took_is_forgotten(bench: Bench) -> None:
    token = _complete(bench, CALLBACK)
    bench.executions.known[token] = execution(ExecutionStatus.FAILED, error="CallbackUndeliveredError")
    assert bench.run(after=timedelta(days=9)).repairs == {"callback_given_up": 1}
    assert bench.work.forgotten == {(ACCOUNT, token)}
    assert (bench.executions.resumed, bench.breaks) == ([], 0)
    assert bench.world.cart.callback is CallbackStatus.PENDING, "a redrive can still send it"


def test_a_callback_that_we_could_not_send_is_tried_again(bench: Bench) -> None:
    token = _complete(bench, CALLBACK)
    bench.executions.known[token] = execution(ExecutionStatus.FAILED, error="NotNotifiedError")
    bench.run()
    assert bench.executions.resumed == [token]


def test_pages_go_on_from_run_to_run(bench: Bench) -> None:
    bench.work.size = 1
    tokens = {bench.world.order(site_order(key=f"key-{n}")).token for n in range(2)}
    bench.run()
    assert set(bench.executions.resumed) == tokens
    assert "orders" not in bench.findings.saved, "the next run begins anew"
