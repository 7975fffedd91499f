"""CloseOrder: the terminal state, and the slot given back once."""

import pytest
from hostcart.contract.statuses import CartStatus, OrderStatus
from hostcart.domain.cart import Failure, fail_order
from hostcart.domain.transitions import TransitionRefusedError
from hostcart.ports import ConflictError, Sealed, UnavailableError
from hostcart.use_cases.errors import CartNotFoundError

from tests.fakes.world import ACCOUNT, CALLBACK, PDX, World, domain_request, site_order


@pytest.fixture
def active(delivered: World) -> World:
    delivered.activate()
    return delivered


@pytest.fixture
def refunded(paid: World) -> World:
    paid.refund()
    return paid


def test_a_delivered_order_completes_and_keeps_its_slot(active: World) -> None:
    closed = active.close()
    assert (closed.order_id, closed.status) == (active.cart.opened.id, OrderStatus.COMPLETED)
    assert active.cart.status is CartStatus.CHECKED_OUT
    assert active.carts.taken[PDX] == 1
    assert ("OrdersClosed", {"status": "completed"}) in active.metrics.counted


def test_a_failed_order_gives_its_slot_back_once(refunded: World) -> None:
    assert [refunded.close().status for _ in range(3)] == [OrderStatus.FAILED] * 3
    assert refunded.carts.taken[PDX] == 0
    assert refunded.metrics.counted.count(("OrdersClosed", {"status": "failed"})) == 1


def test_without_a_slot_nothing_is_given_back(world: World) -> None:
    world.order(site_order(location="ams"))
    world.refund()
    assert world.close().status is OrderStatus.FAILED
    assert world.carts.taken[PDX] == 0


def test_a_repeat_writes_nothing(active: World) -> None:
    active.close()
    version = active.cart.version
    assert active.close().status is OrderStatus.COMPLETED
    assert active.cart.version == version


def test_an_unfinished_order_is_not_closed(delivered: World) -> None:
    with pytest.raises(TransitionRefusedError):
        delivered.close()


def test_a_notification_is_owed_until_it_is_settled(world: World) -> None:
    world.order(site_order(callback=CALLBACK))
    world.refund()
    assert world.close().notify
    assert world.close().notify
    world.notify()
    assert not world.close().notify


def test_without_a_callback_none_is_owed(active: World) -> None:
    assert not active.close().notify


def test_of_two_closers_one_releases(refunded: World) -> None:
    save = refunded.carts.save

    def twin_first(*args: object, **options: object) -> object:
        refunded.carts.save = save  # type: ignore[method-assign]
        refunded.close()
        raise ConflictError

    refunded.carts.save = twin_first  # type: ignore[method-assign,assignment]
    assert refunded.close().status is OrderStatus.FAILED
    assert refunded.carts.taken[PDX] == 0


def test_a_failure_that_comes_at_the_last_moment_gives_the_slot_back(active: World) -> None:
    """What is released follows from what is written, not from what was read before."""
    save = active.carts.save

    def fails_first(*args: object, **options: object) -> object:
        active.carts.save = save  # type: ignore[method-assign]
        save(fail_order(active.cart, Failure(code="x", detail=""), active.clock.now()))
        raise ConflictError

    active.carts.save = fails_first  # type: ignore[method-assign,assignment]
    assert active.close().status is OrderStatus.FAILED
    assert active.carts.taken[PDX] == 0


def test_an_unknown_cart(world: World) -> None:
    world.token = "0" * 32
    with pytest.raises(CartNotFoundError):
        world.close()


def test_contacts_go_before_the_end_of_an_undelivered_order_is_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who dies in between comes back; after the end nothing would."""
    world.order_domain(domain_request(callback=CALLBACK))
    world.refund()
    with monkeypatch.context() as patched:
        patched.setattr(world.carts, "save", _unavailable)
        with pytest.raises(UnavailableError):
            world.close()
    kept = world.carts.load_sealed(ACCOUNT, world.token)
    assert kept.item is None
    assert kept.callback is not None
    assert world.close().notify
    world.notify()
    assert world.carts.load_sealed(ACCOUNT, world.token) == Sealed()


def test_a_delivered_domain_keeps_its_contacts_for_the_next_order(world: World) -> None:
    world.order_domain(domain_request(callback=CALLBACK))
    world.charge()
    world.register()
    world.activate()
    world.close()
    world.notify()
    kept = world.carts.load_sealed(ACCOUNT, world.token)
    assert kept.item is not None
    assert kept.callback is None


def _unavailable(*_: object, **__: object) -> None:
    raise UnavailableError("throttled")
