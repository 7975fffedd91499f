"""The sales of an account's orders, out of the index that its list is read from.

Numbers are dense, so that what an index that is behind does not show yet is known, and looked for again.
"""

import json
import time
from typing import TYPE_CHECKING, Any, Final

from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.aws_errors import aws_errors
from hostcart.adapters.packing import unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, QueryInputTypeDef

    from hostcart.domain.cart import Cart
    from hostcart.domain.sales import Sale

type Item = "dict[str, AttributeValueTypeDef]"

SALE: Final = "sale"
"""Where a stored list entry has its order's sale."""
_PAUSES: Final = (0.05, 0.2)  # seconds before each further look


def entry_of(item: Item) -> dict[str, Any]:
    """An order's list entry, with its sale under SALE."""
    entry: dict[str, Any] = json.loads(unpack(bytes(item["entry"]["B"]))[0])
    return entry


class DynamoSales:
    """`load` reads a whole cart: for orders that were stored before their entry held the sale."""

    def __init__(
        self, client: "DynamoDBClient", table: str, load: "Callable[[str, str], Cart | None]"
    ) -> None:
        self._client = client
        self._table = table
        self._load = load

    def between(self, account_id: str, first: int, last: int) -> "list[Sale]":
        """Orders `first` to `last`; one query as long as it answers with less than 1 MB, none behind."""
        if last < first:
            return []
        found: dict[int, Item] = {}
        for pause in (*_PAUSES, None):
            for item in self._query(account_id, first, last):
                found[int(item["number"]["N"])] = item
            missing = [number for number in range(first, last + 1) if number not in found]
            if not missing or pause is None:
                break
            first, last = missing[0], missing[-1]
            time.sleep(pause)
        sales = [self._sale(account_id, number, found[number]) for number in sorted(found)]
        return [sale for sale in sales if sale is not None]

    def _query(self, account_id: str, first: int, last: int) -> list[Item]:
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "IndexName": keys.ORDERS_INDEX,
            "KeyConditionExpression": "pk = :pk AND #number BETWEEN :first AND :last",
            "ExpressionAttributeNames": {"#number": "number"},
            "ExpressionAttributeValues": {
                ":pk": keys.counter(account_id)["pk"],
                ":first": {"N": str(first)},
                ":last": {"N": str(last)},
            },
        }
        items: list[Item] = []
        while True:
            with aws_errors("database"):
                answer = self._client.query(**request)
            items += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return items
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _sale(self, account_id: str, number: int, item: Item) -> "Sale | None":
        from hostcart.domain.sales import sale_from, stored_sale
        from hostcart.domain.views import timestamp

        entry = entry_of(item)
        if SALE in entry:
            return sale_from(number, entry["created_at"], entry[SALE])
        cart = self._load(account_id, keys.token_of(item))
        if cart is None or cart.order is None:
            return None
        return sale_from(number, timestamp(cart.order.created_at), stored_sale(cart))
