"""The shapes of the registrar API, against the examples of its documentation."""

import json
from dataclasses import replace

import pytest
from hostcart.contract.registrar_orders import RegistrarOrderDetails, RegistrarOrderList
from hostcart.domain.cart import DomainAction, DomainItem
from hostcart.domain.registrar_view import detailed, listed
from hostcart.domain.sales import Sale, sale_from, stored_sale
from hostcart.domain.views import timestamp

from tests.unit.domain.carts import STEPS, completed
from tests.unit.registrar_orders import spec


def through_json(value: object) -> object:
    return json.loads(json.dumps(value))


def test_the_list_s_example() -> None:
    shown = through_json([listed(sale_from(*stored)) for stored in spec.STORED_LIST])
    assert shown == spec.LIST["orders"]
    assert spec.shape(shown) == spec.shape(spec.LIST["orders"])
    RegistrarOrderList.model_validate_json(json.dumps(spec.LIST))


def test_the_order_s_example() -> None:
    assert sale_from(*spec.STORED_ORDER) == spec.SALE
    shown = through_json(detailed(spec.SALE))
    assert shown == spec.ORDER
    assert spec.shape(shown) == spec.shape(spec.ORDER)
    RegistrarOrderDetails.model_validate_json(json.dumps(spec.ORDER))


def test_the_list_leaves_out_what_the_order_tells() -> None:
    order, entry = detailed(spec.SALE), listed(spec.SALE)
    assert set(order) - set(entry) == {"registrar"}
    assert set(order["orderItems"][1]) - set(entry["orderItems"][1]) == {"originalPrice"}


def _sale(item: DomainItem | None = None, **changes: object) -> Sale:
    cart = completed() if item is None else replace(completed(), item=item)
    sale = sale_from(7, timestamp(cart.opened.created_at), stored_sale(cart))
    return replace(sale, **changes)  # type: ignore[arg-type]


DOMAIN = DomainItem(
    name="xn--bcher-kva.co.uk",
    unicode_name="bücher.co.uk",
    suffix="co.uk",
    action=DomainAction.TRANSFER,
    years=2,
    registrar_price=500,
    purchase_type="registration",
    renewal_amount=999,
    stripe_product="prod_domain",
)


def test_a_domain_s_item() -> None:
    order = through_json(detailed(_sale(DOMAIN)))
    assert order == {
        "id": 7,
        "createDate": "2026-11-21T17:30:00Z",
        "registrar": "name.com",
        "status": "success",
        "currency": "USD",
        "orderItems": [
            {
                "id": 7,
                "status": "success",
                "name": "xn--bcher-kva.co.uk",
                "tld": "co.uk",
                "type": "transfer",
                "price": 13.0,
                "originalPrice": 13.0,
                "quantity": 1,
                "duration": 2,
                "interval": "year",
            }
        ],
        "authAmount": 13.0,
        "totalCapture": 13.0,
        "finalAmount": "13.00",
    }


def test_a_site_s_item_is_of_a_type_of_its_own() -> None:
    order = detailed(_sale())
    (item,) = order["orderItems"]
    assert (item["type"], item["name"], item["duration"], item["interval"]) == ("site", "My blog", 1, "month")
    assert "tld" not in item
    assert "registrar" not in order  # no registrar has anything to do with it


@pytest.mark.parametrize(
    ("currency", "amount", "text"),
    [("usd", 1, "0.01"), ("eur", 123456789, "1234567.89"), ("jpy", 1300, "1300")],
)
def test_amounts_follow_the_currency(currency: str, amount: int, text: str) -> None:
    order = json.loads(json.dumps(listed(_sale(currency=currency, captured=amount))))
    assert (order["totalCapture"], order["finalAmount"]) == (float(text), text)
    assert isinstance(order["totalCapture"], float)


@pytest.mark.parametrize("step", STEPS)
def test_the_short_form_stays_short(step: str) -> None:
    """Every write of an order and every page of a list pays for it."""
    stored = stored_sale(STEPS[step])
    text = json.dumps(stored, separators=(",", ":"))
    assert len(text) < 80
    assert sale_from(1, "2026-11-21T17:30:00Z", json.loads(text)).status == stored[0]
