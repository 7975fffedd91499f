"""No secret in any log line, execution history or plain attribute, whatever the tests before have done."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support.leaks import Leak, find, histories, secrets_of, written_files
from tests.e2e.support.names import (
    ITALIAN,
    SECRETS,
    WRONG_CODE,
    Names,
    Ordered,
    contact,
    domain_body,
    new_name,
    post,
    transfer_body,
)
from tests.e2e.support.patience import await_value
from tests.e2e.support.shop import Shop, site_body
from tests.e2e.support.world import World

type Json = dict[str, Any]
type Shops = Callable[..., Shop]


@pytest.fixture(scope="module")
def token(world: World) -> str:
    """A site's order at least, with a callback, that met errors on its way; and domains of every kind."""
    client = Shop(world.http, world.facts["api_url"], world.accounts["ready"])
    sink = world.sink("flaky/1")
    callback = {"url": sink["url"], "authorization": sink["authorization"]}
    world.arm("stripe", "POST /v1/invoices/*/pay", "status:500")
    world.arm("sites", "PUT /sites/*", "error:unauthenticated")
    placed = client.place(site_body(callback=callback))
    client.finish(placed)
    await_value(lambda: len(world.received(sink["path"])) == 2, seconds=20)
    _order_domains(world, client)
    world.settle()
    return placed


def _order_domains(world: World, client: Shop) -> None:
    """Delivered with contacts and auth code, answers lost on the way; refunded; refused."""
    names, italian, moved = Names(world), new_name(suffix="it"), new_name()
    world.arm("registrar", "POST /v4/domains", "drop_after")
    world.arm("registrar", "POST /v4/transfers", "status:500")
    delivered = {italian: domain_body(italian, contact=contact(ITALIAN)), moved: transfer_body(moved)}
    unknown = new_name("unregistered-")
    refunded = {unknown: transfer_body(unknown, authcode=WRONG_CODE)}
    orders = [Ordered(names, client, name, body) for name, body in (delivered | refunded).items()]
    assert [order.ended()["order"]["status"] for order in orders] == ["completed", "completed", "failed"]
    for broken in (
        {"contact": contact(email=None)},
        {"contact": contact(country="USA")},
        {"contact": contact(extra_properties={"entityType": "1"})},
        {"contact": contact(), "contact_source": {"registration_id": 1}},
        {"contact": contact(), "action": "transfer", "authcode": f"{WRONG_CODE}\n{WRONG_CODE}"},
        {"contact": contact(), "action": "transfer", "authcode": f"{WRONG_CODE}\u20ac"},
    ):
        answer = post(client, domain_body(new_name(), **broken))
        assert answer.status_code in (400, 422), answer.text
        assert not [name for name, value in SECRETS.items() if value in answer.text]


@pytest.fixture(scope="module")
def secrets(token: str, world: World) -> dict[str, str]:
    found = secrets_of(world)
    kinds = ("stack ", "ready ", "authorization ", "callback path ", "password of ", "registrant ")
    assert {"auth code", "wrong auth code"} <= set(found)
    assert all(any(name.startswith(kind) for name in found) for kind in kinds)
    assert {name.rpartition(" ")[2] for name in _billing(found)} == {
        *("name", "email", "address", "city", "postal_code")
    }
    assert min(map(len, found.values())) >= 10
    return found


def test_no_log_has_one(world: World, secrets: dict[str, str]) -> None:
    assert find(written_files(world.stack.workspace.logs), secrets) == []


def test_no_execution_has_one(world: World, secrets: dict[str, str], token: str) -> None:
    assert find(histories(world, newest=40), secrets) == []
    journal = world.stack.workspace.state / "executions.jsonl"  # the histories of all that have ended
    assert token in journal.read_text()
    assert find([(journal.name, journal.read_bytes())], secrets) == []


def test_the_search_finds_what_is_there(
    world: World, secrets: dict[str, str], token: str, tmp_path: Path
) -> None:
    """In real logs and histories it finds a cart's token, and in a log of its own a planted secret."""
    public = {"token": token}
    assert find(written_files(world.stack.workspace.logs), public)
    assert find(histories(world, newest=5), public)
    password = next(name for name in secrets if name.startswith("password of "))
    for name in (password, *_billing(secrets)):
        for number, text in enumerate((f"x{secrets[name]}x", f'{{"a":"{secrets[name]}"}}')):
            (tmp_path / f"{number}.log").write_text(text)
        assert find(written_files(tmp_path), secrets) == [Leak(name, "0.log"), Leak(name, "1.log")]


def test_what_is_stored_is_sealed(world: World, secrets: dict[str, str]) -> None:
    """A cart's item shows neither callback nor password, and names no key but the processor's ids."""
    sealed = {
        name: value
        for name, value in secrets.items()
        if not name.endswith((" billing email", " user name"))  # the order's view names its user
    }
    accounts = [account for account in world.accounts if account != "history"]
    items = [item for account in accounts for item in (*world.carts(account), *world.sealed(account))]
    for name in ("callback", "sealed_password", "item"):
        assert sum(name in item for item in items) > 0
    places = ((item["sk"]["S"], _plain(item)) for item in items)
    assert find(places, sealed) == []


def test_keys_are_stored_as_digests(world: World, secrets: dict[str, str]) -> None:
    keys = {name: value for name, value in secrets.items() if name.endswith("_key")}
    pages = world.dynamodb.get_paginator("scan").paginate(
        TableName=world.facts["table"],
        FilterExpression="NOT begins_with(sk, :cart)",
        ExpressionAttributeValues={":cart": {"S": "CART#"}},
    )
    places = ((item["pk"]["S"], _plain(item)) for page in pages for item in page["Items"])
    assert find(places, keys) == []


def test_the_stack_s_files_are_the_owner_s(world: World) -> None:
    home = world.stack.home
    assert home.stat().st_mode & 0o077 == 0
    for path in ("stack.json", "state/secrets.json", "state/seed.json", "sandboxes.json"):
        assert (home / path).stat().st_mode & 0o077 == 0, path


def test_what_fails_at_the_gateway_tells_no_secret(shop: Shops, secrets: dict[str, str]) -> None:
    client = shop("ready")
    answers = [
        client.get("/api/orders", headers={"Authorization": f"Bearer {client.token}x"}),
        client.get(f"/api/carts/{client.token}"),
        client.get("/api/orders", params={"page": client.token}),
        client.post({"site": client.token, client.token: 1}),
        client.post(site_body(), headers={"Idempotency-Key": client.token * 9}),
        post(client, domain_body(f"{client.token}.com")),
    ]
    told = [(str(answer.request.url.path), answer.content) for answer in answers]
    # a field's name is repeated to whoever sent it
    assert {leak.place for leak in find(told, {"key": client.token})} <= {told[3][0]}
    others = {name: value for name, value in secrets.items() if value != client.token}
    assert find(told, others) == []


def _billing(secrets: dict[str, str]) -> list[str]:
    return [name for name in secrets if " billing " in name]


def _plain(item: Json) -> bytes:
    parts = []
    for name, value in item.items():
        ((kind, content),) = value.items()
        parts.append(f"{name}=".encode() + (bytes(content) if kind == "B" else str(content).encode()))
    return b"\n".join(parts)
