"""ChargePayment: every state of the invoice against every state we stored, with any answer lost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hostcart.contract.statuses import MethodType, OrderStatus, PaymentStatus
from hostcart.domain.cart import Failure, fail_order
from hostcart.domain.money import Line
from hostcart.domain.payment import AttemptState, InvoiceStatus
from hostcart.ports import (
    DeclinedError,
    MisconfiguredError,
    OutcomeUnknownError,
    PortError,
    RefusedError,
    UnavailableError,
)
from hostcart.use_cases.errors import CartNotFoundError, NewsArrivedError, PaymentFailedError

from tests.fakes.payments import Charge, Method
from tests.fakes.platform import START
from tests.fakes.world import ACCOUNT, PAYMENT_DEADLINE, POLL, World


def failed(world: World) -> str:
    """The code with which the payment fails for good."""
    with pytest.raises(PaymentFailedError) as caught:
        world.charge()
    return caught.value.code


# --- the plain outcomes ---------------------------------------------------------------------------


def test_a_card_that_charges(ordered: World) -> None:
    charge = ordered.charge()
    assert charge.status is PaymentStatus.SUCCEEDED
    assert charge.order_id == ordered.cart.opened.id
    assert ordered.payments.charges == [Charge("in_1", 1300)]
    payment = ordered.cart.payment
    assert (payment.amount_charged, payment.credit_applied, payment.method_type) == (1300, 0, MethodType.CARD)
    assert payment.hosted_invoice_url == "https://invoice.example/in_1"
    assert payment.paid_at == START
    assert ordered.cart.opened.status is OrderStatus.PROCESSING
    assert ("PaymentOutcome", {"outcome": "succeeded"}) in ordered.metrics.counted


def test_a_repeat_after_success_asks_nobody(paid: World) -> None:
    calls, version = list(paid.payments.calls), paid.cart.version
    assert paid.charge().status is PaymentStatus.SUCCEEDED
    assert paid.payments.calls == calls
    assert paid.cart.version == version


def test_only_the_missing_steps_are_taken(ordered: World) -> None:
    ordered.charge()
    assert ordered.payments.calls == ["open_invoice", "get_invoice", "add_lines", "finalize", "pay"]


def test_credit_pays_a_part(ordered: World) -> None:
    ordered.payments.credit = 500
    ordered.charge()
    payment = ordered.cart.payment
    assert (payment.amount_charged, payment.credit_applied) == (800, 500)
    assert ordered.payments.charges == [Charge("in_1", 800)]


def test_credit_that_covers_all_leaves_no_method(ordered: World) -> None:
    ordered.payments.credit = 2000
    assert ordered.charge().status is PaymentStatus.SUCCEEDED
    payment = ordered.cart.payment
    assert (payment.amount_charged, payment.credit_applied, payment.method_type) == (0, 1300, None)
    assert ordered.payments.charges == []
    assert "pay" not in ordered.payments.calls
    assert ordered.payments.credit == 700


@pytest.mark.parametrize("method", [Method.NEEDS_CUSTOMER, Method.DECLINES])
def test_the_customer_can_still_act(ordered: World, method: Method) -> None:
    ordered.payments.method = method
    charge = ordered.charge()
    assert charge.status is PaymentStatus.AWAITING_AUTHENTICATION
    assert ordered.cart.payment.hosted_invoice_url == "https://invoice.example/in_1"
    assert ordered.cart.payment.amount_charged == 0
    assert ordered.cart.opened.status is OrderStatus.PENDING
    # Looking again does not charge again.
    ordered.charge()
    assert ordered.payments.calls.count("pay") == 1
    ordered.payments.receive()
    assert ordered.charge().status is PaymentStatus.SUCCEEDED
    assert ordered.payments.charges == [Charge("in_1", 1300)]


def test_a_decline_for_good(ordered: World) -> None:
    ordered.payments.method = Method.STOLEN
    assert failed(ordered) == "payment_declined"
    assert ordered.cart.payment.status is PaymentStatus.PROCESSING  # the compensation settles it


def test_a_debit_settles_later(ordered: World) -> None:
    ordered.payments.method = Method.SETTLES_LATER
    assert ordered.charge().status is PaymentStatus.PROCESSING
    assert ordered.cart.payment.amount_charged == 1300
    ordered.clock.advance(days=3)
    assert ordered.charge().status is PaymentStatus.PROCESSING  # no deadline for the bank
    assert ordered.payments.calls.count("pay") == 1
    ordered.payments.receive()
    assert ordered.charge().status is PaymentStatus.SUCCEEDED


def test_a_debit_that_fails_late_is_the_customers_to_mend(ordered: World) -> None:
    ordered.payments.method = Method.SETTLES_LATER
    ordered.charge()
    ordered.payments.change(attempt=AttemptState.DECLINED)
    assert ordered.charge().status is PaymentStatus.AWAITING_AUTHENTICATION
    assert ordered.payments.calls.count("pay") == 1  # the key may be forgotten by now: a second would debit


def test_a_decline_counts_even_where_the_invoice_does_not_show_it(ordered: World) -> None:
    ordered.payments.fail("pay", DeclinedError("card_declined", recoverable=True))
    assert ordered.charge().status is PaymentStatus.AWAITING_AUTHENTICATION
    ordered.charge()
    assert ordered.payments.calls.count("pay") == 1


def test_a_refused_payment_fails(ordered: World) -> None:
    ordered.payments.fail("pay", RefusedError("payment_method_missing"))
    assert failed(ordered) == "payment_declined"


# --- what we find against what we know ------------------------------------------------------------

STORED = {
    "nothing seen": lambda world: None,
    "awaiting": lambda world: _reach(world, Method.NEEDS_CUSTOMER),
    "processing": lambda world: _reach(world, Method.SETTLES_LATER),
}


def _reach(world: World, method: Method) -> None:
    world.payments.method = method
    world.charge()
    world.payments.method = Method.CHARGES


SUCCEEDED, AWAITING, PROCESSING = (
    PaymentStatus.SUCCEEDED,
    PaymentStatus.AWAITING_AUTHENTICATION,
    PaymentStatus.PROCESSING,
)
# invoice status, its attempt, and the outcome for each of the STORED states
FOUND: list[tuple[InvoiceStatus, AttemptState, dict[str, PaymentStatus | str]]] = [
    (InvoiceStatus.PAID, AttemptState.SUCCEEDED, dict.fromkeys(STORED, SUCCEEDED)),
    (InvoiceStatus.OPEN, AttemptState.PROCESSING, dict.fromkeys(STORED, PROCESSING)),
    (InvoiceStatus.OPEN, AttemptState.REQUIRES_ACTION, dict.fromkeys(STORED, AWAITING)),
    (
        InvoiceStatus.OPEN,
        AttemptState.NONE,
        {"nothing seen": SUCCEEDED, "awaiting": PROCESSING, "processing": SUCCEEDED},
    ),
    (
        InvoiceStatus.OPEN,
        AttemptState.DECLINED,
        {"nothing seen": SUCCEEDED, "awaiting": AWAITING, "processing": AWAITING},
    ),
    (InvoiceStatus.VOID, AttemptState.NONE, dict.fromkeys(STORED, "payment_closed")),
    (InvoiceStatus.UNCOLLECTIBLE, AttemptState.DECLINED, dict.fromkeys(STORED, "payment_closed")),
]


@pytest.mark.parametrize("stored", STORED)
@pytest.mark.parametrize(("status", "attempt", "outcomes"), FOUND)
def test_the_invoice_decides(
    ordered: World,
    status: InvoiceStatus,
    attempt: AttemptState,
    outcomes: dict[str, PaymentStatus | str],
    stored: str,
) -> None:
    STORED[stored](ordered)
    ordered.payments.change(
        status=status,
        attempt=attempt,
        total=1300,
        amount_due=1300,
        amount_paid=1300 if status is InvoiceStatus.PAID else 0,
        hosted_url="https://invoice.example/in_1",
    )
    expected = outcomes[stored]
    if isinstance(expected, PaymentStatus):
        assert ordered.charge().status is expected
        assert ordered.cart.payment.status is expected
    else:
        assert failed(ordered) == expected


def test_a_gone_invoice_fails_the_payment(ordered: World) -> None:
    ordered.payments.invoices.clear()
    assert failed(ordered) == "payment_declined"


def test_what_is_charged_is_what_was_quoted(ordered: World) -> None:
    """Lines that somebody else wrote on the draft are not paid."""
    ordered.payments.change(total=999, amount_due=999)
    assert failed(ordered) == "payment_closed"
    assert "finalize" not in ordered.payments.calls


def test_lines_that_are_there_are_not_added_again(ordered: World) -> None:
    ordered.payments.add_lines("in_1", [Line(id="site", description="", amount=1300)], cart_token="")
    ordered.charge()
    assert ordered.payments.calls.count("add_lines") == 1


def test_an_order_that_failed_is_not_charged(ordered: World) -> None:
    ordered.payments.method = Method.NEEDS_CUSTOMER
    ordered.charge()
    ordered.carts.save(fail_order(ordered.cart, Failure(code="x", detail=""), START))
    calls = list(ordered.payments.calls)
    assert failed(ordered) == "payment_closed"
    assert ordered.payments.calls == calls


def test_an_unknown_cart(world: World) -> None:
    world.token = "0" * 32
    with pytest.raises(CartNotFoundError):
        world.charge()


# --- amounts too small to charge ------------------------------------------------------------------


def test_a_rest_below_the_minimum_is_refused_and_the_credit_returns(ordered: World) -> None:
    ordered.payments.credit = 1290
    assert failed(ordered) == "amount_below_minimum"
    assert ordered.payments.credit == -10
    compensation = ordered.refund()
    assert compensation.settled
    assert ordered.payments.credit == 1290


def test_an_open_invoice_below_the_minimum_is_not_paid(ordered: World) -> None:
    ordered.payments.change(status=InvoiceStatus.OPEN, total=1300, amount_due=49)
    assert failed(ordered) == "amount_below_minimum"
    assert "pay" not in ordered.payments.calls


# --- lost answers ---------------------------------------------------------------------------------

CALLS = ["get_invoice", "add_lines", "finalize", "pay"]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "error",
    [
        OutcomeUnknownError("timeout"),
        OutcomeUnknownError("server_unavailable"),
        UnavailableError("rate_limit"),
        MisconfiguredError("payments_denied"),
    ],
)
def test_a_lost_answer_is_asked_for_again_and_charged_once(
    ordered: World, call: str, *, after: bool, error: PortError
) -> None:
    ordered.payments.fail(call, error, after=after)
    with pytest.raises(type(error)):
        ordered.charge()
    assert ordered.charge().status is PaymentStatus.SUCCEEDED
    assert ordered.payments.charges == [Charge("in_1", 1300)]
    assert set(ordered.payments.attempts) == {1}


@pytest.mark.parametrize("method", [Method.DECLINES, Method.NEEDS_CUSTOMER, Method.SETTLES_LATER])
def test_a_lost_answer_of_another_outcome(ordered: World, method: Method) -> None:
    ordered.payments.method = method
    ordered.payments.fail("pay", OutcomeUnknownError("timeout"), after=False)
    with pytest.raises(OutcomeUnknownError):
        ordered.charge()
    ordered.charge()
    assert ordered.payments.charges == []
    assert ordered.cart.payment.status is not PaymentStatus.SUCCEEDED


def test_a_decline_that_was_not_stored_is_told_apart_by_its_repeat(ordered: World) -> None:
    """The answer of a hard decline was lost: what the invoice shows does not tell how hard it was."""
    ordered.payments.method = Method.STOLEN
    ordered.payments.change(
        status=InvoiceStatus.OPEN, total=1300, amount_due=1300, attempt=AttemptState.DECLINED
    )
    assert failed(ordered) == "payment_declined"


def test_the_state_after_a_recoverable_decline_cannot_be_read(ordered: World) -> None:
    ordered.payments.method = Method.DECLINES
    lost = UnavailableError("rate_limit")
    _meanwhile(ordered, "pay", lambda: ordered.payments.fail("get_invoice", lost))
    with pytest.raises(UnavailableError):
        ordered.charge()
    assert ordered.payments.calls[-2:] == ["pay", "get_invoice"]
    assert ordered.charge().status is PaymentStatus.AWAITING_AUTHENTICATION


# --- a 5xx that the processor keeps under the key -------------------------------------------------


def test_a_spent_key_gives_way_to_a_new_attempt_when_nothing_was_touched(ordered: World) -> None:
    ordered.payments.spend_key(1)
    with pytest.raises(OutcomeUnknownError):
        ordered.charge()
    assert ordered.cart.payment.attempt == 2
    assert ordered.charge().status is PaymentStatus.SUCCEEDED
    assert ordered.payments.attempts == [1, 2]


@pytest.mark.parametrize(
    "changes",
    [
        {"attempt": AttemptState.PROCESSING},
        {"attempt": AttemptState.REQUIRES_ACTION},
        {"attempt": AttemptState.DECLINED},
        {"status": InvoiceStatus.PAID, "amount_paid": 1300, "attempt": AttemptState.SUCCEEDED},
    ],
)
def test_a_spent_key_stays_while_something_is_under_way(ordered: World, changes: dict[str, Any]) -> None:
    ordered.payments.spend_key(1)
    _meanwhile(ordered, "pay", lambda: ordered.payments.change(**changes))
    with pytest.raises(OutcomeUnknownError):
        ordered.charge()
    assert ordered.cart.payment.attempt == 1


def test_another_5xx_is_no_reason_for_a_new_attempt(ordered: World) -> None:
    ordered.payments.fail("pay", OutcomeUnknownError("server_unavailable"))
    with pytest.raises(OutcomeUnknownError):
        ordered.charge()
    assert ordered.cart.payment.attempt == 1


def test_a_void_that_comes_between_look_and_pay(ordered: World) -> None:
    _meanwhile(ordered, "pay", lambda: ordered.payments.change(status=InvoiceStatus.VOID))
    assert failed(ordered) == "payment_declined"
    assert ordered.payments.charges == []


def test_a_customer_who_pays_between_look_and_pay(ordered: World) -> None:
    _meanwhile(ordered, "pay", ordered.payments.receive)
    assert ordered.charge().status is PaymentStatus.SUCCEEDED
    assert ordered.payments.charges == [Charge("in_1", 1300)]


def _meanwhile(world: World, call: str, happen: Callable[[], object]) -> None:
    """Something happens at the processor just before the call arrives."""
    begin = world.payments._begin

    def hooked(name: str) -> None:
        if name == call:
            world.payments._begin = begin  # type: ignore[method-assign]
            happen()
        begin(name)

    world.payments._begin = hooked  # type: ignore[method-assign]


# --- waiting --------------------------------------------------------------------------------------


def test_an_authentication_has_a_deadline(ordered: World) -> None:
    ordered.payments.method = Method.NEEDS_CUSTOMER
    ordered.charge()
    ordered.clock.moment = START + PAYMENT_DEADLINE - timedelta(seconds=1)
    assert ordered.charge().status is PaymentStatus.AWAITING_AUTHENTICATION
    ordered.clock.advance(seconds=1)
    assert failed(ordered) == "payment_expired"


def test_after_a_late_debit_failure_the_customer_has_the_whole_time(ordered: World) -> None:
    ordered.payments.method = Method.SETTLES_LATER
    ordered.charge()
    ordered.clock.advance(days=5)
    ordered.payments.change(attempt=AttemptState.DECLINED)
    assert ordered.charge().status is PaymentStatus.AWAITING_AUTHENTICATION
    assert ordered.charge().wait_seconds == 30
    ordered.clock.moment = START + timedelta(days=5) + PAYMENT_DEADLINE - timedelta(seconds=1)
    assert ordered.charge().status is PaymentStatus.AWAITING_AUTHENTICATION
    ordered.clock.advance(seconds=1)
    assert failed(ordered) == "payment_expired"


def test_a_payment_that_came_before_the_look_beats_the_deadline(ordered: World) -> None:
    ordered.payments.method = Method.NEEDS_CUSTOMER
    ordered.charge()
    ordered.payments.receive()
    ordered.clock.advance(days=2)
    assert ordered.charge().status is PaymentStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("passed", "seconds"),
    [
        (timedelta(0), 30),
        (timedelta(seconds=20), 30),
        (timedelta(minutes=20), 1200),
        (timedelta(hours=10), 36000),
        (timedelta(days=3), 86400),
    ],
)
def test_one_looks_after_as_long_again_as_has_passed(ordered: World, passed: timedelta, seconds: int) -> None:
    ordered.payments.method = Method.SETTLES_LATER
    ordered.charge()
    ordered.clock.moment = START + passed
    assert ordered.charge().wait_seconds == seconds
    assert timedelta(seconds=30) == POLL


def test_a_customer_who_has_to_act_is_looked_at_when_the_time_is_up(ordered: World) -> None:
    ordered.payments.method = Method.NEEDS_CUSTOMER
    ordered.charge()
    ordered.clock.moment = START + timedelta(hours=20)
    assert ordered.charge().wait_seconds == 3 * 3600
    ordered.clock.moment = START + PAYMENT_DEADLINE - timedelta(milliseconds=1)
    assert ordered.charge().wait_seconds == 1


def test_five_days_of_a_debit_cost_few_looks(ordered: World) -> None:
    """Of sixty transitions an execution's other steps take seven; a look and its wait take three."""
    ordered.payments.method = Method.SETTLES_LATER
    settled, looks = START + timedelta(days=5), 0
    while (charge := ordered.charge()).status is not PaymentStatus.SUCCEEDED:
        ordered.clock.advance(seconds=charge.wait_seconds)
        looks += 1
        if ordered.clock.moment >= settled:
            ordered.payments.receive()
    assert 3 * looks + 7 <= 60
    assert ordered.clock.moment < settled + timedelta(days=1)


def test_news_is_heeded_before_the_look(ordered: World) -> None:
    ordered.payments.method = Method.NEEDS_CUSTOMER
    ordered.charge()
    ordered.wake()
    assert ordered.cart.news
    ordered.payments.fail("get_invoice", UnavailableError("rate_limit"))
    with pytest.raises(UnavailableError):
        ordered.charge()
    assert not ordered.cart.news
    ordered.wake()  # while the look is under way: it is not taken for seen
    with pytest.raises(NewsArrivedError):
        ordered.wait("task-token")


def test_a_name_that_is_paid_for_stays_held_while_nobody_can_register_it(world: World) -> None:
    world.order_domain()
    assert world.charge().status is PaymentStatus.SUCCEEDED
    assert world.carts.is_claimed("example.com", world.clock.now() + timedelta(hours=20))


def test_the_name_is_held_until_after_the_next_look(world: World) -> None:
    world.order_domain()
    world.payments.method = Method.SETTLES_LATER
    world.charge()
    world.clock.advance(days=3)
    charge = world.charge()
    (_, until) = world.carts.claims["example.com"]
    assert until is not None
    assert until > world.clock.now() + timedelta(seconds=charge.wait_seconds) + timedelta(hours=1)


def test_a_look_that_shows_nothing_new_writes_nothing(ordered: World) -> None:
    ordered.payments.method = Method.SETTLES_LATER
    ordered.charge()
    version, counted = ordered.cart.version, len(ordered.metrics.counted)
    ordered.clock.advance(minutes=10)
    ordered.charge()
    assert ordered.cart.version == version
    assert len(ordered.metrics.counted) == counted


def test_the_order_opens_at_the_first_try_whatever_comes_of_it(ordered: World) -> None:
    ordered.payments.fail("get_invoice", UnavailableError("rate_limit"))
    with pytest.raises(UnavailableError):
        ordered.charge()
    assert ordered.cart.opened.number == 1
    assert ordered.carts.counters == {ACCOUNT: 1}
    assert replace(ordered.cart, order=None).order is None
