"""The client's endpoint misbehaves: the order stays as it is, the notification is the same every time."""

import json
from collections.abc import Callable
from typing import Any

from tests.e2e.support.patience import await_value
from tests.e2e.support.shop import Shop, site_body
from tests.e2e.support.world import World, facts_of

type Json = dict[str, Any]
type Shops = Callable[..., Shop]


def _order(world: World, client: Shop, kind: str, authorization: str | None = None) -> tuple[str, str]:
    sink = world.sink(kind)
    token = client.place(site_body(callback={"url": sink["url"], "authorization": authorization}))
    client.finish(token)
    return token, sink["path"]


def _callback_status(world: World, token: str) -> str:
    item = world.cart_item("ready", token)
    assert item is not None
    return str(facts_of(item)["callback"])


def test_it_is_sent_again_until_it_is_taken(world: World, shop: Shops) -> None:
    token, path = _order(world, shop("ready"), "flaky/2")
    assert world.outcome(token)["status"] == "SUCCEEDED"
    received = world.received(path)
    assert len(received) == 3
    assert len({entry["headers"]["webhook-id"] for entry in received}) == 1
    assert len({entry["raw"] for entry in received}) == 1
    stamps = [int(entry["headers"]["webhook-timestamp"]) for entry in received]
    assert stamps == sorted(stamps)
    assert stamps[0] < stamps[-1]
    assert all("authorization" not in entry["headers"] for entry in received)
    assert _callback_status(world, token) == "delivered"


def test_an_endpoint_that_is_gone_is_not_asked_again(world: World, shop: Shops) -> None:
    client = shop("ready")
    token, path = _order(world, client, "status/410")
    assert world.outcome(token)["status"] == "SUCCEEDED"
    assert len(world.received(path)) == 1
    assert _callback_status(world, token) == "failed"
    assert client.order(token)["order"]["status"] == "completed"


def test_a_redirect_is_not_followed(world: World, shop: Shops) -> None:
    client = shop("ready")
    token, path = _order(world, client, "redirect", "Bearer must-not-travel")
    await_value(lambda: len(world.received(path)) >= 2, seconds=20)
    world.stop(token)
    assert not [entry for entry in world.received() if entry["path"].startswith("/redirected")]
    assert client.order(token)["order"]["status"] == "completed"


def test_without_a_callback_nothing_is_sent(world: World, shop: Shops) -> None:
    client, before = shop("ready"), len(world.received())
    token = client.place()
    client.finish(token)
    assert world.outcome(token)["status"] == "SUCCEEDED"
    assert len(world.received()) == before
    (outcome,) = (
        json.loads(event["stateExitedEventDetails"]["output"])
        for event in world.history(token)
        if event.get("stateExitedEventDetails", {}).get("name") == "SendCallback"
    )
    assert outcome["notified"] == {"callback": "none"}
