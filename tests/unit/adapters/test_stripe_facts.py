"""An invoice's facts: money, the newest attempt, the kind of method; unknown values do no harm."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hostcart.adapters.stripe_facts import EXPAND, invoice_facts
from hostcart.contract.statuses import MethodType
from hostcart.domain.payment import AttemptState, InvoiceStatus
from hostcart.ports import OutcomeUnknownError

from tests.unit.adapters.stripe_stub import invoice, paying


@pytest.mark.parametrize("status", list(InvoiceStatus))
def test_every_status(status: InvoiceStatus) -> None:
    assert invoice_facts(invoice(status)).status is status


def test_a_status_of_the_future_is_an_unknown_outcome() -> None:
    with pytest.raises(OutcomeUnknownError):
        invoice_facts(invoice("frozen"))


def test_a_paid_invoice() -> None:
    facts = invoice_facts(invoice("paid", payments=paying("succeeded", payment_method="pm_1")))
    assert (facts.total, facts.amount_due, facts.amount_paid, facts.currency) == (1300, 1300, 1300, "usd")
    assert facts.paid_at == datetime.fromtimestamp(1_800_000_000, UTC)
    assert facts.hosted_url == "https://invoice.test/1"
    assert facts.attempt is AttemptState.SUCCEEDED
    assert facts.method_type is MethodType.CARD


@pytest.mark.parametrize(
    ("starting", "ending", "status", "credit"),
    [
        (-500, 0, "open", 500),
        (-2000, -700, "open", 1300),
        (-500, None, "draft", 0),
        (0, 0, "open", 0),
        (200, 0, "open", 0),  # a debt that was collected
        (0, 30, "paid", 0),  # too little to charge: booked as a debt
        (-1280, 20, "paid", 1280),  # both: only the credit is credit
        (-500, 0, "void", 0),  # given back by voiding
    ],
)
def test_credit_applied(starting: int, ending: int | None, status: str, credit: int) -> None:
    facts = invoice_facts(invoice(status, starting_balance=starting, ending_balance=ending))
    assert facts.credit_applied == credit


FAILED = {"type": "card_error", "code": "card_declined"}


@pytest.mark.parametrize(
    ("intent", "state"),
    [
        ({"status": "processing"}, AttemptState.PROCESSING),
        ({"status": "requires_action"}, AttemptState.REQUIRES_ACTION),
        ({"status": "requires_payment_method", "last_payment_error": None}, AttemptState.NONE),
        ({"status": "requires_payment_method", "last_payment_error": FAILED}, AttemptState.DECLINED),
        (
            {"status": "requires_payment_method", "last_payment_error": {"code": "authentication_required"}},
            AttemptState.REQUIRES_ACTION,
        ),
        ({"status": "requires_confirmation"}, AttemptState.NONE),
        ({"status": "canceled"}, AttemptState.NONE),
        ({"status": "a_status_of_the_future"}, AttemptState.PROCESSING),
    ],
)
def test_the_attempt_of_an_open_invoice(intent: dict[str, Any], state: AttemptState) -> None:
    assert invoice_facts(invoice(payments=paying(**intent))).attempt is state


def test_no_payment_or_one_that_is_not_expanded_is_no_attempt() -> None:
    bare = paying("processing")
    assert invoice_facts(invoice()).attempt is AttemptState.NONE
    bare["data"][0]["payment"]["payment_intent"] = "pi_1"
    unexpanded: list[dict[str, Any] | None] = [None, {"data": []}, bare]
    for payments in unexpanded:
        assert invoice_facts(invoice(payments=payments)).attempt is AttemptState.NONE


def test_the_newest_payment_counts_and_cancelled_ones_do_not() -> None:
    payments = paying("requires_action")
    newer, cancelled = paying("processing")["data"][0], paying("canceled")["data"][0]
    newer["created"], cancelled["created"], cancelled["status"] = 5, 9, "canceled"
    payments["data"] += [newer, cancelled]
    assert invoice_facts(invoice(payments=payments)).attempt is AttemptState.PROCESSING


def test_nothing_due_means_no_method() -> None:
    facts = invoice_facts(invoice("paid", amount_due=0, amount_paid=0, starting_balance=-1300))
    assert facts.method_type is None
    assert facts.attempt is AttemptState.NONE
    assert facts.credit_applied == 1300


@pytest.mark.parametrize(
    ("pinned", "intent", "kind"),
    [
        ({"id": "pm_1", "type": "sepa_debit"}, {"payment_method": "pm_1"}, MethodType.SEPA_DEBIT),
        ({"id": "pm_1", "type": "card"}, {"payment_method": None}, MethodType.CARD),
        ({"id": "pm_1", "type": "klarna"}, {"payment_method": "pm_1"}, None),
        ("pm_1", {"payment_method": "pm_1"}, None),
        (None, {}, None),
        # another method on the hosted page
        (
            {"id": "pm_1", "type": "sepa_debit"},
            {"payment_method": "pm_2", "payment_method_types": ["card", "link"]},
            MethodType.CARD,
        ),
        (
            {"id": "pm_1", "type": "card"},
            {"payment_method": "pm_2", "payment_method_types": ["card", "sepa_debit"]},
            None,
        ),
        (
            {"id": "pm_1", "type": "card"},
            {"payment_method": {"id": "pm_2", "type": "sepa_debit"}},
            MethodType.SEPA_DEBIT,
        ),
    ],
)
def test_the_kind_of_method(pinned: Any, intent: dict[str, Any], kind: MethodType | None) -> None:
    payments = paying("processing", **intent)
    assert invoice_facts(invoice(default_payment_method=pinned, payments=payments)).method_type is kind


@pytest.mark.parametrize(
    ("used", "found"), [("pm_2", "pm_2"), ({"id": "pm_2", "type": "card"}, "pm_2"), (None, None)]
)
def test_the_method_that_paid(used: Any, found: str | None) -> None:
    payments = paying("succeeded", payment_method=used)
    assert invoice_facts(invoice("paid", payments=payments)).method_id == found
    assert invoice_facts(invoice("paid")).method_id is None


def test_we_expand_no_deeper_than_stripe_allows() -> None:
    assert max(path.count(".") + 1 for path in EXPAND) <= 4
