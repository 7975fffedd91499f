"""A page of the registrar API on DynamoDB Local: what it reads at any depth, and that it misses nothing.

The figures are read units as DynamoDB counts them; run with `-s` to see the table.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.adapters.dynamodb_directory import DynamoDirectory
from hostcart.domain.registrar_view import listed
from hostcart.domain.sales_filter import OrdersWanted, SalesFilter
from hostcart.ports import Sealed
from hostcart.use_cases.opening import load_opened
from hostcart.use_cases.read_registrar_orders import (
    OrdersFound,
    RegistrarOrdersPorts,
    list_registrar_orders,
    read_registrar_order,
)

from local.seed.history import ORDERS, seed_history
from tests.dynamodb_local import connect
from tests.fakes.platform import FakeCipher, FakeClock
from tests.fakes.table import Meter, create_table
from tests.fakes.world import ACCOUNT, CATALOGUE, account, user
from tests.unit.domain.carts import new_cart

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

LAMBDA_RESPONSE = 6 * 1024 * 1024
ALL = SalesFilter()
_names = itertools.count(1)

type Open = Callable[[], None]


@pytest.fixture(scope="module")
def client(dynamodb_local: str) -> "DynamoDBClient":
    return connect(dynamodb_local, "pages")


@pytest.fixture(scope="module")
def ports(client: "DynamoDBClient") -> RegistrarOrdersPorts:
    """Account `history` as the local stack seeds it."""
    table = create_table(client, f"pages-{next(_names)}")
    directory = DynamoDirectory(client, table)
    directory.put_account(account())
    written = seed_history(
        client, table, FakeCipher(), account=account(), user=user(), plan=CATALOGUE.plans["basic"]
    )
    assert written == ORDERS == 10_000
    return RegistrarOrdersPorts(carts=DynamoCarts(client, table), directory=directory, with_sites=True)


@pytest.fixture
def meter(client: "DynamoDBClient") -> Iterator[Meter]:
    meter = Meter()
    meter.attach(client)
    yield meter
    meter.detach(client)


def page(
    ports: RegistrarOrdersPorts, number: int, per_page: int, *, newest_first: bool = False
) -> OrdersFound:
    wanted = OrdersWanted(page=number, per_page=per_page, newest_first=newest_first, filter=ALL)
    return list_registrar_orders(ACCOUNT, wanted, ports)


@pytest.mark.parametrize(("per_page", "newest_first"), [(1000, False), (1000, True), (100, False)])
def test_every_page_of_ten_thousand_orders_costs_the_same(
    ports: RegistrarOrdersPorts,
    meter: Meter,
    capsys: pytest.CaptureFixture[str],
    *,
    per_page: int,
    newest_first: bool,
) -> None:
    pages = ORDERS // per_page
    spent: list[list[tuple[str, float]]] = []
    seen: list[int] = []
    for number in range(1, pages + 1):
        with meter.reading() as calls:
            found = page(ports, number, per_page, newest_first=newest_first)
        assert (len(found.sales), found.last_page) == (per_page, pages)
        spent.append([(call.operation, call.units) for call in calls])
        seen += [sale.number for sale in found.sales]
    with capsys.disabled():
        print(f"\nper_page {per_page}: page 1 {spent[0]}, page {pages} {spent[-1]}")
    # DynamoDB Local ends an answer at 1 MB of whole orders; DynamoDB counts what the index holds of them.
    operations = [operation for operation, _ in spent[0]]
    assert operations == ["GetItem", *["Query"] * (len(operations) - 2), "GetItem"]
    assert len(operations) - 2 <= -(-per_page // 300)
    assert spent == [spent[0]] * pages
    assert sorted(seen) == list(range(1, ORDERS + 1))


def test_a_thousand_orders_fit_into_an_answer_and_a_query(ports: RegistrarOrdersPorts, meter: Meter) -> None:
    with meter.reading() as calls:
        found = page(ports, 1, 1000)
    body = json.dumps({"orders": [listed(sale) for sale in found.sales]}, separators=(",", ":"))
    assert len(found.sales) == 1000
    assert len(body) < LAMBDA_RESPONSE / 10
    assert sum(call.units for call in calls) < 100


def test_one_order_is_two_small_reads_whichever_it_is(ports: RegistrarOrdersPorts, meter: Meter) -> None:
    for number in (1, 5000, ORDERS):
        with meter.reading() as calls:
            sale = read_registrar_order(ACCOUNT, number, ports)
        assert sale is not None
        assert sale.number == number
        assert [(call.operation, call.units) for call in calls] == [("GetItem", 1.0), ("Query", 0.5)]


def test_every_order_appears_once_while_new_ones_arrive(ports: RegistrarOrdersPorts) -> None:
    """Last of the module: it adds orders."""
    arrived = 0
    seen: list[int] = []
    number = 1
    while True:
        found = page(ports, number, 750)
        seen += [sale.number for sale in found.sales]
        if number >= found.last_page:
            break
        number += 1
        for _ in range(7):
            arrived += 1
            token = f"{arrived:032x}"
            placed = datetime.now(UTC).replace(microsecond=0)
            cart = new_cart(token, slot=None, created_at=placed, updated_at=placed)
            ports.carts.create(cart, Sealed())
            load_opened(ports.carts, FakeClock(), ACCOUNT, token)
    assert arrived > 50
    assert seen == list(range(1, ORDERS + arrived + 1))
