"""The payment processor does not answer, or says no, while an order is placed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.support.problems import refused
from tests.e2e.support.shop import PRICE, Shop, new_key, site_body
from tests.e2e.support.world import World

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

OPEN = "POST /v1/invoices"
_EVER = 1000


def test_nothing_is_stored_and_the_repeat_succeeds(world: World, shop: Shops) -> None:
    client, key = shop("child"), new_key()
    for action in ("timeout_before", *("status:500", "status:503", "drop", "error:rate_limit") * 10):
        world.arm("stripe", OPEN, action)
    with world.nothing_created():
        answer = client.post(site_body(), key=key)
        refused(answer, "temporarily_unavailable")
        assert int(answer.headers["retry-after"]) >= 1
    world.disarm()
    token = client.place(key=key)
    assert client.finish(token)["order"]["status"] == "completed"
    world.outcome(token)
    world.delivered_once(token, amount=PRICE)


@pytest.mark.parametrize("action", ["drop", "drop_after", "status:500", "replay:500", "error:lock_timeout"])
def test_a_short_fault_goes_unnoticed(world: World, shop: Shops, action: str) -> None:
    client = shop("child")
    world.arm("stripe", OPEN, action)
    token = client.place(key=new_key())
    assert world.armed("stripe") == []
    client.finish(token)
    world.outcome(token)
    world.delivered_once(token, amount=PRICE)


@pytest.mark.parametrize("code", ["resource_missing", "parameter_invalid_empty"])
def test_a_refusal_is_told(world: World, shop: Shops, code: str) -> None:
    client, key = shop("child"), new_key()
    world.arm("stripe", OPEN, f"error:{code}", times=2)
    with world.nothing_created():
        refused(client.post(site_body(), key=key), "cart_pay_failed")
        refused(client.post(site_body()), "cart_pay_failed")
    token = client.place(key=key)
    client.finish(token)
    world.outcome(token)
    world.delivered_once(token, amount=PRICE)


def test_a_slow_processor_makes_twins_one_order(world: World, shop: Shops) -> None:
    client, key = shop("child"), new_key()
    world.arm("stripe", OPEN, "slow:2")
    with ThreadPoolExecutor(4) as pool:
        tokens = set(pool.map(lambda _: client.place(key=key), range(4)))
    (token,) = tokens
    client.finish(token)
    world.outcome(token)
    world.delivered_once(token, amount=PRICE)


def test_a_wrong_api_key_is_an_outage_not_a_refusal(world: World, shop: Shops) -> None:
    client, key = shop("child"), new_key()
    world.arm("stripe", OPEN, "status:401", times=_EVER)
    with world.nothing_created():
        refused(client.post(site_body(), key=key), "temporarily_unavailable")
    world.disarm()
    token = client.place(key=key)
    client.finish(token)
    world.outcome(token)
