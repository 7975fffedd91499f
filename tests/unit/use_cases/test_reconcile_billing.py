"""The processor's side: drafts go, unknown payments and subscriptions are told until they are mended."""

import itertools
from datetime import datetime, timedelta

import pytest
from hostcart.domain.findings import FindingKind
from hostcart.ports import RefusedError, UnavailableError
from hostcart.ports_reconcile import BilledCart, ExecutionStatus

from tests.fakes.platform import START
from tests.fakes.reconcile import execution
from tests.fakes.reconcile_world import NOBODY, Bench
from tests.fakes.world import ACCOUNT

UNKNOWN = FindingKind.PAYMENT_UNKNOWN


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    token = bench.world.order().token
    bench.executions.known[token] = execution(ExecutionStatus.RUNNING)
    return bench


def _draft(bench: Bench, token: str, invoice_id: str = "in_1", at: datetime = START) -> None:
    draft = BilledCart(invoice_id=invoice_id, account_id=ACCOUNT, cart_token=token)
    bench.billing.draft_list.append((at, draft))


def test_a_draft_without_a_cart_is_deleted(bench: Bench) -> None:
    _draft(bench, NOBODY)
    assert bench.run(after=timedelta(hours=1)).repairs == {}
    assert bench.run(after=timedelta(hours=1, seconds=1)).repairs == {"draft_deleted": 1}
    assert "discard_draft" in bench.world.payments.calls


def test_a_draft_of_an_open_cart_is_kept(bench: Bench) -> None:
    _draft(bench, bench.world.token)
    bench.run(after=timedelta(hours=5))
    assert "discard_draft" not in bench.world.payments.calls


def test_a_second_draft_of_a_cart_is_deleted(bench: Bench) -> None:
    _draft(bench, bench.world.token, invoice_id="in_2")
    assert bench.run(after=timedelta(hours=5)).repairs == {"draft_deleted": 1}


def test_a_draft_that_is_none_any_more_is_left_alone(bench: Bench) -> None:
    _draft(bench, NOBODY)
    bench.world.payments.fail("discard_draft", RefusedError("invoice_not_editable"))
    assert bench.run(after=timedelta(hours=5)).repairs == {}


def test_a_known_payment_is_fine(bench: Bench) -> None:
    bench.world.charge()
    bench.pays()
    bench.run()
    assert bench.findings.kept == {}


def test_a_payment_without_a_cart_is_a_break_until_it_is_given_back(bench: Bench) -> None:
    bench.pays("in_9", NOBODY)
    assert bench.run().breaks == {"payment_unknown": 1}
    assert bench.run(after=timedelta(hours=2)).breaks == {"payment_unknown": 1}
    bench.pays("in_9", NOBODY, kept=0)
    assert bench.run(after=timedelta(hours=3)).breaks == {}
    assert bench.breaks == 0


def test_a_break_that_was_accepted_does_not_count(bench: Bench) -> None:
    bench.pays("in_9", NOBODY)
    bench.run()
    (finding,) = bench.findings.findings()
    bench.findings.accept(finding.subject, accepted=True)
    assert bench.run(after=timedelta(hours=2)).breaks == {}
    assert bench.found(UNKNOWN) == ["in_9"]


def test_a_second_invoice_of_a_cart_is_a_break(bench: Bench) -> None:
    bench.world.charge()
    bench.pays("in_2")
    assert bench.run().breaks == {"payment_unknown": 1}


def test_an_open_order_is_woken_to_learn_of_its_payment(bench: Bench) -> None:
    world = bench.world
    world.wait("task-token")
    bench.pays()
    assert bench.run().repairs == {"task_woken": 1}
    assert world.workflow.woken == ["task-token"]
    assert bench.breaks == 0
    world.charge()
    bench.run(after=timedelta(hours=2))
    assert bench.findings.kept == {}


def test_a_payment_of_an_order_that_failed_without_it_is_a_break(bench: Bench) -> None:
    bench.world.refund()
    bench.world.close()
    bench.pays()
    assert bench.run().breaks == {"payment_unknown": 1}


def test_windows_follow_each_other_without_a_gap(bench: Bench) -> None:
    for hours in (1, 2, 5):
        bench.run(after=timedelta(hours=hours))
    windows = bench.billing.asked
    assert windows[0][0] == windows[0][1] - timedelta(days=1)
    assert all(later[0] == earlier[1] for earlier, later in itertools.pairwise(windows))
    assert windows[-1][1] == START + timedelta(hours=5) - timedelta(minutes=15)


def test_every_page_of_a_window_is_read(bench: Bench) -> None:
    for number in range(3):
        bench.pays(f"in_{number + 5}", NOBODY)
    assert bench.run().breaks == {"payment_unknown": 3}


def test_a_subscription_of_a_delivered_order_is_fine(bench: Bench) -> None:
    world = bench.world
    world.charge()
    world.provision()
    world.activate()
    world.close()
    bench.subscribes(world.payments.subscriptions[0].id)
    bench.run()
    assert bench.findings.kept == {}


def test_a_subscription_of_nobodys_order_is_a_break_while_it_lives(bench: Bench) -> None:
    bench.subscribes(token=NOBODY)
    assert bench.run().breaks == {"subscription_without_delivery": 1}
    assert "cancel_subscription" not in bench.world.payments.calls
    bench.billing.subscriptions.clear()
    assert bench.run(after=timedelta(hours=2)).breaks == {}


def _ends_undelivered(bench: Bench) -> None:
    bench.world.charge()
    bench.world.refund()
    bench.world.close()
    bench.world.payments.calls.clear()
    bench.subscribes()


def test_a_subscription_of_an_undelivered_order_is_cancelled(bench: Bench) -> None:
    _ends_undelivered(bench)
    report = bench.run()
    assert (report.breaks, report.repairs) == ({}, {"subscription_cancelled": 1})
    assert "cancel_subscription" in bench.world.payments.calls


def test_one_that_cannot_be_cancelled_is_an_operators(bench: Bench) -> None:
    _ends_undelivered(bench)
    bench.world.payments.fail("cancel_subscription", RefusedError("parameter_invalid"))
    report = bench.run()
    assert (report.breaks, report.repairs) == ({"subscription_without_delivery": 1}, {})


def test_what_it_has_billed_is_an_operators(bench: Bench) -> None:
    """The processor could not be asked until then."""
    _ends_undelivered(bench)
    bench.world.payments.fail("cancel_subscription", UnavailableError("payments_unreachable"))
    assert list(bench.run().failed) == ["renewals"]
    assert bench.run(after=timedelta(days=366)).breaks == {"subscription_without_delivery": 1}


def test_a_second_subscription_of_an_order_is_a_break(bench: Bench) -> None:
    world = bench.world
    world.charge()
    world.provision()
    world.activate()
    world.close()
    bench.subscribes("sub_second")
    assert bench.run().breaks == {"subscription_without_delivery": 1}


def test_a_subscription_of_an_open_order_is_looked_at_again(bench: Bench) -> None:
    world = bench.world
    world.charge()
    bench.subscribes("sub_9")
    bench.run()
    assert (bench.breaks, len(bench.findings.kept)) == (0, 1)
    world.refund()
    world.close()
    assert bench.run(after=timedelta(hours=2)).repairs == {"subscription_cancelled": 1}
    assert bench.findings.kept == {}
