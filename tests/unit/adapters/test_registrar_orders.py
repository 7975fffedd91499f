"""Finding orders without a filter: page 1, the last page, then back until the window is left."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hostcart.adapters import registrar_orders
from hostcart.domain.registration import ItemKind, OrderItem
from hostcart.ports import OutcomeUnknownError

from tests.unit.adapters.registrar_stub import Scene, StubAnswer, answer

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def order(number: int, *names: str, kind: str = "registration") -> dict[str, Any]:
    """Order `number` is placed on day `number`."""
    return {
        "id": number,
        "createDate": (BEGIN + number * DAY).isoformat().replace("+00:00", "Z"),
        "status": "success",
        "orderItems": [
            {"id": number * 10 + index, "status": "success", "name": name, "type": kind}
            for index, name in enumerate(names or ("other.com",))
        ],
    }


class Shelf(Scene):
    """A registrar with orders, in the order given; `grows` adds one after so many requests."""

    def __init__(self, orders: list[dict[str, Any]], *, size: int, grows: dict[int, dict[str, Any]]) -> None:
        super().__init__([])
        self.orders, self.size, self.grows = orders, size, grows

    def request(self, method: str, url: str, **options: Any) -> StubAnswer:
        number = int(options["fields"]["page"])
        last = max(1, -(-len(self.orders) // self.size))
        body: dict[str, Any] = {"orders": self.orders[(number - 1) * self.size : number * self.size]}
        if number < last:
            body |= {"nextPage": number + 1, "lastPage": last}
        self.answers.append(answer(body))
        given = super().request(method, url, **options)
        if len(self.sent) in self.grows:
            self.orders = [*self.orders, self.grows[len(self.sent)]]
        return given

    @property
    def pages(self) -> list[int]:
        return [int(parse_qs(urlsplit(target).query)["page"][0]) for _, target, _, _ in self.sent]


def find(shelf: Shelf, since_day: float, kind: ItemKind = ItemKind.REGISTRATION) -> list[OrderItem]:
    found = shelf.registrar.orders_since("example.com", kind=kind, since=BEGIN + since_day * DAY)
    return list(found)


def shelf(*orders: dict[str, Any], size: int = 2, grows: dict[int, dict[str, Any]] | None = None) -> Shelf:
    return Shelf(list(orders), size=size, grows=grows or {})


def test_no_orders() -> None:
    empty = shelf()
    assert find(empty, 0) == []
    assert empty.pages == [1]
    assert empty.routes == ["GET /v4/orders?perPage=250&page=1"]


def test_one_page() -> None:
    small = shelf(order(1, "example.com"), order(2, "EXAMPLE.com", "example.com"))
    assert [(item.order_id, item.id) for item in find(small, 2)] == [(2, 20), (2, 21)]
    assert small.pages == [1]


def test_only_the_kind_asked_for() -> None:
    mixed = shelf(order(1, "example.com", kind="transfer"), order(2, "example.com"))
    assert [item.id for item in find(mixed, 0, ItemKind.TRANSFER)] == [10]


def test_from_the_last_page_back_until_the_window_is_left() -> None:
    many = shelf(*(order(number, "example.com") for number in range(1, 12)))
    assert [item.order_id for item in find(many, 8)] == [8, 9, 10, 11]
    assert many.pages == [1, 6, 5, 4]  # page 4 begins with order 7, which is older


def test_a_last_page_that_reaches_back_far_enough_is_all() -> None:
    many = shelf(*(order(number, "example.com") for number in range(1, 9)))
    assert [item.order_id for item in find(many, 8)] == [8]
    assert many.pages == [1, 4]


def test_back_to_the_second_page_and_no_page_twice() -> None:
    many = shelf(*(order(number, "example.com") for number in range(1, 8)))
    assert [item.order_id for item in find(many, 0)] == [1, 2, 3, 4, 5, 6, 7]
    assert many.pages == [1, 4, 3, 2]


def test_orders_placed_while_reading_are_found() -> None:
    many = shelf(*(order(number) for number in range(1, 5)), grows={1: order(5, "example.com")})
    assert [item.order_id for item in find(many, 4.5)] == [5]
    assert many.pages[:3] == [1, 2, 3]


def test_a_list_with_the_newest_first() -> None:
    many = shelf(*(order(number, "example.com") for number in range(11, 0, -1)))
    assert [item.order_id for item in find(many, 8)] == [8, 9, 10, 11]
    assert many.pages == [1, 6, 2, 3]


def test_an_order_without_a_date_counts() -> None:
    undated = order(1, "example.com")
    del undated["createDate"]
    assert [item.created_at for item in find(shelf(undated), 9)] == [None]


def test_a_list_without_end_is_not_told_as_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registrar_orders, "_MOST_PAGES", 3)
    many = shelf(*(order(number) for number in range(1, 21)))
    with pytest.raises(OutcomeUnknownError, match="too_many_orders"):
        find(many, 0)
