"""The seeded accounts are the promised ones and one more, each in its situation."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from hostcart.domain.accounts import Account

from local.seed.accounts import ACCOUNTS, account_id, accounts_file, contact, user_id
from local.seed.state import Billing, SeedState
from tools.accounts_file import Accounts, records

PROMISED = [
    *("ready", "credit", "sepa", "sepa_fails", "needs_3ds", "declined", "stolen", "no_method", "no_contact"),
    *("no_customer", "trial", "blocked", "no_flag", "empty", "history", "eur", "child"),
]
# For an example event, see docs/decisions/2026-11-22-a-seeded-account-with-too-little-to-charge.md.
SEEDED = [*PROMISED, "small_rest"]


@pytest.fixture
def content() -> Accounts:
    billing = {seed.name: Billing("cus_1", "pm_1") for seed in ACCOUNTS}
    keys = {seed.name: (f"hcu_{i:032}", f"hca_{i:032}") for i, seed in enumerate(ACCOUNTS)}
    return records(accounts_file(billing, keys))


def _account(content: Accounts, name: str) -> Account:
    return next(account for account in content.accounts if account.snapshot.id == account_id(name))


def test_the_promised_accounts_come_first_and_one_more_is_there() -> None:
    assert [seed.name for seed in ACCOUNTS] == SEEDED


def test_ids_are_stable() -> None:
    assert (account_id("ready"), user_id("ready")) == ("10000001", "20000001")
    assert (account_id("child"), user_id("child")) == ("10000017", "20000017")


def test_a_user_reaches_only_their_own_account(content: Accounts) -> None:
    assert {user.snapshot.id: user.account_ids for user in content.users} == {
        user_id(name): (account_id(name),) for name in SEEDED
    }


def test_names_of_basic_authentication_are_the_accounts(content: Accounts) -> None:
    assert {record.name for record in content.api_keys.values()} == set(SEEDED)
    assert len(content.api_keys) == 2 * len(SEEDED)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ready", {"may_order": True, "billing_contact_missing": (), "payment_method_type": "card"}),
        ("sepa", {"payment_method_type": "sepa_debit"}),
        ("no_contact", {"billing_contact_missing": ("address", "postal_code")}),
        ("blocked", {"may_order": False}),
        ("no_flag", {"features": ()}),
    ],
)
def test_an_account_is_in_its_situation(content: Accounts, name: str, expected: dict[str, Any]) -> None:
    account = _account(content, name)
    assert {field: getattr(account, field) for field in expected} == expected


def test_nothing_of_a_billing_contact_could_be_met_by_chance(content: Accounts) -> None:
    fields = contact(ACCOUNTS[0]).model_dump(exclude={"country"})
    snapshots = [record.snapshot for record in content.accounts] + [user.snapshot for user in content.users]
    shown = json.dumps([asdict(snapshot) for snapshot in snapshots], default=str)
    assert min(map(len, fields.values())) >= 12
    assert [name for name, value in fields.items() if value in shown] == ["email"]  # the user's, too


def test_snapshots_differ_where_they_must(content: Accounts) -> None:
    assert _account(content, "eur").snapshot.currency == "eur"
    assert _account(content, "trial").snapshot.trial
    assert _account(content, "child").snapshot.parent_id == account_id("ready")
    assert _account(content, "ready").snapshot.parent_id is None


def test_the_state_is_kept_for_the_owner_only(tmp_path: Any) -> None:
    state = SeedState(billing={"ready": Billing("cus_1", None)}, keys={"ready": ("hcu_a", "hca_b")})
    state.save(tmp_path)
    assert (tmp_path / "seed.json").stat().st_mode & 0o777 == 0o600
    assert SeedState.load(tmp_path) == state
    assert "hcu_a" not in repr(state)
    assert SeedState.load(tmp_path / "nowhere") == SeedState()
