"""What is not finished (port OpenWork): a sparse index that the terminal write takes a cart out of."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.aws_errors import aws_errors
from hostcart.adapters.dynamodb_work_index import OUT
from hostcart.ports_reconcile import Holder, OpenCart, Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoWatch:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def page(self, cursor: str | None, *, before: datetime, limit: int) -> Page[OpenCart]:
        state: dict[str, Any] = json.loads(cursor) if cursor else {"shard": 0, "after": None}
        shard, after = int(state["shard"]), state["after"]
        found: list[Any] = []
        while shard < keys.WORK_SHARDS and len(found) < limit:
            answer = self._query(shard, after, before, limit - len(found))
            found += answer["Items"]
            after = answer.get("LastEvaluatedKey")
            if after is None:
                shard += 1
        return Page(
            entries=tuple(_cart(item) for item in found),
            after=None if shard == keys.WORK_SHARDS else json.dumps({"shard": shard, "after": after}),
        )

    def forget(self, cart: OpenCart) -> None:
        with aws_errors("database"):
            self._client.update_item(
                TableName=self._table,
                Key=keys.cart(cart.account_id, cart.token),
                UpdateExpression=f"REMOVE {OUT}",
            )

    def holder(self, name: str) -> Holder | None:
        with aws_errors("database"):
            item = self._client.get_item(
                TableName=self._table, Key=keys.claim(name), ConsistentRead=True
            ).get("Item")
        return None if item is None else _holder(item)

    def _query(
        self, shard: int, after: Mapping[str, Any] | None, before: datetime, limit: int
    ) -> Mapping[str, Any]:
        more: Any = {} if after is None else {"ExclusiveStartKey": after}
        with aws_errors("database"):
            return self._client.query(
                TableName=self._table,
                IndexName=keys.WORK_INDEX,
                KeyConditionExpression="open_shard = :shard AND open_since < :before",
                ExpressionAttributeValues={
                    ":shard": {"S": str(shard)},
                    ":before": {"N": str(int(before.timestamp()))},
                },
                Limit=limit,
                **more,
            )


def _cart(item: keys.Key) -> OpenCart:
    return OpenCart(account_id=keys.account_of(item), token=keys.token_of(item))


def _holder(item: Any) -> Holder:
    account, _, token = item["holder"]["S"].partition("#")
    return Holder(account_id=account, cart_token=token)
