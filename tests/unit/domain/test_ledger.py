"""The ledger's arithmetic and the deadlines of orders."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hostcart.contract.statuses import OrderStatus, PaymentStatus
from hostcart.domain.cart import Cart
from hostcart.domain.deadlines import Deadlines, deadline_of
from hostcart.domain.ledger import Booking, balances, entry_of

from tests.fakes.platform import START
from tests.unit.domain.carts import STEPS, new_cart

PAID = Booking(invoice_id="in_1", account_id="1", cart_token="0" * 32, currency="usd", captured=1300)
REFUNDED = replace(PAID, refunded=1300)
DEADLINES = Deadlines(payment=timedelta(hours=23), site=timedelta(minutes=30), transfer=timedelta(days=10))
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("booking", "cart", "difference"),
    [
        (PAID, STEPS["completed"], 0),
        (replace(PAID, captured=800, credit_used=500), STEPS["completed"], 0),
        (REFUNDED, STEPS["completed"], -1300),
        (replace(PAID, captured=0), STEPS["completed"], -1300),
        (REFUNDED, STEPS["closed failed"], 0),
        (replace(PAID, captured=800, credit_used=500, refunded=800), STEPS["closed failed"], 500),
        (replace(PAID, captured=800, credit_used=500, refunded=800, credited=500), STEPS["closed failed"], 0),
        (PAID, STEPS["closed failed"], 1300),
        (PAID, None, 1300),
        (replace(PAID, captured=0), None, 0),
        (PAID, STEPS["paid"], 0),
        (PAID, new_cart(), 0),
    ],
)
def test_what_was_kept_is_what_was_delivered(booking: Booking, cart: Cart | None, difference: int) -> None:
    assert entry_of(booking, cart).difference == difference


def test_an_order_under_way_is_counted_and_not_judged() -> None:
    (balance,) = balances([entry_of(PAID, STEPS["paid"]), entry_of(PAID, STEPS["completed"])])
    assert (balance.orders, balance.in_flight, balance.captured, balance.delivered) == (1, 1, 1300, 1300)
    assert balance.breaks == ()


def test_currencies_are_balanced_apart() -> None:
    euros = replace(PAID, currency="eur")
    entries = [entry_of(PAID, STEPS["completed"]), entry_of(euros, None), entry_of(REFUNDED, None)]
    eur, usd = balances(entries)
    assert (eur.currency, len(eur.breaks)) == ("eur", 1)
    assert (usd.captured, usd.refunded, usd.delivered, usd.breaks) == (2600, 1300, 1300, ())


@pytest.mark.parametrize(
    ("cart", "deadline"),
    [
        (new_cart(), START + 12 * HOUR),
        (STEPS["opened"], START + timedelta(days=14) + 12 * HOUR),
        (STEPS["paid"], START + timedelta(minutes=30) + 24 * HOUR),
        (STEPS["failed"], START + timedelta(days=14) + 12 * HOUR),
        (STEPS["completed"], START + timedelta(days=4)),
    ],
)
def test_every_state_has_its_deadline(cart: Cart, deadline: datetime) -> None:
    assert deadline_of(cart, DEADLINES) == deadline


def test_who_was_asked_to_pay_has_the_payments_deadline() -> None:
    cart = STEPS["awaiting"]
    asked = replace(cart, payment=replace(cart.payment, asked_at=START + HOUR))
    assert deadline_of(asked, DEADLINES) == START + HOUR + DEADLINES.payment + 12 * HOUR


def test_a_site_that_was_delivered_before_it_was_paid_has_its_time_from_the_payment_on() -> None:
    paid = STEPS["paid"]
    days = timedelta(days=5)
    late = replace(paid, payment=replace(paid.payment, paid_at=START + days))
    assert deadline_of(late, DEADLINES) == START + days + DEADLINES.site + 24 * HOUR


def test_a_debit_begun_by_who_was_asked_to_pay_has_the_banks_time() -> None:
    cart = STEPS["awaiting"]
    status = PaymentStatus.PROCESSING
    debited = replace(cart, payment=replace(cart.payment, status=status, asked_at=START + HOUR))
    began = START + HOUR + DEADLINES.payment
    assert deadline_of(debited, DEADLINES) == began + timedelta(days=14) + 12 * HOUR


def test_the_status_of_an_unknown_cart_is_none() -> None:
    assert entry_of(PAID, None).status is None
    assert entry_of(PAID, new_cart()).status is OrderStatus.PENDING
