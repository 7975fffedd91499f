"""DELETE of an order in each of its states: what it ends as, and where the money is then."""

import random
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

import httpx

from local.engine.demo import CONTACT
from tests.e2e.support.patience import await_value
from tests.e2e.support.problems import refused
from tests.e2e.support.shop import PRICE, Shop, site_body
from tests.e2e.support.together import by_clients
from tests.e2e.support.world import World, order_id

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

_DAY: Final = 86_400
_RACES: Final = 30
_SUBSCRIBE: Final = "POST /v1/subscriptions"
_STOP: Final = "POST /v4/transfers/*:cancel"
_LOOK: Final = "GET /v4/orders"


def delete(client: Shop, token: str, **request: Any) -> httpx.Response:
    return client.call("DELETE", f"/api/orders/{order_id(token)}", **request)


def cancel(client: Shop, token: str) -> Json:
    """Accepted, and accepted again."""
    for _ in range(2):
        answer = delete(client, token)
        assert answer.status_code == 202, answer.text
        assert answer.url.join(answer.headers["location"]) == answer.url  # the order's own address
    body: Json = answer.json()
    assert [order["id"] for order in body["orders"]] == [order_id(token)]
    assert body["cart"]["token"] == token
    return body


def too_late(client: Shop, token: str) -> None:
    refused(delete(client, token), "order_not_cancellable")


def place(world: World, client: Shop, **site: Any) -> tuple[str, str]:
    """A new order with a callback: its token and the callback's path."""
    sink = world.sink("cancelled")
    callback = {"url": sink["url"], "authorization": sink["authorization"]}
    return client.place(site_body(callback=callback, **site)), sink["path"]


def opened(client: Shop, token: str) -> None:
    client.until(token, lambda cart: bool(cart["orders"]))


def task(client: Shop, token: str, name: str, status: str) -> None:
    """Wait until a task of the order is there."""

    def reached(_: Json) -> bool:
        return any(
            (entry["name"], entry["status"]) == (name, status) for entry in client.order(token)["tasks"]
        )

    opened(client, token)
    client.until(token, reached)


def ends_cancelled(world: World, client: Shop, token: str, path: str | None, payment: str) -> Json:
    """Cancelled on both sides: nothing is kept, nothing is left, the client's endpoint was told once."""
    order = client.finish(token)
    assert order["order"]["status"] == "cancelled"
    assert order["cancellation"]["status"] == "accepted"
    assert order["payment"]["status"] == payment
    assert not {"failure", "site"} & set(order)
    assert {entry["status"] for entry in order["tasks"]} <= {"completed", "cancelled"}
    assert order["tasks"][-1]["status"] == "cancelled"
    cart = client.cart(token)["cart"]
    assert (cart["status"], cart["rollup_status"]) == ("checked_out", "cancelled")
    assert world.outcome(token)["status"] == "SUCCEEDED"
    nothing_kept(world, token)
    if path is not None:
        assert [entry["body"]["type"] for entry in world.received(path)] == ["order.cancelled"]
    assert delete(client, token).status_code == 202
    return order


def nothing_kept(world: World, token: str) -> None:
    for invoice in world.invoices(token):
        assert invoice["status"] in {"paid", "void"}
        assert invoice["amount_paid"] == invoice["amount_refunded"]
    assert world.sites(token) == []
    assert [entry for entry in world.subscriptions(token) if entry["status"] != "canceled"] == []


# --- in each state --------------------------------------------------------------------------------


def test_pending_before_anything_is_charged(world: World, shop: Shops) -> None:
    client, before = shop("ready"), world.taken()
    world.arm("stripe", "GET /v1/invoices/*", "status:503", times=20)
    token, path = place(world, client)
    opened(client, token)
    assert cancel(client, token)["cart"]["rollup_status"] == "pending"
    world.disarm()
    ends_cancelled(world, client, token, path, "cancelled")
    assert world.invoices(token) == []  # the draft is gone
    assert world.taken() == before


def test_while_the_customer_must_act(world: World, shop: Shops) -> None:
    client = shop("needs_3ds")
    token, path = place(world, client)
    client.payment(token, "awaiting_authentication")
    cancel(client, token)
    order = ends_cancelled(world, client, token, path, "cancelled")
    (invoice,) = world.invoices(token)
    assert (invoice["status"], order["payment"]["amount_charged_cents"]) == ("void", 0)


def test_while_the_bank_works(world: World, shop: Shops) -> None:
    client = shop("sepa")
    token, path = place(world, client)
    client.until(token, lambda cart: cart["payment"]["hosted_invoice_url"] is not None)
    assert client.order(token)["payment"]["status"] == "processing"
    cancel(client, token)
    world.history(token)  # still running: a debit under way can be neither stopped nor refunded
    waiting = client.order(token)
    assert (waiting["payment"]["status"], waiting["order"]["status"]) == ("processing", "pending")
    assert waiting["cancellation"]["status"] == "accepted"
    world.advance_clock(_DAY)
    ends_cancelled(world, client, token, path, "refunded")
    (invoice,) = world.invoices(token)
    assert (invoice["amount_paid"], invoice["amount_refunded"]) == (1200, 1200)


def test_while_the_bank_works_and_then_refuses(world: World, shop: Shops) -> None:
    client = shop("sepa_fails")
    token, path = place(world, client)
    client.until(token, lambda cart: cart["payment"]["hosted_invoice_url"] is not None)
    cancel(client, token)
    world.advance_clock(5 * _DAY)
    ends_cancelled(world, client, token, path, "cancelled")
    (invoice,) = world.invoices(token)
    assert (invoice["status"], invoice["amount_paid"]) == ("void", 0)


def test_charged_and_not_delivered(world: World, shop: Shops) -> None:
    world.set_balance("credit", -500)
    client, before = shop("credit"), world.taken()
    world.arm("sites", "GET /sites/*", "status:503", times=20)
    token, path = place(world, client)
    client.payment(token, "succeeded")
    cancel(client, token)
    world.disarm()
    ends_cancelled(world, client, token, path, "refunded")
    (invoice,) = world.invoices(token)
    assert (invoice["amount_paid"], invoice["amount_refunded"]) == (800, 800)
    assert world.balance("credit") == -500
    assert world.taken() == before


def test_while_the_site_is_made(world: World, shop: Shops) -> None:
    client, before = shop("ready"), world.taken()
    world.site_settings(provision_seconds=100)
    token, path = place(world, client)
    await_value(lambda: [site["status"] for site in world.sites(token)] == ["provisioning"], seconds=30)
    cancel(client, token)
    ends_cancelled(world, client, token, path, "refunded")
    found = [s["status"] for s in world._listed("sites_url", "sites") if s["id"] == order_id(token)]
    assert found == ["deleted"]
    assert world.taken() == before


def test_a_delivered_site_is_past_the_point_of_no_return(world: World, shop: Shops) -> None:
    client = shop("ready")
    world.arm("stripe", _SUBSCRIBE, "status:503", times=20)
    token, path = place(world, client)
    task(client, token, "activate_subscription", "running")
    too_late(client, token)
    world.disarm()
    order = client.finish(token)
    assert order["order"]["status"] == "completed"
    assert "cancellation" not in order
    too_late(client, token)
    world.outcome(token)
    world.delivered_once(token, amount=PRICE)
    assert [entry["body"]["type"] for entry in world.received(path)] == ["order.completed"]


def test_an_order_that_failed_is_over(world: World, shop: Shops) -> None:
    client = shop("ready")
    token, _ = place(world, client, name="fail-provision")
    assert client.finish(token)["order"]["status"] == "failed"
    too_late(client, token)


# --- domains --------------------------------------------------------------------------------------


def order_domain(client: Shop, label: str, **fields: Any) -> tuple[str, str]:
    """A new domain order: its token and the name."""
    name = f"{label}{uuid.uuid4().hex[:12]}.com"
    body = {"domain": {"name": name, "contact": CONTACT, **fields}}
    answer = client.call("POST", "/api/orders/domain", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["cart"]["token"]), name


def at_registrar(world: World, view: str, name: str) -> list[Json]:
    answer = world.http.get(f"{world.facts['registrar_url']}/_sandbox/{view}")
    answer.raise_for_status()
    return [entry for entry in answer.json() if name in (entry.get("name"), _first_name(entry))]


def _first_name(entry: Json) -> str | None:
    items = entry.get("items") or [{}]
    found: str | None = items[0].get("name")
    return found


def in_progress(client: Shop, token: str) -> None:
    opened(client, token)
    client.until(token, lambda _: client.order(token)["domain"]["status"] == "in_progress")


def free_again(world: World, client: Shop, name: str) -> str:
    """The registrar never heard of the cancelled order, and the name can be ordered at once: its token."""
    assert [at_registrar(world, view, name) for view in ("orders", "domains")] == [[], []]
    again = client.call("POST", "/api/orders/domain", json={"domain": {"name": name, "contact": CONTACT}})
    assert again.status_code == 202, again.text
    token = str(again.json()["cart"]["token"])
    opened(client, token)
    return token


def test_a_domain_that_is_charged_before_the_registrar_is_asked(world: World, shop: Shops) -> None:
    client = shop("ready")
    world.arm("registrar", _LOOK, "status:503", times=50)
    token, name = order_domain(client, "charged")
    client.payment(token, "succeeded")
    task(client, token, "register_domain", "running")
    cancel(client, token)
    world.disarm()
    order = ends_cancelled(world, client, token, None, "refunded")
    assert order["domain"]["status"] == "failed"
    (invoice,) = world.invoices(token)
    assert invoice["amount_refunded"] == invoice["amount_paid"] > 0
    assert client.finish(free_again(world, client, name))["order"]["status"] == "completed"


def test_a_domain_whose_customer_must_act(world: World, shop: Shops) -> None:
    client = shop("needs_3ds")
    token, name = order_domain(client, "acts")
    client.payment(token, "awaiting_authentication")
    cancel(client, token)
    order = ends_cancelled(world, client, token, None, "cancelled")
    assert order["domain"]["status"] == "failed"
    (invoice,) = world.invoices(token)
    assert (invoice["status"], order["payment"]["amount_charged_cents"]) == ("void", 0)
    cancel(client, free_again(world, client, name))


def test_a_domain_while_the_bank_works(world: World, shop: Shops) -> None:
    client = shop("sepa")
    token, name = order_domain(client, "debit")
    client.until(token, lambda cart: cart["payment"]["hosted_invoice_url"] is not None)
    cancel(client, token)
    waiting = client.order(token)
    assert (waiting["payment"]["status"], waiting["order"]["status"]) == ("processing", "pending")
    world.advance_clock(_DAY)
    order = ends_cancelled(world, client, token, None, "refunded")
    assert order["domain"]["status"] == "failed"
    (invoice,) = world.invoices(token)
    assert invoice["amount_refunded"] == invoice["amount_paid"] > 0
    cancel(client, free_again(world, client, name))


def test_a_transfer_under_way_is_stopped_at_the_registrar(world: World, shop: Shops) -> None:
    client = shop("ready")
    token, name = order_domain(client, "stuck-transfer-", action="transfer", authcode="s3cret")
    in_progress(client, token)
    await_value(lambda: at_registrar(world, "transfers", name), seconds=30)
    cancel(client, token)
    order = ends_cancelled(world, client, token, None, "refunded")
    assert order["domain"]["status"] == "failed"
    (bought,) = at_registrar(world, "orders", name)
    assert bought["refund"] == bought["total"]
    assert at_registrar(world, "domains", name) == []
    again = client.call("POST", "/api/orders/domain", json={"domain": {"name": name, "contact": CONTACT}})
    assert again.status_code == 202, "the name is free again"
    client.finish(str(again.json()["cart"]["token"]))


def test_a_transfer_that_the_registrar_no_longer_stops_goes_on(world: World, shop: Shops) -> None:
    client = shop("ready")
    world.arm("registrar", _STOP, "status:409", times=5)
    token, name = order_domain(client, "", action="transfer", authcode="s3cret")
    in_progress(client, token)
    answer = delete(client, token)
    order = client.finish(token, seconds=60)
    assert order["order"]["status"] == "completed"
    assert answer.status_code in {202, 409}
    if answer.status_code == 202:
        assert order["cancellation"]["status"] == "refused"
    too_late(client, token)
    assert [entry["name"] for entry in at_registrar(world, "domains", name)] == [name]
    (invoice,) = world.invoices(token)
    assert (invoice["status"], invoice["amount_refunded"]) == ("paid", 0)


def test_a_registration_that_was_asked_for_is_past_the_point_of_no_return(world: World, shop: Shops) -> None:
    client = shop("ready")
    token, name = order_domain(client, "slow-registration-")
    in_progress(client, token)
    too_late(client, token)
    assert client.finish(token, seconds=60)["order"]["status"] == "completed"
    assert [entry["name"] for entry in at_registrar(world, "domains", name)] == [name]


# --- who may --------------------------------------------------------------------------------------


def test_who_may_not(world: World, shop: Shops) -> None:
    client = shop("needs_3ds")
    token = client.place()
    client.payment(token, "awaiting_authentication")
    version = client.get(f"/api/orders/{order_id(token)}").headers["etag"]
    read, other = shop("needs_3ds", "oauth_read_token"), shop("ready")
    refused(delete(read, token), "oauth_not_allowed")
    refused(delete(shop("needs_3ds", "oauth_other_token"), token), "oauth_not_allowed")
    refused(delete(other, token), "not_found")
    refused(delete(other, token, headers={"X-Auth-Account": client.account_id}), "account_forbidden")
    refused(delete(client, token, headers={"X-Auth-Account": None}), "account_required")
    refused(delete(client, token, headers={"Authorization": None}), "unauthenticated")
    refused(client.call("DELETE", f"/api/orders/{uuid.uuid4()}"), "not_found")
    refused(client.call("DELETE", "/api/orders/not-an-order"), "not_found")
    assert client.get(f"/api/orders/{order_id(token)}").headers["etag"] == version
    assert delete(shop("needs_3ds", "account_key"), token).status_code == 202
    assert delete(shop("needs_3ds", "session_token"), token).status_code == 202
    ends_cancelled(world, client, token, None, "cancelled")


# --- the race -------------------------------------------------------------------------------------


def test_a_cancellation_that_races_with_the_delivery(world: World, shop: Shops) -> None:
    """Cancelled and given back, or completed and delivered: never both, and as the answer said."""
    client, dice = shop("ready"), random.Random(7)  # noqa: S311 - spreads the moments
    world.site_settings(provision_seconds=0.2)
    pauses = [dice.uniform(0, 2.5) for _ in range(_RACES)]

    def race(pause: float) -> tuple[str, int]:
        token = client.place()
        opened(client, token)
        time.sleep(pause)
        return token, delete(client, token).status_code

    raced = by_clients(10, race, pauses)
    for token, status in raced:
        order = client.finish(token, seconds=60)
        assert world.outcome(token)["status"] == "SUCCEEDED"
        if status == 202:
            assert (order["order"]["status"], order["cancellation"]["status"]) == ("cancelled", "accepted")
            assert order["payment"]["status"] in {"refunded", "cancelled"}
            nothing_kept(world, token)
        else:
            assert status == 409
            assert order["order"]["status"] == "completed"
            world.delivered_once(token, amount=PRICE)
