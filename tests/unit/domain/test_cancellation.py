"""When an order can be cancelled, and that no step forward is taken afterwards."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hostcart.contract.statuses import OrderStatus, PaymentStatus, TaskStatus
from hostcart.domain.cancellation import is_cancellable, refuse_cancellation, request_cancellation
from hostcart.domain.cart import (
    Cart,
    Domain,
    DomainAction,
    DomainItem,
    DomainStatus,
    attempt_domain,
    close_order,
    deliver_domain,
    deliver_site,
    fail_order,
    observe_payment,
    open_order,
    settle_failed_payment,
    start_attempt,
)
from hostcart.domain.returned_refund import revise_refund
from hostcart.domain.transitions import CancelRequestedError, NotCancellableError, TransitionRefusedError

from tests.fakes.platform import START
from tests.unit.domain.carts import (
    FAILURE,
    SITE,
    STEPS,
    failed,
    new_cart,
    opened,
    paid,
    payment,
    refunded,
)

LATER = START + timedelta(minutes=3)
CANCELLABLE = {"opened", "awaiting", "paid"}


@pytest.mark.parametrize("name", STEPS)
def test_a_site_order_until_it_is_delivered_or_failed(name: str) -> None:
    cart = STEPS[name]
    assert is_cancellable(cart) == (name in CANCELLABLE)
    if name not in CANCELLABLE:
        with pytest.raises(NotCancellableError):
            request_cancellation(cart, LATER)
        return
    asked = request_cancellation(cart, LATER)
    assert asked.opened.cancelling
    assert asked.updated_at == asked.opened.updated_at == LATER
    assert request_cancellation(asked, LATER + timedelta(hours=1)) is asked


def domain_order(action: DomainAction, **changes: object) -> Cart:
    item = DomainItem(
        name="example.com",
        unicode_name="example.com",
        suffix="com",
        action=action,
        years=1,
        registrar_price=1299,
        purchase_type="registration",
        renewal_amount=1700,
        stripe_product="prod_domain_com",
    )
    cart = open_order(new_cart(item=item, slot=None), 1, START)
    cart = observe_payment(cart, payment(cart, PaymentStatus.SUCCEEDED), START)
    domain = replace(cart.opened.domain or Domain(), **changes)  # type: ignore[arg-type]
    return replace(cart, order=replace(cart.opened, domain=domain))


ASKED = {"status": DomainStatus.IN_PROGRESS, "attempt": 1}


@pytest.mark.parametrize(
    ("action", "state", "cancellable"),
    [
        (DomainAction.REGISTER, {}, True),
        (DomainAction.REGISTER, ASKED, False),
        (DomainAction.REGISTER, ASKED | {"attempt": 0}, True),  # the call was never made
        (DomainAction.TRANSFER, {}, True),
        (DomainAction.TRANSFER, ASKED, True),
        (DomainAction.TRANSFER, ASKED | {"cancel_refused": True}, False),
        (DomainAction.TRANSFER, {"status": DomainStatus.ACTIVE, "attempt": 1}, False),
    ],
)
def test_a_domain_while_it_can_be_given_up(
    action: DomainAction, state: dict[str, object], *, cancellable: bool
) -> None:
    assert is_cancellable(domain_order(action, **state)) == cancellable


FORWARD: dict[str, tuple[Cart, Callable[[Cart], Cart]]] = {
    "observe_payment": (opened(), lambda cart: observe_payment(cart, cart.payment, LATER)),
    "start_attempt": (opened(), lambda cart: start_attempt(cart, 2, LATER)),
    "deliver_site": (paid(), lambda cart: deliver_site(cart, SITE, LATER)),
    "attempt_domain": (
        domain_order(DomainAction.REGISTER),
        lambda cart: attempt_domain(cart, Domain(attempt=1), LATER),
    ),
    "attempt_transfer_again": (
        domain_order(DomainAction.TRANSFER, **ASKED),
        lambda cart: attempt_domain(cart, Domain(attempt=2), LATER),
    ),
}


@pytest.mark.parametrize("name", FORWARD)
def test_no_step_forward_after_the_request(name: str) -> None:
    cart, step = FORWARD[name]
    assert step(cart)
    with pytest.raises(CancelRequestedError):
        step(request_cancellation(cart, LATER))


def test_an_attempt_that_was_not_made_is_taken_back_all_the_same() -> None:
    cart = request_cancellation(domain_order(DomainAction.TRANSFER, **ASKED), LATER)
    domain = cart.opened.domain
    assert domain is not None
    taken_back = attempt_domain(cart, replace(domain, attempt=0), LATER)
    assert taken_back.opened.cancelling


def test_a_cancelled_order_is_stopped_and_ends_as_such() -> None:
    stopped = fail_order(request_cancellation(paid(), LATER), FAILURE, LATER)
    assert [task.status for task in stopped.opened.tasks] == [
        TaskStatus.COMPLETED,
        TaskStatus.CANCELLED,
        TaskStatus.CANCELLED,
    ]
    given_back = settle_failed_payment(stopped, payment(stopped, PaymentStatus.REFUNDED), LATER)
    ended = close_order(given_back, LATER)
    assert (ended.opened.status, ended.slot) == (OrderStatus.CANCELLED, None)
    assert request_cancellation(ended, LATER) is ended


def test_a_transfer_that_is_delivered_overrules_the_request() -> None:
    cart = request_cancellation(domain_order(DomainAction.TRANSFER, **ASKED), LATER)
    delivered = deliver_domain(cart, Domain(status=DomainStatus.ACTIVE, attempt=1), LATER)
    assert not delivered.opened.cancelling
    assert not is_cancellable(delivered)


def test_a_refused_request_lets_the_order_go_on() -> None:
    cart = domain_order(DomainAction.TRANSFER, **ASKED)
    assert refuse_cancellation(cart, LATER) is cart
    refused = refuse_cancellation(request_cancellation(cart, LATER), LATER)
    assert not refused.opened.cancelling
    assert refuse_cancellation(refused, LATER) is refused
    with pytest.raises(NotCancellableError):
        request_cancellation(refused, LATER)
    assert attempt_domain(refused, Domain(attempt=2), LATER)
    assert close_order(fail_order(refused, FAILURE, LATER), LATER).opened.status is OrderStatus.FAILED


def test_only_the_refund_of_a_closed_order_is_revised() -> None:
    closed = close_order(refunded(), START)
    returned = revise_refund(closed, payment(closed, PaymentStatus.REFUND_PENDING), LATER)
    assert (returned.payment.status, returned.opened.status) == (
        PaymentStatus.REFUND_PENDING,
        OrderStatus.FAILED,
    )
    again = revise_refund(returned, payment(returned, PaymentStatus.REFUNDED), LATER)
    assert again.payment.status is PaymentStatus.REFUNDED
    assert revise_refund(again, again.payment, LATER) is again
    for other in (failed(), refunded(), STEPS["completed"]):
        with pytest.raises(TransitionRefusedError):
            revise_refund(other, payment(other, PaymentStatus.REFUND_PENDING), LATER)
    with pytest.raises(TransitionRefusedError):
        revise_refund(closed, payment(closed, PaymentStatus.SUCCEEDED), LATER)
