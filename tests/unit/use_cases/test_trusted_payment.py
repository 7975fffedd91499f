"""A plan may have its sites delivered while a debit is under way: then a late failure takes the site away."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hostcart.contract.statuses import OrderStatus, PaymentStatus, TaskStatus
from hostcart.domain import views
from hostcart.domain.cart import Cart
from hostcart.domain.payment import AttemptState
from hostcart.domain.transitions import TransitionRefusedError
from hostcart.ports import OutcomeUnknownError, RefusedError, UnavailableError
from hostcart.use_cases.charge_payment import Step
from hostcart.use_cases.errors import PaymentFailedError, SiteFailedError

from tests.fakes.crash import Crash
from tests.fakes.payments import Method
from tests.fakes.world import ACCOUNT, PAYMENT_DEADLINE, World, site_order
from tests.unit.use_cases.test_held_up import meanwhile

_OVER = 90


def tasks(world: World) -> list[TaskStatus]:
    return [task.status for task in world.cart.opened.tasks]


@pytest.fixture
def trusted(world: World) -> World:
    """An order of a plan with the policy; the bank works on its payment."""
    world.payments.method = Method.SETTLES_LATER
    world.order(site_order(plan="trusting"))
    assert world.charge().step is Step.DELIVER
    return world


@pytest.fixture
def early(trusted: World) -> World:
    """The site is there, the money not yet."""
    assert trusted.provision().ready
    return trusted


@pytest.fixture
def failed(early: World) -> World:
    """The debit came to nothing."""
    early.clock.advance(days=5)
    early.payments.change(attempt=AttemptState.DECLINED)
    assert early.charge().step is Step.SUSPEND
    return early


def test_without_the_policy_delivery_waits_for_the_money(ordered: World) -> None:
    ordered.payments.method = Method.SETTLES_LATER
    assert ordered.charge().step is Step.WAIT
    assert ordered.cart.opened.status is OrderStatus.PENDING
    with pytest.raises(TransitionRefusedError):
        ordered.provision()


def test_a_trusted_payment_delivers_and_completes_only_when_it_is_there(early: World) -> None:
    order = early.cart.opened
    assert (order.status, early.cart.payment.status) == (OrderStatus.PROCESSING, PaymentStatus.PROCESSING)
    assert tasks(early) == [TaskStatus.RUNNING, TaskStatus.COMPLETED, TaskStatus.PENDING]
    assert early.charge().step is Step.WAIT
    with pytest.raises(TransitionRefusedError):
        early.activate()
    with pytest.raises(TransitionRefusedError):
        early.close()
    early.payments.receive()
    assert early.charge().step is Step.DELIVER
    assert early.provision().ready
    assert tasks(early) == [TaskStatus.COMPLETED, TaskStatus.COMPLETED, TaskStatus.RUNNING]
    early.activate()
    assert early.close().status is OrderStatus.COMPLETED
    assert early.sites.puts == 1


def test_money_that_comes_while_the_site_is_made(trusted: World) -> None:
    trusted.payments.receive()
    assert trusted.charge().step is Step.DELIVER
    assert tasks(trusted) == [TaskStatus.COMPLETED, TaskStatus.RUNNING, TaskStatus.PENDING]
    assert trusted.provision().ready
    trusted.activate()
    assert trusted.close().status is OrderStatus.COMPLETED


def test_a_declined_or_unanswered_payment_is_not_trusted(world: World) -> None:
    world.payments.method = Method.NEEDS_CUSTOMER
    world.order(site_order(plan="trusting"))
    assert world.charge().step is Step.WAIT
    assert world.cart.opened.delivery_started_at is None


def test_a_late_failure_suspends_the_site_and_says_so(failed: World) -> None:
    assert failed.suspend() is True
    assert failed.sites.suspended == {failed.cart.opened.id}
    view: Any = views.order_view(failed.cart)
    assert view["site"]["status"] == "suspended"
    assert view["order"]["status"] == "processing"
    assert view["payment"]["status"] == "awaiting_authentication"
    assert view["payment"]["hosted_invoice_url"]
    assert failed.suspend() is True  # again
    assert failed.charge().step is Step.WAIT
    assert [name for name, _ in failed.metrics.counted].count("SitesSuspended") == 1


def test_a_crash_behind_the_suspension_loses_no_alarm(failed: World) -> None:
    save = failed.carts.save

    def saves_and_dies(cart: Cart, **options: Any) -> Cart:
        saved = save(cart, **options)
        if cart.opened.site is not None and cart.opened.site.suspended:
            raise Crash
        return saved

    failed.carts.save = saves_and_dies  # type: ignore[method-assign]
    with pytest.raises(Crash):
        failed.suspend()
    failed.carts.save = save  # type: ignore[method-assign]
    assert failed.suspend() is True
    assert ("SitesSuspended", {}) in failed.metrics.counted


def test_the_customer_pays_after_all(failed: World) -> None:
    failed.suspend()
    failed.clock.advance(seconds=_OVER)
    failed.payments.receive()
    assert failed.charge().step is Step.DELIVER
    assert failed.provision().ready
    assert failed.sites.suspended == set()
    view: Any = views.order_view(failed.cart)
    assert "status" not in view["site"]
    failed.activate()
    assert failed.close().status is OrderStatus.COMPLETED
    assert len(failed.payments.charges) == 1


def test_a_suspension_whose_answer_is_lost_is_lifted_too(failed: World) -> None:
    def lose_answer() -> None:
        raise OutcomeUnknownError("timeout")

    meanwhile(failed.sites, "suspend", lose_answer, after=True)
    with pytest.raises(OutcomeUnknownError):
        failed.suspend()
    assert failed.sites.suspended
    failed.clock.advance(seconds=_OVER)
    failed.payments.receive()
    assert failed.charge().step is Step.DELIVER
    assert failed.provision().ready
    assert failed.sites.suspended == set()


@pytest.mark.parametrize("after", [False, True])
def test_a_suspension_under_way_while_the_customer_pays_is_lifted_in_the_end(
    failed: World, *, after: bool
) -> None:
    def pay() -> None:
        failed.payments.receive()
        assert failed.charge().step is Step.DELIVER
        provisioning = failed.provision()
        assert (provisioning.ready, provisioning.wait_seconds) == (False, _OVER)

    meanwhile(failed.sites, "suspend", pay, after=after)
    assert failed.suspend() is False
    assert "status" not in views.order_view(failed.cart)["site"]
    failed.clock.advance(seconds=_OVER - 1)
    assert failed.provision().wait_seconds == 1
    failed.clock.advance(seconds=1)
    assert failed.provision().ready
    assert failed.sites.suspended == set()
    assert failed.suspend() is False
    assert failed.sites.suspended == set()


def test_a_suspension_that_another_version_stored_is_lifted(failed: World) -> None:
    failed.suspend()
    cart = failed.cart
    assert cart.opened.site is not None
    earlier = replace(cart.opened.site, suspension_asked_at=None)
    failed.carts.save(replace(cart, order=replace(cart.opened, site=earlier)))
    failed.payments.receive()
    failed.charge()
    assert failed.provision().ready
    assert failed.sites.suspended == set()


def test_another_debit_is_not_trusted_a_second_time(failed: World) -> None:
    failed.suspend()
    failed.payments.change(attempt=AttemptState.PROCESSING)
    assert failed.charge().step is Step.WAIT
    assert failed.sites.suspended


def test_nobody_pays(failed: World) -> None:
    failed.suspend()
    failed.clock.advance(seconds=PAYMENT_DEADLINE.total_seconds())
    with pytest.raises(PaymentFailedError, match="payment_expired"):
        failed.charge()
    failed.refund('{"errorMessage": "payment_expired"}')
    assert failed.close().status is OrderStatus.FAILED
    assert failed.sites.live == set()
    assert failed.cart.opened.site is None
    assert failed.payments.charges == []


def test_a_provisioner_that_cannot_suspend_is_told_and_asked_again(failed: World) -> None:
    failed.sites.refusal = RefusedError("suspension_refused")
    assert failed.suspend() is False
    assert failed.metrics.counted[-1] == ("SuspensionRefused", {"code": "suspension_refused"})
    assert failed.charge().step is Step.SUSPEND
    failed.sites.refusal = UnavailableError("sites_busy")
    with pytest.raises(UnavailableError):
        failed.suspend()
    failed.sites.refusal = None
    assert failed.suspend() is True


def test_nothing_is_suspended_that_is_paid(early: World) -> None:
    early.payments.receive()
    early.charge()
    assert early.suspend() is False
    assert early.sites.suspended == set()


def test_a_site_that_cannot_come_back_is_refunded(failed: World) -> None:
    failed.suspend()
    failed.payments.receive()
    failed.charge()
    failed.sites.refusal = RefusedError("site_not_found")
    with pytest.raises(SiteFailedError):
        failed.provision()


def test_a_site_that_fails_under_way_waits_for_the_bank_before_anything_is_given_back(trusted: World) -> None:
    trusted.sites.ends_failed = True
    with pytest.raises(SiteFailedError):
        trusted.provision()
    assert not trusted.refund('{"errorMessage": "site_failed"}').settled
    trusted.payments.receive()
    compensation = trusted.refund('{"errorMessage": "site_failed"}')
    assert compensation.settled
    assert trusted.cart.payment.status is PaymentStatus.REFUNDED


def test_a_domain_is_never_delivered_before_it_is_paid(world: World) -> None:
    world.payments.method = Method.SETTLES_LATER
    world.order_domain()
    assert world.charge().step is Step.WAIT
    assert world.cart.opened.delivery_started_at is None


def test_the_deadline_runs_from_the_late_failure(failed: World) -> None:
    failed.clock.advance(seconds=(PAYMENT_DEADLINE - timedelta(seconds=10)).total_seconds())
    assert failed.charge().wait_seconds == 10
    assert failed.carts.load(ACCOUNT, failed.token) is not None
