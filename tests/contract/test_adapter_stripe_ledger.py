"""The processor's books read from the Stripe sandbox: what is ours, page by page, and what was given back."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from hostcart.adapters import stripe_ledger
from hostcart.adapters.stripe_ledger import StripeLedger
from hostcart.domain.ledger import Booking
from hostcart.ports_reconcile import BilledCart, Page, RenewalSubscription
from hostcart.settings import PaymentSettings

from local.sandboxes.stripe import StripeSandbox
from tests.contract.conftest import API_KEY
from tests.contract.stripe_shop import LINES, ORDER, SETTINGS_ARN, TOKEN, FixedSecrets, Open, Shop, shops

SINCE, UNTIL = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1)
PRICE = 1300


@pytest.fixture
def shop(stripe_sandbox: StripeSandbox, client: stripe.StripeClient) -> Iterator[Open]:
    with shops(stripe_sandbox.url, client) as opener:
        yield opener


@pytest.fixture
def ledger(stripe_sandbox: StripeSandbox) -> StripeLedger:
    settings = PaymentSettings(api_base=stripe_sandbox.url, api_key_secret_arn=SETTINGS_ARN)
    return StripeLedger(settings, FixedSecrets(api_key=API_KEY))


def _paid(given: Shop) -> str:
    given.open()
    given.payments.add_lines(given.invoice_id, LINES, cart_token=given.token)
    given.payments.finalize(given.invoice_id, cart_token=given.token)
    given.pay()
    return given.invoice_id


def _all[T](fetch: Callable[[str | None], Page[T]]) -> list[T]:
    found: list[T] = []
    after: str | None = None
    while True:
        page = fetch(after)
        found += page.entries
        after = page.after
        if after is None:
            return found


def test_drafts_of_ours_are_listed(shop: Open, ledger: StripeLedger, client: stripe.StripeClient) -> None:
    given = shop()
    given.open()
    client.v1.invoices.create({"customer": given.customer})  # somebody else's
    ours = BilledCart(invoice_id=given.invoice_id, account_id="17", cart_token=TOKEN)
    assert _all(lambda after: ledger.drafts(before=UNTIL, after=after)) == [ours]
    assert _all(lambda after: ledger.drafts(before=SINCE, after=after)) == []


def test_payments_of_ours_are_listed_in_their_window(shop: Open, ledger: StripeLedger) -> None:
    given = shop()
    paid = BilledCart(invoice_id=_paid(given), account_id="17", cart_token=TOKEN)
    assert _all(lambda after: ledger.payments(since=SINCE, until=UNTIL, after=after)) == [paid]
    assert _all(lambda after: ledger.payments(since=UNTIL, until=UNTIL, after=after)) == []
    before = datetime.now(UTC) - timedelta(minutes=30)
    assert _all(lambda after: ledger.payments(since=SINCE, until=before, after=after)) == []


def test_pages_follow_each_other(shop: Open, ledger: StripeLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_ledger, "PAGE_SIZE", 2)
    given, tokens = shop(), []
    for number in range(5):
        given.token = f"{number:032x}"
        given.open()
        tokens.append(given.token)
    found = _all(lambda after: ledger.drafts(before=UNTIL, after=after))
    assert sorted(draft.cart_token for draft in found) == tokens


def test_live_subscriptions_of_ours_are_listed(
    shop: Open, ledger: StripeLedger, client: stripe.StripeClient
) -> None:
    given = shop()
    subscription_id, _ = given.subscribe()
    (found,) = _all(lambda after: ledger.renewals(since=SINCE, until=UNTIL, after=after))
    assert found == RenewalSubscription(id=subscription_id, account_id="17", order_id=ORDER, live=True)
    client.v1.subscriptions.cancel(subscription_id)
    assert _all(lambda after: ledger.renewals(since=SINCE, until=UNTIL, after=after)) == []
    ended = ledger.renewal(subscription_id)
    assert ended is not None
    assert not ended.live
    assert ledger.renewal("sub_none") is None


@pytest.mark.parametrize(("balance", "captured"), [(0, PRICE), (-500, 800), (-5000, 0)])
def test_a_booking_tells_what_was_taken_and_given_back(
    shop: Open, ledger: StripeLedger, balance: int, captured: int
) -> None:
    given = shop(balance=balance)
    invoice_id = _paid(given)
    taken = Booking(
        invoice_id=invoice_id,
        account_id="17",
        cart_token=TOKEN,
        currency="usd",
        captured=captured,
        credit_used=PRICE - captured,
    )
    assert ledger.booking(invoice_id) == taken
    assert list(ledger.bookings(since=SINCE, until=UNTIL)) == [taken]
    given.payments.refund(given.payments.get_invoice(invoice_id), cart_token=TOKEN)
    given_back = ledger.booking(invoice_id)
    assert given_back is not None
    assert (given_back.refunded, given_back.credited, given_back.kept) == (captured, PRICE - captured, 0)
    assert list(ledger.bookings(since=SINCE, until=UNTIL)) == [given_back]


def test_what_was_given_back_by_hand_counts(
    shop: Open, ledger: StripeLedger, client: stripe.StripeClient
) -> None:
    given = shop()
    invoice_id = _paid(given)
    client.v1.credit_notes.create({"invoice": invoice_id, "amount": 300, "out_of_band_amount": 300})
    booking = ledger.booking(invoice_id)
    assert booking is not None
    assert (booking.refunded, booking.kept) == (300, 1000)


def test_a_refund_that_came_back_was_not_given_back(
    shop: Open, ledger: StripeLedger, client: stripe.StripeClient, control: Callable[..., Any]
) -> None:
    given = shop()
    invoice_id = _paid(given)
    given.payments.refund(given.payments.get_invoice(invoice_id), cart_token=TOKEN)
    returned = control("POST", "return_refund", {"invoice": invoice_id})["id"]
    booking = ledger.booking(invoice_id)
    assert booking is not None
    assert (booking.refunded, booking.kept) == (0, PRICE)
    assert list(ledger.bookings(since=SINCE, until=UNTIL)) == [booking]
    client.v1.refunds.update(returned, {"metadata": {"paid_by_another_way": "true"}})
    paid = ledger.booking(invoice_id)
    assert paid is not None
    assert (paid.refunded, paid.kept) == (PRICE, 0)


def test_a_refund_by_hand_that_came_back_takes_nothing_from_a_credit_note(
    shop: Open, ledger: StripeLedger, client: stripe.StripeClient, control: Callable[..., Any]
) -> None:
    given = shop()
    invoice_id = _paid(given)
    (paid,) = client.v1.invoice_payments.list({"invoice": invoice_id}).data
    intent = paid.payment.payment_intent
    assert isinstance(intent, str)
    client.v1.refunds.create({"payment_intent": intent, "amount": 300})
    control("POST", "return_refund", {"invoice": invoice_id})
    client.v1.credit_notes.create({"invoice": invoice_id, "amount": 300, "out_of_band_amount": 300})
    booking = ledger.booking(invoice_id)
    assert booking is not None
    assert booking.refunded == 300


def test_what_was_too_small_to_charge_is_booked_on_the_balance(shop: Open, ledger: StripeLedger) -> None:
    given = shop(balance=20 - PRICE)
    invoice_id = _paid(given)
    assert given.balance() == 20, "a debt"
    booking = ledger.booking(invoice_id)
    assert booking is not None
    assert (booking.captured, booking.credit_used, booking.kept) == (0, PRICE, PRICE)
    given.payments.refund(given.payments.get_invoice(invoice_id), cart_token=TOKEN)
    given_back = ledger.booking(invoice_id)
    assert given_back is not None
    assert (given_back.credited, given_back.kept) == (PRICE, 0)
    assert list(ledger.bookings(since=SINCE, until=UNTIL)) == [given_back]


def test_nothing_was_taken_on_an_invoice_that_is_not_paid(shop: Open, ledger: StripeLedger) -> None:
    given = shop()
    given.open()
    booking = ledger.booking(given.invoice_id)
    assert booking is not None
    assert booking.kept == 0
    assert ledger.booking("in_none") is None
    assert list(ledger.bookings(since=UNTIL, until=UNTIL)) == []
