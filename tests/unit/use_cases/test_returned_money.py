"""Refunds that come back and payments that are disputed: told until settled, whichever way it is learnt."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hostcart.contract.statuses import OrderStatus, PaymentStatus
from hostcart.domain.findings import FindingKind, Judgement
from hostcart.domain.payment import Dispute, DisputeStatus
from hostcart.domain.payment_events import CartRef, PaymentEvent
from hostcart.ports import UnavailableError
from hostcart.ports_reconcile import ReturnedMoney
from hostcart.use_cases.receive_payment_event import ReceivePaymentEventPorts, receive_payment_event

from tests.fakes.platform import START
from tests.fakes.reconcile_world import Bench
from tests.fakes.world import ACCOUNT, World

OPEN = Dispute(id="dp_1", status=DisputeStatus.OPEN, amount=1300)
LOST, WON = replace(OPEN, status=DisputeStatus.LOST), replace(OPEN, status=DisputeStatus.WON)
REFUND, DISPUTE = FindingKind.REFUND_RETURNED, FindingKind.PAYMENT_DISPUTED


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.world.order()
    bench.world.charge()
    bench.world.payments.intents["pi_1"] = CartRef(account_id=ACCOUNT, cart_token=bench.world.token)
    return bench


def webhook(world: World, kind: str, event_id: str = "evt_1") -> None:
    event = PaymentEvent(id=event_id, kind=kind, created_at=world.clock.now(), cart=None, intent_id="pi_1")
    ports = ReceivePaymentEventPorts(
        carts=world.carts,
        payments=lambda: world.payments,
        findings=world.findings,
        workflow=world.workflow,
        clock=world.clock,
        metrics=world.metrics,
    )
    receive_payment_event(event, ports=ports)


def reported(bench: Bench, *, disputed: bool) -> None:
    """The processor's list of events has it, and no webhook came."""
    entry = ReturnedMoney(intent_id="pi_1", disputed=disputed)
    bench.billing.came_back.append((START, entry))


def refunded(bench: Bench) -> None:
    bench.world.refund()
    bench.world.close()
    assert bench.world.cart.payment.status is PaymentStatus.REFUNDED


def delivered(bench: Bench) -> None:
    bench.world.provision()
    bench.world.activate()
    bench.world.close()


@pytest.mark.parametrize("kind", ["refund.failed", "refund.updated", "charge.refund.updated"])
def test_a_webhook_tells_of_a_refund_that_came_back(bench: Bench, kind: str) -> None:
    refunded(bench)
    bench.world.payments.refunds_return = True
    for _ in range(2):
        webhook(bench.world, kind)
    assert bench.world.cart.payment.status is PaymentStatus.REFUND_PENDING
    assert bench.found(REFUND) == ["in_1"]
    assert [name for name, _ in bench.world.metrics.counted].count("RefundsFailed") == 1


def test_a_look_that_failed_is_taken_when_the_event_comes_again(bench: Bench) -> None:
    refunded(bench)
    bench.world.payments.refunds_return = True
    bench.world.payments.fail("get_invoice", UnavailableError("timeout"))
    with pytest.raises(UnavailableError):
        webhook(bench.world, "refund.failed")
    webhook(bench.world, "refund.failed")
    assert bench.world.cart.payment.status is PaymentStatus.REFUND_PENDING


def test_a_lost_webhook_is_made_up_for_and_told_until_it_is_paid_by_another_way(bench: Bench) -> None:
    refunded(bench)
    bench.world.payments.refunds_return = True
    reported(bench, disputed=False)
    assert bench.run().breaks == {REFUND: 1}
    assert bench.world.cart.payment.amount_refunded == 0
    assert bench.run(timedelta(hours=2)).breaks == {REFUND: 1}
    bench.world.payments.refunds_return = False
    assert bench.run(timedelta(hours=3)).breaks == {}
    assert bench.world.cart.payment.status is PaymentStatus.REFUNDED


def test_a_refund_of_an_order_under_way_is_its_executions(bench: Bench) -> None:
    bench.world.payments.refunds_settle = False
    bench.world.refund()
    webhook(bench.world, "refund.updated")
    (finding,) = bench.findings.findings()
    assert finding.judgement is Judgement.PENDING
    assert bench.world.cart.payment.status is PaymentStatus.REFUND_PENDING


def test_a_dispute_of_a_delivered_order_is_told_and_nothing_is_refunded(bench: Bench) -> None:
    delivered(bench)
    bench.world.payments.disputed = OPEN
    for _ in range(2):
        webhook(bench.world, "charge.dispute.created")
    assert bench.found(DISPUTE) == ["in_1"]
    attention = [kind for name, kind in bench.world.metrics.counted if name == "PaymentNeedsAttention"]
    assert attention == [{"kind": "charge.dispute.created"}] * 2  # at every delivery, so that none is missed
    assert bench.world.payments.refunds == {}
    bench.world.payments.disputed = WON
    assert bench.run().breaks == {}
    bench.world.payments.disputed = LOST
    reported(bench, disputed=True)
    webhook(bench.world, "charge.dispute.closed", "evt_2")
    assert bench.run(timedelta(hours=2)).breaks == {DISPUTE: 1}


def test_a_lost_webhook_of_a_dispute_is_made_up_for(bench: Bench) -> None:
    delivered(bench)
    bench.world.payments.disputed = OPEN
    reported(bench, disputed=True)
    assert bench.run().breaks == {DISPUTE: 1}


@pytest.mark.parametrize("decided", [LOST, WON])
def test_an_order_whose_payment_is_disputed_ends_and_is_settled_by_the_decision(
    bench: Bench, decided: Dispute
) -> None:
    world = bench.world
    world.payments.disputed = OPEN
    webhook(world, "charge.dispute.created")
    compensation = world.refund()
    assert (compensation.status, compensation.settled) == (PaymentStatus.REFUND_PENDING, True)
    assert ("PaymentNeedsAttention", {"kind": "refund_disputed"}) in world.metrics.counted
    world.close()
    assert world.cart.opened.status is OrderStatus.FAILED
    assert bench.run().breaks == {DISPUTE: 1}
    world.payments.disputed = decided
    assert bench.run(timedelta(hours=2)).breaks == {}
    payment = world.cart.payment
    assert (payment.status, payment.amount_refunded) == (PaymentStatus.REFUNDED, 1300)


def test_a_refund_after_a_won_dispute_is_looked_at_until_it_has_arrived(bench: Bench) -> None:
    world = bench.world
    world.payments.disputed = OPEN
    webhook(world, "charge.dispute.created")
    world.refund()
    world.close()
    world.payments.disputed, world.payments.refunds_settle = WON, False
    assert bench.run(timedelta(hours=2)).breaks == {}
    assert world.cart.payment.status is PaymentStatus.REFUND_PENDING
    assert bench.found(DISPUTE) == ["in_1"]
    world.payments.refunds_return = True
    assert bench.run(timedelta(hours=3)).breaks == {DISPUTE: 1}
    world.payments.refunds_settle, world.payments.refunds_return = True, False
    assert bench.run(timedelta(hours=4)).breaks == {}
    payment = world.cart.payment
    assert (payment.status, payment.amount_refunded) == (PaymentStatus.REFUNDED, 1300)
    assert bench.findings.kept == {}


def test_a_payment_that_was_refunded_and_taken_back_too_is_told(bench: Bench) -> None:
    refunded(bench)
    bench.world.payments.disputed = LOST
    webhook(bench.world, "charge.dispute.closed")
    assert bench.run().breaks == {DISPUTE: 1}


def test_a_payment_of_somebody_else_is_passed_over(bench: Bench) -> None:
    bench.billing.came_back.append((START, ReturnedMoney(intent_id="pi_other", disputed=True)))
    assert bench.run().failed == {}
    assert bench.findings.kept == {}
