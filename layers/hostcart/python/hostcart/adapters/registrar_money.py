"""The registrar's amounts: JSON numbers with float noise on its side, whole cents on ours."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Final

# Its currencies, USD and CNY, both have two decimals.
_DECIMALS: Final = 2
_CENT: Final = Decimal(1).scaleb(-_DECIMALS)
_LARGEST: Final = Decimal(10**9)


def cents(amount: Decimal) -> int:
    """9.9900000000000002 -> 999, half to even. Raises ValueError for what is no amount of money."""
    try:
        rounded = amount.quantize(_CENT, rounding=ROUND_HALF_EVEN)
    except InvalidOperation:
        raise ValueError("not an amount of money") from None
    if not rounded.is_finite() or abs(rounded) > _LARGEST:
        raise ValueError("not an amount of money")
    return int(rounded.scaleb(_DECIMALS))


def json_number(amount: int) -> float:
    """999 -> 9.99: the one place where an amount becomes a float, for the request's JSON alone."""
    return float(Decimal(amount).scaleb(-_DECIMALS))
