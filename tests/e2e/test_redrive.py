"""Every state that an execution can fail in: the fault is lifted, it is redriven, and all is there once."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.support.commands import tool
from tests.e2e.support.shop import PRICE, Shop, new_key, site_body
from tests.e2e.support.world import World
from tests.fakes.world import CONTACT

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

_EVER = 1000


@pytest.fixture
def impatient(world: World) -> Iterator[None]:
    """Executions that start now try each task twice: else it takes a minute until one gives up."""
    machine = world.facts["state_machine_arn"]
    original = world.stepfunctions.describe_state_machine(stateMachineArn=machine)["definition"]
    definition = json.loads(original)
    for state in definition["States"].values():
        for retrier in state.get("Retry", []):
            retrier["MaxAttempts"] = min(1, retrier["MaxAttempts"])
    world.stepfunctions.update_state_machine(stateMachineArn=machine, definition=json.dumps(definition))
    yield
    world.stepfunctions.update_state_machine(stateMachineArn=machine, definition=original)


def _failed_at(world: World, token: str, state: str, error: str) -> None:
    outcome = world.outcome(token)
    assert (outcome["status"], outcome["error"]) == ("FAILED", error)
    assert _entered(world, token)[-1] == state


def _entered(world: World, token: str) -> list[str]:
    return [
        event["stateEnteredEventDetails"]["name"]
        for event in world.history(token)
        if event["type"].endswith("StateEntered")
    ]


def _redrive(world: World, token: str, *options: str) -> str:
    done = tool(world, "redrive", token, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.usefixtures("impatient")
def test_a_refund_that_could_not_be_made_is_made_once(world: World, shop: Shops) -> None:
    client, sink = shop("child"), world.sink()
    world.arm("stripe", "GET /v1/credit_notes", "status:503", times=_EVER)
    token = client.place(
        site_body(callback={"url": sink["url"], "authorization": None}, name="fail-provision")
    )
    _failed_at(world, token, "RefundPayment", "NotRefundedError")
    assert client.order(token)["order"]["status"] == "processing"
    world.disarm()
    assert _redrive(world, token) == f"Execution {token} goes on where it failed."
    order = client.finish(token)
    assert (order["order"]["status"], order["payment"]["status"]) == ("failed", "refunded")
    assert world.outcome(token)["status"] == "SUCCEEDED"
    (invoice,) = world.invoices(token)
    assert (invoice["amount_paid"], invoice["amount_refunded"]) == (PRICE, PRICE)
    assert len(world.stripe(f"credit_notes?invoice={invoice['id']}")["data"]) == 1
    assert [entry["body"]["type"] for entry in world.received(sink["path"])] == ["order.failed"]
    assert _entered(world, token).count("ChargePayment") == 1, "it did not begin anew"
    nothing = tool(world, "redrive", token)
    assert (nothing.returncode, nothing.stdout[:28]) == (1, "There is nothing to resume: ")


@pytest.mark.usefixtures("impatient")
def test_an_order_that_failed_twice_is_closed_and_notified_once(world: World, shop: Shops) -> None:
    client, sink = shop("child"), world.sink("flaky/2")
    with world.environment("CloseOrderFunction", TABLE_NAME="elsewhere"):
        token = client.place(site_body(callback={"url": sink["url"], "authorization": None}))
        _failed_at(world, token, "CloseOrder", "NotClosedError")
    assert client.order(token)["order"]["status"] == "processing"
    _redrive(world, token)
    _failed_at(world, token, "SendCallback", "CallbackUndeliveredError")
    assert client.order(token)["order"]["status"] == "completed"
    _redrive(world, token)
    assert world.outcome(token)["status"] == "SUCCEEDED"
    received = world.received(sink["path"])
    assert len(received) == 3, "two refused, one taken"
    assert len({entry["headers"]["webhook-id"] for entry in received}) == 1
    world.delivered_once(token, amount=PRICE)


@pytest.mark.usefixtures("impatient")
def test_a_domain_gets_its_subscription_once(world: World, shop: Shops) -> None:
    client = shop("ready")
    world.arm("stripe", "POST /v1/subscriptions", "error:parameter_invalid_empty", times=_EVER)
    name = f"redriven-{new_key()[:8]}.com"
    answer = client.call("POST", "/api/orders/domain", json={"domain": {"name": name, "contact": CONTACT}})
    assert answer.status_code == 202, answer.text
    token = answer.json()["cart"]["token"]
    _failed_at(world, token, "ActivateDomainSubscription", "SubscriptionFailedError")
    world.disarm()
    _redrive(world, token)
    assert client.finish(token)["order"]["status"] == "completed"
    assert len(world.subscriptions(token)) == 1
    assert len(world.invoices(token)) == 1
    assert _entered(world, token).count("RegisterDomain") == 1 or "WaitForDomain" in _entered(world, token)


def test_a_new_execution_from_the_beginning_does_only_what_is_missing(world: World, shop: Shops) -> None:
    world.site_settings(provision_seconds=3)
    client = shop("child")
    token = client.place()
    client.until(token, lambda cart: bool(world.sites(token)))
    world.stop(token)
    assert _redrive(world, token, "--fresh") == f"Execution {token}-2 runs from the beginning."
    assert client.finish(token)["order"]["status"] == "completed"
    assert world.outcome(f"{token}-2")["status"] == "SUCCEEDED"
    world.delivered_once(token, amount=PRICE)
