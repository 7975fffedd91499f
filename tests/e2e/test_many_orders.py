"""200 orders by 8 clients at once: all are delivered, each is charged once, no number is missing or twice."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.support.shop import Shop, site_body
from tests.e2e.support.together import by_clients
from tests.e2e.support.world import World, facts_of, order_id

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

CLIENTS = 8
ORDERS = {"ready": 110, "child": 30, "no_flag": 30, "eur": 30}
PRICES = {"ready": 1300, "child": 1300, "no_flag": 1300, "eur": 1200}
_ALL_DELIVERED_SECONDS = 120


@dataclass(frozen=True)
class Load:
    """Tokens by account, the callbacks' path by token, and each account's last number before."""

    tokens: dict[str, list[str]]
    sinks: dict[str, str]
    before: dict[str, int]


@pytest.fixture(scope="module")
def load(world: World) -> Load:
    world.site_settings(provision_seconds=0)
    clients = {name: Shop(world.http, world.facts["api_url"], world.accounts[name]) for name in ORDERS}
    before = {name: world.last_number(name) for name in ORDERS}
    sinks: dict[str, str] = {}

    def place(name: str) -> tuple[str, str]:
        sink = world.sink("many")
        callback = {"url": sink["url"], "authorization": sink["authorization"]}
        token = clients[name].place(site_body(location="fra", callback=callback))
        sinks[token] = sink["path"]
        return name, token

    # one account's orders are not all placed in a row, so that its clients meet
    wanted = sorted((place / count, name) for name, count in ORDERS.items() for place in range(count))
    placed = by_clients(CLIENTS, place, [name for _, name in wanted])
    tokens = {name: [token for owner, token in placed if owner == name] for name in ORDERS}
    world.settle(seconds=_ALL_DELIVERED_SECONDS)
    return Load(tokens, sinks, before)


def test_every_order_is_completed(load: Load, world: World) -> None:
    ended = {entry["name"]: entry["status"] for entry in world.executions()}
    tokens = [token for placed in load.tokens.values() for token in placed]
    assert len(set(tokens)) == sum(ORDERS.values())
    assert {ended[token] for token in tokens} == {"SUCCEEDED"}
    for name, placed in load.tokens.items():
        items = {item["sk"]["S"].removeprefix("CART#"): facts_of(item) for item in world.carts(name)}
        states = {(items[token]["status"], items[token]["order"]["status"]) for token in placed}
        assert states == {("checked_out", "completed")}


def test_each_is_charged_once_for_its_price(load: Load, world: World) -> None:
    invoices = world.invoices()
    counted = Counter(entry["metadata"].get("cart_token") for entry in invoices)
    by_token = {entry["metadata"].get("cart_token"): entry for entry in invoices}
    for name, placed in load.tokens.items():
        for token in placed:
            entry = by_token[token]
            assert counted[token] == 1
            assert (entry["status"], entry["amount_paid"], entry["attempts"]) == ("paid", PRICES[name], 1)
            assert entry["metadata"]["account_id"] == world.accounts[name]["id"]


def test_each_has_one_subscription_one_site_one_callback(load: Load, world: World) -> None:
    tokens = [token for placed in load.tokens.values() for token in placed]
    wanted = Counter(order_id(token) for token in tokens)
    subscriptions = Counter(entry["metadata"].get("order_id") for entry in world.subscriptions())
    sites = Counter(entry["id"] for entry in world.sites())
    received = Counter(entry["path"] for entry in world.received())
    assert {order: subscriptions[order] for order in wanted} == wanted
    assert {order: sites[order] for order in wanted} == wanted
    assert {token: received[load.sinks[token]] for token in tokens} == Counter(tokens)


@pytest.mark.parametrize("account", ORDERS)
def test_numbers_are_dense_and_unique(load: Load, world: World, account: str) -> None:
    numbered = {
        int(item["number"]["N"]): item["sk"]["S"].removeprefix("CART#")
        for item in world.carts(account)
        if "number" in item
    }
    assert len(world.carts(account)) == len(numbered)
    assert sorted(numbered) == list(range(1, world.last_number(account) + 1))
    new = [token for number, token in numbered.items() if number > load.before[account]]
    assert sorted(new) == sorted(load.tokens[account])


@pytest.mark.parametrize("account", ORDERS)
def test_the_pages_show_each_once_and_newest_first(
    load: Load, world: World, shop: Shops, account: str
) -> None:
    client, shown, page = shop(account), list[str](), 1
    while True:
        answer = client.get("/api/orders", params={"page": str(page), "per_page": "7"})
        assert int(answer.headers["x-total-count"]) == world.last_number(account)
        entries = answer.json()["orders"]
        if not entries:
            break
        assert len(entries) == 7 or 'rel="next"' not in answer.headers["link"]
        shown += [entry["id"] for entry in entries]
        page += 1
    numbers = {
        order_id(item["sk"]["S"].removeprefix("CART#")): int(item["number"]["N"])
        for item in world.carts(account)
    }
    assert [numbers[entry] for entry in shown] == list(range(world.last_number(account), 0, -1))
    assert set(map(order_id, load.tokens[account])) <= set(shown)


def test_capacity_is_taken_once_for_each(load: Load, world: World) -> None:
    held = [
        item
        for name in world.accounts
        if name != "history"
        for item in world.carts(name)
        if facts_of(item)["slot"] == {"location": "fra", "variant": "vanilla"}
    ]
    assert world.taken()["fra/vanilla"] == len(held)
    assert len(held) >= sum(map(len, load.tokens.values()))


def test_callbacks_carry_one_message_id_each(load: Load, world: World) -> None:
    wanted = {path: f"msg_{order_id(token)}" for token, path in load.sinks.items()}
    ids = {
        entry["path"]: entry["headers"]["webhook-id"] for entry in world.received() if entry["path"] in wanted
    }
    assert ids == wanted
