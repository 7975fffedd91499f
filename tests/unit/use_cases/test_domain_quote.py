"""What was quoted is what is charged: a name that is gone or dearer is refused before any charge."""

from collections.abc import Callable

import pytest
from hostcart.contract.domain_requests import DomainOrderRequest
from hostcart.contract.statuses import OrderStatus, PaymentStatus
from hostcart.domain.cart import reprice_domain
from hostcart.domain.money import total
from hostcart.domain.registration import Availability
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


@pytest.mark.parametrize("request_", [domain_request(), TRANSFER], ids=["register", "transfer"])
def test_a_price_that_fell_is_what_the_registrar_gets(world: World, request_: DomainOrderRequest) -> None:
    """The client pays what it agreed to."""
    quoted = world.order_domain(request_).lines
    _cheaper(world)
    world.charge()
    assert world.charge().status is PaymentStatus.SUCCEEDED
    assert world.register().ready
    assert [bought.request.price for bought in world.registrar.purchases] == [world.registrar.price]
    assert [charge.amount for charge in world.payments.charges] == [total(quoted)]
    assert world.cart.lines == quoted


def test_a_price_that_falls_and_rises_again_passes_up_to_what_was_quoted(world: World) -> None:
    world.order_domain()
    quoted = world.registrar.price
    _cheaper(world)
    world.payments.fail("finalize", OutcomeUnknownError("timeout"))
    with pytest.raises(OutcomeUnknownError):
        world.charge()
    assert world.cart.domain.to_pay == quoted - 1
    _dearer(world)
    assert world.charge().status is PaymentStatus.SUCCEEDED
    assert world.register().ready
    assert world.registrar.purchases[0].request.price == quoted


def test_every_attempt_names_the_price_that_fell(world: World) -> None:
    """Stored before the charge: neither a lost answer nor a second attempt falls back to the quote."""
    world.order_domain()
    _cheaper(world)
    world.payments.fail("finalize", OutcomeUnknownError("timeout"), after=True)
    with pytest.raises(OutcomeUnknownError):
        world.charge()
    assert world.charge().status is PaymentStatus.SUCCEEDED
    world.registrar.fail("register", UnavailableError("registrar_busy"))
    with pytest.raises(UnavailableError):
        world.register()
    assert world.register().ready
    assert world.registrar.purchases[0].request.price == world.registrar.price


def test_a_look_that_was_held_up_changes_no_price_of_a_charge(world: World) -> None:
    world.order_domain()
    check = world.registrar.check

    def held_up(name: str) -> Availability:
        found, world.registrar.check = check(name), check  # type: ignore[method-assign]
        _cheaper(world)
        assert world.charge().status is PaymentStatus.SUCCEEDED
        return found

    world.registrar.check = held_up  # type: ignore[method-assign]
    world.charge()
    assert world.cart.domain.to_pay == world.registrar.price


@pytest.mark.parametrize("request_", [domain_request(), TRANSFER], ids=["register", "transfer"])
def test_a_price_that_falls_after_the_charge_is_taken_too(world: World, request_: DomainOrderRequest) -> None:
    world.order_domain(request_)
    world.charge()
    _cheaper(world)
    with pytest.raises(UnavailableError, match="price_fell"):
        world.register()
    assert world.cart.opened.domain is not None
    assert world.cart.opened.domain.attempt == 0
    assert world.register().ready
    assert [bought.request.price for bought in world.registrar.purchases] == [world.registrar.price]
    assert "RegistrarRefused" not in {name for name, _ in world.metrics.counted}


def test_a_price_that_falls_between_two_attempts_is_taken_too(world: World) -> None:
    world.order_domain()
    world.charge()
    world.registrar.fail("register", OutcomeUnknownError("timeout"))
    assert not world.register().ready
    _cheaper(world)
    for _ in range(3):
        world.clock.advance(hours=2)
        ready = world.register().ready
    assert ready
    assert [bought.request.price for bought in world.registrar.purchases] == [world.registrar.price]


@pytest.mark.parametrize("change", [_dearer, _premium])
def test_a_price_that_rises_after_the_charge_is_not_paid(
    world: World, change: Callable[[World], None]
) -> None:
    world.order_domain()
    world.charge()
    world.registrar.fail("register", RefusedError("price_refused"))
    change(world)
    with pytest.raises(DomainFailedError, match="domain_price_changed"):
        world.register()
    assert ("RegistrarRefused", {"action": "register", "code": "price_refused"}) in world.metrics.counted
    assert world.registrar.purchases == []


def test_a_price_that_stays_writes_nothing(world: World) -> None:
    world.order_domain()
    world.payments.fail("finalize", OutcomeUnknownError("timeout"))
    with pytest.raises(OutcomeUnknownError):
        world.charge()
    cart = world.cart
    assert reprice_domain(cart, cart.domain.registrar_price, world.clock.now()) is cart


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
