"""What an order sold and what it took: all that the registrar API tells of it.

It is stored with the order's entry in the list, in a short form, since each write and each page pays for it:

    [status, currency, captured, refunded, [item, ...], usd_rate]      usd_rate only where there is one
    item: [kind, name, tld or "", price, duration, interval, extras]   extras only where there are some
    extras: {"id": n, "original": n or null}                           what differs from SaleItem's rule
"""

from dataclasses import dataclass
from typing import Any, Final

from hostcart.contract.statuses import (
    Interval,
    OrderStatus,
    PaymentStatus,
    SaleItemStatus,
    SaleKind,
    SaleStatus,
    Term,
)
from hostcart.domain.cart import Cart, DomainAction, DomainItem
from hostcart.domain.money import total
from hostcart.domain.payment import Payment

_KINDS: Final = {DomainAction.REGISTER: SaleKind.REGISTRATION, DomainAction.TRANSFER: SaleKind.TRANSFER}
_INTERVALS: Final = {Term.MONTHLY: Interval.MONTH, Term.ANNUAL: Interval.YEAR}
_ENDS: Final = {
    OrderStatus.COMPLETED: SaleStatus.SUCCESS,
    OrderStatus.FAILED: SaleStatus.FAILED,
    OrderStatus.CANCELLED: SaleStatus.FAILED,
    OrderStatus.PROCESSING: SaleStatus.STARTED,
}
_TAKEN: Final = frozenset({PaymentStatus.SUCCEEDED, PaymentStatus.REFUND_PENDING, PaymentStatus.REFUNDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleItem:
    """One item; amounts in minor units. `id` is unique in the account: the order's number for a sole item.

    `original` is the price before discounts: `price` as long as there are none, None where it is not known.
    """

    id: int
    kind: SaleKind
    name: str
    tld: str | None
    price: int
    original: int | None
    duration: int
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """An order's sale; amounts in minor units of `currency` (lower case).

    `captured` counts money and credit alike, and so does `refunded`. `created_at` is RFC 3339, UTC, whole
    seconds. `usd_rate` is what one US dollar was worth in the order's currency, as decimal text.
    """

    number: int
    created_at: str
    status: SaleStatus
    currency: str
    captured: int
    refunded: int
    items: tuple[SaleItem, ...]
    usd_rate: str | None = None

    @property
    def item_status(self) -> SaleItemStatus:
        """Of every item: an order is delivered or given back as a whole."""
        if self.captured > 0 and self.refunded == self.captured:
            return SaleItemStatus.REFUNDED
        if self.status in {SaleStatus.SUCCESS, SaleStatus.FAILED}:
            return SaleItemStatus(self.status)
        return SaleItemStatus.INITIALIZED


def stored_sale(cart: Cart) -> list[Any]:
    """The short form of an opened order's sale; `sale_from` reads it."""
    payment = cart.payment
    stored = [_status(cart), cart.currency, _captured(payment), _refunded(payment), [_item(cart)]]
    return stored if cart.usd_rate is None else [*stored, cart.usd_rate]


def sale_from(number: int, created_at: str, stored: list[Any]) -> Sale:
    """The sale behind its short form."""
    status, currency, captured, refunded, items, *rate = stored
    return Sale(
        number=number,
        created_at=created_at,
        status=SaleStatus(status),
        currency=currency,
        captured=captured,
        refunded=refunded,
        items=tuple(_item_from(number, item) for item in items),
        usd_rate=rate[0] if rate else None,
    )


def _status(cart: Cart) -> SaleStatus:
    waiting = cart.payment.status is PaymentStatus.AWAITING_AUTHENTICATION
    return _ENDS.get(cart.opened.status, SaleStatus.REVIEW if waiting else SaleStatus.INITIALIZED)


def _captured(payment: Payment) -> int:
    """Before it has succeeded, the payment's amounts say what is being charged, not what was."""
    return payment.amount_charged + payment.credit_applied if payment.status in _TAKEN else 0


def _refunded(payment: Payment) -> int:
    """What is on its way back counts once it has arrived."""
    if payment.status is PaymentStatus.REFUND_PENDING:
        return 0
    return payment.amount_refunded + payment.credit_refunded


def _item(cart: Cart) -> list[Any]:
    item, price = cart.item, total(cart.lines)
    if isinstance(item, DomainItem):
        return [_KINDS[item.action], item.name, item.suffix, price, item.years, Interval.YEAR]
    return [SaleKind.SITE, item.name, "", price, 1, _INTERVALS[item.term]]


def _item_from(number: int, stored: list[Any]) -> SaleItem:
    kind, name, tld, price, duration, interval, *more = stored
    extras = more[0] if more else {}
    return SaleItem(
        id=extras.get("id", number),
        kind=SaleKind(kind),
        name=name,
        tld=tld or None,
        price=price,
        original=extras.get("original", price),
        duration=duration,
        interval=Interval(interval),
    )
