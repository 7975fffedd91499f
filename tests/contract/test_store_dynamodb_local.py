"""The store on DynamoDB Local: the contract, writers at once, and what everything costs.

The figures are read and write units as DynamoDB counts them; run with `-s` to see the tables.
"""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.adapters.dynamodb_catalogue import DynamoCatalogue
from hostcart.adapters.dynamodb_directory import DynamoDirectory
from hostcart.contract.statuses import PaymentStatus
from hostcart.ports import UnavailableError

from local.seed.history import ORDERS
from tests.contract.past import Past
from tests.dynamodb_local import connect
from tests.fakes.claims_contract import ClaimsContract, ConcurrentClaimsContract
from tests.fakes.payments import Method
from tests.fakes.store_contract import Bench, ConcurrentStoreContract, StoreContract
from tests.fakes.table import Call, Meter, create_table
from tests.fakes.world import ACCOUNT, CALLBACK, CATALOGUE, World, account, site_order, user

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_names = itertools.count(1)
_REPEATS = 5


@pytest.fixture(scope="session")
def client(dynamodb_local: str) -> "DynamoDBClient":
    return connect(dynamodb_local, "store")


@pytest.fixture
def table(client: "DynamoDBClient") -> str:
    """A new one for each test."""
    name = create_table(client, f"hostcart-{next(_names)}")
    DynamoCatalogue(client, name).replace(CATALOGUE)
    return name


class TestOnDynamoDBLocal(StoreContract, ConcurrentStoreContract, ClaimsContract, ConcurrentClaimsContract):
    @pytest.fixture
    def bench(self, client: "DynamoDBClient", table: str) -> Bench:
        return Bench(DynamoCarts(client, table), DynamoCatalogue(client, table))


# --- what it costs --------------------------------------------------------------------------------


@pytest.fixture
def meter(client: "DynamoDBClient") -> Iterator[Meter]:
    meter = Meter()
    meter.attach(client)
    yield meter
    meter.detach(client)


@pytest.fixture
def world(client: "DynamoDBClient", table: str) -> World:
    """The fakes around the true store, catalogue and directory."""
    world = World()
    directory = DynamoDirectory(client, table)
    directory.put_account(account())
    directory.put_user(user())
    stored: dict[str, Any] = {
        "carts": DynamoCarts(client, table),
        "catalogue": DynamoCatalogue(client, table),
        "directory": directory,
    }
    for name, port in stored.items():
        setattr(world, name, port)
    return world


def delivery(world: World) -> list[Callable[[], object]]:
    return [
        lambda: world.order(site_order(callback=CALLBACK)),
        world.charge,
        world.provision,
        world.activate,
        world.close,
        world.notify,
    ]


def units(calls: list[Call], *, writes: bool) -> float:
    return sum(call.units for call in calls if call.writes is writes)


@pytest.mark.parametrize("step", range(7))
def test_a_poll_is_one_read_of_one_unit_at_the_most(world: World, meter: Meter, step: int) -> None:
    """At every moment of an order's life, for the cart and for the order."""
    for do in delivery(world)[:step]:
        do()
    if not step:
        world.order()
    with meter.reading() as cart_calls:
        view = world.carts.cart_view(ACCOUNT, world.token)
    assert view is not None
    _one_read(cart_calls)
    with meter.reading() as order_calls:
        found = world.carts.order_view(ACCOUNT, world.token)
    assert (found is not None) == (step > 1)
    if found is not None:
        _one_read(order_calls)


def _one_read(calls: list[Call]) -> None:
    assert [call.operation for call in calls] == ["GetItem"]
    assert calls[0].units <= 1


def test_a_look_at_a_payment_that_is_unchanged_writes_nothing(world: World, meter: Meter) -> None:
    world.payments.method = Method.SETTLES_LATER
    world.order()
    world.charge()
    with meter.reading() as calls:
        assert world.charge().status is PaymentStatus.PROCESSING
    assert units(calls, writes=True) == 0
    assert units(calls, writes=False) <= 1


def test_every_page_of_ten_thousand_orders_costs_the_same(past: Past, report: Callable[[str], None]) -> None:
    carts = DynamoCarts(past.client, past.table)
    spent: dict[tuple[int, int], tuple[float, float]] = {}
    seen: list[str] = []
    for per_page in (100, 50):
        for page in range(1, ORDERS // per_page + 1):
            with past.meter.reading() as calls:
                found = carts.list_orders(ACCOUNT, page=page, per_page=per_page)
            assert (len(found.orders), found.total) == (per_page, ORDERS)
            assert [call.operation for call in calls] == ["GetItem", "Query"]
            spent[per_page, page] = (calls[1].units, calls[0].units)
            seen += [order["id"] for order in found.orders if per_page == 100]
    shown = [(100, 1), (100, 50), (100, 100), (50, 1), (50, 100), (50, 200)]
    lines = [f"{per_page:>8} {page:>5} {spent[per_page, page]!s:>12}" for per_page, page in shown]
    report("\n".join(["per_page  page  read units (page, counter)", *lines]))
    assert len(seen) == len(set(seen)) == ORDERS
    for per_page in (100, 50):
        assert len({units for (size, _), units in spent.items() if size == per_page}) == 1


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Shows figures in the test's output, whatever is captured."""

    def show(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}")

    return show


def test_placing_many_orders_at_once_opens_them_densely(client: "DynamoDBClient", table: str) -> None:
    """200 distinct orders of one account, 8 clients: the count of POST and ChargePayment together."""
    directory = DynamoDirectory(client, table)
    directory.put_account(account())
    directory.put_user(user())
    orders = 200

    def place(number: int) -> int:
        world = World()
        for name, port in (("carts", DynamoCarts(client, table)), ("directory", directory)):
            setattr(world, name, port)
        world.order(site_order(f"key-{number}", location="ams"))
        for _ in range(_REPEATS):
            with suppress(UnavailableError):  # contended: the state machine repeats the task
                world.charge()
                break
        return world.cart.opened.number

    with ThreadPoolExecutor(8) as pool:
        numbers = sorted(pool.map(place, range(orders)))
    assert numbers == list(range(1, orders + 1))
    assert DynamoCarts(client, table).last_number(ACCOUNT) == orders
