"""What was quoted is what is charged: a name that changed meanwhile is refused before any charge."""

from collections.abc import Callable

import pytest
from hostcart.contract.statuses import OrderStatus, PaymentStatus
from hostcart.ports import OutcomeUnknownError, RefusedError, UnavailableError
from hostcart.use_cases.errors import DomainFailedError

from tests.fakes.payments import Method
from tests.fakes.world import World, domain_request

NAME = "example.com"
TRANSFER = domain_request(action="transfer", authcode="s3cret")


def _dearer(world: World) -> None:
    world.registrar.price += 1


def _cheaper(world: World) -> None:
    world.registrar.price -= 1


def _premium(world: World) -> None:
    world.registrar.premium.add(NAME)


def _taken(world: World) -> None:
    world.registrar.taken.add(NAME)


CHANGES = [
    (_dearer, "domain_price_changed"),
    (_cheaper, "domain_price_changed"),
    (_premium, "domain_price_changed"),
]


@pytest.mark.parametrize(("change", "code"), [*CHANGES, (_taken, "domain_lost")])
def test_a_registration_that_changed_is_not_charged(
    world: World, change: Callable[[World], None], code: str
) -> None:
    world.order_domain()
    change(world)
    _refused(world, code)


@pytest.mark.parametrize(("change", "code"), CHANGES)
def test_a_transfer_that_changed_is_not_charged(
    world: World, change: Callable[[World], None], code: str
) -> None:
    world.order_domain(TRANSFER)
    change(world)
    _refused(world, code)


def _refused(world: World, code: str) -> None:
    with pytest.raises(DomainFailedError, match=code):
        world.charge()
    assert world.payments.charges == []
    assert world.refund(f'{{"errorMessage": "{code}"}}').settled
    assert world.close().status is OrderStatus.FAILED
    assert world.cart.payment.status is PaymentStatus.FAILED
    assert (world.payments.charges, world.registrar.purchases, world.carts.claims) == ([], [], {})
    assert world.cart.opened.failure is not None
    assert world.cart.opened.failure.code == code


@pytest.mark.parametrize("error", [UnavailableError("registrar_busy"), OutcomeUnknownError("timeout")])
def test_nothing_is_charged_while_the_registrar_cannot_tell(world: World, error: UnavailableError) -> None:
    world.order_domain()
    world.registrar.fail("check", error)
    with pytest.raises(UnavailableError):
        world.charge()
    assert world.payments.charges == []
    assert world.charge().status is PaymentStatus.SUCCEEDED


def test_a_name_that_the_registrar_does_not_sell_any_more(world: World) -> None:
    world.order_domain()
    world.registrar.fail("check", RefusedError("invalid_argument"))
    _refused(world, "domain_refused")


def test_a_price_that_is_charged_is_not_looked_at_again(world: World) -> None:
    """From the finalised invoice on the price stands: the customer may be paying it now."""
    world.payments.method = Method.SETTLES_LATER
    world.order_domain()
    world.charge()
    asked = len(world.registrar.calls)
    _dearer(world)
    assert world.charge().status is PaymentStatus.PROCESSING
    assert len(world.registrar.calls) == asked


def test_a_site_asks_no_registrar(world: World) -> None:
    world.order()
    world.charge()
    assert world.registrar.calls == []
