"""SendCallback: one message id, delivered, given up or tried again."""

import json

import pytest
from hostcart.contract.responses import OrderNotification
from hostcart.domain.cart import CallbackStatus
from hostcart.domain.transitions import TransitionRefusedError
from hostcart.ports import Callback, MisconfiguredError, RefusedError, Sealed, UnavailableError
from hostcart.use_cases.errors import CallbackUndeliveredError, CartNotFoundError

from tests.fakes.world import ACCOUNT, CALLBACK, World, site_order


@pytest.fixture
def closed(world: World) -> World:
    world.order(site_order(callback=CALLBACK))
    world.charge()
    world.provision()
    world.activate()
    world.close()
    return world


def test_the_notification_goes_where_the_client_said(closed: World) -> None:
    assert closed.notify() is CallbackStatus.DELIVERED
    (sent,) = closed.callbacks.received
    assert sent.callback == Callback(url=CALLBACK["url"], authorization=CALLBACK["authorization"])
    assert (sent.message_id, sent.account_id) == (f"msg_{closed.cart.opened.id}", ACCOUNT)
    assert sent.body["type"] == "order.completed"
    assert sent.body["data"]["order"]["id"] == closed.cart.opened.id
    assert closed.cart.callback is CallbackStatus.DELIVERED


def test_its_body_keeps_the_contract(closed: World) -> None:
    closed.notify()
    OrderNotification.model_validate_json(json.dumps(closed.callbacks.received[0].body))


def test_a_failed_order_is_told_too(world: World) -> None:
    world.order(site_order(callback=CALLBACK))
    world.refund()
    world.close()
    world.notify()
    assert world.callbacks.received[0].body["type"] == "order.failed"


def test_a_repeat_sends_nothing(closed: World) -> None:
    closed.notify()
    assert closed.notify() is CallbackStatus.DELIVERED
    assert len(closed.callbacks.received) == 1


def test_a_repeated_body_is_the_same(closed: World) -> None:
    """The receiver may have had the first: the second must not differ from it."""
    save = closed.carts.save

    def crash(*_: object, **__: object) -> None:
        closed.carts.save = save  # type: ignore[method-assign]
        raise KeyboardInterrupt

    closed.carts.save = crash  # type: ignore[method-assign,assignment]
    with pytest.raises(KeyboardInterrupt):
        closed.notify()
    closed.clock.advance(hours=1)
    closed.notify()
    first, second = closed.callbacks.received
    assert first == second


@pytest.mark.parametrize("code", ["gone", "callback_address_not_public"])
def test_a_definite_refusal_ends_it(closed: World, code: str) -> None:
    closed.callbacks.failures = [RefusedError(code)]
    assert closed.notify() is CallbackStatus.FAILED
    assert closed.notify() is CallbackStatus.FAILED
    assert closed.callbacks.received == []
    assert closed.metrics.counted[-1] == ("CallbackFailures", {"reason": code})


def test_what_may_pass_is_tried_again(closed: World) -> None:
    closed.callbacks.failures = [UnavailableError("callback_http_500")] * 2
    for _ in range(2):
        with pytest.raises(CallbackUndeliveredError) as caught:
            closed.notify()
        assert caught.value.code == "callback_http_500"
    assert closed.cart.callback is CallbackStatus.PENDING
    assert closed.notify() is CallbackStatus.DELIVERED
    assert closed.metrics.counted.count(("CallbackFailures", {"reason": "callback_http_500"})) == 2


def test_a_signing_secret_that_is_wrong_is_no_fault_of_the_client(closed: World) -> None:
    closed.callbacks.failures = [MisconfiguredError("signing_secret_malformed")]
    with pytest.raises(MisconfiguredError):
        closed.notify()
    assert closed.cart.callback is CallbackStatus.PENDING


def test_a_key_that_cannot_be_reached_is_no_fault_of_the_client(
    closed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: object, **__: object) -> bytes:
        raise UnavailableError("encryption_unavailable")

    monkeypatch.setattr(closed.cipher, "open", unavailable)
    with pytest.raises(UnavailableError):
        closed.notify()
    assert not [name for name, _ in closed.metrics.counted if name == "CallbackFailures"]


def test_a_lost_address_is_not_taken_for_delivered(closed: World) -> None:
    closed.carts.sealed[ACCOUNT, closed.token] = Sealed()
    with pytest.raises(CallbackUndeliveredError, match="callback_missing"):
        closed.notify()


def test_without_a_callback_nothing_is_sent_or_written(
    delivered: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(*_: object, **__: object) -> None:
        raise AssertionError("a write for a notification that nobody wants")

    delivered.activate()
    delivered.close()
    monkeypatch.setattr(delivered.carts, "forget_callback", written)
    monkeypatch.setattr(delivered.carts, "save", written)
    assert delivered.notify() is CallbackStatus.NONE
    assert delivered.callbacks.received == []


def test_nothing_is_sent_before_the_end(world: World) -> None:
    world.order(site_order(callback=CALLBACK))
    world.charge()
    with pytest.raises(TransitionRefusedError):
        world.notify()
    assert world.callbacks.received == []
    assert world.cart.callback is CallbackStatus.PENDING


def test_an_unknown_cart(world: World) -> None:
    world.token = "0" * 32
    with pytest.raises(CartNotFoundError):
        world.notify()
