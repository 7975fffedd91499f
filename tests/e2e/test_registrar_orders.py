"""The registrar API over HTTP: clients written for name.com read orders, and nobody another's."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import httpx
import namecom
import pytest
from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.dynamodb_directory import DynamoDirectory
from hostcart.adapters.packing import pack
from hostcart.adapters.registrar_namecom import NamecomRegistrar
from hostcart.contract.registrar_orders import RegistrarError, RegistrarOrderDetails, RegistrarOrderList
from hostcart.domain.accounts import ApiKey, CredentialKind
from hostcart.domain.registration import ItemKind, ItemStatus
from hostcart.settings import RegistrarSettings

from tests.e2e.support.registrar import OrderApi, RegistrarShop, basic
from tests.e2e.support.shop import Shop, new_key, site_body
from tests.e2e.support.world import World
from tests.fakes.world import CONTACT, account
from tests.unit.adapters.secret_stub import StubSecrets
from tests.unit.registrar_orders import spec

type Json = dict[str, Any]
type Registrar = Callable[..., RegistrarShop]

CREDENTIALS: Final = ("user_key", "account_key")
TOKENS: Final = ("session_token", "oauth_read_token", "oauth_other_token")
SECONDS: Final = 60


@pytest.fixture(scope="module")
def registrar(world: World) -> Registrar:
    def client(name: str, credential: str = "user_key") -> RegistrarShop:
        return RegistrarShop(world.http, world.facts["api_url"], world.accounts[name], credential)

    return client


@dataclass(frozen=True)
class Placed:
    """An order over `/api`, as it ended: whose, its number, and its view."""

    account: str
    number: int
    view: Json


def _place(world: World, name: str, body: Json, path: str = "/api/orders") -> Callable[[], Placed]:
    """Order; the order's end is waited for by the call of what is returned."""
    client = Shop(world.http, world.facts["api_url"], world.accounts[name])
    answer = client.call("POST", path, json=body, headers={"Idempotency-Key": new_key()})
    assert answer.status_code == 202, answer.text
    token = answer.json()["cart"]["token"]

    def finish() -> Placed:
        view = client.finish(token, seconds=SECONDS)
        world.outcome(token, seconds=SECONDS)
        item = world.cart_item(name, token)
        assert item is not None
        return Placed(name, int(item["number"]["N"]), view)

    return finish


@pytest.fixture(scope="module")
def domain() -> str:
    return f"v4-{new_key()[:12]}.com"


@pytest.fixture(scope="module")
def placed(world: World, domain: str) -> Mapping[str, Placed]:
    """One order of each kind, carried out side by side."""
    world.set_balance("credit", -500)
    domain_body = {"domain": {"name": domain, "contact": CONTACT}}
    finishing = {
        "paid": _place(world, "ready", site_body(name="Registrar paid")),
        "refunded": _place(world, "ready", site_body(name="fail-provision")),
        "declined": _place(world, "stolen", site_body(name="Registrar declined")),
        "credit": _place(world, "credit", site_body(name="Registrar credit")),
        "euro": _place(world, "eur", site_body(name="Registrar euro", term="annual")),
        "domain": _place(world, "ready", domain_body, "/api/orders/domain"),
    }
    return {name: finish() for name, finish in finishing.items()}


KINDS: Final = {
    # status, the item's status, type, amount of the order, what was taken, given back
    "paid": ("success", "success", "site", 1300, 1300, 0),
    "refunded": ("failed", "refunded", "site", 1300, 1300, 1300),
    "declined": ("failed", "failed", "site", 1300, 0, 0),
    "credit": ("success", "success", "site", 1300, 1300, 0),
    "euro": ("success", "success", "site", 12000, 12000, 0),
    "domain": ("success", "success", "registration", 1299, 1299, 0),
}


def _cents(order: Json, name: str) -> int:
    return int(Decimal(str(order.get(name, 0))).scaleb(2))


@pytest.mark.parametrize("kind", KINDS)
def test_both_apis_tell_the_same_of_an_order(
    placed: Mapping[str, Placed], registrar: Registrar, kind: str
) -> None:
    found = placed[kind]
    status, item_status, sold, price, taken, returned = KINDS[kind]
    answer = registrar(found.account).get(f"orders/{found.number}")
    RegistrarOrderDetails.model_validate_json(answer.text)
    order = answer.json()
    (item,) = order["orderItems"]
    assert (order["status"], item["status"], item["type"]) == (status, item_status, sold)
    assert (order["id"], order["createDate"]) == (found.number, found.view["order"]["created_at"])
    assert _cents(item, "price") == _cents(item, "originalPrice") == price
    assert _cents(order, "authAmount") == _cents(order, "totalCapture") == taken
    assert _cents(order, "totalRefund") == returned
    assert order.get("finalAmount") == (f"{(taken - returned) / 100:.2f}" if taken - returned else None)
    payment = found.view["payment"]
    assert payment["amount_charged_cents"] + payment["credit_applied_cents"] == taken
    assert order["currency"] == found.view["account"]["currency"].upper()
    assert order.get("currencyRate") == (0.92 if order["currency"] == "EUR" else None)
    assert order.get("registrar") == ("name.com" if sold == "registration" else None)
    listed = registrar(found.account).orders(perPage=1, page=found.number)["orders"]
    hidden = {"registrar", "orderItems"}
    assert [{k: v for k, v in entry.items() if k not in hidden} for entry in listed] == [
        {k: v for k, v in order.items() if k not in hidden}
    ]


def test_an_order_in_progress(world: World, registrar: Registrar) -> None:
    client = Shop(world.http, world.facts["api_url"], world.accounts["needs_3ds"])
    token = client.place(site_body(name="Registrar waits"))
    client.payment(token, "awaiting_authentication", seconds=SECONDS)
    item = world.cart_item("needs_3ds", token)
    assert item is not None
    order = registrar("needs_3ds").order(int(item["number"]["N"]))
    assert (order["status"], order["orderItems"][0]["status"]) == ("review", "initialized")
    assert not {"authAmount", "totalCapture", "totalRefund", "finalAmount"} & set(order)
    world.authenticate(token, "pay")
    client.finish(token, seconds=SECONDS)
    assert registrar("needs_3ds").order(order["id"])["finalAmount"] == "13.00"


# --- clients written for name.com --------------------------------------------------------------------


def test_a_third_party_client_reads_lists_and_orders(world: World, placed: Mapping[str, Placed]) -> None:
    api = OrderApi(world.facts["api_url"], world.accounts["ready"])
    orders = {order["id"]: order for order in api.list_orders()["orders"]}
    for kind in ("paid", "refunded", "domain"):
        number = placed[kind].number
        assert orders[number]["orderItems"][0]["status"] == KINDS[kind][1]
        assert api.get_order(number)["id"] == number
    with pytest.raises(namecom.exceptions.NotFoundError):
        api.get_order(2_000_000_000)
    with pytest.raises(namecom.exceptions.InvalidArgumentError) as caught:
        api.list_orders(perPage=100_000)
    assert caught.value.details == "perPage must be a whole number from 1 to 1000."
    with pytest.raises(namecom.exceptions.PermissionDeniedError):
        OrderApi(world.facts["api_url"], world.accounts["ready"], "wrong").list_orders()


class _NoLimit:
    def acquire(self) -> None: ...


def test_our_own_registrar_adapter_finds_its_orders_here(
    world: World, placed: Mapping[str, Placed], domain: str
) -> None:
    """What hostcart asks name.com after a lost answer, it can ask hostcart."""
    settings = RegistrarSettings(
        api_base=world.facts["api_url"],
        credentials_secret_arn="arn",
        requests_per_second=20,
        requests_per_hour=3000,
    )
    ready = world.accounts["ready"]
    secrets = StubSecrets(username=ready["username"], token=ready["user_key"])
    adapter = NamecomRegistrar(settings, secrets, _NoLimit())
    since = datetime.now(UTC) - timedelta(days=1)
    (item,) = adapter.orders_since(domain, kind=ItemKind.REGISTRATION, since=since)
    assert (item.order_id, item.status, item.price) == (placed["domain"].number, ItemStatus.SUCCESS, 1299)
    assert list(adapter.order(item.order_id) or ()) == [item]
    assert adapter.order(2_000_000_000) is None


# --- the documentation's examples -----------------------------------------------------------------------


@pytest.fixture
def example(world: World) -> Iterator[tuple[RegistrarShop, Callable[..., None]]]:
    """A client of an account of its own, and a function that stores its orders."""
    table, key = world.facts["table"], f"hca_{new_key()}"
    account_id = str(30_000_000 + int(time.time()) % 9_000_000)
    directory = DynamoDirectory(world.dynamodb, table)
    directory.put_account(account(id=account_id, parent_id="34567891"))
    record = ApiKey(kind=CredentialKind.ACCOUNT_KEY, name="example", user_id=None, account_id=account_id)
    directory.put_api_key(key, record)
    stored: list[Any] = [keys.account(account_id), keys.api_key(key), keys.counter(account_id)]

    def seed(number: int, sale: tuple[int, str, list[Any]]) -> None:
        entry = json.dumps({"created_at": sale[1], "sale": sale[2]})
        item = {**keys.cart(account_id, f"{number:032x}"), "number": {"N": str(number)}}
        world.dynamodb.put_item(TableName=table, Item={**item, "entry": {"B": pack([entry])}})
        counter = {**keys.counter(account_id), "last_number": {"N": str(number)}}
        world.dynamodb.put_item(TableName=table, Item=counter)
        stored.append({name: item[name] for name in ("pk", "sk")})

    shop = RegistrarShop(world.http, world.facts["api_url"], {"username": "example", "key": key}, "key")
    yield shop, seed
    for made in stored:
        world.dynamodb.delete_item(TableName=table, Key=made)


def test_the_examples_of_the_documentation(example: tuple[RegistrarShop, Callable[..., None]]) -> None:
    shop, seed = example
    for number, sale in enumerate(spec.STORED_LIST, 1):
        seed(number, sale)
    shown = shop.orders()
    assert [order["id"] for order in shown["orders"]] == [1, 2]  # ours count from 1
    for order, (number, _, _) in zip(shown["orders"], spec.STORED_LIST, strict=True):
        order["id"] = number
    assert shown == spec.LIST
    assert spec.shape(shown) == spec.shape(spec.LIST)
    seed(spec.STORED_ORDER[0], spec.STORED_ORDER)
    order = shop.order(spec.STORED_ORDER[0])
    assert order == spec.ORDER
    assert spec.shape(order) == spec.shape(spec.ORDER)


# --- pages ------------------------------------------------------------------------------------------------


def test_pages_of_a_thousand_of_ten_thousand_orders(world: World, registrar: Registrar) -> None:
    """First, second and last: tests/contract/test_registrar_orders_pages.py walks them all."""
    world.stack.seed_past_orders()
    client = registrar("history")
    total = world.last_number("history")
    last = -(-total // 1000)
    assert last >= 10
    for page in (1, 2, last):
        answer = client.get("orders") if page == 1 else client.get("orders", page=page)
        assert len(answer.content) < 1_000_000
        body = answer.json()
        first = (page - 1) * 1000 + 1
        assert [order["id"] for order in body["orders"]] == list(range(first, min(first + 999, total) + 1))
        if page == last:
            assert set(body) == {"orders"}
            assert "link" not in answer.headers
            continue
        assert (body["nextPage"], body["lastPage"]) == (page + 1, last)
        assert answer.url.join(answer.links["next"]["url"]).params["page"] == str(page + 1)
        assert answer.url.join(answer.links["last"]["url"]).params["page"] == str(last)
    RegistrarOrderList.model_validate_json(client.get("orders", perPage=50, page=200).text)


def test_filters_never_change_the_default_answer(placed: Mapping[str, Placed], registrar: Registrar) -> None:
    client, order = registrar("ready"), placed["domain"]
    name = client.order(order.number)["orderItems"][0]["name"]
    for query in (
        {"domainName": name},
        {"domainName": f"*{name[4:]}", "tld": "com"},
        {"domainName": name, "dir": "desc", "orderStatus": "success"},
        {"domainName": name, "createDateStart": order.view["order"]["created_at"]},
    ):
        found = client.orders(**query)["orders"]
        assert [entry["id"] for entry in found] == [order.number], query
    assert client.orders(domainName=name, orderStatus="failed")["orders"] == []
    assert client.orders(domainName=name, createDateEnd="2025-12-31")["orders"] == []
    default = [entry["id"] for entry in client.orders()["orders"]]
    assert default == sorted(default)
    assert order.number in default


# --- who may read ---------------------------------------------------------------------------------------


def _refused(answer: httpx.Response, status: int, message: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json"), answer.text
    assert RegistrarError.model_validate_json(answer.text).message == message


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("stranger", ["child", "empty"])
def test_an_order_of_another_account_is_not_there(
    world: World, placed: Mapping[str, Placed], registrar: Registrar, *, stranger: str, credential: str
) -> None:
    number = max(placed[kind].number for kind in ("paid", "refunded", "domain"))
    number += world.last_number(stranger)  # one that the stranger cannot have
    mine = registrar("ready", credential).get(f"orders/{placed['paid'].number}")
    assert mine.json()["id"] == placed["paid"].number
    theirs = registrar(stranger, credential)
    _refused(theirs.get(f"orders/{number}"), 404, "Not Found")
    for path in ("orders", f"orders/{placed['paid'].number}"):
        header = {"X-Auth-Account": world.accounts["ready"]["id"]}
        _refused(theirs.get(path, headers=header), 403, "Permission Denied")
    names = {item["name"] for order in theirs.orders()["orders"] for item in order["orderItems"]}
    assert not any(name.startswith(("Registrar", "v4-")) for name in names)


@pytest.mark.parametrize("token", TOKENS)
def test_tokens_are_no_credentials_here(world: World, registrar: Registrar, token: str) -> None:
    client = registrar("ready", token)
    bearer = {"Authorization": f"Bearer {world.accounts['ready'][token]}"}
    for path in ("orders", "orders/1"):
        _refused(client.get(path), 403, "Permission Denied")
        _refused(client.get(path, headers=bearer), 403, "Permission Denied")


def test_whoever_has_no_key_of_that_name_is_denied(world: World, registrar: Registrar) -> None:
    ready = world.accounts["ready"]
    wrong = [
        basic("child", ready["user_key"]),
        basic("ready", world.accounts["child"]["user_key"]),
        basic("ready", ""),
        f"Bearer {ready['user_key']}",
        "Basic",
    ]
    for authorization in wrong:
        _refused(
            registrar("ready").get("orders", headers={"Authorization": authorization}),
            403,
            "Permission Denied",
        )
    anonymous = world.http.get(f"{world.facts['api_url']}/v4/orders")
    _refused(anonymous, 403, "Permission Denied")


def test_a_parent_is_told_where_there_is_one(world: World, registrar: Registrar) -> None:
    assert registrar("child").orders()["parentAccountId"] == int(world.accounts["ready"]["id"])
    assert "parentAccountId" not in registrar("ready").orders(perPage=1)


@pytest.mark.parametrize("path", ["orders", "orders/1"])
def test_other_methods_are_refused_in_the_same_shape(world: World, path: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = world.http.request(method, f"{world.facts['api_url']}/v4/{path}")
        _refused(answer, 405, "Method Not Allowed")
        assert answer.headers["allow"] == "GET"
