"""Finding a name's orders: v4 can neither filter nor sort, and documents no order of its list.

Page 1 tells how many pages there are and, beside the last, which end is the newest. From there pages are read
until one is older than what is looked for.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from hostcart.adapters.registrar_api import RegistrarApi
from hostcart.adapters.registrar_facts import OrderAnswer, OrdersAnswer, order_items
from hostcart.domain.registration import ItemKind, ItemStatus, OrderItem
from hostcart.ports import OutcomeUnknownError

PAGE_SIZE: Final = 250
_MOST_PAGES: Final = 200
_PURCHASES: Final = frozenset({ItemKind.REGISTRATION, ItemKind.TRANSFER})
_STANDING: Final = frozenset({ItemStatus.PENDING, ItemStatus.SUCCESS})
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def items_since(
    api: RegistrarApi, name: str, *, kind: ItemKind, since: datetime, page_size: int = PAGE_SIZE
) -> list[OrderItem]:
    """The items of this name and kind, oldest first. An order without a date counts as placed in time.

    Raises OutcomeUnknownError("too_many_orders") rather than telling of a list that was not read to its end.
    """
    found: dict[tuple[int, int], OrderItem] = {}
    for order in _recent(api, since, page_size):
        if order.create_date is not None and order.create_date < since:
            continue
        for item in order_items(order):
            if item.kind is kind and item.name == name.lower():
                found[order.id, item.id] = item
    return sorted(found.values(), key=lambda item: (item.created_at or _LONG_AGO, item.order_id, item.id))


def purchases_since(api: RegistrarApi, since: datetime, page_size: int = PAGE_SIZE) -> list[OrderItem]:
    """Registrations and transfers of any name that stand, oldest first. Raises as `items_since`."""
    found: dict[tuple[int, int], OrderItem] = {}
    for order in _recent(api, since, page_size):
        if order.create_date is not None and order.create_date < since:
            continue
        for item in order_items(order):
            if item.kind in _PURCHASES and item.status in _STANDING:
                found[order.id, item.id] = item
    return sorted(found.values(), key=lambda item: (item.created_at or _LONG_AGO, item.order_id, item.id))


def _recent(api: RegistrarApi, since: datetime, page_size: int) -> Iterator[OrderAnswer]:
    first = _page(api, 1, page_size)
    yield from first.orders
    if first.last_page is None and first.next_page is None:
        return
    tail = _tail(api, first, page_size)
    for page in tail.values():
        yield from page.orders
    oldest_read = min(tail)
    between = range(2, oldest_read)
    if _newest_first(first, tail):
        known = first
    else:
        known, between = tail[oldest_read], between[::-1]
    if not _older(known, since):
        yield from _walk(api, between, since, page_size)


def _walk(api: RegistrarApi, numbers: range, since: datetime, page_size: int) -> Iterator[OrderAnswer]:
    for read, number in enumerate(numbers):
        if read == _MOST_PAGES:
            raise OutcomeUnknownError("too_many_orders")
        page = _page(api, number, page_size)
        yield from page.orders
        if _older(page, since):
            return


def _tail(api: RegistrarApi, first: OrdersAnswer, page_size: int) -> dict[int, OrdersAnswer]:
    """The last page by its number, and those that were added while it was read."""
    pages: dict[int, OrdersAnswer] = {}
    number = first.last_page or first.next_page
    while number is not None and number not in pages:
        if len(pages) == _MOST_PAGES:
            raise OutcomeUnknownError("too_many_orders")
        pages[number] = _page(api, number, page_size)
        number = pages[number].next_page
    return pages


def _page(api: RegistrarApi, number: int, page_size: int) -> OrdersAnswer:
    return api.get(OrdersAnswer, "orders", perPage=page_size, page=number)


def _newest_first(first: OrdersAnswer, tail: dict[int, OrdersAnswer]) -> bool:
    beginning, end = _dates(first), _dates(tail[max(tail)])
    return bool(beginning and end) and max(beginning) > max(end)


def _older(page: OrdersAnswer, since: datetime) -> bool:
    """True when the page holds an order from before `since`: beyond it all are older."""
    return any(date < since for date in _dates(page))


def _dates(page: OrdersAnswer) -> list[datetime]:
    return [order.create_date for order in page.orders if order.create_date is not None]
