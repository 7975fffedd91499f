"""A crash before and after every single call of an order's life: it still ends delivered or refunded, once.

The worker dies, the step runs again, as the client's repeat and the state machine's Retry have it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hostcart.contract.statuses import OrderStatus, PaymentStatus
from hostcart.domain import views
from hostcart.domain.cart import CallbackStatus
from hostcart.ports import RefusedError
from hostcart.use_cases.errors import TaskError

from tests.fakes.crash import Crash, Crashes
from tests.fakes.payments import FakePayments, Method
from tests.fakes.platform import FakeCallbacks
from tests.fakes.sites import FakeSites
from tests.fakes.store import FakeCarts
from tests.fakes.world import ACCOUNT, CALLBACK, PDX, World, site_order

PORTS = ["carts", "payments", "sites", "callbacks", "cipher", "directory", "catalogue", "workflow"]


@dataclass
class Outside:
    """The true fakes behind the counted ones."""

    world: World
    payments: FakePayments
    sites: FakeSites
    carts: FakeCarts
    callbacks: FakeCallbacks


def shaky_world(crashes: Crashes) -> Outside:
    world = World()
    outside = Outside(world, world.payments, world.sites, world.carts, world.callbacks)
    for name in PORTS:
        setattr(world, name, crashes.around(getattr(world, name), name))
    return outside


def again(step: Callable[[], Any]) -> Any:
    """The step, run anew when the worker died in it."""
    try:
        return step()
    except Crash:
        return step()


def live(outside: Outside) -> None:
    """The state machine's path, in a few lines."""
    world = outside.world
    order = site_order(callback=CALLBACK)
    again(lambda: world.order(order))
    try:
        while again(world.charge).status is not PaymentStatus.SUCCEEDED:
            world.clock.advance(hours=1)
        while not again(world.provision).ready:
            world.clock.advance(seconds=5)
        again(world.activate)
    except TaskError as error:
        code = error.code
        while not again(lambda: world.refund(f'{{"errorMessage": "{code}"}}')).settled:
            outside.payments.refunds_settle = True
    if again(world.close).notify:
        again(world.notify)


def arrange_delivery(_: Outside) -> None:
    """All works."""


def arrange_credit(outside: Outside) -> None:
    outside.payments.credit = 500


def arrange_decline(outside: Outside) -> None:
    outside.payments.method = Method.STOLEN


def arrange_expiry(outside: Outside) -> None:
    outside.payments.method = Method.NEEDS_CUSTOMER
    outside.payments.credit = 500


def arrange_failed_site(outside: Outside) -> None:
    outside.sites.ends_failed, outside.sites.polls_until_ready = True, 2
    outside.payments.credit, outside.payments.refunds_settle = 500, False


def arrange_refused_subscription(outside: Outside) -> None:
    outside.payments.fail("create_subscription", RefusedError("resource_missing"), times=9)


LIVES: dict[str, tuple[Callable[[Outside], None], OrderStatus, int]] = {
    # how it goes, how it ends, what is charged for good
    "delivered": (arrange_delivery, OrderStatus.COMPLETED, 1300),
    "delivered with credit": (arrange_credit, OrderStatus.COMPLETED, 800),
    "declined": (arrange_decline, OrderStatus.FAILED, 0),
    "expired": (arrange_expiry, OrderStatus.FAILED, 0),
    "site failed": (arrange_failed_site, OrderStatus.FAILED, 0),
    "subscription refused": (arrange_refused_subscription, OrderStatus.FAILED, 0),
}


def lived(name: str, crashes: Crashes) -> Outside:
    outside = shaky_world(crashes)
    LIVES[name][0](outside)
    live(outside)
    return outside


def check(outside: Outside, name: str) -> None:
    _, ending, kept = LIVES[name]
    carts = [cart for cart in outside.carts.history if cart.token == outside.world.token]
    cart = carts[-1]
    completed = ending is OrderStatus.COMPLETED
    assert cart.opened.status is ending
    charged = sum(charge.amount for charge in outside.payments.charges)
    refunded = sum(refund.refunded for refund in outside.payments.refunds.values())
    assert charged - refunded == kept == cart.payment.amount_charged - cart.payment.amount_refunded
    assert len(outside.payments.charges) <= 1
    assert len(outside.payments.invoices) == 1
    assert outside.payments.credit == (500 if name in {"expired", "site failed"} else 0)
    assert outside.sites.live == ({cart.opened.id} if completed else set())
    assert len(outside.payments.live_subscriptions) == int(completed)
    assert outside.carts.taken[PDX] == int(completed)
    assert outside.carts.counters == {ACCOUNT: cart.opened.number} == {ACCOUNT: 1}
    told = outside.callbacks.received
    assert {sent.message_id for sent in told} == {f"msg_{cart.opened.id}"}
    assert {sent.body["type"] for sent in told} == {f"order.{ending}"}
    assert cart.callback is CallbackStatus.DELIVERED
    assert outside.carts.load(ACCOUNT, cart.token) == cart
    assert [seen.version for seen in carts] == list(range(1, len(carts) + 1))
    assert views.cart_view(cart)["cart"]["rollup_status"] == ending


@pytest.mark.parametrize("name", LIVES)
def test_a_life_without_a_crash(name: str) -> None:
    outside = lived(name, Crashes())
    check(outside, name)
    assert len(outside.callbacks.received) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", LIVES)
def test_a_crash_at_every_call(name: str, *, after: bool) -> None:
    plain = Crashes()
    lived(name, plain)
    assert len(plain.calls) > 20
    for position, call in enumerate(plain.calls):
        crashes = Crashes(at=position, after=after)
        try:
            check(lived(name, crashes), name)
        except AssertionError as error:
            error.add_note(f"crashed {'after' if after else 'before'} call {position}, {call}")
            raise
        assert crashes.calls[position] == call
