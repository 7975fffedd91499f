"""A step that is held up while others go on: what it then does is harmless, or is undone by itself.

Lambda may deliver an event twice and may let a function go on that nobody waits for any more.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hostcart.contract.statuses import OrderStatus
from hostcart.domain.cart import DomainStatus
from hostcart.domain.transitions import TransitionRefusedError
from hostcart.ports import OutcomeUnknownError, RefusedError, UnavailableError
from hostcart.use_cases.errors import DomainFailedError
from hostcart.use_cases.refund_payment import DELIVERED

from tests.fakes.registrar import FakeRegistrar
from tests.fakes.world import PDX, World, domain_request, site_order


def meanwhile(port: Any, call: str, action: Callable[[], Any], *, after: bool = False) -> None:
    """Something happens at the port's next call, before it or after its effect."""
    method = getattr(port, call)

    def held_up(*args: Any, **options: Any) -> Any:
        setattr(port, call, method)
        if not after:
            action()
        answer = method(*args, **options)
        if after:
            action()
        return answer

    setattr(port, call, held_up)


def test_a_twin_that_claimed_the_name_is_this_order(world: World) -> None:
    placed: list[str] = []
    meanwhile(world.carts, "is_claimed", lambda: placed.append(world.order_domain().token))
    assert [world.order_domain().token] == placed


def test_a_twin_that_bought_the_name_is_this_order(world: World) -> None:
    def buy() -> None:
        world.order_domain()
        world.charge()
        world.register()

    meanwhile(world.registrar, "check", buy)
    assert world.order_domain().opened.status is OrderStatus.PROCESSING
    assert len(world.registrar.paid) == 1


def test_a_twin_that_took_the_last_slot_is_this_order(world: World) -> None:
    world.carts.taken[PDX] = world.carts.totals[PDX] - 1
    placed: list[str] = []
    meanwhile(world.directory, "account", lambda: placed.append(world.order(site_order()).token))
    assert [world.order(site_order()).token] == placed
    assert world.carts.taken[PDX] == world.carts.totals[PDX]


def test_another_order_that_claimed_the_name_is_still_a_refusal(world: World) -> None:
    meanwhile(world.carts, "is_claimed", lambda: world.order_domain(key="another key"))
    with pytest.raises(Exception, match="domain_add_failed"):
        world.order_domain()


def paid_domain(world: World) -> FakeRegistrar:
    world.order_domain(domain_request())
    world.charge()
    return world.registrar


def test_a_refusal_of_an_older_attempt_does_not_take_a_newer_one_back(world: World) -> None:
    registrar = paid_domain(world)

    def another_attempt() -> None:
        while not world.register().ready and not registrar.purchases:
            world.clock.advance(seconds=30)

    meanwhile(registrar, "register", another_attempt)
    with pytest.raises(UnavailableError, match="superseded"):
        world.register()
    assert world.cart.opened.failure is None
    while not world.register().ready:
        world.clock.advance(seconds=30)
    assert len(registrar.paid) == 1


def test_a_zone_that_was_made_behind_the_compensation_is_removed(world: World) -> None:
    paid_domain(world)

    def fail() -> None:
        world.registrar.fail("register", RefusedError("contact_refused"))
        with pytest.raises(DomainFailedError):
            world.register()
        world.refund('{"errorMessage": "domain_contact_refused"}')
        assert world.zones.zones == {}

    meanwhile(world.zones, "ensure", fail)
    with pytest.raises((UnavailableError, TransitionRefusedError)):
        world.register()
    assert world.zones.zones == {}
    domain = world.cart.opened.domain
    assert domain is not None
    assert domain.status is DomainStatus.FAILED


def test_a_name_that_is_bought_behind_the_compensations_back_is_not_refunded(world: World) -> None:
    paid_domain(world)

    def buy() -> None:
        while not world.register().ready:
            world.clock.advance(seconds=30)

    meanwhile(world.carts, "save", buy)
    with pytest.raises(UnavailableError, match="superseded"):
        world.refund("{}")
    assert world.cart.opened.failure is None
    assert len(world.registrar.paid) == 1
    compensation = world.refund("{}")
    assert (compensation.status, compensation.settled) == (DELIVERED, False)
    world.activate()
    assert world.close().status is OrderStatus.COMPLETED


def test_an_attempt_that_follows_the_judged_one_is_judged_too(world: World) -> None:
    registrar = paid_domain(world)
    registrar.fail("register", OutcomeUnknownError("timeout"))
    meanwhile(world.carts, "save", world.register)
    with pytest.raises(UnavailableError, match="superseded"):
        world.refund("{}")
    assert world.cart.opened.failure is None


def test_a_subscription_that_was_made_behind_the_compensation_is_cancelled(delivered: World) -> None:
    meanwhile(delivered.payments, "create_subscription", lambda: delivered.refund("{}"), after=True)
    with pytest.raises(TransitionRefusedError):
        delivered.activate()
    assert len(delivered.payments.subscriptions) == 1
    assert delivered.payments.live_subscriptions == []
