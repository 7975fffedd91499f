"""What is sent to Stripe, under which keys, and how replays and refusals are answered."""

from collections.abc import Callable
from typing import Any

import pytest
from hostcart.adapters.stripe_api import StripeApi
from hostcart.adapters.stripe_http import Urllib3Client
from hostcart.domain.money import Line
from hostcart.domain.payment import AttemptState, Invoice, InvoiceStatus
from hostcart.ports import DeclinedError, RefusedError, UnavailableError
from hostcart.settings import PaymentSettings

from tests.unit.adapters.secret_stub import StubSecrets
from tests.unit.adapters.stripe_stub import (
    INVOICE,
    MISSING,
    TOKEN,
    Scene,
    declined,
    error,
    invoice,
    lost,
    ok,
    paying,
    scene,
)

DELETED = {"id": INVOICE, "object": "invoice", "deleted": True}
LINES = [Line(id="site", description="WordPress site", amount=1300)]


def open_invoice(given: Scene) -> Invoice:
    return given.payments.open_invoice(
        customer_id="cus_1", method_id="pm_1", currency="usd", account_id="17", cart_token=TOKEN
    )


def pay(given: Scene, attempt: int = 1) -> Invoice:
    return given.payments.pay(INVOICE, method_id="pm_1", cart_token=TOKEN, attempt=attempt)


def test_a_draft_moves_no_money_and_is_pinned_to_price_and_method() -> None:
    given = scene(ok(invoice("draft")))
    assert open_invoice(given).status is InvoiceStatus.DRAFT
    (sent,) = given.http.sent
    assert (sent.route, sent.key) == ("POST /v1/invoices", f"cart:{TOKEN}:inv:pm_1")
    assert sent.params == {
        "customer": "cus_1",
        "currency": "usd",
        "collection_method": "charge_automatically",
        "auto_advance": "false",
        "pending_invoice_items_behavior": "exclude",
        "discounts": "",
        "default_payment_method": "pm_1",
        "metadata[cart_token]": TOKEN,
        "metadata[account_id]": "17",
    }


CALLS: list[tuple[Callable[[Scene], object], str, str]] = [
    (lambda given: given.payments.add_lines(INVOICE, LINES, cart_token=TOKEN), "add_lines", "lines"),
    (lambda given: given.payments.finalize(INVOICE, cart_token=TOKEN), "finalize", "fin"),
    (lambda given: pay(given, 3), "pay", "pay:3"),
]


@pytest.mark.parametrize(("call", "path", "suffix"), CALLS)
def test_one_request_under_a_key_of_the_cart(call: Callable[[Scene], object], path: str, suffix: str) -> None:
    given = scene(ok(invoice()))
    call(given)
    (sent,) = given.http.sent
    assert (sent.route, sent.key) == (f"POST /v1/invoices/{INVOICE}/{path}", f"cart:{TOKEN}:{suffix}")


@pytest.mark.parametrize(("call", "path", "suffix"), CALLS)
def test_a_replayed_answer_is_an_old_one(call: Callable[[Scene], object], path: str, suffix: str) -> None:
    given = scene(ok(invoice(), replayed=True), ok(invoice("paid")))
    answered = call(given)
    assert isinstance(answered, Invoice)
    assert answered.status is InvoiceStatus.PAID
    assert given.routes[1] == f"GET /v1/invoices/{INVOICE}"


def test_lines_carry_their_item_and_finalising_does_not_advance() -> None:
    given = scene(ok(invoice("draft")), ok(invoice()))
    given.payments.add_lines(INVOICE, LINES, cart_token=TOKEN)
    given.payments.finalize(INVOICE, cart_token=TOKEN)
    assert given.http.sent[0].params == {
        "lines[0][amount]": "1300",
        "lines[0][description]": "WordPress site",
        "lines[0][metadata][item]": "site",
    }
    assert given.http.sent[1].params["auto_advance"] == "false"


def test_the_charge_is_off_session_with_the_pinned_method() -> None:
    given = scene(ok(invoice("paid")))
    pay(given)
    params = given.http.sent[0].params
    assert (params["off_session"], params["payment_method"]) == ("true", "pm_1")


def test_a_discarded_draft_is_not_revived_by_its_key() -> None:
    replay = ok(invoice("draft"), replayed=True)
    given = scene(replay, MISSING, replay, MISSING, ok(invoice("draft", id="in_3")))
    assert open_invoice(given).id == "in_3"
    keys = [sent.key for sent in given.http.sent if sent.method == "post"]
    assert keys == [f"cart:{TOKEN}:inv:pm_1{suffix}" for suffix in ("", ":2", ":3")]


def test_a_live_draft_is_found_again() -> None:
    given = scene(ok(invoice("draft"), replayed=True), ok(invoice("draft")))
    assert open_invoice(given).id == INVOICE
    assert given.routes == ["POST /v1/invoices", f"GET /v1/invoices/{INVOICE}"]


def test_drafts_are_not_opened_for_ever() -> None:
    given = scene(*[ok(invoice("draft"), replayed=True), MISSING] * 5)
    with pytest.raises(RefusedError, match="invoice_discarded"):
        open_invoice(given)


@pytest.mark.parametrize("call", [CALLS[0][0], CALLS[1][0]])
def test_what_is_finalised_already_is_returned_as_it_is(call: Callable[[Scene], object]) -> None:
    given = scene(error(400, code="invoice_not_editable"), ok(invoice("paid")))
    answered = call(given)
    assert isinstance(answered, Invoice)
    assert answered.status is InvoiceStatus.PAID


@pytest.mark.parametrize("call", [CALLS[0][0], CALLS[1][0]])
@pytest.mark.parametrize("now", [ok(invoice("draft")), MISSING])
def test_a_draft_that_is_refused_stays_refused(call: Callable[[Scene], object], now: Any) -> None:
    given = scene(error(400, code="amount_too_large"), now)
    with pytest.raises(RefusedError, match="amount_too_large"):
        call(given)


@pytest.mark.parametrize(
    "current", [invoice("paid"), invoice(payments=paying("processing")), invoice(payments=paying("news"))]
)
@pytest.mark.parametrize(
    "refusal",
    [
        error(400),
        error(400, code="payment_intent_unexpected_state"),
        error(402, replayed=True, type="card_error"),
    ],
)
def test_paid_already_or_being_paid_is_no_failure(refusal: Any, current: dict[str, Any]) -> None:
    given = scene(refusal, ok(current))
    answered = pay(given)
    assert answered.status is InvoiceStatus.PAID or answered.attempt is AttemptState.PROCESSING


def test_a_fresh_decline_costs_no_second_request_and_a_replayed_one_is_checked() -> None:
    given = scene(declined("card_declined"))
    with pytest.raises(DeclinedError):
        pay(given)
    given = scene(error(402, replayed=True, type="card_error", code="card_declined"), ok(invoice()))
    with pytest.raises(DeclinedError):
        pay(given)
    assert len(given.http.sent) == 2


def test_an_open_invoice_is_voided_without_a_key_of_ours() -> None:
    given = scene(ok(invoice()), ok(invoice("void")), ok(invoice()), ok(invoice("void")))
    for _ in range(2):
        assert given.payments.void(INVOICE).status is InvoiceStatus.VOID
    first, second = (sent for sent in given.http.sent if sent.method == "post")
    assert first.route == f"POST /v1/invoices/{INVOICE}/void"
    assert first.key != second.key


@pytest.mark.parametrize("status", ["paid", "void"])
def test_voiding_what_is_closed_returns_it(status: str) -> None:
    given = scene(ok(invoice(status)))
    assert given.payments.void(INVOICE).status == status
    assert given.routes == [f"GET /v1/invoices/{INVOICE}"]


@pytest.mark.parametrize("status", ["paid", "void"])
def test_a_void_that_loses_the_race_returns_what_won(status: str) -> None:
    given = scene(ok(invoice()), error(400), ok(invoice(status)))
    assert given.payments.void(INVOICE).status == status


def test_a_debit_under_way_cannot_be_voided_yet() -> None:
    given = scene(ok(invoice()), error(400), ok(invoice(payments=paying("processing"))))
    with pytest.raises(UnavailableError, match="payment_processing"):
        given.payments.void(INVOICE)


def test_a_void_refused_for_another_reason_is_refused() -> None:
    given = scene(ok(invoice()), error(400, code="odd"), ok(invoice()))
    with pytest.raises(RefusedError, match="odd"):
        given.payments.void(INVOICE)


def test_a_draft_is_deleted_so_that_no_credit_is_spent() -> None:
    given = scene(ok(invoice("draft")), ok(DELETED))
    assert given.payments.void(INVOICE).status is InvoiceStatus.VOID
    assert given.routes == [f"GET /v1/invoices/{INVOICE}", f"DELETE /v1/invoices/{INVOICE}"]


def test_a_draft_that_is_finalised_meanwhile_is_voided() -> None:
    given = scene(
        ok(invoice("draft")), error(400, code="invoice_not_editable"), ok(invoice()), ok(invoice("void"))
    )
    assert given.payments.void(INVOICE).status is InvoiceStatus.VOID


def test_a_deleted_draft_counts_as_void() -> None:
    given = scene(MISSING)
    gone = given.payments.void(INVOICE)
    assert (gone.status, gone.amount_paid, gone.credit_applied) == (InvoiceStatus.VOID, 0, 0)


def test_discarding_twice_is_fine_but_not_what_is_no_draft() -> None:
    given = scene(ok(DELETED), MISSING, error(400, code="invoice_not_editable"))
    given.payments.discard_draft(INVOICE)
    given.payments.discard_draft(INVOICE)
    with pytest.raises(RefusedError, match="invoice_not_editable"):
        given.payments.discard_draft(INVOICE)


def test_a_missing_invoice() -> None:
    with pytest.raises(RefusedError, match="resource_missing"):
        scene(MISSING).payments.get_invoice(INVOICE)


def test_the_default_client_waits_eight_seconds_at_the_most() -> None:
    api = StripeApi(PaymentSettings(api_base="https://stripe.test", api_key_secret_arn="arn"), StubSecrets())
    assert isinstance(api._http_client, Urllib3Client)
    timeout = api._http_client._pool.connection_pool_kw["timeout"]
    assert (timeout.connect_timeout, timeout.read_timeout) == (3.0, 8.0)


def test_the_sdk_repeats_nothing() -> None:
    given = scene(lost(ConnectionError()))
    with pytest.raises(UnavailableError):
        pay(given)
    assert len(given.http.sent) == 1
