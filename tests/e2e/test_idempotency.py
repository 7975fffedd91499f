"""`Idempotency-Key`: however often a POST arrives, it is one order; the key belongs to account and body."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.e2e.support.late import LateRequests
from tests.e2e.support.patience import await_value
from tests.e2e.support.shop import PRICE, Shop, new_key, site_body
from tests.e2e.support.together import at_once
from tests.e2e.support.world import World

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

HELD_SECONDS = 4  # longer than a busy machine takes to start a second process


def test_fifty_at_once_are_one_order(world: World, shop: Shops) -> None:
    client, key, sink = shop("ready"), new_key(), world.sink()
    body = site_body(callback={"url": sink["url"]})
    before, carts = world.counts(), len(world.carts("ready"))
    # Two of them are past the look for an earlier cart, before either stores one.
    late = LateRequests(world, "stripe", "POST /v1/invoices", HELD_SECONDS, times=2)
    answers = at_once(lambda _: client.post(body, key=key), range(50))
    first, second = late.served()
    assert first["idempotency_key"] == second["idempotency_key"]
    assert abs(first["at"] - second["at"]) < HELD_SECONDS
    assert Counter(answer.status_code for answer in answers) == {202: 50}
    (token,) = {answer.json()["cart"]["token"] for answer in answers}

    client.finish(token)
    await_value(lambda: world.received(sink["path"]), seconds=20)
    assert world.outcome(token)["status"] == "SUCCEEDED"
    world.delivered_once(token, amount=PRICE)
    (invoice,) = world.invoices(token)
    assert invoice["attempts"] == 1
    assert len(world.received(sink["path"])) == 1
    assert [entry["name"] for entry in world.executions()].count(token) == 1
    after = world.counts()
    grown = {
        "carts": len(world.carts("ready")) - carts,
        "numbers": after.numbers[client.account_id] - before.numbers.get(client.account_id, 0),
        "invoices": after.invoices - before.invoices,
        "subscriptions": after.subscriptions - before.subscriptions,
        "sites": after.sites - before.sites,
        "taken": after.taken["pdx/vanilla"] - before.taken["pdx/vanilla"],
        "executions": after.executions - before.executions,
    }
    assert grown == dict.fromkeys(grown, 1)


def test_another_body_under_the_key_is_refused(world: World, shop: Shops) -> None:
    client, key = shop("ready"), new_key()
    token = client.place(site_body(), key=key)
    client.finish(token)
    world.outcome(token)
    with world.nothing_created():
        for changed in (
            site_body(name="Other"),
            site_body(term="annual"),
            site_body(callback={"url": world.sink()["url"]}),
            {**site_body(), "expected_total_cents": PRICE},
        ):
            refused = client.post(changed, key=key)
            assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")


def test_the_same_meaning_in_other_words_is_the_same_body(shop: Shops) -> None:
    client, key = shop("ready"), new_key()
    token = client.place(site_body(), key=key)
    turned = {"site": dict(reversed(list(site_body(name="  My blog ")["site"].items()))), "callback": None}
    assert client.place(turned, key=key) == token
    client.finish(token)


def test_the_key_belongs_to_the_account(world: World, shop: Shops) -> None:
    key = new_key()
    tokens = {name: shop(name).place(key=key) for name in ("ready", "child")}
    assert tokens["ready"] != tokens["child"]
    for name, token in tokens.items():
        shop(name).finish(token)
        world.outcome(token)
        world.delivered_once(token, amount=PRICE)


def test_the_credential_does_not_matter(shop: Shops) -> None:
    key = new_key()
    token = shop("ready", "session_token").place(key=key)
    assert shop("ready", "account_key").place(key=key) == token
    shop("ready").finish(token)


def test_a_repeat_after_the_end_tells_the_end(world: World, shop: Shops) -> None:
    client, key = shop("ready"), new_key()
    token = client.place(key=key)
    client.finish(token)
    world.outcome(token)
    with world.nothing_created():
        repeated = client.post(site_body(), key=key)
    assert repeated.status_code == 202
    assert repeated.json() == client.cart(token)
    assert repeated.json()["cart"]["status"] == "checked_out"


def test_without_a_key_every_post_is_an_order(shop: Shops) -> None:
    client = shop("ready")
    first, second = client.place(), client.place()
    assert first != second
    for token in (first, second):
        client.finish(token)
