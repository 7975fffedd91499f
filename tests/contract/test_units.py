"""The size rule by which transactions are billed: DynamoDB Local counts the same for one item."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.bench.counts import connect
from tests.dynamodb_local import dynamodb_local
from tests.fakes.table import create_table
from tests.fakes.units import KILOBYTE, item_bytes, transaction_units, units

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

__all__ = ["dynamodb_local"]
TABLE = "units"
KEY: dict[str, Any] = {"pk": {"S": "ACCOUNT#1"}, "sk": {"S": "CART#1"}}
SAMPLE: dict[str, Any] = {
    **KEY,
    "version": {"N": "12"},
    "terminal": {"BOOL": True},
    "sealed": {"B": b"\x00\xff" * 40},
    "umlaut": {"S": "ü" * 7},
}


@pytest.fixture(scope="module")
def client(dynamodb_local: str) -> "DynamoDBClient":
    client = connect(dynamodb_local)
    create_table(client, TABLE)
    return client


@pytest.mark.parametrize("kilobytes", [1, 2, 4])
@pytest.mark.parametrize("over", [0, 1])
def test_an_item_is_as_large_as_dynamodb_says(client: "DynamoDBClient", kilobytes: int, over: int) -> None:
    room = kilobytes * KILOBYTE - item_bytes({**SAMPLE, "text": {"S": ""}})
    item = {**SAMPLE, "text": {"S": "x" * (room + over)}}
    client.delete_item(TableName=TABLE, Key=KEY)
    answer = client.put_item(TableName=TABLE, Item=item, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"]["CapacityUnits"] == kilobytes + over == units(item)


def test_a_transaction_is_twice_its_writes() -> None:
    small, large = {**KEY, "text": {"S": "x"}}, {**KEY, "text": {"S": "x" * 1500}}
    assert transaction_units([(None, small)]) == 2
    assert transaction_units([(None, small), (small, small)]) == 4  # of one size, and yet two
    assert transaction_units([(small, large)]) == transaction_units([(large, None)]) == 4
    listed = {**small, "number": {"N": "1"}, "entry": {"S": "{}"}}
    assert transaction_units([(small, listed)]) == 4
    assert transaction_units([(listed, {**listed, "version": {"N": "2"}})]) == 2
    assert transaction_units([(listed, {**listed, "number": {"N": "2"}})]) == 6
