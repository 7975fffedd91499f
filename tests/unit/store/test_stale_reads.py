"""A poll that follows a link at once meets replicas that are behind."""

from typing import Any

import pytest
from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.adapters.packing import pack

TOKEN = "0" * 32
ITEM: dict[str, Any] = {
    "version": {"N": "2"},
    "terminal": {"BOOL": False},
    "texts": {"B": pack(["{}", "{}", "{}"])},
}


class Replica:
    """Answers an eventually consistent read from the past."""

    def __init__(self, past: dict[str, Any] | None) -> None:
        self.past = past
        self.reads: list[bool] = []

    def get_item(self, *, ConsistentRead: bool, **_: object) -> dict[str, Any]:  # noqa: N803 - AWS's name
        self.reads.append(ConsistentRead)
        item = ITEM if ConsistentRead else self.past
        return {} if item is None else {"Item": item}


@pytest.mark.parametrize("past", [None, {**ITEM, "version": {"N": "1"}, "texts": {"B": pack(["{}", "{}"])}}])
def test_an_order_that_its_cart_links_is_found(past: dict[str, Any] | None) -> None:
    replica = Replica(past)
    carts: Any = DynamoCarts
    view = carts(replica, "table").order_view("1", TOKEN)
    assert view is not None
    assert view.version == 2
    assert replica.reads == [False, True]


def test_what_the_nearest_replica_has_is_read_once() -> None:
    replica = Replica(ITEM)
    carts: Any = DynamoCarts
    assert carts(replica, "table").order_view("1", TOKEN) is not None
    assert replica.reads == [False]
