"""A function's process is killed in the middle of each task, once: the order still ends, once.

The task is held in mid-flight by a slow outside system. What had been asked of it happens after the worker's
death, which is the harder case: the effect comes late, and its answer is lost. What is there in the end is
looked at after that.
"""

import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from local.engine import workers
from tests.e2e.support.late import LateRequests
from tests.e2e.support.patience import await_value
from tests.e2e.support.shop import PRICE, Shop, site_body
from tests.e2e.support.world import World
from tests.sam_template import Template

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

HELD_SECONDS = 4  # so long a busy machine may take to kill

HELD = {
    "ChargePayment: draft read": ("ChargePayment", "stripe", "GET /v1/invoices/*"),
    "ChargePayment: lines": ("ChargePayment", "stripe", "POST /v1/invoices/*/add_lines"),
    "ChargePayment: finalised": ("ChargePayment", "stripe", "POST /v1/invoices/*/finalize"),
    "ChargePayment: paid": ("ChargePayment", "stripe", "POST /v1/invoices/*/pay"),
    "ProvisionSite: looked up": ("ProvisionSite", "sites", "GET /sites/*"),
    "ProvisionSite: asked for": ("ProvisionSite", "sites", "PUT /sites/*"),
    "ActivateSubscription: looked up": ("ActivateSubscription", "stripe", "GET /v1/subscriptions"),
    "ActivateSubscription: created": ("ActivateSubscription", "stripe", "POST /v1/subscriptions"),
}
REFUND_HELD = {
    "refunded": ("stripe", "POST /v1/credit_notes"),
    "site removed": ("sites", "DELETE /sites/*"),
}
# One test each, below.
REFUND, CLOSE, NOTIFY, WAIT, SUSPEND = (
    "RefundPayment",
    "CloseOrder",
    "SendCallback",
    "WaitForPayment",
    "SuspendSite",
)
_DAY = 86_400


class Ordered:
    """An order with a callback of its own."""

    def __init__(self, world: World, client: Shop, *, kind: str = "killed", **site: Any) -> None:
        self.world, self.client = world, client
        sink = world.sink(kind)
        self.path = sink["path"]
        callback = {"url": sink["url"], "authorization": sink["authorization"]}
        self.token = client.place(site_body(callback=callback, **site))

    def ended(self) -> Json:
        """The order's view after the execution has succeeded."""
        assert self.world.outcome(self.token, seconds=60)["status"] == "SUCCEEDED"
        return self.client.order(self.token)

    def lost_one_worker(self) -> bool:
        """Whether one task failed by its worker's death (others may follow: the processor is still busy)."""
        failed = [
            event["taskFailedEventDetails"]["error"]
            for event in self.world.history(self.token)
            if event["type"] == "TaskFailed"
        ]
        return failed.count("Runtime.ExitError") == 1

    def completed_once(self, late: LateRequests | None = None) -> Json:
        """The order's view: one worker died, and it was delivered, paid and told of once all the same."""
        order = self.ended()
        if late is not None:
            late.await_served()
        assert self.lost_one_worker()
        assert order["order"]["status"] == "completed"
        self.world.delivered_once(self.token, amount=PRICE)
        assert len(self.notified_as_one()) == 1
        return order

    def notified_as_one(self) -> list[Json]:
        received = self.world.received(self.path)
        assert len({entry["headers"]["webhook-id"] for entry in received}) == 1
        assert len({entry["raw"] for entry in received}) == 1
        return received


def kill(world: World, name: str) -> None:
    """Kill the workers of the function of this name."""
    assert workers.kill(world.stack.facts, f"{name}Function")


def kill_when_held(world: World, name: str, late: LateRequests) -> None:
    """Kill the function's workers as soon as the slow request was taken."""
    late.await_held()
    kill(world, name)


def test_every_task_of_a_site_s_order_dies_once() -> None:
    states: Mapping[str, Json] = Template().definition()["States"]
    met, ahead = set(), ["ChargePayment"]
    while ahead:
        name = ahead.pop()
        if name not in met and name != "RegisterDomain":  # from there on it is a domain's
            met.add(name)
            ahead += _next(states[name])
    held = {name for name, _, _ in HELD.values()}
    tasks = {name for name in met if states[name]["Type"] == "Task"}
    assert held | {REFUND, CLOSE, NOTIFY, WAIT, SUSPEND} == tasks


def _next(state: Json) -> list[str]:
    """All states that may follow."""
    ways = [state, *state.get("Choices", ()), *state.get("Catch", ())]
    return [way[key] for way in ways for key in ("Next", "Default") if key in way]


@pytest.mark.parametrize("step", HELD)
def test_a_task_dies_and_the_order_completes_once(world: World, shop: Shops, step: str) -> None:
    name, sandbox, match = HELD[step]
    late = LateRequests(world, sandbox, match, HELD_SECONDS)
    ordered = Ordered(world, shop("ready"))
    kill_when_held(world, name, late)
    order = ordered.completed_once(late)
    assert order["payment"]["amount_charged_cents"] == PRICE
    assert world.invoices(ordered.token)[0]["attempts"] == 1


@pytest.mark.parametrize("step", REFUND_HELD)
def test_the_compensation_dies_and_the_money_goes_back_once(world: World, shop: Shops, step: str) -> None:
    sandbox, match = REFUND_HELD[step]
    before = world.taken()
    late = LateRequests(world, sandbox, match, HELD_SECONDS)
    ordered = Ordered(world, shop("ready"), name="fail-provision")
    kill_when_held(world, REFUND, late)
    order = ordered.ended()
    late.await_served()
    assert ordered.lost_one_worker()
    assert (order["order"]["status"], order["payment"]["status"]) == ("failed", "refunded")
    (invoice,) = world.invoices(ordered.token)
    assert (invoice["amount_paid"], invoice["amount_refunded"]) == (PRICE, PRICE)
    assert world.sites(ordered.token) == []
    assert world.taken() == before
    assert len(ordered.notified_as_one()) == 1


def test_the_notification_dies_and_is_sent_again_under_its_id(world: World, shop: Shops) -> None:
    ordered = Ordered(world, shop("ready"), kind=f"slow/{HELD_SECONDS}")
    await_value(lambda: world.received(ordered.path), seconds=20)
    kill(world, NOTIFY)
    order = ordered.ended()
    assert order["order"]["status"] == "completed"
    assert ordered.lost_one_worker()
    world.delivered_once(ordered.token, amount=PRICE)
    assert len(ordered.notified_as_one()) == 2


def test_the_closing_dies_and_closes_once(world: World, shop: Shops) -> None:
    """It calls nothing that could be slow: its workers are frozen, get the task, and are killed."""
    client = shop("ready")
    client.finish(Ordered(world, client).token)  # so that a worker is warm
    world.settle()
    with frozen(world, CLOSE):
        ordered = Ordered(world, client)
        await_value(lambda: _entered(world, ordered.token, CLOSE), seconds=20)
        kill(world, CLOSE)
    ordered.completed_once()


def test_the_wait_dies_before_it_begins_and_is_ended_once(world: World, shop: Shops) -> None:
    """As the closing: it calls nothing but the table."""
    client = shop("needs_3ds")
    first = Ordered(world, client)  # so that a worker is warm
    _pay_at_the_page(world, first)
    first.ended()
    with frozen(world, WAIT):
        ordered = Ordered(world, client)
        await_value(lambda: _entered(world, ordered.token, WAIT), seconds=20)
        kill(world, WAIT)
    _pay_at_the_page(world, ordered)
    ordered.completed_once()


def test_the_suspension_dies_and_the_site_is_taken_away_once(world: World, shop: Shops) -> None:
    """A site that was delivered ahead of a debit which fails, and that nobody pays."""
    client, before = shop("sepa_fails"), world.taken()
    with world.environment("ChargePaymentFunction", PAYMENT_DEADLINE_SECONDS="3"):
        ordered = Ordered(world, client, plan="business")
        client.until(ordered.token, lambda cart: bool(cart["orders"]))
        await_value(lambda: client.order(ordered.token).get("site"), seconds=60)
        late = LateRequests(world, "sites", "PUT /sites/*/suspension", HELD_SECONDS)
        world.advance_clock(5 * _DAY)
        kill_when_held(world, SUSPEND, late)
        order = ordered.ended()
    late.await_served()
    assert ordered.lost_one_worker()
    assert _answers(world, ordered.token, SUSPEND) == [{"suspended": True}]
    assert (order["order"]["status"], order["payment"]["status"]) == ("failed", "failed")
    (invoice,) = world.invoices(ordered.token)
    assert (invoice["status"], invoice["amount_paid"]) == ("void", 0)
    assert world.sites(ordered.token) == []
    assert world.taken() == before
    assert len(ordered.notified_as_one()) == 1


def test_the_post_dies_and_its_repeat_is_the_same_order(world: World, shop: Shops) -> None:
    client = shop("ready")
    key = "killed-" + world.sink()["path"].rpartition("/")[2]
    late = LateRequests(world, "stripe", "POST /v1/invoices", HELD_SECONDS)
    failing = _in_background(lambda: client.post(site_body(), key=key).status_code)
    kill_when_held(world, "OrderSite", late)
    assert failing() == 500
    token = client.place(key=key)
    assert client.finish(token)["order"]["status"] == "completed"
    world.outcome(token)
    late.await_served()
    world.delivered_once(token, amount=PRICE)


def _entered(world: World, token: str, state: str) -> bool:
    """Whether the task of the state was scheduled."""
    names = [
        event["stateEnteredEventDetails"]["name"]
        for event in world.history(token)
        if "stateEnteredEventDetails" in event
    ]
    return names[-1:] == [state] and world.history(token)[-1]["type"] == "TaskStarted"


def _pay_at_the_page(world: World, ordered: Ordered) -> None:
    ordered.client.payment(ordered.token, "awaiting_authentication")
    world.authenticate(ordered.token, "pay")


def _answers(world: World, token: str, state: str) -> list[Json]:
    """What the state put into the execution each time that it was left."""
    left = [event.get("stateExitedEventDetails", {}) for event in world.history(token)]
    return [json.loads(details["output"])["suspension"] for details in left if details.get("name") == state]


@contextmanager
def frozen(world: World, name: str) -> Iterator[None]:
    """Stop the function's workers without ending them; those that still live go on afterwards."""
    function = f"{name}Function"
    pids = workers.pids(world.stack.facts, function)
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in set(pids) & set(workers.pids(world.stack.facts, function)):
            os.kill(pid, signal.SIGCONT)


def _in_background[R](work: Callable[[], R]) -> Callable[[], R]:
    """Start `work` in a thread; call what is returned for its result."""
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(1)
    future = pool.submit(work)
    pool.shutdown(wait=False)
    return future.result
