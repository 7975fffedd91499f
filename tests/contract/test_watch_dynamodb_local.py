"""The index of open work on DynamoDB Local, and what a run over many ended orders costs."""

import itertools
from typing import TYPE_CHECKING

import boto3
import pytest
from hostcart.adapters.dynamodb_watch import DynamoWatch

from tests.contract.past import Past
from tests.fakes.table import create_table
from tests.fakes.watch_contract import LATER, WatchContract

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_names = itertools.count(1)


@pytest.fixture(scope="module")
def client(dynamodb_local: str) -> "DynamoDBClient":
    return boto3.client(
        "dynamodb",
        endpoint_url=dynamodb_local,
        region_name="eu-central-1",
        aws_access_key_id="watch",
        aws_secret_access_key="test",
    )


@pytest.fixture
def table(client: "DynamoDBClient") -> str:
    """A new one for each test."""
    return create_table(client, f"hostcart-watch-{next(_names)}")


class TestOnDynamoDBLocal(WatchContract):
    """The same contract as on moto."""


def test_ten_thousand_ended_orders_cost_the_reconciler_nothing(past: Past) -> None:
    with past.meter.reading() as empty:
        DynamoWatch(past.client, past.empty).page(None, before=LATER, limit=50)
    with past.meter.reading() as full:
        page = DynamoWatch(past.client, past.table).page(None, before=LATER, limit=50)
    assert (page.entries, page.after) == ((), None)
    assert full == empty
    assert sum(call.units for call in full) <= 4
