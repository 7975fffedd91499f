"""What the command prints of a cart, and what it says when there is none."""

import json
from collections.abc import Iterator

import pytest
from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.adapters.dynamodb_catalogue import DynamoCatalogue
from hostcart.domain.tokens import order_id_of

from tests.fakes.table import TABLE, moto_table, set_environment
from tests.fakes.world import ACCOUNT, CATALOGUE, World
from tests.workflow.lambdas import forget_clients
from tools import show_cart


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    set_environment(monkeypatch)
    monkeypatch.setenv("TABLE_NAME", TABLE)
    with moto_table() as client:
        forget_clients()
        DynamoCatalogue(client, TABLE).replace(CATALOGUE)
        world = World()
        world.carts = DynamoCarts(client, TABLE)  # type: ignore[assignment]
        world.order()
        world.charge()
        yield world
        forget_clients()


def test_facts_and_views_are_shown_by_token_and_by_order(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (world.token, order_id_of(world.token)):
        assert show_cart.main([ACCOUNT, name]) == 0
        shown = json.loads(capsys.readouterr().out)
        assert shown["facts"]["token"] == world.token == shown["cart_view"]["cart"]["token"]
        assert shown["order_view"]["order"]["id"] == world.cart.opened.id
        assert shown["version"] == world.cart.version


@pytest.mark.parametrize("given", [("10000002", None), (ACCOUNT, "0" * 32)])
def test_no_such_cart_is_said(
    world: World, given: tuple[str, str | None], capsys: pytest.CaptureFixture[str]
) -> None:
    account, token = given
    assert show_cart.main([account, token or world.token]) == 2
    assert f"Account {account} has no cart" in capsys.readouterr().err
