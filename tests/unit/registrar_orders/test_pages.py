"""Pages are ranges of order numbers: whole, disjoint, and the same whatever arrives."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from hostcart.contract.errors import ApiError
from hostcart.contract.statuses import SaleStatus
from hostcart.domain.accounts import ApiKey, CredentialKind
from hostcart.domain.sales import Sale
from hostcart.domain.sales_filter import OrdersWanted, SalesFilter
from hostcart.ports import UnavailableError
from hostcart.use_cases.read_registrar_orders import (
    OrdersFound,
    RegistrarOrdersPorts,
    list_registrar_orders,
    read_registrar_order,
    registrar_caller,
)

from tests.fakes.histories import history
from tests.fakes.platform import FakeDirectory
from tests.fakes.store import FakeCarts
from tests.fakes.world import ACCOUNT, USER, account, user

STRANGER = "10000099"


@dataclass
class Shop:
    carts: FakeCarts = field(default_factory=FakeCarts)
    directory: FakeDirectory = field(
        default_factory=lambda: FakeDirectory(accounts={ACCOUNT: account()}, users={USER: user()})
    )
    with_sites: bool = True

    def open(self, orders: int) -> None:
        """More orders of the account."""
        for number in range(
            self.carts.last_number(ACCOUNT) + 1, self.carts.last_number(ACCOUNT) + orders + 1
        ):
            self.carts._put(history(number, number, account().snapshot).cart)
            self.carts.counters[ACCOUNT] = number

    @property
    def ports(self) -> RegistrarOrdersPorts:
        ports: Any = RegistrarOrdersPorts
        found: RegistrarOrdersPorts = ports(
            carts=self.carts, directory=self.directory, with_sites=self.with_sites
        )
        return found

    def page(self, page: int, per_page: int = 4, *, newest_first: bool = False, **wanted: Any) -> OrdersFound:
        asked = OrdersWanted(
            page=page, per_page=per_page, newest_first=newest_first, filter=SalesFilter(**wanted)
        )
        return list_registrar_orders(ACCOUNT, asked, self.ports)

    def numbers(self, *args: Any, **wanted: Any) -> list[int]:
        return [sale.number for sale in self.page(*args, **wanted).sales]


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.open(10)
    return shop


def test_pages_are_oldest_first_and_hold_every_order_once(shop: Shop) -> None:
    assert [shop.numbers(page) for page in (1, 2, 3, 4)] == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10], []]
    assert shop.page(1).last_page == 3
    assert shop.page(1, per_page=10).last_page == 1
    assert shop.page(1, per_page=9).last_page == 2
    assert (list(Shop().page(1).sales), Shop().page(1).last_page) == ([], 1)


def test_newest_first_is_the_same_backwards(shop: Shop) -> None:
    pages = [shop.numbers(page, newest_first=True) for page in (1, 2, 3, 4)]
    assert pages == [[10, 9, 8, 7], [6, 5, 4, 3], [2, 1], []]


def test_what_arrives_moves_no_page(shop: Shop) -> None:
    seen, page = [], 1
    while True:
        found = shop.page(page, per_page=3)
        seen += [sale.number for sale in found.sales]
        if page >= found.last_page:
            break
        page += 1
        if page < 6:
            shop.open(2)
    assert seen == list(range(1, shop.carts.last_number(ACCOUNT) + 1))
    assert len(seen) == 18


class Behind(FakeCarts):
    """Its index does not show `hidden` yet."""

    hidden: frozenset[int] = frozenset()

    def sales(self, account_id: str, *, first: int, last: int) -> list[Sale]:
        found = super().sales(account_id, first=first, last=last)
        return [sale for sale in found if sale.number not in self.hidden]


def behind(*hidden: int) -> Shop:
    carts = Behind()
    carts.hidden = frozenset(hidden)
    shop = Shop(carts=carts)
    shop.open(10)
    return shop


def test_the_newest_orders_may_come_a_moment_later() -> None:
    shop = behind(9, 10)
    assert [shop.numbers(page) for page in (1, 2, 3)] == [[1, 2, 3, 4], [5, 6, 7, 8], []]
    assert shop.numbers(1, newest_first=True) == [8, 7]


@pytest.mark.parametrize(("hidden", "page"), [(4, 1), (2, 1), (8, 2), (9, 3)])
def test_no_page_passes_over_an_order(hidden: int, page: int) -> None:
    shop = behind(hidden)
    with pytest.raises(UnavailableError, match="index_behind"):
        shop.page(page)
    assert shop.numbers(page % 3 + 1)


def test_an_order_that_the_index_does_not_show_yet_is_not_denied() -> None:
    with pytest.raises(UnavailableError, match="index_behind"):
        read_registrar_order(ACCOUNT, 10, behind(10).ports)


FILTERS: list[dict[str, Any]] = [
    {"tld": "com"},
    {"tld": "co.uk"},
    {"tld": "uk"},
    {"name": "*.it"},
    {"name": "name-7.com"},
    {"status": SaleStatus.SUCCESS},
    {"status": SaleStatus.REVIEW},
    {"since": datetime.fromisoformat("2024-01-02T00:00:00Z")},
    {"until": datetime.fromisoformat("2024-01-02T00:00:00Z")},
    {"tld": "com", "status": SaleStatus.FAILED},
]


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
def test_a_filter_leaves_orders_out_and_cuts_no_page_anew(wanted: dict[str, Any]) -> None:
    shop = Shop()
    shop.open(60)
    everything = [sale for page in range(1, 7) for sale in shop.page(page, per_page=10).sales]
    shown = [sale for page in range(1, 7) for sale in shop.page(page, per_page=10, **wanted).sales]
    assert shown == [sale for sale in everything if SalesFilter(**wanted).admits(sale)]
    assert shop.page(1, per_page=10, **wanted).last_page == 6
    assert len(shown) < len(everything)


def test_each_filter_admits_what_it_says() -> None:
    shop = Shop()
    shop.open(60)
    assert {item.tld for sale in shop.page(1, 60, tld="co.uk").sales for item in sale.items} == {"co.uk"}
    assert shop.numbers(1, 60, tld="uk") == []
    names = [item.name for sale in shop.page(1, 60, name="*.it").sales for item in sale.items]
    assert names
    assert all(name.endswith(".it") for name in names)
    (first, *_) = shop.page(1, 60, tld="com").sales
    assert shop.numbers(1, 60, name=first.items[0].name) == [first.number]
    moment = datetime.fromisoformat("2024-01-01T10:00:00Z")  # order 10 was placed then
    assert shop.numbers(1, 60, since=moment) == list(range(10, 61))
    assert shop.numbers(1, 60, until=moment) == list(range(1, 10))


def test_a_site_has_neither_name_nor_tld_to_filter_by(shop: Shop) -> None:
    shop.open(50)
    assert not [sale for sale in shop.page(1, 60, name="*").sales for item in sale.items if item.tld is None]


def test_sites_are_left_out_where_the_setting_says_so() -> None:
    shop = Shop(with_sites=False)
    shop.open(40)
    shown = [number for page in (1, 2, 3, 4) for number in shop.numbers(page, per_page=10)]
    sites = [n for n in range(1, 41) if history(n, n, account().snapshot).cart.item.kind == "site"]
    assert sites
    assert sorted([*shown, *sites]) == list(range(1, 41))
    assert read_registrar_order(ACCOUNT, sites[0], shop.ports) is None
    assert read_registrar_order(ACCOUNT, shown[0], shop.ports) is not None


def test_one_order_by_its_number(shop: Shop) -> None:
    found = read_registrar_order(ACCOUNT, 10, shop.ports)
    assert found == shop.page(3).sales[-1]
    for number in (0, 11, 2**31 - 1):
        assert read_registrar_order(ACCOUNT, number, shop.ports) is None
    assert read_registrar_order(STRANGER, 1, shop.ports) is None


@pytest.mark.parametrize(
    ("parent", "told"), [(None, None), ("34567891", 34567891), ("agency", None), ("9999999999", None)]
)
def test_the_parent_is_the_account_s_present_one(shop: Shop, parent: str | None, told: int | None) -> None:
    shop.directory.accounts[ACCOUNT] = account(parent_id=parent)
    assert shop.page(1).parent_account_id == told
    del shop.directory.accounts[ACCOUNT]
    assert shop.page(1).parent_account_id is None


def test_the_name_must_be_the_key_s_own(shop: Shop) -> None:
    key = ApiKey(kind=CredentialKind.ACCOUNT_KEY, name="example", user_id=None, account_id=ACCOUNT)
    shop.directory.keys["hca_1"] = key
    assert registrar_caller("example", "hca_1", shop.ports).account_ids == (ACCOUNT,)
    for name, given in (("other", "hca_1"), ("example", "hca_2"), ("", ""), ("EXAMPLE", "hca_1")):
        with pytest.raises(ApiError, match="unauthenticated"):
            registrar_caller(name, given, shop.ports)
    shop.directory.keys["hcu_1"] = replace(key, kind=CredentialKind.API_KEY, user_id="gone", account_id=None)
    with pytest.raises(ApiError, match="unauthenticated"):
        registrar_caller("example", "hcu_1", shop.ports)
