"""Orders in the shapes of the registrar API. Here alone amounts become floats; `finalAmount` is a string.

As the registrar does, it leaves out what is zero or has no value.
"""

from typing import Any, Final

from hostcart.contract.statuses import SaleKind
from hostcart.domain.money import decimal_text
from hostcart.domain.sales import Sale, SaleItem

type View = dict[str, Any]

REGISTRAR: Final = "name.com"
"""Where all domains are registered."""


def listed(sale: Sale) -> View:
    """One order of `GET /v4/orders`."""
    return _order(sale, detailed=False)


def detailed(sale: Sale) -> View:
    """`GET /v4/orders/{orderId}`: adds the registrar and each item's original price."""
    return _order(sale, detailed=True)


def _order(sale: Sale, *, detailed: bool) -> View:
    final = sale.captured - sale.refunded
    of_domains = any(item.kind is not SaleKind.SITE for item in sale.items)
    return {
        "id": sale.number,
        "createDate": sale.created_at,
        **({"registrar": REGISTRAR} if detailed and of_domains else {}),
        "status": sale.status,
        "currency": sale.currency.upper(),
        "orderItems": [_item(item, sale, detailed=detailed) for item in sale.items],
        # Payments are captured at once: what was authorised is what was captured.
        **_amount("authAmount", sale.captured, sale),
        **_amount("totalCapture", sale.captured, sale),
        **_amount("totalRefund", sale.refunded, sale),
        **({"finalAmount": decimal_text(final, sale.currency)} if final else {}),
        **({} if sale.usd_rate is None else {"currencyRate": float(sale.usd_rate)}),
    }


def _item(item: SaleItem, sale: Sale, *, detailed: bool) -> View:
    shows_original = detailed and item.original is not None
    return {
        "id": item.id,
        "status": sale.item_status,
        "name": item.name,
        **({} if item.tld is None else {"tld": item.tld}),
        "type": item.kind,
        **_amount("price", item.price, sale),
        **_amount("originalPrice", (item.original or 0) if shows_original else 0, sale),
        "quantity": 1,
        "duration": item.duration,
        "interval": item.interval,
    }


def _amount(name: str, amount: int, sale: Sale) -> View:
    return {name: float(decimal_text(amount, sale.currency))} if amount else {}
