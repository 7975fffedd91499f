"""GET /api/about."""

import json
from typing import Any

import pytest
from hostcart.contract.responses import About
from hostcart.use_cases.describe_catalogue import describe_catalogue

from tests.fakes.world import PDX, World


def described(world: World) -> Any:
    return json.loads(json.dumps(describe_catalogue(world.catalogue)))


def test_it_has_the_contracts_shape(world: World) -> None:
    About.model_validate_json(json.dumps(describe_catalogue(world.catalogue)))


def test_plans_list_what_can_be_bought(world: World) -> None:
    about = described(world)
    assert about["plans"][0] == {
        "short_name": "basic",
        "title": "Basic",
        "prices": [
            {"term": "monthly", "currency": "usd", "amount_cents": 1300},
            {"term": "annual", "currency": "usd", "amount_cents": 13000},
            {"term": "monthly", "currency": "eur", "amount_cents": 1200},
        ],
    }
    assert about["variants"][1] == {"short_name": "extendify", "title": "WordPress with Extendify"}


@pytest.mark.parametrize(("taken", "available"), [(0, True), (1, True), (2, False), (3, False)])
def test_a_variant_is_available_while_a_slot_is_free(world: World, taken: int, *, available: bool) -> None:
    world.carts.taken[PDX] = taken
    assert described(world)["locations"] == [
        {
            "short_name": "pdx",
            "title": "Portland",
            "availability": [
                {"variant": "vanilla", "available": available},
                {"variant": "extendify", "available": False},
            ],
        },
        {
            "short_name": "ams",
            "title": "Amsterdam",
            "availability": [{"variant": "vanilla", "available": True}],
        },
    ]


def test_a_slot_that_was_never_counted_is_not_available(world: World) -> None:
    world.carts.taken.clear()
    assert described(world)["locations"][0]["availability"][0] == {"variant": "vanilla", "available": False}


def test_what_about_offers_can_be_ordered(world: World) -> None:
    """And what it does not offer is refused: the two look at the same numbers."""
    for location in described(world)["locations"]:
        for entry in location["availability"]:
            assert entry["available"] == _orderable(world, location["short_name"], entry["variant"])


def _orderable(world: World, location: str, variant: str) -> bool:
    from hostcart.contract.errors import ApiError

    from tests.fakes.world import site_order

    try:
        world.order(site_order(None, location=location, variant=variant))
    except ApiError:
        return False
    return True
