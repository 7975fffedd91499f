"""Money is integer minor units beside an ISO 4217 code; no float, no literal 100."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# Minor-unit exponents (ISO 4217) and Stripe's smallest charge in minor units
# (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
EXPONENTS: Final = {"usd": 2, "eur": 2, "gbp": 2, "chf": 2, "cad": 2, "aud": 2, "jpy": 0}
MINIMUM_CHARGE: Final = {"usd": 50, "eur": 50, "gbp": 30, "chf": 50, "cad": 50, "aud": 50, "jpy": 50}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One charged line: `id` is unique in its cart, `amount` is in minor units."""

    id: str
    description: str
    amount: int


def total(lines: Iterable[Line]) -> int:
    """The sum of the lines, in minor units."""
    return sum(line.amount for line in lines)


def below_minimum(due: int, currency: str) -> bool:
    """True when the processor would book the amount as a debt instead of charging it."""
    return 0 < due < MINIMUM_CHARGE[currency]


def display(amount: int, currency: str) -> str:
    """`1300, "usd"` -> `13.00 USD`."""
    return f"{decimal_text(amount, currency)} {currency.upper()}"


def decimal_text(amount: int, currency: str) -> str:
    """`1300, "usd"` -> `13.00`."""
    exponent = EXPONENTS[currency]
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), 10**exponent)
    fraction = f".{rest:0{exponent}d}" if exponent else ""
    return f"{sign}{whole}{fraction}"
