"""The registrar fails while a paid name is registered or transferred: one registration or a full refund.

Never both, never neither, whatever the outcome of the call was and whoever dies on the way. All orders are
placed one after the other, each with its fault taken, and awaited together: most of them wait for the
registrar's clock.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from local.engine import workers
from tests.e2e.support.late import LateRequests
from tests.e2e.support.names import (
    ASKING,
    COM,
    ORG,
    REGISTER,
    TRANSFER,
    WRONG_CODE,
    Names,
    Ordered,
    domain_body,
    new_name,
    transfer_body,
)
from tests.e2e.support.patience import await_value
from tests.e2e.support.shop import Shop
from tests.e2e.support.world import World

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

PAY: Final = "POST /v1/invoices/*/pay"
LOOK: Final = "GET /v4/domains/*"
ORDERS: Final = "GET /v4/orders"
_HELD_SECONDS: Final = 2
_LATE_SECONDS: Final = 5  # later than the product needs to take a name for not ordered
_PATIENCE_OVER: Final = 11  # seconds; the product waits 9 for an answer
_DEADLINE: Final = "12"
_TIMINGS: Final = {"TRANSFER_DEADLINE_SECONDS": _DEADLINE}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One order: `faults` are armed at the registrar before it and must be met.

    `failure` is the code that a refunded order ends with; without one it is delivered. `registrar_orders` is
    how many the registrar took, refunded ones too. A transfer whose half is over cannot be cancelled.
    """

    fate: str = ""
    transfer: bool = False
    faults: tuple[tuple[str, str, int], ...] = ()
    failure: str | None = None
    registrar_orders: int = 1
    domain: dict[str, Any] = field(default_factory=dict)
    transfer_seconds: float = 4

    @property
    def kind(self) -> str:
        return "transfer" if self.transfer else "registration"

    @property
    def amount(self) -> int:
        return ORG if self.transfer else COM


def _register(*faults: tuple[str, str, int], **more: Any) -> Fault:
    return Fault(faults=faults, **more)


def _transfer(*faults: tuple[str, str, int], **more: Any) -> Fault:
    return Fault(faults=faults, transfer=True, **more)


FAULTS: Final = {
    # First those whose faults no other order may take, last those that are sent again and might: they end
    # alike whichever of their faults they meet.
    "would not cancel at the deadline": _transfer(transfer_seconds=16),
    "is cut off after the effect, and the looks fail": _register(
        (REGISTER, "drop_after", 1), (LOOK, "status:500", 2), (ORDERS, "status:503", 1)
    ),
    "asks another price": _register(
        (REGISTER, "error:wrong_price", 1), failure="domain_price_changed", registrar_orders=0
    ),
    "answers 500 for a real refusal": _register(
        fate="no-credit-", failure="domain_refused", registrar_orders=0
    ),
    "answers 500 for a wrong auth code": _transfer(
        failure="domain_refused", registrar_orders=0, domain={"authcode": WRONG_CODE}
    ),
    "times out after the effect": _register((REGISTER, "timeout_after", 1)),
    "times out before the effect": _register((REGISTER, "timeout_before", 1)),
    "is cut off after the effect": _register((REGISTER, "drop_after", 1)),
    "is cut off before the effect": _register((REGISTER, "drop", 1)),
    "registers after we gave up and asked again": _register((REGISTER, f"slow:{_PATIENCE_OVER}", 1)),
    "answers 500 for a moment": _register((REGISTER, "status:500", 1)),
    "is busy": _register((REGISTER, "error:rate_limited", 1)),
    "denies us for a moment": _register((REGISTER, "error:permission_denied", 1)),
    "registers late behind a 500": _register(fate="late-registration-"),
    "registers slowly": _register(fate="slow-registration-"),
    "refuses late": _register(fate="late-refusal-", failure="domain_refused"),
    "loses the name behind a 500": _register(fate="sniped-", failure="domain_lost", registrar_orders=0),
    "refuses the contact": _register(
        fate="refused-contact-", failure="domain_contact_refused", registrar_orders=0
    ),
    "times out after the transfer began": _transfer((TRANSFER, "timeout_after", 1)),
    "is cut off before the transfer began": _transfer((TRANSFER, "drop", 1)),
    "knows no such name to transfer": _transfer(
        fate="unregistered-", failure="domain_refused", registrar_orders=0
    ),
    "rejects the transfer": _transfer(fate="reject-transfer-", failure="domain_transfer_rejected"),
    "fails the transfer": _transfer(fate="fail-transfer-", failure="domain_transfer_failed"),
    "never ends the transfer": _transfer(fate="stuck-transfer-", failure="domain_transfer_expired"),
}


@pytest.fixture(scope="module")
def names(world: World) -> Names:
    return Names(world)


@pytest.fixture(scope="module")
def timing(world: World, names: Names) -> Iterator[None]:
    """A deadline for transfers that a test can wait for."""
    with (
        names.unhurried(*ASKING, "RefundPaymentFunction"),
        world.environment("RegisterDomainFunction", **_TIMINGS),
        world.environment("RefundPaymentFunction", **_TIMINGS),
    ):
        yield


@pytest.fixture(scope="module")
def placed(world: World, names: Names, timing: None) -> Iterator[dict[str, Ordered]]:
    del timing
    client = Shop(world.http, world.facts["api_url"], world.accounts["ready"])
    with names.settings(late_seconds=_LATE_SECONDS):
        yield {title: _place(world, names, client, fault) for title, fault in FAULTS.items()}


def _place(world: World, names: Names, client: Shop, fault: Fault) -> Ordered:
    """Placed, and its faults of the one call that costs money taken: the next one's are its own."""
    for match, action, times in fault.faults:
        world.arm("registrar", match, action, times)
    name = new_name(fault.fate, "org" if fault.transfer else "com")
    body = transfer_body(name, **fault.domain) if fault.transfer else domain_body(name, **fault.domain)
    with names.settings(transfer_seconds=fault.transfer_seconds):
        order = Ordered(names, client, name, body)
        if fault.faults:
            await_value(lambda: world.armed("registrar") == [], seconds=60)
        if fault.transfer and fault.registrar_orders:
            await_value(lambda: names.transfer(name), seconds=60)
    return order


@pytest.mark.parametrize("title", FAULTS)
def test_it_is_registered_once_or_refunded_in_full(
    placed: dict[str, Ordered], names: Names, title: str
) -> None:
    fault, order = FAULTS[title], placed[title]
    view = order.ended()
    ordered = names.orders(order.name)
    assert len(ordered) == fault.registrar_orders
    if fault.failure is None:
        assert (view["order"]["status"], view["domain"]["status"]) == ("completed", "active")
        names.delivered_once(order.token, order.name, amount=fault.amount, kind=fault.kind)
        return
    assert (view["order"]["status"], view["payment"]["status"]) == ("failed", "refunded")
    assert view["failure"]["code"] == fault.failure
    assert view["domain"]["status"] == "failed"
    assert [task["status"] for task in view["tasks"]] == ["completed", "failed", "skipped"]
    names.refunded_in_full(order.token, order.name, amount=fault.amount)


def test_the_table_has_both_ends() -> None:
    ends = {fault.failure is None for fault in FAULTS.values()}
    assert ends == {True, False}
    assert {fault.kind for fault in FAULTS.values()} == {"registration", "transfer"}


def test_the_refunded_names_can_be_ordered_again(
    placed: dict[str, Ordered], names: Names, shop: Shops
) -> None:
    """The claim is gone for good: the next order of a refunded name is delivered."""
    first = placed["asks another price"]
    first.ended()
    again = Ordered(names, shop("child"), first.name, domain_body(first.name))
    assert again.ended()["order"]["status"] == "completed"
    names.delivered_once(again.token, first.name, amount=COM)
    (invoice,) = names.world.invoices(first.token)
    assert invoice["amount_refunded"] == COM


def test_somebody_else_takes_the_name_before_the_charge(names: Names, world: World, shop: Shops) -> None:
    """Between the quote and the charge: the customer is not charged at all."""
    name = new_name()
    world.arm("stripe", "GET /v1/invoices/*", f"slow:{_HELD_SECONDS}")
    order = Ordered(names, shop("ready"), name, domain_body(name))
    names.take(name)
    view = order.ended()
    assert (view["order"]["status"], view["failure"]["code"]) == ("failed", "domain_lost")
    assert (view["payment"]["status"], view["payment"]["amount_charged_cents"]) == ("failed", 0)
    # a draft that was never finalised is deleted, not voided
    billed = [(invoice["amount_paid"], invoice["attempts"]) for invoice in world.invoices(order.token)]
    assert billed in ([], [(0, 0)])
    assert names.orders(name) == []
    names.nothing_kept(order.token, name)


def test_somebody_else_takes_the_name_before_it_is_registered(
    names: Names, world: World, shop: Shops
) -> None:
    """While the card is charged."""
    name = new_name()
    world.arm("stripe", PAY, f"slow:{_HELD_SECONDS}")
    order = Ordered(names, shop("ready"), name, domain_body(name))
    await_value(lambda: world.armed("stripe") == [], seconds=20)
    names.take(name)
    view = order.ended()
    assert (view["order"]["status"], view["failure"]["code"]) == ("failed", "domain_lost")
    assert names.orders(name) == []
    names.refunded_in_full(order.token, name, amount=COM)


HELD: Final = {
    "asked whether it is there": LOOK,
    "registering": REGISTER,
}


@pytest.mark.parametrize("step", HELD)
def test_the_worker_dies_and_the_name_is_registered_once(
    placed: dict[str, Ordered], names: Names, world: World, shop: Shops, step: str
) -> None:
    """The registrar registers after the worker's death: nobody hears its answer."""
    for order in placed.values():
        order.ended()  # so that only one task is in flight
    late = LateRequests(world, "registrar", HELD[step], _HELD_SECONDS)
    name = new_name()
    order = Ordered(names, shop("ready"), name, domain_body(name))
    late.await_held()
    assert workers.kill(world.stack.facts, "RegisterDomainFunction")
    assert order.ended()["order"]["status"] == "completed"
    late.await_served()
    failed = [
        event["taskFailedEventDetails"]["error"]
        for event in world.history(order.token)
        if event["type"] == "TaskFailed"
    ]
    assert failed.count("Runtime.ExitError") == 1
    names.delivered_once(order.token, name, amount=COM)
    assert len(names.orders(name)) == 1


def test_the_compensation_dies_and_the_money_goes_back_once(
    placed: dict[str, Ordered], names: Names, world: World, shop: Shops
) -> None:
    for order in placed.values():
        order.ended()
    late = LateRequests(world, "stripe", "POST /v1/credit_notes", _HELD_SECONDS)
    name = new_name("refused-contact-")
    order = Ordered(names, shop("ready"), name, domain_body(name))
    late.await_held()
    assert workers.kill(world.stack.facts, "RefundPaymentFunction")
    view = order.ended()
    late.await_served()
    assert (view["order"]["status"], view["payment"]["status"]) == ("failed", "refunded")
    names.refunded_in_full(order.token, name, amount=COM)
