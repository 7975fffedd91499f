"""Refunds: money to the method, credit to the balance, each looked for before it is made."""

from typing import Any

import pytest
from hostcart.domain.payment import Refund
from hostcart.ports import RefusedError

from tests.unit.adapters.stripe_stub import EMPTY, INVOICE, TOKEN, Scene, invoice, listing, ok, scene


def credit_note(status: str = "succeeded", amount: int = 800, token: str = TOKEN) -> dict[str, Any]:
    refund = {"id": "re_1", "object": "refund", "status": status}
    return {
        "id": "cn_1",
        "object": "credit_note",
        "status": "issued",
        "metadata": {"cart_token": token},
        "refunds": [{"amount_refunded": amount, "refund": refund, "type": "refund"}],
    }


def balance_entry(amount: int, token: str = TOKEN) -> dict[str, Any]:
    return {
        "id": "cbtxn_1",
        "object": "customer_balance_transaction",
        "amount": amount,
        "metadata": {"cart_token": token},
    }


PARTLY_CREDIT = invoice("paid", amount_due=800, amount_paid=800, starting_balance=-500, ending_balance=0)


def refund(given: Scene) -> Refund:
    anything = scene(ok(invoice("paid"))).payments.get_invoice(INVOICE)
    return given.payments.refund(anything, cart_token=TOKEN)


def test_a_refund_gives_money_to_the_method_and_credit_to_the_balance() -> None:
    given = scene(
        ok(PARTLY_CREDIT),
        ok(listing(credit_note(token="another"))),
        ok(credit_note()),
        ok(listing(balance_entry(-1, token="another"))),
        ok(balance_entry(-500)),
    )
    assert refund(given) == Refund(id="cn_1", refunded=800, credited_back=500, settled=True)
    note, entry = (sent for sent in given.http.sent if sent.method == "post")
    assert (note.route, note.key) == ("POST /v1/credit_notes", f"cart:{TOKEN}:cn")
    assert (note.params["amount"], note.params["refund_amount"]) == ("800", "800")
    assert entry.route == "POST /v1/customers/cus_1/balance_transactions"
    assert (entry.key, entry.params["amount"]) == (f"cart:{TOKEN}:cbt", "-500")


def test_a_repeated_refund_finds_what_is_done_even_when_the_keys_are_gone() -> None:
    given = scene(ok(PARTLY_CREDIT), ok(listing(credit_note())), ok(listing(balance_entry(-500))))
    assert refund(given) == Refund(id="cn_1", refunded=800, credited_back=500, settled=True)
    assert all(sent.method == "get" for sent in given.http.sent)


def test_a_refund_of_credit_alone_touches_no_method() -> None:
    given = scene(
        ok(invoice("paid", amount_due=0, amount_paid=0, starting_balance=-1300, ending_balance=0)),
        ok(EMPTY),
        ok(balance_entry(-1300)),
    )
    assert refund(given) == Refund(id="cbtxn_1", refunded=0, credited_back=1300, settled=True)
    assert not any("credit_notes" in route for route in given.routes)


def test_a_debt_booked_instead_of_a_charge_is_taken_back() -> None:
    given = scene(
        ok(invoice("paid", total=30, amount_due=0, amount_paid=0, ending_balance=30)),
        ok(EMPTY),
        ok(balance_entry(-30)),
    )
    refund(given)
    assert given.http.sent[-1].params["amount"] == "-30"


def test_a_debt_from_earlier_that_was_collected_stays_paid() -> None:
    given = scene(
        ok(invoice("paid", amount_due=1500, amount_paid=1500, starting_balance=200, ending_balance=0)),
        ok(EMPTY),
        ok(credit_note(amount=1300)),
    )
    assert refund(given).refunded == 1300
    assert given.http.sent[-1].params["refund_amount"] == "1300"


def test_nothing_paid_and_no_credit_needs_nothing_back() -> None:
    given = scene(ok(invoice("paid", total=0, amount_due=0, amount_paid=0)))
    assert refund(given) == Refund(id=INVOICE, refunded=0, credited_back=0, settled=True)


@pytest.mark.parametrize("status", ["pending", "requires_action", "a_status_of_the_future"])
def test_a_pending_refund_is_not_settled(status: str) -> None:
    given = scene(ok(invoice("paid")), ok(listing(credit_note(status, 1300))))
    assert refund(given) == Refund(id="cn_1", refunded=1300, credited_back=0, settled=False)


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_refund_that_came_back_is_not_called_done(status: str) -> None:
    found = refund(scene(ok(invoice("paid")), ok(listing(credit_note(status)))))
    assert found == Refund(id="cn_1", refunded=0, credited_back=0, settled=False, failed=True)


@pytest.mark.parametrize(("told", "settled"), [("true", True), ("yes", False), ("", False)])
def test_an_operator_who_paid_by_another_way_settles_it(told: str, *, settled: bool) -> None:
    note = credit_note("failed")
    note["refunds"][0]["refund"]["metadata"] = {"paid_by_another_way": told}
    found = refund(scene(ok(invoice("paid")), ok(listing(note))))
    assert (found.settled, found.failed) == (settled, not settled)


@pytest.mark.parametrize("status", ["draft", "open", "void", "uncollectible"])
def test_only_what_is_paid_is_refunded(status: str) -> None:
    with pytest.raises(RefusedError, match="invoice_not_paid"):
        refund(scene(ok(invoice(status))))
