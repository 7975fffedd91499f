"""What is spared in moto changes none of its answers."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.table import TABLE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


def _key(name: str) -> Any:
    return {"pk": {"S": name}, "sk": {"S": "ROW"}}


def _all(client: "DynamoDBClient") -> list[Any]:
    return sorted(client.scan(TableName=TABLE)["Items"], key=lambda item: item["pk"]["S"])


@pytest.fixture
def rows(dynamodb: "DynamoDBClient") -> list[Any]:
    for name in ("changed", "put again", "deleted", "other"):
        dynamodb.put_item(TableName=TABLE, Item={**_key(name), "tags": {"M": {"n": {"N": "1"}}}})
    return _all(dynamodb)


def _writes(condition: str) -> list[Any]:
    return [
        {
            "Update": {
                "TableName": TABLE,
                "Key": _key("changed"),
                "UpdateExpression": "SET tags.n = :two, more = :two",
                "ExpressionAttributeValues": {":two": {"N": "2"}},
            }
        },
        {"Put": {"TableName": TABLE, "Item": _key("put again")}},
        {"Put": {"TableName": TABLE, "Item": _key("new")}},
        {"Delete": {"TableName": TABLE, "Key": _key("deleted")}},
        {
            "ConditionCheck": {
                "TableName": TABLE,
                "Key": _key("other"),
                "ConditionExpression": condition,
            }
        },
    ]


def test_a_refused_transaction_leaves_everything_as_it_was(
    dynamodb: "DynamoDBClient", rows: list[Any]
) -> None:
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        dynamodb.transact_write_items(TransactItems=_writes("attribute_not_exists(pk)"))
    assert _all(dynamodb) == rows


def test_a_transaction_writes_all_of_it(dynamodb: "DynamoDBClient", rows: list[Any]) -> None:
    dynamodb.transact_write_items(TransactItems=_writes("attribute_exists(pk)"))
    two = {"N": "2"}
    assert _all(dynamodb) == [
        {**_key("changed"), "tags": {"M": {"n": two}}, "more": two},
        _key("new"),
        next(row for row in rows if row["pk"] == {"S": "other"}),
        _key("put again"),
    ]
