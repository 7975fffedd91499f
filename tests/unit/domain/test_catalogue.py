import pytest
from hostcart.contract.statuses import Term
from hostcart.domain.catalogue import Occupancy

from tests.fakes.world import CATALOGUE, PDX


def test_a_price_is_found_by_currency_and_term() -> None:
    basic = CATALOGUE.plans["basic"]
    assert basic.price("usd", Term.ANNUAL) == 13000
    assert basic.price("eur", Term.ANNUAL) is None
    assert basic.price("gbp", Term.MONTHLY) is None


@pytest.mark.parametrize(("total", "taken", "free"), [(2, 0, 2), (2, 2, 0), (0, 0, 0), (1, 3, 0)])
def test_a_slot_that_shrank_below_what_is_taken_is_full(total: int, taken: int, free: int) -> None:
    assert Occupancy(slot=PDX, total=total, taken=taken).free == free
