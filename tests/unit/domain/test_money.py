import pytest
from hostcart.domain.money import EXPONENTS, MINIMUM_CHARGE, Line, below_minimum, display, total
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (1300, "usd", "13.00 USD"),
        (5, "eur", "0.05 EUR"),
        (0, "usd", "0.00 USD"),
        (-250, "usd", "-2.50 USD"),
        (1300, "jpy", "1300 JPY"),
        (-7, "jpy", "-7 JPY"),
    ],
)
def test_amounts_are_shown_in_major_units(amount: int, currency: str, shown: str) -> None:
    assert display(amount, currency) == shown


@given(st.integers(-(10**12), 10**12), st.sampled_from(sorted(EXPONENTS)))
def test_no_minor_unit_is_lost_in_showing(amount: int, currency: str) -> None:
    number, code = display(amount, currency).split(" ")
    assert int(number.replace(".", "")) == amount
    assert code == currency.upper()


def test_lines_add_up() -> None:
    assert total([]) == 0
    assert total(Line(id=str(n), description="", amount=n) for n in (1300, 20, -5)) == 1315


@pytest.mark.parametrize("currency", sorted(MINIMUM_CHARGE))
def test_an_amount_too_small_to_charge(currency: str) -> None:
    smallest = MINIMUM_CHARGE[currency]
    assert [below_minimum(due, currency) for due in (0, 1, smallest - 1, smallest)] == [
        False,
        True,
        True,
        False,
    ]


def test_every_currency_has_an_exponent_and_a_minimum() -> None:
    assert set(EXPONENTS) == set(MINIMUM_CHARGE)
