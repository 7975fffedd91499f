"""Ten thousand ended orders on DynamoDB Local, written once for all who only read them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from local.seed.history import ORDERS, seed_history
from tests.dynamodb_local import connect
from tests.fakes.platform import FakeCipher
from tests.fakes.table import Meter, create_table
from tests.fakes.world import CATALOGUE, account, user

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True)
class Past:
    """A table that nobody writes to, what its client's calls cost, and an empty table beside it."""

    client: "DynamoDBClient"
    meter: Meter
    table: str
    empty: str


@pytest.fixture(scope="session")
def stored_past(dynamodb_local: str) -> "tuple[DynamoDBClient, str, str]":
    """Account `history` as the local stack seeds it: (client, its table, an empty table)."""
    client = connect(dynamodb_local, "past")
    table, empty = create_table(client, "past"), create_table(client, "empty")
    plan = CATALOGUE.plans["basic"]
    written = seed_history(client, table, FakeCipher(), account=account(), user=user(), plan=plan)
    assert written == ORDERS == 10_000
    return client, table, empty


@pytest.fixture
def past(stored_past: "tuple[DynamoDBClient, str, str]") -> Iterator[Past]:
    client, table, empty = stored_past
    meter = Meter().attach(client)
    yield Past(client, meter, table, empty)
    meter.detach(client)
