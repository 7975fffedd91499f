"""The stack's own life, last of all: an edit reaches it, a second one is refused, a restart keeps all."""

import resource
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.engine import ports, processes, workers
from tests.e2e.support.patience import await_value
from tests.e2e.support.shop import PRICE, Shop, new_key, site_body
from tests.e2e.support.stack import CommandFailedError, LocalStack
from tests.e2e.support.world import World, order_id
from tests.own_address import own_address

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

RELOAD_CPU_SECONDS = 10  # it takes about two; a busy machine stretches the wall clock only
SLOW_SITE_SECONDS = 20  # longer than the stack takes to stop
ADDRESSES = (
    "aws_endpoint",
    "stepfunctions_endpoint",
    "stripe_url",
    "sites_url",
    "callback_url",
    "login_url",
)


def edit(path: Path, old: bytes, new: bytes) -> None:
    """Change a staged file, not the build that it may be a hard link to."""
    content = path.read_bytes()
    assert old in content
    path.unlink()
    path.write_bytes(content.replace(old, new))


def _cpu_seconds() -> float:
    """What the commands that have ended used, with their children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_an_edit_reaches_the_running_stack(stack: LocalStack, world: World, shop: Shops) -> None:
    """What runs differs from the source, as after an edit: `reload` brings the source to it."""
    client = shop("ready")
    running = stack.workspace.staged / "UpdateOrderFunction" / "handler.py"
    source = running.read_bytes()
    edit(running, b"update_not_supported", b"payload_too_large")
    workers.kill(world.facts, "UpdateOrderFunction", wait_seconds=0)
    await_value(
        lambda: client.call("PATCH", "/api/orders/x").json()["code"] == "payload_too_large", seconds=10
    )

    began = _cpu_seconds()
    said = stack.command("reload", "update_order")
    assert client.call("PATCH", "/api/orders/x").json()["code"] == "update_not_supported"
    assert _cpu_seconds() - began < RELOAD_CPU_SECONDS
    assert "1 function(s) reloaded" in said  # a rebuild would deploy them all
    assert "functions/update_order/handler.py" in said
    assert running.read_bytes() == source


def test_an_edit_of_the_layer_reaches_every_function(stack: LocalStack, world: World, shop: Shops) -> None:
    client = shop("ready")
    errors = stack.workspace.staged / "HostcartLayer" / "python" / "hostcart" / "contract" / "errors.py"
    source = errors.read_bytes()
    edit(errors, b'"Not found"', b'"Gone fishing"')
    for function in ("GetCartFunction", "GetOrderFunction"):
        workers.kill(world.facts, function, wait_seconds=0)
    await_value(lambda: client.get("/api/carts/x").json()["title"] == "Gone fishing", seconds=10)
    stack.command("reload")
    assert client.get("/api/carts/x").json()["title"] == "Not found"
    assert errors.read_bytes() == source


def test_a_second_stack_is_refused_in_words(stack: LocalStack) -> None:
    with pytest.raises(CommandFailedError, match=r"already running.*make down") as refused:
        stack.command("up")
    assert "Traceback" not in str(refused.value)
    assert "running" in stack.command("status")


@pytest.mark.enable_socket  # it connects to this machine's own address
def test_nothing_listens_for_another_machine(stack: LocalStack) -> None:
    outside = own_address()
    if outside is None:
        pytest.skip("this machine has no address but the loopback's")
    ports = stack.ports()
    assert len(set(ports.values())) == len(ADDRESSES) + 1  # the registrar's
    open_to_others = []
    for name, port in ports.items():
        with socket.socket() as caller:
            if caller.connect_ex((outside, port)) == 0:
                open_to_others.append(name)
    assert open_to_others == []


def test_a_restart_keeps_everything(stack: LocalStack, world: World, shop: Shops) -> None:
    client, key = shop("ready"), new_key()
    token = client.place(key=key)
    client.finish(token)
    world.settle()
    paths = (f"/api/carts/{token}", f"/api/orders/{order_id(token)}", "/api/orders?per_page=100")
    before = {path: client.get(path) for path in paths}
    facts, counts = stack.facts, world.counts()
    build = stack.workspace.template.read_bytes()

    stack.down()
    assert not [name for name in ADDRESSES if ports.answers(int(facts[name].rpartition(":")[2]))]
    assert processes.orphans(stack.workspace) == []
    assert not stack.workspace.stack_file.exists()

    stack.up_lean()
    fresh = world.facts = stack.facts
    if stack.workspace.template.read_bytes() != build:
        pytest.skip("somebody built another template meanwhile: the engine made a new API of it")
    assert {name: fresh[name] for name in (*ADDRESSES, "api_url", "table", "state_machine_arn")} == {
        name: facts[name] for name in (*ADDRESSES, "api_url", "table", "state_machine_arn")
    }
    keys = ("id", "user_key", "account_key", "callback_secret")
    for name, account in fresh["accounts"].items():
        assert {key: account[key] for key in keys} == {key: facts["accounts"][name][key] for key in keys}
    for path, answer in before.items():
        again = client.get(path)
        assert (again.status_code, again.content) == (200, answer.content)
        assert again.headers.get("etag") == answer.headers.get("etag")
    assert world.counts() == counts
    assert client.place(key=key) == token  # the idempotency key is remembered too
    assert world.counts() == counts


def test_orders_in_flight_go_on_after_a_restart(stack: LocalStack, world: World, shop: Shops) -> None:
    """One whose site is being made, and one that waits for its customer."""
    world.settle()
    world.site_settings(provision_seconds=SLOW_SITE_SECONDS)
    sinks = {account: world.sink() for account in ("ready", "needs_3ds")}
    tokens = {
        account: shop(account).place(
            site_body(callback={"url": sink["url"], "authorization": sink["authorization"]})
        )
        for account, sink in sinks.items()
    }
    await_value(lambda: world.sites(tokens["ready"]), seconds=20)
    shop("needs_3ds").payment(tokens["needs_3ds"], "awaiting_authentication")
    executions = world.counts().executions

    stack.down()
    said = stack.up_lean()
    world.facts = stack.facts
    assert "2 orders go on" in said
    assert world.counts().executions == executions
    world.site_settings(provision_seconds=1.0)
    world.authenticate(tokens["needs_3ds"], "pay")
    for account, token in tokens.items():
        assert shop(account).finish(token)["order"]["status"] == "completed"
        assert world.outcome(token)["status"] == "SUCCEEDED"
        world.delivered_once(token, amount=PRICE)
        assert len(world.received(sinks[account]["path"])) == 1


def test_the_restarted_stack_delivers(stack: LocalStack, world: World, shop: Shops) -> None:
    client, number = shop("ready"), world.last_number("ready")
    token = client.place()
    assert client.finish(token)["order"]["status"] == "completed"
    assert world.last_number("ready") == number + 1
    world.outcome(token)
    world.delivered_once(token, amount=PRICE)
    refreshed = shop("ready", "session_token")  # minted before the restart, and still good
    assert refreshed.order(token)["order"]["status"] == "completed"
