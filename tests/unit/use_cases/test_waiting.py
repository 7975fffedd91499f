"""News ends a wait, whenever it comes: before the wait, in it or after it."""

import pytest
from hostcart.ports import UnavailableError
from hostcart.use_cases.errors import NewsArrivedError

from tests.fakes.world import ACCOUNT, World


def test_news_wakes_what_waits(ordered: World) -> None:
    ordered.wait("token-1")
    ordered.wake()
    assert ordered.workflow.woken == ["token-1"]


def test_the_newest_wait_is_woken(ordered: World) -> None:
    ordered.wait("token-1")
    ordered.wait("token-2")
    ordered.wake()
    assert ordered.workflow.woken == ["token-2"]


def test_nothing_waits_after_news(ordered: World) -> None:
    ordered.wake()
    assert ordered.workflow.woken == []
    with pytest.raises(NewsArrivedError):
        ordered.wait("token-1")
    assert ordered.carts.task_tokens == {}
    ordered.charge()  # the look that takes note
    ordered.wait("token-2")


def test_news_is_kept_when_nobody_can_be_woken(ordered: World) -> None:
    ordered.wait("token-1")
    ordered.workflow.failures.append(UnavailableError("workflow_unavailable"))
    with pytest.raises(UnavailableError):
        ordered.wake()
    assert ordered.cart.news
    ordered.wake()
    assert ordered.workflow.woken == ["token-1"]


def test_a_wait_for_nothing_is_looked_into(world: World) -> None:
    """The look then says what is wrong with the cart."""
    world.token = "0" * 32
    with pytest.raises(NewsArrivedError):
        world.wait("token-1")
    world.wake()
    assert world.workflow.woken == []


def test_neither_news_nor_a_token_is_a_change_of_the_cart(ordered: World) -> None:
    before = ordered.cart
    view = ordered.carts.cart_view(ACCOUNT, ordered.token)
    ordered.wait("token-1")
    ordered.wake()
    assert (ordered.cart.version, ordered.carts.cart_view(ACCOUNT, ordered.token)) == (before.version, view)
