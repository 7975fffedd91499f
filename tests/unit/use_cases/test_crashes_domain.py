"""A crash before and after every single call of a domain order's life: one registration or a full refund."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hostcart.contract.statuses import OrderStatus, PaymentStatus
from hostcart.domain.cart import CallbackStatus, DomainStatus
from hostcart.domain.registration import TransferStatus
from hostcart.ports import OutcomeUnknownError, RefusedError, UnavailableError
from hostcart.use_cases.errors import TaskError
from hostcart.use_cases.refund_payment import DELIVERED

from tests.fakes.crash import Crash, Crashes
from tests.fakes.payments import FakePayments, Method
from tests.fakes.platform import FakeCallbacks
from tests.fakes.registrar import FakeRegistrar, FakeZones
from tests.fakes.store import FakeCarts
from tests.fakes.world import ACCOUNT, CALLBACK, World, domain_request

NAME = "example.com"
PORTS = [
    "carts",
    "payments",
    "registrar",
    "zones",
    "callbacks",
    "cipher",
    "directory",
    "catalogue",
    "features",
    "workflow",
]


@dataclass
class Outside:
    """The true fakes behind the counted ones."""

    world: World
    payments: FakePayments
    registrar: FakeRegistrar
    zones: FakeZones
    carts: FakeCarts
    callbacks: FakeCallbacks


def shaky_world(crashes: Crashes) -> Outside:
    world = World()
    outside = Outside(world, world.payments, world.registrar, world.zones, world.carts, world.callbacks)
    for name in PORTS:
        setattr(world, name, crashes.around(getattr(world, name), name))
    return outside


def again(step: Callable[[], Any], world: World) -> Any:
    """The step, run anew when the worker died in it or the outside was not there."""
    for _ in range(50):
        try:
            return step()
        except (Crash, UnavailableError):
            world.clock.advance(seconds=10)
    raise AssertionError("the step never ends")


def live(outside: Outside, *, transfer: bool) -> None:
    """The state machine's path, in a few lines."""
    world = outside.world
    order = domain_request(
        callback=CALLBACK, **({"action": "transfer", "authcode": "s3cret"} if transfer else {})
    )
    again(lambda: world.order_domain(order), world)
    code = ""
    try:
        while again(world.charge, world).status is not PaymentStatus.SUCCEEDED:
            world.clock.advance(hours=1)
        _register(world)
    except TaskError as error:
        code = error.code
    while code:
        found = again(partial(world.refund, f'{{"errorMessage": "{code}"}}'), world)
        if found.settled:
            break
        if found.status == DELIVERED:
            _register(world)
            code = ""
        outside.payments.refunds_settle = True
    if not code:
        again(world.activate, world)
    if again(world.close, world).notify:
        again(world.notify, world)


def _register(world: World) -> None:
    for _ in range(500):
        step = again(world.register, world)
        if step.ready:
            return
        world.clock.advance(seconds=step.wait_seconds)
    raise AssertionError("it is never registered")


def _delivered(_: Outside) -> None:
    """All works."""


def _lost(outside: Outside) -> None:
    outside.registrar.fail("register", OutcomeUnknownError("timeout"), after=True)


def _not_sent(outside: Outside) -> None:
    outside.registrar.fail("register", OutcomeUnknownError("timeout"))


def _late(outside: Outside) -> None:
    outside.registrar.hidden_for = timedelta(seconds=30)
    outside.registrar.fail("register", OutcomeUnknownError("server_unavailable"), after=True)


def _slow(outside: Outside) -> None:
    outside.registrar.takes = timedelta(hours=5)


def _declined(outside: Outside) -> None:
    outside.payments.method = Method.STOLEN


def _refused(outside: Outside) -> None:
    outside.registrar.fail("register", RefusedError("contact_refused"), times=9)


def _refused_late(outside: Outside) -> None:
    outside.registrar.takes, outside.registrar.refuses_late = timedelta(hours=1), True
    outside.payments.refunds_settle = False


def _sniped(outside: Outside) -> None:
    outside.registrar.fail("register", OutcomeUnknownError("timeout"), times=9)
    register = outside.registrar.register

    def sniped(request: Any) -> Any:
        outside.registrar.taken.add(NAME)
        return register(request)

    outside.registrar.register = sniped  # type: ignore[method-assign]


def _transfer(outside: Outside) -> None:
    outside.registrar.takes = timedelta(days=5)


def _transfer_lost(outside: Outside) -> None:
    _transfer(outside)
    outside.registrar.fail("start_transfer", OutcomeUnknownError("timeout"), after=True)


def _transfer_rejected(outside: Outside) -> None:
    _transfer(outside)
    outside.registrar.transfer_ends = TransferStatus.REJECTED


def _transfer_expired(outside: Outside) -> None:
    outside.registrar.takes = timedelta(days=99)


LIVES: dict[str, tuple[Callable[[Outside], None], OrderStatus]] = {
    "registered": (_delivered, OrderStatus.COMPLETED),
    "answer lost": (_lost, OrderStatus.COMPLETED),
    "request lost": (_not_sent, OrderStatus.COMPLETED),
    "late": (_late, OrderStatus.COMPLETED),
    "slow": (_slow, OrderStatus.COMPLETED),
    "declined": (_declined, OrderStatus.FAILED),
    "refused": (_refused, OrderStatus.FAILED),
    "refused late": (_refused_late, OrderStatus.FAILED),
    "sniped": (_sniped, OrderStatus.FAILED),
    "transferred": (_transfer, OrderStatus.COMPLETED),
    "transferred, answer lost": (_transfer_lost, OrderStatus.COMPLETED),
    "transfer rejected": (_transfer_rejected, OrderStatus.FAILED),
    "transfer expired": (_transfer_expired, OrderStatus.FAILED),
}


def lived(name: str, crashes: Crashes) -> Outside:
    outside = shaky_world(crashes)
    LIVES[name][0](outside)
    live(outside, transfer=name.startswith("transfer"))
    return outside


def check(outside: Outside, name: str) -> None:
    ending = LIVES[name][1]
    completed = ending is OrderStatus.COMPLETED
    price = 1400 if name.startswith("transfer") else 1500
    cart = [cart for cart in outside.carts.history if cart.token == outside.world.token][-1]
    domain = cart.opened.domain
    assert domain is not None
    assert cart.opened.status is ending
    charged = sum(charge.amount for charge in outside.payments.charges)
    refunded = sum(refund.refunded for refund in outside.payments.refunds.values())
    assert charged - refunded == (price if completed else 0)
    assert len(outside.payments.charges) <= 1
    assert len(outside.payments.invoices) == 1
    assert len(outside.registrar.paid) == int(completed), "one purchase or none"
    assert len(outside.zones.zones) == int(completed)
    assert len(outside.payments.live_subscriptions) == int(completed)
    firm = {NAME: ((ACCOUNT, cart.token), None)}
    assert outside.carts.claims == (firm if completed else {})
    assert domain.status is (DomainStatus.ACTIVE if completed else DomainStatus.FAILED)
    assert domain.registration_id == (1 if completed else None)
    assert {sent.body["type"] for sent in outside.callbacks.received} == {f"order.{ending}"}
    assert len({sent.message_id for sent in outside.callbacks.received}) == 1
    assert cart.callback is CallbackStatus.DELIVERED


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
    positions = range(len(plain.calls))
    for position in (
        [*positions[:60], *positions[60:-40:20], *positions[-40:]] if len(positions) > 120 else positions
    ):
        crashes = Crashes(at=position, after=after)
        try:
            check(lived(name, crashes), name)
        except AssertionError as error:
            error.add_note(
                f"crashed {'after' if after else 'before'} call {position}, {plain.calls[position]}"
            )
            raise
        assert crashes.calls[position] == plain.calls[position]
