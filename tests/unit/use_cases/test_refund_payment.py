"""RefundPayment: stop the order, give the money back, remove what was made."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hostcart.contract.statuses import OrderStatus, PaymentStatus
from hostcart.domain.cart import Cart
from hostcart.domain.payment import AttemptState, InvoiceStatus
from hostcart.ports import MisconfiguredError, OutcomeUnknownError, RefusedError, UnavailableError
from hostcart.use_cases import errors
from hostcart.use_cases.errors import CartNotFoundError, RefundFailedError

from tests.fakes.crash import Crash
from tests.fakes.payments import Method
from tests.fakes.world import ACCOUNT, PDX, World


def cause(code: object) -> str:
    """As the runtime words a failed task."""
    return json.dumps({"errorMessage": code, "errorType": "SiteFailedError"})


def nothing_is_owed(world: World) -> None:
    """The customer has their money and their credit; nothing of the order is left."""
    charged = sum(charge.amount for charge in world.payments.charges)
    refunded = sum(refund.refunded for refund in world.payments.refunds.values())
    assert charged == refunded
    assert world.sites.live == set()
    assert world.payments.live_subscriptions == []


# --- before anything was paid ---------------------------------------------------------------------


def test_before_the_order_is_open_it_is_opened_to_fail(ordered: World) -> None:
    compensation = ordered.refund(cause("contended"))
    order = ordered.cart.opened
    assert compensation.order_id == order.id
    assert compensation.settled
    assert order.number == 1
    assert order.failure is not None
    assert ordered.cart.payment.status is PaymentStatus.FAILED
    assert ordered.payments.invoices == {}  # the draft is gone
    nothing_is_owed(ordered)


def test_an_open_invoice_is_voided_and_its_credit_returns(ordered: World) -> None:
    ordered.payments.credit, ordered.payments.method = 500, Method.NEEDS_CUSTOMER
    ordered.charge()
    assert ordered.payments.credit == 0
    compensation = ordered.refund(cause("payment_expired"))
    assert (compensation.status, compensation.settled) == (PaymentStatus.FAILED, True)
    assert ordered.payments.invoice.status is InvoiceStatus.VOID
    assert ordered.payments.credit == 500
    payment = ordered.cart.payment
    assert (payment.amount_charged, payment.credit_applied, payment.amount_refunded) == (0, 0, 0)
    nothing_is_owed(ordered)


def test_an_uncollectible_invoice_is_voided(ordered: World) -> None:
    ordered.payments.change(status=InvoiceStatus.UNCOLLECTIBLE)
    assert ordered.refund().settled
    assert ordered.payments.invoice.status is InvoiceStatus.VOID


@pytest.mark.parametrize("gone", [True, False])
def test_an_invoice_that_is_gone_or_void_is_owed_nothing(ordered: World, *, gone: bool) -> None:
    if gone:
        ordered.payments.invoices.clear()
    else:
        ordered.payments.change(status=InvoiceStatus.VOID)
    assert ordered.refund().status is PaymentStatus.FAILED
    assert not {"void", "refund"} & set(ordered.payments.calls)


def test_another_refusal_to_show_the_invoice_is_not_taken_for_gone(ordered: World) -> None:
    ordered.payments.fail("get_invoice", RefusedError("invalid_request"))
    with pytest.raises(RefusedError):
        ordered.refund()
    assert ordered.cart.payment.status is PaymentStatus.PROCESSING


def test_a_void_that_loses_against_the_customers_payment_is_refunded(ordered: World) -> None:
    ordered.payments.method = Method.NEEDS_CUSTOMER
    ordered.charge()
    begin = ordered.payments._begin

    def pays_first(name: str) -> None:
        if name == "void":
            ordered.payments.receive()
        begin(name)

    ordered.payments._begin = pays_first  # type: ignore[method-assign]
    compensation = ordered.refund(cause("payment_expired"))
    assert compensation.status is PaymentStatus.REFUNDED
    assert ordered.cart.payment.amount_charged == ordered.cart.payment.amount_refunded == 1300
    nothing_is_owed(ordered)


def test_a_debit_under_way_can_be_neither_stopped_nor_refunded_yet(ordered: World) -> None:
    ordered.payments.method = Method.SETTLES_LATER
    ordered.charge()
    waiting = ordered.refund()
    assert (waiting.settled, waiting.status) == (False, PaymentStatus.PROCESSING)
    assert ordered.cart.opened.failure is not None
    assert "PaymentOutcome" not in {name for name, _ in ordered.metrics.counted}  # a wait is no outcome
    ordered.payments.receive()
    assert ordered.refund().status is PaymentStatus.REFUNDED
    nothing_is_owed(ordered)


# --- after it was paid ----------------------------------------------------------------------------


def test_a_paid_order_is_refunded_in_full(paid: World) -> None:
    compensation = paid.refund(cause("site_failed"))
    assert (compensation.status, compensation.settled) == (PaymentStatus.REFUNDED, True)
    payment = paid.cart.payment
    assert (payment.amount_charged, payment.amount_refunded) == (1300, 1300)
    assert paid.cart.opened.status is OrderStatus.PROCESSING  # CloseOrder's to end
    assert ("PaymentOutcome", {"outcome": "refunded"}) in paid.metrics.counted
    nothing_is_owed(paid)


def test_credit_goes_back_to_the_balance(ordered: World) -> None:
    ordered.payments.credit = 500
    ordered.charge()
    ordered.refund(cause("site_failed"))
    assert ordered.payments.credit == 500
    payment = ordered.cart.payment
    assert (payment.amount_charged, payment.credit_applied, payment.amount_refunded) == (800, 500, 800)
    assert payment.credit_refunded == 500


def test_a_site_and_a_subscription_are_taken_back(delivered: World) -> None:
    delivered.activate()
    delivered.refund(cause("fulfilment"))
    order = delivered.cart.opened
    assert order.site is None
    assert order.subscription is not None
    assert order.subscription.status == "canceled"
    nothing_is_owed(delivered)


def test_a_subscription_that_was_never_stored_is_cancelled_too(delivered: World) -> None:
    delivered.payments.fail("create_subscription", OutcomeUnknownError("timeout"), after=True)
    with pytest.raises(OutcomeUnknownError):
        delivered.activate()
    assert len(delivered.payments.live_subscriptions) == 1
    delivered.refund()
    nothing_is_owed(delivered)


def test_a_site_that_was_never_stored_is_removed_and_its_id_barred(paid: World) -> None:
    paid.sites.polls_until_ready = 5
    paid.provision()
    paid.refund(cause("site_deadline_passed"))
    assert paid.cart.opened.id in paid.sites.deleted
    nothing_is_owed(paid)


def test_a_refund_that_pends_is_looked_at_again(paid: World) -> None:
    paid.payments.refunds_settle = False
    compensation = paid.refund(cause("site_failed"))
    assert (compensation.status, compensation.settled) == (PaymentStatus.REFUND_PENDING, False)
    assert not paid.refund(cause("site_failed")).settled
    paid.payments.refunds_settle = True
    assert paid.refund(cause("site_failed")).settled
    assert paid.cart.payment.status is PaymentStatus.REFUNDED
    nothing_is_owed(paid)


def test_a_repeat_gives_back_once(ordered: World) -> None:
    ordered.payments.credit = 500
    ordered.charge()
    for _ in range(3):
        ordered.refund(cause("site_failed"))
    assert len(ordered.payments.refunds) == 1
    assert ordered.payments.credit == 500
    nothing_is_owed(ordered)


def test_a_closed_order_is_left_alone(paid: World) -> None:
    paid.refund(cause("site_failed"))
    paid.close()
    calls, version = list(paid.payments.calls), paid.cart.version
    assert paid.refund().settled
    assert (paid.payments.calls, paid.cart.version) == (calls, version)


def test_a_delivered_order_is_never_refunded_by_a_late_task(delivered: World) -> None:
    delivered.activate()
    delivered.close()
    delivered.refund()
    assert delivered.payments.refunds == {}
    assert delivered.cart.opened.status is OrderStatus.COMPLETED
    assert len(delivered.sites.live) == len(delivered.payments.live_subscriptions) == 1


@pytest.mark.parametrize("call", ["get_invoice", "refund", "find_subscription", "cancel_subscription"])
@pytest.mark.parametrize("after", [False, True])
def test_one_refund_whatever_answer_is_lost(delivered: World, call: str, *, after: bool) -> None:
    delivered.activate()
    delivered.payments.fail(call, OutcomeUnknownError("timeout"), after=after)
    with pytest.raises(OutcomeUnknownError):
        delivered.refund(cause("site_failed"))
    assert delivered.cart.opened.failure is not None  # stopped first
    delivered.refund(cause("other"))
    assert delivered.cart.opened.failure.code == "site_failed"
    nothing_is_owed(delivered)


def test_wrong_credentials_stop_the_compensation_for_an_operator(paid: World) -> None:
    paid.payments.fail("refund", MisconfiguredError("payments_denied"))
    with pytest.raises(MisconfiguredError):
        paid.refund()
    paid.refund()
    nothing_is_owed(paid)


# --- what an operator is told ---------------------------------------------------------------------


def undelivered(world: World) -> list[str]:
    """The codes of the alarm for paid orders without delivery."""
    return [counted["code"] for name, counted in world.metrics.counted if name == "PaidUndelivered"]


def test_a_paid_order_that_gets_nothing_is_alarmed_once(paid: World) -> None:
    paid.payments.refunds_settle = False
    for _ in range(2):
        paid.refund(cause("site_failed"))
    paid.payments.refunds_settle = True
    paid.refund(cause("site_failed"))
    paid.close()
    paid.refund(cause("site_failed"))
    assert undelivered(paid) == ["site_failed"]


def test_credit_is_payment_too(ordered: World) -> None:
    ordered.payments.credit = 5000
    ordered.charge()
    ordered.refund(cause("contended"))
    assert undelivered(ordered) == ["fulfilment_failed"]


def test_a_debit_that_arrives_for_a_failed_order_is_alarmed_when_it_does(ordered: World) -> None:
    ordered.payments.method = Method.SETTLES_LATER
    ordered.charge()
    ordered.refund(cause("site_failed"))
    assert undelivered(ordered) == []
    ordered.payments.receive()
    ordered.refund(cause("site_failed"))
    assert undelivered(ordered) == ["site_failed"]


@pytest.mark.parametrize("call", ["get_invoice", "refund", "find_subscription"])
def test_an_answer_that_is_lost_loses_no_alarm(paid: World, call: str) -> None:
    paid.payments.fail(call, OutcomeUnknownError("timeout"), after=True)
    with pytest.raises(OutcomeUnknownError):
        paid.refund(cause("site_failed"))
    paid.refund(cause("site_failed"))
    assert undelivered(paid) == ["site_failed"]


def test_a_crash_beside_the_last_write_loses_no_alarm(paid: World) -> None:
    save = paid.carts.save

    def saves_and_dies(cart: Cart, **options: Any) -> Cart:
        saved = save(cart, **options)
        if cart.payment.status is PaymentStatus.REFUNDED:
            raise Crash
        return saved

    paid.carts.save = saves_and_dies  # type: ignore[method-assign]
    with pytest.raises(Crash):
        paid.refund(cause("site_failed"))
    paid.carts.save = save  # type: ignore[method-assign]
    paid.refund(cause("site_failed"))
    assert undelivered(paid) == ["site_failed"]


def test_an_order_that_was_never_paid_alarms_nobody(ordered: World) -> None:
    ordered.payments.method = Method.NEEDS_CUSTOMER
    ordered.charge()
    ordered.refund(cause("payment_expired"))
    assert undelivered(ordered) == []


def test_a_cancelled_order_alarms_nobody(paid: World) -> None:
    paid.cancel()
    paid.refund(cause("order_cancelled"))
    assert paid.cart.payment.status is PaymentStatus.REFUNDED
    assert undelivered(paid) == []


# --- what the client is told ----------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(errors._DETAILS))
def test_a_known_code_is_told(ordered: World, code: str) -> None:
    ordered.refund(cause(code))
    failure = ordered.cart.opened.failure
    assert failure is not None
    assert (failure.code, failure.detail) == (code, errors._DETAILS[code])


CAUSES: list[Any] = [
    None,
    "",
    "not json",
    "[]",
    "null",
    '"site_failed"',
    "{}",
    cause(None),
    cause(42),
    cause({"errorMessage": "site_failed"}),
    cause("An unexpected sentence with a secret"),
    cause("contended"),
]


@pytest.mark.parametrize("text", CAUSES)
def test_anything_else_stays_inside(ordered: World, text: str | None) -> None:
    ordered.refund(text)
    failure = ordered.cart.opened.failure
    assert failure is not None
    assert failure.code == "fulfilment_failed"
    assert "secret" not in failure.detail


def test_the_slot_is_given_back_by_the_close_and_not_before(paid: World) -> None:
    paid.refund()
    assert paid.carts.taken[PDX] == 1


def test_an_attempt_of_a_void_invoice_is_nothing(ordered: World) -> None:
    ordered.payments.change(status=InvoiceStatus.VOID, attempt=AttemptState.DECLINED)
    assert ordered.refund().status is PaymentStatus.FAILED
    assert ordered.carts.counters[ACCOUNT] == 1


def test_an_unknown_cart(world: World) -> None:
    world.token = "0" * 32
    with pytest.raises(CartNotFoundError):
        world.refund()


# --- a refund that comes back ---------------------------------------------------------------------


def test_a_refund_that_the_bank_sends_back_is_owed_and_told(paid: World) -> None:
    paid.payments.refunds_settle = False
    paid.refund(cause("site_failed"))
    paid.payments.refunds_settle, paid.payments.refunds_return = True, True
    with pytest.raises(RefundFailedError):
        paid.refund(cause("site_failed"))
    payment = paid.cart.payment
    assert (payment.status, payment.amount_refunded) == (PaymentStatus.REFUND_PENDING, 0)
    assert ("RefundsFailed", {}) in paid.metrics.counted
    assert not paid.cart.opened.status.terminal
    paid.payments.refunds_return = False  # the operator paid by another way
    assert paid.refund().settled
    nothing_is_owed(paid)


def test_a_refund_that_comes_back_after_the_end_is_owed_again(paid: World) -> None:
    paid.refund(cause("site_failed"))
    paid.close()
    assert paid.recheck() is PaymentStatus.REFUNDED
    assert "RefundsFailed" not in {name for name, _ in paid.metrics.counted}
    paid.payments.refunds_return = True
    for _ in range(2):
        assert paid.recheck() is PaymentStatus.REFUND_PENDING
    assert [name for name, _ in paid.metrics.counted].count("RefundsFailed") == 1, (
        "once, however often it is looked at"
    )
    order = paid.cart.opened
    assert order.status is OrderStatus.FAILED
    paid.payments.refunds_return = False
    assert paid.recheck() is PaymentStatus.REFUNDED
    assert paid.cart.payment.amount_refunded == 1300


def test_nothing_is_looked_at_again_where_nothing_was_given_back(delivered: World) -> None:
    delivered.activate()
    assert delivered.recheck() is PaymentStatus.SUCCEEDED
    delivered.close()
    version = delivered.cart.version
    assert delivered.recheck() is PaymentStatus.SUCCEEDED
    assert (delivered.cart.version, delivered.payments.refunds) == (version, {})


def test_an_order_that_is_still_compensated_is_its_executions_alone(paid: World) -> None:
    paid.payments.refunds_settle = False
    paid.refund()
    version = paid.cart.version
    paid.payments.refunds_settle = True
    assert paid.recheck() is PaymentStatus.REFUND_PENDING
    assert paid.cart.version == version


def test_every_subscription_of_the_order_is_cancelled(delivered: World) -> None:
    delivered.activate()
    first = delivered.payments.subscriptions[0]
    delivered.payments.subscriptions.append(replace(first, id="sub_second"))
    delivered.refund()
    nothing_is_owed(delivered)


def test_a_subscription_that_stays_is_no_success(delivered: World) -> None:
    delivered.activate()
    delivered.payments.cancel_subscription = lambda _: None  # type: ignore[method-assign, assignment]
    with pytest.raises(UnavailableError, match="subscription_not_cancelled"):
        delivered.refund()
    assert not delivered.cart.opened.status.terminal
