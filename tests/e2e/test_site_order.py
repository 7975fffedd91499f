"""An order of a site from the POST to its callback: every field, every status on the way, once."""

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from unittest.mock import ANY

import httpx
import pytest
from hostcart.contract.responses import CartEnvelope, OrderList, OrderNotification, OrderView
from hostcart.use_cases.activate_subscription import paid_through
from standardwebhooks import Webhook

from tests.e2e.support.patience import await_value
from tests.e2e.support.shop import PRICE, TERMINAL, Shop, new_key, site_body
from tests.e2e.support.world import World, order_id

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

_TIME = "%Y-%m-%dT%H:%M:%SZ"


class Placed:
    """One order, followed from its POST to its end; everything that was seen of it."""

    def __init__(self, client: Shop, world: World) -> None:
        self.client = client
        self.sink = world.sink()
        self.key = new_key()
        self.began = datetime.now(UTC).replace(microsecond=0)
        callback = {name: self.sink[name] for name in ("url", "authorization")}
        self.body = site_body(callback=callback, name="Übersee café 🙂")
        self.accepted = client.post(self.body, key=self.key)
        self.token = str(self.accepted.json()["cart"]["token"])
        self.carts: list[Json] = []
        self.orders: list[Json] = []
        await_value(self._look, seconds=30)
        await_value(lambda: world.received(self.sink["path"]), seconds=15)
        world.outcome(self.token)

    def _look(self) -> bool:
        cart = self.client.cart(self.token)
        if cart["orders"]:
            self.orders.append(self.client.order(self.token))
        self.carts.append(cart)
        return cart["cart"]["rollup_status"] in TERMINAL


@pytest.fixture(scope="module")
def placed(world: World) -> Placed:
    return Placed(Shop(world.http, world.facts["api_url"], world.accounts["ready"]), world)


def test_it_is_accepted_with_the_envelope_of_the_spec(placed: Placed, world: World) -> None:
    answer = placed.accepted
    assert answer.status_code == 202
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["retry-after"].isdecimal()
    followed = world.http.get(answer.url.join(answer.headers["location"]), headers=placed.client.headers)
    assert followed.json()["cart"]["token"] == placed.token
    assert answer.json() == {
        "status": "accepted",
        "cart": {
            "token": placed.token,
            "status": "active",
            "rollup_status": "pending",
            "poll_url": f"/api/carts/{placed.token}",
        },
        "payment": {"status": "processing", "method_type": "card", "hosted_invoice_url": None},
        "orders": [],
    }


def test_the_statuses_only_move_forward_and_through_processing(placed: Placed) -> None:
    path = [("active", "pending"), ("processing", "pending"), ("processing", "processing")]
    path.append(("checked_out", "completed"))
    seen = [("active", "pending"), *((c["cart"]["status"], c["cart"]["rollup_status"]) for c in placed.carts)]
    places = [path.index(state) for state in seen]
    assert places == sorted(places)
    assert {"active", "processing", "checked_out"} == {status for status, _ in seen}
    assert {"pending", "processing", "completed"} == {rollup for _, rollup in seen}


def test_every_answer_on_the_way_has_the_documented_shape(placed: Placed) -> None:
    for cart in placed.carts:
        CartEnvelope.model_validate_json(json.dumps(cart))
    for order in placed.orders:
        OrderView.model_validate_json(json.dumps(order))
    assert all("site" not in order for order in placed.orders if order["tasks"][1]["status"] != "completed")


def test_the_completed_cart_links_its_one_order(placed: Placed) -> None:
    cart = placed.carts[-1]
    order = {
        "id": order_id(placed.token),
        "status": "completed",
        "poll_url": f"/api/orders/{order_id(placed.token)}",
    }
    assert cart["orders"] == [order]
    assert cart["payment"]["status"] == "succeeded"


def test_the_completed_order_has_every_field(placed: Placed, world: World) -> None:
    order = placed.client.order(placed.token)
    created = datetime.strptime(order["order"]["created_at"], _TIME).replace(tzinfo=UTC)
    updated = datetime.strptime(order["order"]["updated_at"], _TIME).replace(tzinfo=UTC)
    assert placed.began <= created <= updated <= datetime.now(UTC)
    (subscription,) = world.subscriptions(placed.token)
    (invoice,) = world.invoices(placed.token)
    account = placed.client.account
    paid_at = world.stripe(f"invoices/{invoice['id']}")["status_transitions"]["paid_at"]
    began = datetime.fromtimestamp(paid_at, UTC)
    assert order == {
        "order": {
            "id": order_id(placed.token),
            "status": "completed",
            "created_at": ANY,
            "updated_at": ANY,
            "location": "pdx",
        },
        "tasks": [
            {"id": 1, "name": "charge_payment", "status": "completed"},
            {"id": 2, "name": "provision_site", "status": "completed"},
            {"id": 3, "name": "activate_subscription", "status": "completed"},
        ],
        "site": {
            "id": order_id(placed.token),
            "name": "Übersee café 🙂",
            "domain": ANY,
            "variant": "vanilla",
            "location": "pdx",
            "ssh_data": {"ipaddr": ANY, "username": ANY, "password": ANY, "port": 22},
        },
        "subscription": {
            "id": ANY,
            "status": "active",
            "bucket_type": "monthly",
            "bucket_year": began.year,
            "bucket_month": began.month,
            "stripe_id": subscription["id"],
        },
        "payment": {
            "status": "succeeded",
            "method_type": "card",
            "hosted_invoice_url": ANY,
            "amount_charged_cents": PRICE,
            "credit_applied_cents": 0,
        },
        "account": {
            "id": account["id"],
            "name": "ready",
            "status": "active",
            "trial": False,
            "currency": "usd",
            "billing_plan": "standard",
            "parent_id": None,
            "created_at": "2024-06-01T09:00:00Z",
        },
        "user": {"id": "20000001", "name": "ready client", "email": "ready@client.example"},
    }


def test_the_access_data_are_those_of_the_provisioner(placed: Placed, world: World) -> None:
    headers = {"Authorization": f"Bearer {world.stack.secrets['sites_token']}"}
    made = world.http.get(f"{world.facts['sites_url']}/sites/{order_id(placed.token)}", headers=headers)
    site = placed.client.order(placed.token)["site"]
    assert site["ssh_data"] == made.json()["ssh"]
    assert site["domain"] == made.json()["domain"]


def test_an_account_key_has_no_user_to_show(world: World, shop: Shops) -> None:
    client = shop("ready", "account_key")
    token = client.place()
    order = client.finish(token)
    assert order["user"] is None
    assert order["order"]["status"] == "completed"
    world.outcome(token)


def test_polls_say_when_to_come_again_and_whether_anything_changed(placed: Placed, shop: Shops) -> None:
    client = shop("ready")
    token = client.place()
    urls = [f"/api/carts/{token}", f"/api/orders/{order_id(token)}"]
    client.until(token, lambda cart: bool(cart["orders"]))
    for url in urls:
        moving = client.get(url)
        assert moving.headers["retry-after"].isdecimal()
        assert moving.headers["cache-control"] == "private, no-cache"
    client.finish(token)
    for url in (*urls, f"/api/orders/{order_id(placed.token)}"):
        fixed = client.get(url)
        etag = fixed.headers["etag"]
        assert "retry-after" not in fixed.headers
        for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            unchanged = client.get(url, headers={"If-None-Match": sent})
            assert (unchanged.status_code, unchanged.content) == (304, b""), sent
            assert unchanged.headers["etag"] == etag
        assert client.get(url, headers={"If-None-Match": moving.headers["etag"]}).status_code == 200


def test_the_list_shows_it_first(placed: Placed, world: World, shop: Shops) -> None:
    answer = placed.client.get("/api/orders", params={"per_page": "1"})
    token = shop("ready").place()
    shop("ready").finish(token)
    newest = placed.client.get("/api/orders", params={"per_page": "1"})
    assert newest.json()["orders"][0]["id"] == order_id(token)
    second = placed.client.get("/api/orders", params={"per_page": "1", "page": "2"})
    assert second.json()["orders"] == answer.json()["orders"]
    OrderList.model_validate_json(newest.text)
    assert newest.json()["orders"] == [
        {
            "id": order_id(token),
            "status": "completed",
            "created_at": ANY,
            "updated_at": ANY,
            "location": "pdx",
            "account": {"id": placed.client.account_id, "name": "ready"},
        }
    ]
    total = int(newest.headers["x-total-count"])
    address = {name: newest.url.join(entry["url"]) for name, entry in newest.links.items()}
    assert address["last"].params == httpx.QueryParams({"page": str(total), "per_page": "1"})
    followed = world.http.get(address["next"], headers=placed.client.headers)
    assert (followed.status_code, followed.json()) == (200, second.json())


def test_stripe_holds_one_paid_invoice_of_the_right_lines(placed: Placed, world: World) -> None:
    world.delivered_once(placed.token, amount=PRICE)
    (entry,) = world.invoices(placed.token)
    assert entry["attempts"] == 1
    invoice = world.stripe(f"invoices/{entry['id']}")
    assert [line["amount"] for line in invoice["lines"]["data"]] == [PRICE]
    assert invoice["currency"] == "usd"
    assert invoice["hosted_invoice_url"] == placed.carts[-1]["payment"]["hosted_invoice_url"]


@pytest.mark.parametrize(("term", "amount"), [("monthly", 1300), ("annual", 13000)])
def test_the_subscription_bills_after_the_paid_term(
    world: World, shop: Shops, term: str, amount: int
) -> None:
    client = shop("trial")
    token = client.place(site_body(term=term))
    order = client.finish(token)
    assert order["payment"]["amount_charged_cents"] == amount
    assert order["subscription"]["bucket_type"] == term
    world.delivered_once(token, amount=amount)
    (entry,) = world.subscriptions(token)
    subscription = world.stripe(f"subscriptions/{entry['id']}")
    (invoice,) = world.invoices(token)
    paid_at = world.stripe(f"invoices/{invoice['id']}")["status_transitions"]["paid_at"]
    wanted = paid_through(datetime.fromtimestamp(paid_at, UTC), order["subscription"]["bucket_type"])
    assert subscription["billing_cycle_anchor"] == int(wanted.timestamp())
    (item,) = subscription["items"]["data"]
    assert item["price"]["unit_amount"] == amount
    assert item["price"]["recurring"]["interval"] == {"monthly": "month", "annual": "year"}[term]
    assert item["current_period_end"] == subscription["billing_cycle_anchor"]


def test_one_signed_callback_comes_after_the_end(placed: Placed, world: World) -> None:
    (received,) = world.received(placed.sink["path"])
    headers: Mapping[str, str] = received["headers"]
    assert received["method"] == "POST"
    assert headers["authorization"] == placed.sink["authorization"]
    assert headers["content-type"] == "application/json"
    secret = placed.client.account["callback_secret"]
    verified = Webhook(secret).verify(received["raw"], dict(headers))
    assert verified == received["body"]
    assert headers["webhook-id"] == f"msg_{order_id(placed.token)}"
    closed = [
        event["timestamp"]
        for event in world.history(placed.token)
        if event["type"] == "TaskStateExited" and event["stateExitedEventDetails"]["name"] == "CloseOrder"
    ]
    assert len(closed) == 1
    assert datetime.fromtimestamp(received["at"], UTC) >= closed[0]


def test_the_callback_tells_the_end_and_no_secret(placed: Placed, world: World) -> None:
    (received,) = world.received(placed.sink["path"])
    OrderNotification.model_validate_json(received["raw"])
    order = placed.client.order(placed.token)
    cart = placed.client.cart(placed.token)
    url = f"/api/orders/{order_id(placed.token)}"
    assert received["body"] == {
        "type": "order.completed",
        "timestamp": order["order"]["updated_at"],
        "data": {"cart": cart["cart"], "order": {**order["order"], "poll_url": url}},
    }
    assert order["site"]["ssh_data"]["password"] not in received["raw"]


def test_another_account_s_secret_does_not_verify(placed: Placed, world: World) -> None:
    (received,) = world.received(placed.sink["path"])
    foreign = Webhook(world.accounts["child"]["callback_secret"])
    with pytest.raises(Exception, match="No matching signature"):
        foreign.verify(received["raw"], dict(received["headers"]))


def test_about_lists_what_can_be_ordered_without_a_credential(world: World) -> None:
    answer = world.http.get(f"{world.facts['api_url']}/api/about")
    assert answer.status_code == 200
    about = answer.json()
    assert {"term": "monthly", "currency": "usd", "amount_cents": PRICE} in about["plans"][0]["prices"]
    available = {
        (place["short_name"], entry["variant"]): entry["available"]
        for place in about["locations"]
        for entry in place["availability"]
    }
    assert available["pdx", "vanilla"]
    assert available["ams", "vanilla"]
    assert not available["tiny", "extendify"]


def test_a_token_is_a_uuid_without_dashes(placed: Placed) -> None:
    assert uuid.UUID(placed.token).hex == placed.token
