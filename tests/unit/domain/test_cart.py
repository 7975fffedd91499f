"""The functions that change a cart, and what they refuse."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hostcart.contract.statuses import CartStatus, OrderStatus, PaymentStatus, TaskStatus
from hostcart.domain.cart import (
    CallbackStatus,
    Cart,
    TaskName,
    activate_subscription,
    close_order,
    deliver_site,
    fail_order,
    observe_payment,
    open_order,
    settle_callback,
    settle_failed_payment,
    start_attempt,
)
from hostcart.domain.transitions import TransitionRefusedError

from tests.fakes.platform import START
from tests.fakes.world import PDX
from tests.unit.domain.carts import (
    FAILURE,
    ORDER_ID,
    SITE,
    STEPS,
    SUBSCRIPTION,
    active,
    completed,
    delivered,
    failed,
    new_cart,
    opened,
    paid,
    payment,
    refunded,
)

LATER = START + timedelta(minutes=5)

type Change = Callable[[Cart], Cart]


def statuses(cart: Cart) -> list[str]:
    return [str(task.status) for task in cart.opened.tasks]


def test_a_cart_without_an_order_says_so() -> None:
    with pytest.raises(TransitionRefusedError, match="not open yet"):
        _ = new_cart().opened


def test_opening_gives_the_order_its_number_and_tasks() -> None:
    cart = open_order(new_cart(), 7, LATER)
    order = cart.opened
    assert (order.id, order.number, order.status) == (ORDER_ID, 7, OrderStatus.PENDING)
    names = [TaskName.CHARGE_PAYMENT, TaskName.PROVISION_SITE, TaskName.ACTIVATE_SUBSCRIPTION]
    assert [(task.id, task.name) for task in order.tasks] == list(enumerate(names, 1))
    assert statuses(cart) == ["running", "pending", "pending"]
    assert (cart.status, cart.updated_at, order.created_at) == (CartStatus.PROCESSING, LATER, LATER)
    assert cart.version == 1  # the store's


def test_an_order_opens_once() -> None:
    with pytest.raises(TransitionRefusedError, match="open already"):
        open_order(opened(), 2, LATER)


def test_a_payment_that_succeeded_starts_the_delivery() -> None:
    cart = observe_payment(opened(), payment(opened(), PaymentStatus.SUCCEEDED), LATER)
    assert cart.opened.status is OrderStatus.PROCESSING
    assert statuses(cart) == ["completed", "running", "pending"]
    assert cart.opened.delivery_started_at == LATER == cart.opened.updated_at


def test_a_payment_seen_again_does_not_start_it_anew() -> None:
    seen = observe_payment(paid(), payment(paid(), PaymentStatus.SUCCEEDED), LATER)
    assert seen.opened.delivery_started_at == START
    assert seen.opened.updated_at == LATER


@pytest.mark.parametrize("status", [PaymentStatus.PROCESSING, PaymentStatus.AWAITING_AUTHENTICATION])
def test_a_payment_that_waits_changes_no_task(status: PaymentStatus) -> None:
    cart = observe_payment(opened(), payment(opened(), status), LATER)
    assert cart.payment.status is status
    assert cart.opened.status is OrderStatus.PENDING
    assert statuses(cart) == ["running", "pending", "pending"]


def test_a_payment_does_not_go_back() -> None:
    with pytest.raises(TransitionRefusedError, match="succeeded -> processing"):
        observe_payment(paid(), payment(paid(), PaymentStatus.PROCESSING), LATER)


def test_a_new_attempt_is_counted() -> None:
    assert start_attempt(opened(), 2, LATER).payment.attempt == 2


def test_the_steps_of_a_delivery() -> None:
    assert statuses(deliver_site(paid(), SITE, LATER)) == ["completed", "completed", "running"]
    assert deliver_site(paid(), SITE, LATER).opened.site == SITE
    assert statuses(active()) == ["completed"] * 3
    assert active().opened.subscription == SUBSCRIPTION


def test_a_completed_order_keeps_its_slot() -> None:
    cart = close_order(active(), LATER)
    assert (cart.status, cart.opened.status) == (CartStatus.CHECKED_OUT, OrderStatus.COMPLETED)
    assert cart.slot == PDX
    assert close_order(cart, LATER) is cart


@pytest.mark.parametrize("cart", [opened(), paid(), delivered()])
def test_an_unfinished_order_is_not_closed(cart: Cart) -> None:
    with pytest.raises(TransitionRefusedError, match="a task is not completed"):
        close_order(cart, LATER)


def test_a_failure_ends_the_running_task_and_skips_the_rest() -> None:
    assert statuses(fail_order(opened(), FAILURE, LATER)) == ["failed", "skipped", "skipped"]
    assert statuses(fail_order(paid(), FAILURE, LATER)) == ["completed", "failed", "skipped"]
    assert statuses(fail_order(active(), FAILURE, LATER)) == ["completed"] * 3
    cart = fail_order(delivered(), FAILURE, LATER)
    assert statuses(cart) == ["completed", "completed", "failed"]
    assert cart.opened.failure == FAILURE
    assert cart.opened.status is OrderStatus.PROCESSING


def test_the_first_failure_stands() -> None:
    cart = failed()
    assert fail_order(cart, replace(FAILURE, code="payment_expired"), LATER) is cart


def test_the_moneys_end_takes_the_site_and_the_subscription_away() -> None:
    cart = settle_failed_payment(
        fail_order(active(), FAILURE, START), payment(active(), PaymentStatus.REFUNDED), LATER
    )
    assert cart.opened.site is None
    assert cart.opened.subscription == replace(SUBSCRIPTION, status="canceled")
    assert cart.payment.status is PaymentStatus.REFUNDED
    assert refunded().opened.subscription is None


def test_only_a_failed_order_is_paid_back() -> None:
    with pytest.raises(TransitionRefusedError, match="has not failed"):
        settle_failed_payment(paid(), payment(paid(), PaymentStatus.REFUNDED), LATER)


def test_a_refund_is_final() -> None:
    with pytest.raises(TransitionRefusedError, match="refunded -> refund_pending"):
        settle_failed_payment(refunded(), payment(refunded(), PaymentStatus.REFUND_PENDING), LATER)


def test_a_failed_order_gives_its_slot_up() -> None:
    cart = close_order(refunded(), LATER)
    assert (cart.status, cart.opened.status) == (CartStatus.CHECKED_OUT, OrderStatus.FAILED)
    assert cart.slot is None


CHANGES: dict[str, Change] = {
    "observe_payment": lambda cart: observe_payment(cart, cart.payment, LATER),
    "start_attempt": lambda cart: start_attempt(cart, 2, LATER),
    "deliver_site": lambda cart: deliver_site(cart, SITE, LATER),
    "activate_subscription": lambda cart: activate_subscription(cart, SUBSCRIPTION, LATER),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("name", ["failed early", "failed", "refunded", "closed failed", "completed"])
def test_nothing_is_charged_or_delivered_after_a_failure_or_the_end(change: Change, name: str) -> None:
    with pytest.raises(TransitionRefusedError, match="takes no further step"):
        change(STEPS[name])


def test_a_terminal_order_does_not_fail_any_more() -> None:
    with pytest.raises(TransitionRefusedError, match="the order is completed"):
        fail_order(completed(), FAILURE, LATER)


def test_a_site_is_delivered_before_its_subscription() -> None:
    """The task of a later step cannot be completed twice, and no step goes back."""
    with pytest.raises(TransitionRefusedError, match="completed -> running"):
        deliver_site(active(), SITE, LATER)


def test_the_notification_belongs_to_a_terminal_order() -> None:
    assert settle_callback(completed(), CallbackStatus.FAILED, LATER).callback is CallbackStatus.FAILED
    with pytest.raises(TransitionRefusedError, match="not terminal"):
        settle_callback(active(), CallbackStatus.DELIVERED, LATER)


@pytest.mark.parametrize("name", STEPS)
def test_tasks_are_monotonic_over_a_life(name: str) -> None:
    """No step shows a task running behind one that has not ended."""
    order = [task.status for task in STEPS[name].opened.tasks]
    running = order.index(TaskStatus.RUNNING) if TaskStatus.RUNNING in order else len(order)
    ended = {TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.SKIPPED}
    assert set(order[:running]) <= ended
    assert set(order[running + 1 :]) <= {TaskStatus.PENDING}
