"""Writing when others write too, opening under contention, reading."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hostcart.domain.cart import Cart, open_order, start_attempt
from hostcart.domain.transitions import TransitionRefusedError
from hostcart.ports import ConflictError, StoredView, UnavailableError
from hostcart.use_cases.errors import CartNotFoundError
from hostcart.use_cases.opening import load_opened
from hostcart.use_cases.read_order import read_order
from hostcart.use_cases.saving import change, load

from tests.fakes.platform import START
from tests.fakes.sites import PASSWORD
from tests.fakes.world import ACCOUNT, World, site_order


def test_a_change_is_applied_to_what_is_there_now(paid: World) -> None:
    stale = paid.cart
    paid.carts.save(start_attempt(stale, 5, START))  # somebody else
    paid.clock.advance(minutes=1)
    now = paid.clock.now()

    def touch(cart: Cart) -> Cart:
        return replace(cart, updated_at=now)

    saved = change(paid.carts, stale, touch)
    assert saved == paid.cart
    assert (saved.payment.attempt, saved.updated_at, saved.version) == (5, now, stale.version + 2)


def test_a_newer_cart_may_forbid_the_change(paid: World) -> None:
    stale = paid.cart
    paid.refund()
    with pytest.raises(TransitionRefusedError):
        change(paid.carts, stale, lambda cart: start_attempt(cart, 2, START))


def test_no_change_is_no_write(paid: World) -> None:
    version = paid.cart.version
    cart = paid.cart
    assert change(paid.carts, cart, lambda current: current) is cart
    assert paid.cart.version == version


def test_a_writer_that_always_loses_gives_up(paid: World, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def lose(cart: Cart, **_: Any) -> Cart:
        tries.append(cart.version)
        raise ConflictError

    monkeypatch.setattr(paid.carts, "save", lose)
    with pytest.raises(UnavailableError, match="contended"):
        change(paid.carts, paid.cart, lambda cart: start_attempt(cart, 2, START))
    assert len(tries) == 8


def test_a_cart_that_was_removed_meanwhile(paid: World) -> None:
    cart = paid.cart
    paid.carts.items.clear()
    with pytest.raises(CartNotFoundError):
        change(paid.carts, cart, lambda current: start_attempt(current, 2, START))


def test_an_unknown_cart(world: World) -> None:
    with pytest.raises(CartNotFoundError) as caught:
        load(world.carts, ACCOUNT, "0" * 32)
    assert caught.value.code == "cart_not_found"


# --- opening --------------------------------------------------------------------------------------


def test_orders_are_numbered_in_the_order_they_open(world: World) -> None:
    tokens = [world.order(site_order(key)).token for key in ("a", "b")]
    opened = [load_opened(world.carts, world.clock, ACCOUNT, token) for token in reversed(tokens)]
    assert [cart.opened.number for cart in opened] == [1, 2]
    again = load_opened(world.carts, world.clock, ACCOUNT, tokens[0])
    assert again.opened.number == 2


def test_the_loser_of_a_number_takes_the_next(world: World, pauses: list[float]) -> None:
    first, second = (world.order(site_order(key)).token for key in ("a", "b"))
    open_ = world.carts.open_order
    raced: list[int] = []

    def race(cart: Cart) -> Cart:
        if not raced:
            raced.append(cart.opened.number)
            load_opened(world.carts, world.clock, ACCOUNT, second)
        return open_(cart)

    world.carts.open_order = race  # type: ignore[method-assign]
    assert load_opened(world.carts, world.clock, ACCOUNT, first).opened.number == 2
    assert raced == [1]
    assert len(pauses) == 1


def test_an_order_that_somebody_else_opened_is_taken(world: World, pauses: list[float]) -> None:
    token = world.order().token
    open_ = world.carts.open_order

    def twin(cart: Cart) -> Cart:
        open_(open_order(world.cart, 1, START))
        return open_(cart)

    world.carts.open_order = twin  # type: ignore[method-assign]
    assert load_opened(world.carts, world.clock, ACCOUNT, token).opened.number == 1
    assert world.carts.counters == {ACCOUNT: 1}
    assert len(pauses) == 1


def test_too_much_contention_is_left_to_the_state_machine(
    world: World, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = world.order().token

    def lose(_: Cart) -> Cart:
        raise ConflictError

    monkeypatch.setattr(world.carts, "open_order", lose)
    with pytest.raises(UnavailableError, match="contended"):
        load_opened(world.carts, world.clock, ACCOUNT, token)
    assert len(pauses) == 12
    assert max(pauses) <= 0.4
    assert timedelta(seconds=sum(pauses)) < timedelta(seconds=5)


# --- reading --------------------------------------------------------------------------------------


def test_the_password_is_joined_for_the_owner(delivered: World) -> None:
    view = delivered.carts.order_view(ACCOUNT, delivered.token)
    assert view is not None
    assert PASSWORD not in view.body
    text = read_order(view, ACCOUNT, delivered.token, lambda: delivered.cipher)
    assert f'"password":"{PASSWORD}"' in text


def no_cipher() -> Any:
    pytest.fail("no key is needed")


@pytest.mark.parametrize("sealed", [None, b"sealed"])
def test_without_a_site_nothing_is_opened(sealed: bytes | None) -> None:
    """A refunded order has no site any more, whatever is still sealed beside it."""
    body = '{"order":{"status":"failed"}}'
    view = StoredView(body=body, version=3, terminal=True, sealed_password=sealed)
    assert read_order(view, ACCOUNT, "0" * 32, no_cipher) is view.body
