"""The ledger: what was taken and not given back is what was delivered. Amounts are minor units."""

from collections.abc import Iterable
from dataclasses import dataclass

from hostcart.contract.statuses import OrderStatus
from hostcart.domain.cart import Cart
from hostcart.domain.money import total


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """One cart's invoice as the processor has it.

    `captured` is money taken for the order, `credit_used` what it took from the account's balance: credit
    spent, and debt booked for what was too little to charge. `refunded` and `credited` are what was given
    back, to the method (or by credit note) and to the account.
    """

    invoice_id: str
    account_id: str
    cart_token: str
    currency: str
    captured: int = 0
    credit_used: int = 0
    refunded: int = 0
    credited: int = 0

    @property
    def kept(self) -> int:
        """What was taken and not given back."""
        return self.captured + self.credit_used - self.refunded - self.credited


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A booking beside what our order says; `status` is None when there is no such cart."""

    booking: Booking
    status: OrderStatus | None
    delivered: int

    @property
    def in_flight(self) -> bool:
        """Whether the order is not at its end: the sides may differ until then."""
        return self.status is not None and not self.status.terminal

    @property
    def difference(self) -> int:
        """0, or the amount by which the order breaks the ledger."""
        return 0 if self.in_flight else self.booking.kept - self.delivered


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The sums of one currency over the orders that have ended."""

    currency: str
    orders: int
    in_flight: int
    captured: int
    credit_used: int
    refunded: int
    credited: int
    delivered: int
    breaks: tuple[Entry, ...]


def entry_of(booking: Booking, cart: Cart | None) -> Entry:
    """What the cart says to the booking; a cart without an order is under way."""
    if cart is None:
        return Entry(booking=booking, status=None, delivered=0)
    status = OrderStatus.PENDING if cart.order is None else cart.order.status
    delivered = total(cart.lines) if status is OrderStatus.COMPLETED else 0
    return Entry(booking=booking, status=status, delivered=delivered)


def balances(entries: Iterable[Entry]) -> list[Balance]:
    """One balance a currency, by its name."""
    by_currency: dict[str, list[Entry]] = {}
    for entry in entries:
        by_currency.setdefault(entry.booking.currency, []).append(entry)
    return [_balance(currency, by_currency[currency]) for currency in sorted(by_currency)]


def _balance(currency: str, entries: list[Entry]) -> Balance:
    ended = [entry for entry in entries if not entry.in_flight]
    return Balance(
        currency=currency,
        orders=len(ended),
        in_flight=len(entries) - len(ended),
        captured=sum(entry.booking.captured for entry in ended),
        credit_used=sum(entry.booking.credit_used for entry in ended),
        refunded=sum(entry.booking.refunded for entry in ended),
        credited=sum(entry.booking.credited for entry in ended),
        delivered=sum(entry.delivered for entry in ended),
        breaks=tuple(entry for entry in ended if entry.difference),
    )
