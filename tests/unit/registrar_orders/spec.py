"""The two examples of the v4 documentation's page on orders, and the orders behind them."""

from typing import Any, Final

from hostcart.contract.statuses import Interval, SaleKind, SaleStatus
from hostcart.domain.sales import Sale, SaleItem

LIST: Final[dict[str, Any]] = {
    "parentAccountId": 34567891,
    "orders": [
        {
            "id": 123456789,
            "createDate": "2022-01-13T22:58:35Z",
            "status": "success",
            "currency": "USD",
            "orderItems": [
                {
                    "id": 123456781,
                    "status": "success",
                    "name": "example.com",
                    "tld": "com",
                    "type": "registration",
                    "price": 12.99,
                    "quantity": 1,
                    "duration": 1,
                    "interval": "year",
                },
                {
                    "id": 123456780,
                    "status": "success",
                    "name": "example.ninja",
                    "tld": "ninja",
                    "type": "registration",
                    "price": 10.99,
                    "quantity": 1,
                    "duration": 1,
                    "interval": "year",
                },
            ],
            "authAmount": 12.99,
            "totalCapture": 12.99,
            "finalAmount": "12.99",
        },
        {
            "id": 123456790,
            "createDate": "2021-12-10T22:58:35Z",
            "status": "failed",
            "currency": "USD",
            "orderItems": [
                {
                    "id": 12345677,
                    "status": "refunded",
                    "name": "example2.com",
                    "tld": "com",
                    "type": "registration",
                    "price": 9.9900000000000002,
                    "quantity": 1,
                    "duration": 1,
                    "interval": "year",
                }
            ],
            "authAmount": 9.9900000000000002,
            "totalCapture": 9.9900000000000002,
            "totalRefund": 9.9900000000000002,
        },
    ],
}

ORDER: Final[dict[str, Any]] = {
    "id": 123456789,
    "createDate": "2017-11-13T22:58:35Z",
    "registrar": "name.com",
    "status": "success",
    "currency": "USD",
    "orderItems": [
        {
            "id": 123456781,
            "status": "success",
            "name": "example.com",
            "tld": "com",
            "type": "registration",
            "price": 12.99,
            "quantity": 1,
            "duration": 1,
            "interval": "year",
        },
        {
            "id": 123456780,
            "status": "success",
            "name": "example.ninja",
            "tld": "ninja",
            "type": "registration",
            "price": 10.99,
            "originalPrice": 10.99,
            "quantity": 1,
            "duration": 1,
            "interval": "year",
        },
    ],
    "authAmount": 23.98,
    "totalCapture": 23.98,
    "finalAmount": "23.98",
    "currencyRate": 0.085474999999999995,
}

# The same orders as they are stored: several items with ids of their own, a price before discounts that is
# not always known, and (in the second example) a rate although the order is in US dollars.
_COM: Final = ["registration", "example.com", "com", 1299, 1, "year", {"id": 123456781, "original": None}]
_NINJA: Final = ["registration", "example.ninja", "ninja", 1099, 1, "year", {"id": 123456780}]
_COM2: Final = ["registration", "example2.com", "com", 999, 1, "year", {"id": 12345677}]
STORED_LIST: Final[list[tuple[int, str, list[Any]]]] = [
    (123456789, "2022-01-13T22:58:35Z", ["success", "usd", 1299, 0, [_COM, _NINJA]]),
    (123456790, "2021-12-10T22:58:35Z", ["failed", "usd", 999, 999, [_COM2]]),
]
STORED_ORDER: Final[tuple[int, str, list[Any]]] = (
    123456789,
    "2017-11-13T22:58:35Z",
    ["success", "usd", 2398, 0, [_COM, _NINJA], "0.085475"],
)
SALE: Final = Sale(
    number=123456789,
    created_at="2017-11-13T22:58:35Z",
    status=SaleStatus.SUCCESS,
    currency="usd",
    captured=2398,
    refunded=0,
    items=(
        SaleItem(
            id=123456781,
            kind=SaleKind.REGISTRATION,
            name="example.com",
            tld="com",
            price=1299,
            original=None,
            duration=1,
            interval=Interval.YEAR,
        ),
        SaleItem(
            id=123456780,
            kind=SaleKind.REGISTRATION,
            name="example.ninja",
            tld="ninja",
            price=1099,
            original=1099,
            duration=1,
            interval=Interval.YEAR,
        ),
    ),
    usd_rate="0.085475",
)


def shape(value: Any) -> Any:
    """Keys, in their order, and types, without the values."""
    if isinstance(value, dict):
        return [(name, shape(entry)) for name, entry in value.items()]
    return [shape(entry) for entry in value] if isinstance(value, list) else type(value)
