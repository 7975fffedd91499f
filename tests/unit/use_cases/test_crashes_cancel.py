"""A cancellation at every boundary of an order's life, alone and with a crash at another: one end, never two.

What was accepted ends cancelled with nothing kept; what was refused ends as if nobody had asked. A transfer
that the registrar no longer stops goes on, and says so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hostcart.contract.errors import ApiError
from hostcart.contract.statuses import OrderStatus, PaymentStatus
from hostcart.domain import views
from hostcart.domain.cart import Cart
from hostcart.ports import OutcomeUnknownError
from hostcart.use_cases.cancel_order import CancelOrderPorts, cancel_order

from tests.fakes.crash import Crash, Crashes
from tests.fakes.payments import Method
from tests.fakes.platform import FakeWorkflow
from tests.fakes.world import ACCOUNT, PDX
from tests.unit.use_cases import test_crashes, test_crashes_domain
from tests.unit.use_cases.test_crashes_domain import Outside as DomainOutside

type Outside = test_crashes.Outside | DomainOutside


@dataclass
class Cancels(Crashes):
    """Cancels right before the `cancel_at`-th call; `accepted` is what the client was told, None if never."""

    cancel_at: int = -1
    outside: Any = None
    accepted: bool | None = None
    credit: int = 0

    def call(self, name: str, method: Callable[..., Any], args: Any, options: Any) -> Any:
        if len(self.calls) == self.cancel_at:
            self.cancel()
        return super().call(name, method, args, options)

    def cancel(self) -> None:
        world = self.outside.world
        ports = CancelOrderPorts(carts=self.outside.carts, workflow=FakeWorkflow(), clock=world.clock)
        try:
            cancel_order(ACCOUNT, world.token, ports=ports)
        except ApiError as refused:
            if refused.code not in {"not_found", "order_not_cancellable"}:
                raise
            self.accepted = False
        else:
            self.accepted = True


def _slow_transfer(outside: DomainOutside) -> None:
    outside.registrar.takes = timedelta(days=5)


def _unstoppable(outside: DomainOutside) -> None:
    _slow_transfer(outside)
    outside.registrar.cancels = False


def _lost_transfer(outside: DomainOutside) -> None:
    _slow_transfer(outside)
    outside.registrar.fail("start_transfer", OutcomeUnknownError("timeout"), after=True)


def _slow_site(outside: test_crashes.Outside) -> None:
    outside.sites.polls_until_ready, outside.payments.credit = 2, 500


def _slow_refund(outside: test_crashes.Outside) -> None:
    outside.payments.refunds_settle = False


def _customer_acts_late(outside: test_crashes.Outside) -> None:
    """The customer pays on the hosted page at the third look."""
    payments, looks = outside.payments, []
    payments.method = Method.NEEDS_CUSTOMER
    get = payments.get_invoice

    def pays(invoice_id: str) -> Any:
        looks.append(invoice_id)
        if len(looks) == 6 and payments.invoice.status == "open":
            payments.receive()
        return get(invoice_id)

    payments.get_invoice = pays  # type: ignore[method-assign]


LIVES: dict[str, Callable[[Any], None]] = {
    "site": test_crashes.arrange_delivery,
    "slow site, credit": _slow_site,
    "slow refund": _slow_refund,
    "customer acts late": _customer_acts_late,
    "registration": test_crashes_domain._delivered,
    "slow registration": test_crashes_domain._slow,
    "transfer": _slow_transfer,
    "transfer that cannot be stopped": _unstoppable,
    "transfer, answer lost": _lost_transfer,
}
SITES = {"site", "slow site, credit", "slow refund", "customer acts late"}


def lived(name: str, cancels: Cancels) -> Outside:
    kind: Any = test_crashes if name in SITES else test_crashes_domain
    outside: Outside = kind.shaky_world(cancels)
    LIVES[name](outside)
    cancels.outside, cancels.credit = outside, outside.payments.credit
    options = {} if name in SITES else {"transfer": name.startswith("transfer")}
    kind.live(outside, **options)
    return outside


def check(outside: Outside, cancels: Cancels) -> None:
    cart = [cart for cart in outside.carts.history if cart.token == outside.world.token][-1]
    order = cart.opened
    stands = order.cancellation is not None and not order.cancellation.refused
    assert stands or not cancels.accepted or views.order_view(cart)["cancellation"]["status"] == "refused"
    assert order.cancellation is None or cancels.accepted
    assert order.status is (OrderStatus.CANCELLED if stands else OrderStatus.COMPLETED)
    charged = sum(charge.amount for charge in outside.payments.charges)
    refunded = sum(refund.refunded for refund in outside.payments.refunds.values())
    price = cart.payment.amount_charged
    assert charged - refunded == (0 if stands else price)
    assert len(outside.payments.charges) <= 1
    assert len(outside.payments.live_subscriptions) == int(not stands)
    assert cart.payment.status in (
        {PaymentStatus.CANCELLED, PaymentStatus.REFUNDED} if stands else {PaymentStatus.SUCCEEDED}
    )
    assert (cart.payment.status is PaymentStatus.CANCELLED) == (stands and charged == 0)
    assert outside.payments.credit == (cancels.credit if stands else 0)
    _check_delivery(outside, cart, stands=stands)
    assert {sent.body["type"] for sent in outside.callbacks.received} == {f"order.{order.status}"}


def _check_delivery(outside: Outside, cart: Cart, *, stands: bool) -> None:
    if isinstance(outside, DomainOutside):
        assert len(outside.registrar.paid) == int(not stands)
        assert len(outside.zones.zones) == len(outside.carts.claims) == int(not stands)
        return
    assert outside.sites.live == (set() if stands else {cart.opened.id})
    assert outside.carts.taken[PDX] == int(not stands)


@pytest.mark.parametrize("name", LIVES)
def test_a_cancellation_at_every_boundary(name: str) -> None:
    plain = Cancels()
    check(lived(name, plain), plain)
    seen = set()
    positions = range(len(plain.calls))
    for position in (*positions[:50], *positions[50:-20:9], *positions[max(50, len(positions) - 20) :]):
        cancels = Cancels(cancel_at=position)
        try:
            check(lived(name, cancels), cancels)
        except (AssertionError, Exception) as error:
            error.add_note(f"cancelled before call {position}, {plain.calls[position]}")
            raise
        seen.add(cancels.accepted)
    assert seen == {True, False}, "each answer was given at some boundary"


def _pairs(calls: int, *, step: int) -> Iterator[tuple[int, int]]:
    """Cancellation and crash, before, at and after the cancellation; every `step`-th of the pairs."""
    pairs = [(cancel, crash) for cancel in range(calls) for crash in range(calls + 15)]
    yield from pairs[::step]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", LIVES)
def test_a_cancellation_and_a_crash(name: str, *, after: bool) -> None:
    plain = Cancels()
    lived(name, plain)
    for cancel, crash in _pairs(min(len(plain.calls), 60), step=29):
        cancels = Cancels(cancel_at=cancel, at=crash, after=after)
        try:
            check(lived(name, cancels), cancels)
        except (AssertionError, Crash, Exception) as error:
            error.add_note(f"cancelled before call {cancel}, crashed at call {crash}: {cancels.calls}")
            raise
