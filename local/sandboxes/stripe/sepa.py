"""SEPA direct debit: test IBANs, and how long after the charge the bank answers.

The account's clock decides: the prompt IBANs settle one day after the charge, the late ones after five; the
disputed one succeeds after one day and is taken back after ten. Each IBAN also has a test id to attach.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from local.sandboxes.http import Json
from local.sandboxes.stripe.account import Account
from local.sandboxes.stripe.cards import method_shell
from local.sandboxes.stripe.errors import invalid
from local.sandboxes.stripe.objects import merge_metadata, random_text

_DAY = 86_400
PROMPT_SECONDS = _DAY
LATE_SECONDS = 5 * _DAY
DISPUTE_SECONDS = 10 * _DAY


@dataclass(frozen=True, slots=True)
class TestIban:
    """How a debit of this account ends."""

    iban: str
    settles_after: int = PROMPT_SECONDS
    fails: bool = False
    disputed: bool = False


IBANS = {
    "pm_sepa_success": TestIban("DE89370400440532013000"),
    "pm_sepa_success_late": TestIban("DE08370400440532013003", settles_after=LATE_SECONDS),
    "pm_sepa_fails": TestIban("DE62370400440532013001", fails=True),
    "pm_sepa_fails_late": TestIban("DE78370400440532013004", settles_after=LATE_SECONDS, fails=True),
    "pm_sepa_disputed": TestIban("DE35370400440532013002", disputed=True),
}


def sepa_method(test: TestIban, created: int) -> Json:
    """A new, unattached debit mandate on this account."""
    return {
        **method_shell("sepa_debit", created),
        "sepa_debit": {
            "bank_code": test.iban[4:12],
            "branch_code": "",
            "country": test.iban[:2],
            "fingerprint": random_text(16),
            "generated_from": {"charge": None, "setup_attempt": None},
            "last4": test.iban[-4:],
        },
        "_settles_after": test.settles_after,
        "_fails": test.fails,
        "_disputed": test.disputed,
    }


def create_method(account: Account, params: Json, _path: Mapping[str, str]) -> Json:
    """POST /v1/payment_methods: SEPA debits by IBAN; cards are made by attaching a test id."""
    if params.get("type") != "sepa_debit" or "sepa_debit" not in params:
        raise invalid(
            "The sandbox makes payment methods of type sepa_debit; for cards attach a pm_card_* id."
        )
    iban = params["sepa_debit"]["iban"].replace(" ", "").upper()
    test = next((known for known in IBANS.values() if known.iban == iban), None)
    if test is None:
        raise invalid("The IBAN is none of the test IBANs.", param="sepa_debit[iban]")
    method = sepa_method(test, account.store.now())
    method["billing_details"] |= params.get("billing_details", {})
    method["metadata"] = merge_metadata({}, params.get("metadata"))
    return account.store.add(method)
