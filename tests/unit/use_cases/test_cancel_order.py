"""Cancel: accepted until the point of no return, then undone by the order's own tasks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hostcart.contract.errors import ApiError
from hostcart.contract.statuses import CartStatus, OrderStatus, PaymentStatus, TaskStatus
from hostcart.domain import views
from hostcart.domain.cart import Cart
from hostcart.domain.payment import AttemptState, InvoiceStatus
from hostcart.ports import OutcomeUnknownError, UnavailableError
from hostcart.use_cases.errors import (
    DomainFailedError,
    NewsArrivedError,
    OrderCancelledError,
    PaymentFailedError,
)
from hostcart.use_cases.refund_payment import DELIVERED

from tests.fakes.payments import Method
from tests.fakes.world import CALLBACK, PDX, World, domain_request, site_order

CAUSE = '{"errorMessage": "order_cancelled", "errorType": "OrderCancelledError"}'


@pytest.fixture
def opened(world: World) -> World:
    """The customer has to act; nothing is paid."""
    world.payments.method = Method.NEEDS_CUSTOMER
    world.order(site_order(callback=CALLBACK))
    world.charge()
    return world


def refused(world: World) -> str:
    with pytest.raises(ApiError) as caught:
        world.cancel()
    return caught.value.code


def undone(world: World, payment: PaymentStatus) -> Cart:
    """After the compensation: cancelled, and nobody has anything of it."""
    assert world.refund(CAUSE).settled
    world.close()
    cart = world.cart
    assert (cart.status, cart.opened.status) == (CartStatus.CHECKED_OUT, OrderStatus.CANCELLED)
    assert cart.payment.status is payment
    charged = sum(charge.amount for charge in world.payments.charges)
    assert charged == sum(refund.refunded for refund in world.payments.refunds.values())
    assert (world.sites.live, world.payments.live_subscriptions) == (set(), [])
    assert world.carts.taken[PDX] == 0
    assert "failure" not in views.order_view(cart)
    return cart


# --- what is accepted -----------------------------------------------------------------------------


def test_an_order_that_waits_for_the_customer(opened: World) -> None:
    opened.clock.advance(minutes=1)
    accepted = opened.cancel()
    assert accepted == replace(opened.cart, news=False)
    view = views.order_view(accepted)
    requested = views.timestamp(opened.clock.now())
    assert view["cancellation"] == {"status": "accepted", "requested_at": requested}
    assert view["order"]["status"] == "pending"
    assert view["order"]["updated_at"] == requested
    with pytest.raises(OrderCancelledError):
        opened.charge()
    cart = undone(opened, PaymentStatus.CANCELLED)
    assert opened.payments.invoice.status is InvoiceStatus.VOID
    assert {task.status for task in cart.opened.tasks} == {TaskStatus.CANCELLED}
    opened.notify()
    assert [sent.body["type"] for sent in opened.callbacks.received] == ["order.cancelled"]


def test_the_wait_is_ended(opened: World) -> None:
    opened.wait("token-1")
    opened.cancel()
    assert opened.workflow.woken == ["token-1"]
    opened.cancel()
    assert opened.workflow.woken == ["token-1"] * 2
    with pytest.raises(NewsArrivedError):
        opened.wait("token-2")


def test_a_wait_that_could_not_be_ended_is_the_repeats_to_end(opened: World) -> None:
    opened.wait("token-1")
    opened.workflow.failures.append(UnavailableError("workflow_throttled"))
    with pytest.raises(UnavailableError):
        opened.cancel()
    assert opened.cancel().opened.cancelling
    assert opened.workflow.woken == ["token-1"]


def test_a_cancellation_between_a_look_and_its_taking_note_of_news_is_seen(opened: World) -> None:
    opened.wake()
    clear = opened.carts.clear_news

    def cancels_first(cart: Cart) -> Cart:
        opened.cancel()
        return clear(cart)

    opened.carts.clear_news = cancels_first  # type: ignore[method-assign]
    with pytest.raises(OrderCancelledError):
        opened.charge()


def test_a_paid_order_is_refunded_before_its_site_is_asked_for(paid: World) -> None:
    paid.cancel()
    with pytest.raises(OrderCancelledError):
        paid.provision()
    assert paid.sites.puts == 0
    cart = undone(paid, PaymentStatus.REFUNDED)
    assert [task.status for task in cart.opened.tasks] == ["completed", "cancelled", "cancelled"]


def test_a_site_that_is_being_made_is_removed(paid: World) -> None:
    paid.sites.polls_until_ready = 5
    paid.provision()
    paid.cancel()
    with pytest.raises(OrderCancelledError):
        paid.provision()
    undone(paid, PaymentStatus.REFUNDED)
    assert paid.cart.opened.id in paid.sites.deleted


def test_a_debit_under_way_is_waited_for_and_then_refunded(ordered: World) -> None:
    ordered.payments.method = Method.SETTLES_LATER
    ordered.charge()
    ordered.cancel()
    with pytest.raises(OrderCancelledError):
        ordered.charge()
    for _ in range(2):
        waiting = ordered.refund(CAUSE)
        assert (waiting.settled, waiting.status) == (False, PaymentStatus.PROCESSING)
    ordered.payments.receive()
    undone(ordered, PaymentStatus.REFUNDED)


def test_a_debit_that_fails_after_the_cancellation_leaves_nothing_to_refund(ordered: World) -> None:
    ordered.payments.method = Method.SETTLES_LATER
    ordered.charge()
    ordered.cancel()
    assert not ordered.refund(CAUSE).settled
    ordered.payments.change(attempt=AttemptState.DECLINED)
    undone(ordered, PaymentStatus.CANCELLED)


def test_a_repeat_is_accepted_again_and_changes_nothing(opened: World) -> None:
    first = opened.cancel()
    opened.clock.advance(seconds=5)
    assert opened.cancel().version == first.version
    undone(opened, PaymentStatus.CANCELLED)
    version = opened.cart.version
    assert opened.cancel().version == version


def test_credit_comes_back(opened: World) -> None:
    world = World()
    world.payments.credit, world.payments.method = 500, Method.NEEDS_CUSTOMER
    world.order()
    world.charge()
    world.cancel()
    undone(world, PaymentStatus.CANCELLED)
    assert world.payments.credit == 500
    paying = World()
    paying.payments.credit = 500
    paying.order()
    paying.charge()
    paying.cancel()
    undone(paying, PaymentStatus.REFUNDED)
    assert paying.payments.credit == 500


# --- what is not ----------------------------------------------------------------------------------


def test_a_delivered_site_is_past_the_point_of_no_return(delivered: World) -> None:
    assert refused(delivered) == "order_not_cancellable"
    assert delivered.cart.opened.cancellation is None
    delivered.activate()
    assert refused(delivered) == "order_not_cancellable"
    delivered.close()
    assert refused(delivered) == "order_not_cancellable"


def test_an_order_that_has_failed_is_not_cancelled_any_more(paid: World) -> None:
    paid.payments.refunds_settle = False
    paid.refund('{"errorMessage": "site_failed"}')
    assert refused(paid) == "order_not_cancellable"
    paid.payments.refunds_settle = True
    paid.refund()
    paid.close()
    assert refused(paid) == "order_not_cancellable"
    assert paid.cart.opened.status is OrderStatus.FAILED


def test_before_the_order_is_there_and_for_others_there_is_nothing(ordered: World) -> None:
    assert refused(ordered) == "not_found"
    ordered.charge()
    with pytest.raises(ApiError, match="not_found"):
        ordered.cancel(account_id="10000002")
    ordered.token = "0" * 32
    assert refused(ordered) == "not_found"


# --- who comes first ------------------------------------------------------------------------------


def test_a_cancellation_during_the_charge_refunds_it(ordered: World) -> None:
    ordered.payments.method = Method.NEEDS_CUSTOMER
    ordered.charge()
    ordered.payments.method = Method.CHARGES
    begin = ordered.payments._begin
    acts: list[Callable[[], object]] = [ordered.cancel, ordered.payments.receive]

    def meanwhile(name: str) -> None:
        while acts:
            acts.pop()()
        begin(name)

    ordered.payments._begin = meanwhile  # type: ignore[method-assign]
    with pytest.raises(OrderCancelledError):
        ordered.charge()
    assert ordered.cart.payment.status is PaymentStatus.AWAITING_AUTHENTICATION
    undone(ordered, PaymentStatus.REFUNDED)


def test_a_site_that_comes_ready_during_the_cancellation_is_removed(paid: World) -> None:
    cancelled: list[Cart] = []
    get = paid.sites.get

    def late(site_id: str) -> object:
        if not cancelled:
            cancelled.append(paid.cancel())
        return get(site_id)

    paid.sites.get = late  # type: ignore[method-assign, assignment]
    with pytest.raises(OrderCancelledError):
        paid.provision()
    assert paid.sites.puts == 1
    assert paid.cart.opened.site is None
    undone(paid, PaymentStatus.REFUNDED)


def test_whatever_fails_after_the_cancellation_the_order_ends_cancelled(paid: World) -> None:
    paid.cancel()
    paid.refund('{"errorMessage": "site_deadline_passed"}')
    undone(paid, PaymentStatus.REFUNDED)


def test_an_execution_that_is_started_again_compensates_on(paid: World) -> None:
    paid.cancel()
    paid.refund(CAUSE)
    with pytest.raises(PaymentFailedError):
        paid.charge()
    undone(paid, PaymentStatus.REFUNDED)


# --- domains --------------------------------------------------------------------------------------


def _transfer(world: World, *, days: int = 5) -> World:
    world.registrar.takes = timedelta(days=days)
    world.order_domain(domain_request(action="transfer", authcode="s3cret"))
    world.charge()
    return world


def no_name(world: World, payment: PaymentStatus) -> Cart:
    cart = undone_domain(world)
    assert cart.payment.status is payment
    return cart


def undone_domain(world: World) -> Cart:
    assert world.refund(CAUSE).settled
    world.close()
    cart = world.cart
    assert cart.opened.status is OrderStatus.CANCELLED
    charged = sum(charge.amount for charge in world.payments.charges)
    assert charged == sum(refund.refunded for refund in world.payments.refunds.values())
    assert (world.registrar.paid, world.zones.zones, world.carts.claims) == ([], {}, {})
    return cart


def test_a_registration_before_the_registrar_is_asked(world: World) -> None:
    world.order_domain()
    world.charge()
    world.cancel()
    with pytest.raises(OrderCancelledError):
        world.register()
    assert "register" not in world.registrar.calls
    no_name(world, PaymentStatus.REFUNDED)


def test_a_registration_that_was_asked_for_is_past_it(world: World) -> None:
    world.registrar.takes = timedelta(hours=5)
    world.order_domain()
    world.charge()
    assert not world.register().ready
    assert refused(world) == "order_not_cancellable"
    world.clock.advance(hours=6)
    assert world.register().ready


def test_a_registration_whose_request_was_never_sent_can_be_cancelled(world: World) -> None:
    world.registrar.fail("register", UnavailableError("registrar_throttled"))
    world.order_domain()
    world.charge()
    with pytest.raises(UnavailableError):
        world.register()
    world.cancel()
    with pytest.raises(OrderCancelledError):
        world.register()
    no_name(world, PaymentStatus.REFUNDED)


def test_the_request_and_the_attempt_exclude_each_other(world: World) -> None:
    world.order_domain()
    world.charge()
    ensure = world.zones.ensure

    def cancels_first(name: str, *, account_id: str, reference: str) -> object:
        world.cancel()
        return ensure(name, account_id=account_id, reference=reference)

    world.zones.ensure = cancels_first  # type: ignore[method-assign, assignment]
    with pytest.raises(UnavailableError, match="contended"):
        world.register()
    with pytest.raises(OrderCancelledError):
        world.register()
    assert "register" not in world.registrar.calls
    no_name(world, PaymentStatus.REFUNDED)


def test_a_transfer_under_way_is_stopped_at_the_registrar(world: World) -> None:
    _transfer(world)
    assert not world.register().ready
    world.cancel()
    with pytest.raises(OrderCancelledError):
        world.register()
    assert world.registrar.calls.count("cancel_transfer") == 1
    no_name(world, PaymentStatus.REFUNDED)


def test_a_transfer_is_not_given_back_before_it_is_stopped(world: World) -> None:
    _transfer(world)
    world.register()
    world.cancel()
    assert world.refund(CAUSE).status == DELIVERED
    assert world.payments.refunds == {}
    with pytest.raises(OrderCancelledError):
        world.register()
    no_name(world, PaymentStatus.REFUNDED)


@pytest.mark.parametrize("after", [False, True])
def test_a_lost_answer_to_the_cancellation(world: World, *, after: bool) -> None:
    _transfer(world)
    world.register()
    world.cancel()
    world.registrar.fail("cancel_transfer", OutcomeUnknownError("timeout"), after=after)
    with pytest.raises(OutcomeUnknownError):
        world.register()
    with pytest.raises(OrderCancelledError):
        world.register()
    no_name(world, PaymentStatus.REFUNDED)


def test_a_transfer_that_cannot_be_stopped_is_delivered(world: World) -> None:
    _transfer(world)
    world.register()
    world.registrar.cancels = False
    world.cancel()
    assert not world.register().ready
    assert views.order_view(world.cart)["cancellation"]["status"] == "refused"
    assert refused(world) == "order_not_cancellable"
    world.clock.advance(days=6)
    assert world.register().ready
    world.activate()
    world.close()
    assert world.cart.opened.status is OrderStatus.COMPLETED
    assert world.payments.refunds == {}


def test_a_transfer_that_cannot_be_stopped_and_never_ends_is_stopped_at_its_deadline(world: World) -> None:
    _transfer(world, days=99)
    world.register()
    world.registrar.cancels = False
    world.cancel()
    world.register()
    world.registrar.cancels = True
    world.clock.advance(days=11)
    with pytest.raises(DomainFailedError, match="domain_transfer_expired"):
        world.register()


def test_a_transfer_that_completes_first_is_delivered(world: World) -> None:
    _transfer(world)
    world.register()
    world.cancel()
    world.clock.advance(days=6)
    assert world.register().ready
    view = views.order_view(world.cart)
    assert view["cancellation"]["status"] == "refused"
    world.activate()
    world.close()
    assert world.cart.opened.status is OrderStatus.COMPLETED


def test_a_transfer_whose_request_was_lost_is_not_sent_again(world: World) -> None:
    world.registrar.fail("start_transfer", OutcomeUnknownError("timeout"))
    _transfer(world)
    assert not world.register().ready
    world.cancel()
    while world.clock.now() < world.cart.opened.created_at + timedelta(hours=2):
        try:
            step = world.register()
        except OrderCancelledError:
            break
        assert world.refund(CAUSE).status == DELIVERED
        world.clock.advance(seconds=step.wait_seconds)
    assert world.registrar.calls.count("start_transfer") == 1
    assert world.clock.now() >= world.cart.opened.created_at + timedelta(hours=1)
    no_name(world, PaymentStatus.REFUNDED)


def test_a_transfer_that_does_not_show_yet_is_stopped_once_it_does(world: World) -> None:
    _transfer(world)
    assert not world.register().ready
    world.cancel()
    transfer, hidden = world.registrar.transfer, [None] * 2

    def unseen(name: str) -> object:
        return hidden.pop() if hidden else transfer(name)

    world.registrar.transfer = unseen  # type: ignore[method-assign, assignment]
    for _ in range(2):
        assert not world.register().ready
    assert "cancel_transfer" not in world.registrar.calls
    with pytest.raises(OrderCancelledError):
        world.register()
    no_name(world, PaymentStatus.REFUNDED)
