"""Records read without a model library are those that were written with it, or an error."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
from hostcart.adapters import records
from hostcart.adapters.plain_records import BadRecordError, decode, reader
from hostcart.domain.accounts import Account, ApiKey, CredentialKind, User
from hostcart.domain.catalogue import Catalogue

from tests.fakes.world import CATALOGUE, account, user

KEY = ApiKey(kind=CredentialKind.API_KEY, name="ada", user_id="1", account_id=None)
RECORDS: list[object] = [
    CATALOGUE,
    KEY,
    account(),
    account(features=("domain_registration",), billing_contact_missing=("city",), payment_method_id=None),
    user(),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_what_was_written_is_read(record: Any) -> None:
    text = records.encode(record)
    assert decode(type(record), text) == record == records.decode(type(record), text)


def test_members_that_nobody_knows_yet_are_passed_over() -> None:
    text = json.dumps({**json.loads(records.encode(KEY)), "since": "2026"})
    assert decode(ApiKey, text) == KEY


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (ApiKey, {"kind": "master_key"}),
        (ApiKey, {"name": None}),
        (ApiKey, {"name": 1}),
        (User, {"account_ids": "10000001"}),
        (User, {"account_ids": [10000001]}),
        (User, {"snapshot": None}),
        (Account, {"may_order": 1}),
        (Account, {"may_order": "true"}),
        (Catalogue, {"plans": []}),
    ],
)
def test_a_value_of_another_type_is_an_error(kind: type, changes: dict[str, Any]) -> None:
    (stored,) = [record for record in RECORDS if type(record) is kind][:1]
    text = json.dumps({**json.loads(records.encode(stored)), **changes})
    with pytest.raises(BadRecordError):
        decode(kind, text)


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '"text"', '{"name": "ada"}'])
def test_what_is_no_such_record_is_an_error(text: str) -> None:
    with pytest.raises(BadRecordError):
        decode(ApiKey, text)


def test_no_value_is_in_the_error() -> None:
    with pytest.raises(BadRecordError) as caught:
        decode(ApiKey, '{"kind": "secret-value", "name": "a", "user_id": null, "account_id": null}')
    assert "secret-value" not in str(caught.value)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    at: datetime


@dataclass(frozen=True)
class Outer:
    colour: Colour
    inner: Inner | None
    counts: dict[Colour, int]
    words: tuple[str, ...] = ("default",)


def test_every_supported_type_is_read() -> None:
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    text = '{"colour": "red", "inner": {"at": "2026-11-21T00:00:00Z"}, "counts": {"red": 2}}'
    assert decode(Outer, text) == Outer(Colour.RED, Inner(moment), {Colour.RED: 2})
    with pytest.raises(BadRecordError):
        decode(Outer, text.replace("2}", "true}"))


def test_a_type_that_is_not_supported_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="plain types only"):
        reader(list[str])
