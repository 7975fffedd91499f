"""`python -m tools.load_accounts`."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hostcart.adapters.dynamodb_directory import DynamoDirectory
from hostcart.domain.accounts import ApiKey, CredentialKind

from tools import accounts_file, api_keys, load_accounts
from tools.yaml_file import FileFaultError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

type Write = Callable[[str], Path]

USER_KEY = "hcu_" + "u" * 32
ACCOUNT_KEY = "hca_" + "a" * 32
GOOD = f"""\
accounts:
  "10000001":
    name: Example Ltd
    currency: usd
    billing_plan: standard
    created_at: 2025-01-31T12:00:00Z
    stripe_customer_id: cus_1
    payment_method_id: pm_1
    payment_method_type: card
    billing_contact: {{name: A. Client, email: a@client.example, address: 1 Road, city: Town,
                      postal_code: "1000", country: FR}}
    api_keys: [{ACCOUNT_KEY}]
  "10000002":
    name: Child
    currency: eur
    billing_plan: standard
    parent_id: "10000001"
    created_at: 2025-01-31T12:00:00+01:00
    may_order: false
    trial: true
    billing_contact: {{name: A. Client, city: " "}}
users:
  "20000001":
    username: example
    name: A. Client
    email: a@client.example
    accounts: ["10000001", "10000002"]
    api_keys: [{USER_KEY}]
"""


def test_a_file_becomes_records(write: Write) -> None:
    content = accounts_file.load(write(GOOD))
    first, child = content.accounts
    assert first.billing_contact_missing == ()
    assert (first.stripe_customer_id, first.payment_method_type) == ("cus_1", "card")
    assert child.billing_contact_missing == ("email", "address", "city", "postal_code", "country")
    assert child.snapshot.created_at == datetime(2025, 1, 31, 11, tzinfo=UTC)
    assert (child.snapshot.parent_id, child.snapshot.trial, child.may_order) == ("10000001", True, False)
    assert content.users[0].account_ids == ("10000001", "10000002")
    assert content.api_keys == {
        ACCOUNT_KEY: ApiKey(
            kind=CredentialKind.ACCOUNT_KEY, name="Example Ltd", user_id=None, account_id="10000001"
        ),
        USER_KEY: ApiKey(kind=CredentialKind.API_KEY, name="example", user_id="20000001", account_id=None),
    }


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"10000001":', "10000001:", 'line 2, accounts: a key must be text: write "10000001" in quotes'),
        ('"10000001":', '"4294967296":', "line 2, accounts.4294967296: an id is at most 2147483647"),
        ('"10000001":', '"abc":', "line 2, accounts.abc: an id is a number in quotes"),
        ("currency: usd", "currency: zzz", "line 4, accounts.10000001.currency: is not a known currency"),
        ("name: Example Ltd", "name: 'A: B'", "line 3, accounts.10000001.name: "),
        ("2025-01-31T12:00:00Z", "1738324800", "line 6, accounts.10000001.created_at: a time is written as"),
        ("2025-01-31T12:00:00Z", "2025-01-31T12:00:00", "line 6, accounts.10000001.created_at: "),
        ("type: card", "type: cash", "line 9, accounts.10000001.payment_method_type: "),
        (
            "    payment_method_type: card\n",
            "",
            "line 2, accounts.10000001.payment_method_type: payment_method_id",
        ),
        ("may_order: false", "may_order: 'no'", "line 19, accounts.10000002.may_order: "),
        (
            'parent_id: "10000001"',
            'parent_id: "10000002"',
            "line 17, accounts.10000002.parent_id: an account",
        ),
        (ACCOUNT_KEY, USER_KEY, "line 12, accounts.10000001.api_keys.0: a key here is hca_"),
        (
            USER_KEY,
            USER_KEY + ", " + USER_KEY,
            "line 28, users.20000001.api_keys.1: this key is in the file twice",
        ),
        (USER_KEY, "hcu_short", "line 28, users.20000001.api_keys.0: a key here is hcu_ and 32"),
        (
            "users:",
            f"revoked_api_keys: [{USER_KEY}]\nusers:",
            "users.20000001.api_keys.0: this key is also revoked",
        ),
        (
            "email: a@client.example\n    accounts",
            "email: nobody\n    accounts",
            "line 26, users.20000001.email: ",
        ),
        (
            "username: example",
            "user_name: example",
            "line 24, users.20000001.user_name: is not a known field",
        ),
    ],
)
def test_a_fault_is_named_without_keys(write: Write, old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(FileFaultError) as caught:
        accounts_file.load(write(GOOD.replace(old, new, 1)))
    assert any(sentence in told for told in caught.value.sentences), caught.value.sentences
    assert "u" * 32 not in str(caught.value)
    assert "a" * 32 not in str(caught.value)


def test_a_username_belongs_to_one_user(write: Write) -> None:
    twin = '  "20000002": {username: example, name: B, email: b@client.example, accounts: ["10000001"]}\n'
    with pytest.raises(FileFaultError, match=r"users\.20000002\.username: is the same as that of"):
        accounts_file.load(write(GOOD + twin))


def test_loading_stores_digests_and_no_contact(
    dynamodb: "DynamoDBClient", write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load_accounts.main([str(write(GOOD))]) == 0
    assert capsys.readouterr().out == "Stored 2 accounts, 1 users and 2 API keys; revoked 0.\n"
    directory = DynamoDirectory(dynamodb, "hostcart")
    content = accounts_file.load(write(GOOD))
    assert directory.account("10000001") == content.accounts[0]
    assert directory.account("10000002") == content.accounts[1]
    assert directory.user("20000001") == content.users[0]
    assert directory.api_key(USER_KEY) == content.api_keys[USER_KEY]
    stored = json.dumps(dynamodb.scan(TableName="hostcart")["Items"])
    for private in (USER_KEY, ACCOUNT_KEY, "1 Road", "Town"):
        assert private not in stored


def test_a_revoked_key_is_gone(dynamodb: "DynamoDBClient", write: Write) -> None:
    assert load_accounts.main([str(write(GOOD))]) == 0
    assert load_accounts.main([str(write(f"revoked_api_keys: [{USER_KEY}]\n"))]) == 0
    directory = DynamoDirectory(dynamodb, "hostcart")
    assert directory.api_key(USER_KEY) is None
    assert directory.api_key(ACCOUNT_KEY) is not None


def test_new_keys_are_printed_once_and_work(
    dynamodb: "DynamoDBClient", write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(write(GOOD))
    assert load_accounts.main([path, "--new-key", "user:example", "--new-key", "account:10000002"]) == 0
    printed = dict(line.split(": ") for line in capsys.readouterr().out.splitlines()[1:])
    assert api_keys.well_formed(printed["user:example"], CredentialKind.API_KEY)
    assert api_keys.well_formed(printed["account:10000002"], CredentialKind.ACCOUNT_KEY)
    found = DynamoDirectory(dynamodb, "hostcart").api_key(printed["account:10000002"])
    assert found == ApiKey(kind=CredentialKind.ACCOUNT_KEY, name="Child", user_id=None, account_id="10000002")


def test_a_dry_run_stores_nothing(dynamodb: "DynamoDBClient", write: Write) -> None:
    assert load_accounts.main([str(write(GOOD)), "--dry-run", "--new-key", "user:example"]) == 0
    assert dynamodb.scan(TableName="hostcart")["Items"] == []


@pytest.mark.usefixtures("dynamodb")
def test_what_cannot_be_done_is_a_sentence(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert load_accounts.main([str(write(GOOD)), "--new-key", "user:nobody"]) == 2
    assert "user:nobody is not in the file" in capsys.readouterr().err
    stranger = GOOD.replace('"10000002"]', '"10000009"]')
    assert load_accounts.main([str(write(stranger))]) == 2
    assert "neither in it nor in the table: 10000009." in capsys.readouterr().err
    assert load_accounts.main([str(write("accounts: 3\n"))]) == 1
    assert capsys.readouterr().err.startswith("file.yaml, line 1, accounts: ")


def test_an_account_in_the_table_may_be_named(dynamodb: "DynamoDBClient", write: Write) -> None:
    assert load_accounts.main([str(write(GOOD))]) == 0
    only_user = "users:" + GOOD.split("users:")[1]
    assert load_accounts.main([str(write(only_user))]) == 0
    assert DynamoDirectory(dynamodb, "hostcart").user("20000001") is not None


def test_keys_are_random_and_long() -> None:
    made = {api_keys.generate(CredentialKind.API_KEY) for _ in range(100)}
    assert len(made) == 100
    assert all(api_keys.well_formed(key, CredentialKind.API_KEY) for key in made)
