"""Sales out of the list's index: what it does not show yet, what it cannot answer at once, what is older."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from hostcart.adapters.dynamodb_carts import DynamoCarts, cart_item
from hostcart.adapters.dynamodb_sales import DynamoSales, entry_of
from hostcart.adapters.packing import pack
from hostcart.domain.sales import sale_from, stored_sale
from hostcart.domain.views import timestamp

from tests.fakes.histories import history
from tests.fakes.table import TABLE
from tests.fakes.world import ACCOUNT, account

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

type Json = dict[str, Any]


def item(number: int) -> Json:
    return dict(cart_item(history(number, number, account().snapshot).cart))


class Index:
    """Shows each order only from its `since`-th look on, and three orders an answer."""

    def __init__(self, orders: int, since: dict[int, int] | None = None) -> None:
        self.items = {number: item(number) for number in range(1, orders + 1)}
        self.since = since or {}
        self.asked: list[tuple[int, int]] = []
        self.looks = 0

    def query(self, **request: Any) -> Json:
        values = request["ExpressionAttributeValues"]
        first, last = (int(values[f":{name}"]["N"]) for name in ("first", "last"))
        begin = (
            int(request["ExclusiveStartKey"]["number"]["N"]) + 1 if "ExclusiveStartKey" in request else first
        )
        self.looks += "ExclusiveStartKey" not in request
        self.asked.append((begin, last))
        shown = [n for n in range(begin, last + 1) if n in self.items and self.since.get(n, 1) <= self.looks]
        answer: Json = {"Items": [self.items[number] for number in shown[:3]]}
        if len(shown) > 3:
            answer["LastEvaluatedKey"] = {"number": {"N": str(shown[2])}}
        return answer


def numbers(index: Index, first: int, last: int) -> list[int]:
    client: Any = index
    sales = DynamoSales(client, "t", lambda *_: None)
    return [sale.number for sale in sales.between(ACCOUNT, first, last)]


def test_an_answer_in_parts_is_put_together() -> None:
    index = Index(8)
    assert numbers(index, 1, 8) == list(range(1, 9))
    assert index.asked == [(1, 8), (4, 8), (7, 8)]
    assert index.looks == 1


@pytest.mark.usefixtures("pauses")
def test_an_order_that_the_index_does_not_show_yet_is_looked_for_again() -> None:
    index = Index(3, since={2: 2, 3: 3})
    assert numbers(index, 1, 3) == [1, 2, 3]
    assert index.asked == [(1, 3), (2, 3), (3, 3)]


def test_the_looks_and_pauses_are_bounded(pauses: list[float]) -> None:
    index = Index(3, since={2: 99})
    assert numbers(index, 1, 3) == [1, 3]
    assert (index.looks, sum(pauses) < 1) == (3, True)


def test_nothing_is_asked_for_an_empty_range() -> None:
    index = Index(3)
    assert numbers(index, 4, 3) == []
    assert index.asked == []


def test_an_order_that_was_stored_without_its_sale_is_read_whole(dynamodb: "DynamoDBClient") -> None:
    carts = DynamoCarts(dynamodb, TABLE)
    found = history(5, 1, account().snapshot).cart
    stored: Any = cart_item(found)
    entry = entry_of(stored)
    del entry["sale"]
    dynamodb.put_item(TableName=TABLE, Item={**stored, "entry": {"B": pack([json.dumps(entry)])}})
    placed = timestamp(found.opened.created_at)
    assert carts.sales(ACCOUNT, first=1, last=1) == [sale_from(1, placed, stored_sale(found))]


def test_the_list_does_not_show_the_sale(dynamodb: "DynamoDBClient") -> None:
    stored: Any = cart_item(history(5, 1, account().snapshot).cart)
    dynamodb.put_item(TableName=TABLE, Item=stored)
    dynamodb.put_item(
        TableName=TABLE,
        Item={"pk": stored["pk"], "sk": {"S": "COUNTER"}, "last_number": {"N": "1"}},
    )
    (entry,) = DynamoCarts(dynamodb, TABLE).list_orders(ACCOUNT, page=1, per_page=50).orders
    assert "sale" in entry_of(stored)
    assert set(entry) == {"id", "status", "created_at", "updated_at", "location", "account"}
