"""Whatever an order went through, both APIs tell the same money, and it adds up."""

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hostcart.adapters.dynamodb_carts import cart_item, texts_of
from hostcart.adapters.dynamodb_sales import entry_of
from hostcart.contract.registrar_orders import RegistrarOrder, RegistrarOrderDetails
from hostcart.domain.money import EXPONENTS, total
from hostcart.domain.registrar_view import detailed, listed
from hostcart.domain.sales import sale_from

from tests.fakes.histories import ENDS, RATES, WHOLE, History, history

SEEDS = range(400)
TAKEN = {"succeeded", "refund_pending", "refunded"}

type Json = dict[str, Any]


def minor(amount: float | str, currency: str) -> int:
    """Back to minor units; a fraction of one is a fault."""
    units = Decimal(str(amount)).scaleb(EXPONENTS[currency.lower()])
    assert units == int(units)
    return int(units)


def stored(found: History) -> tuple[Json, Json, Json]:
    """What `/api/orders/{id}`, `/v4/orders` and `/v4/orders/{orderId}` tell, out of the stored item."""
    item = cart_item(found.cart)
    entry = entry_of(item)
    sale = sale_from(int(item["number"]["N"]), entry["created_at"], entry["sale"])
    views = json.loads(json.dumps([listed(sale), detailed(sale)]))
    return json.loads(texts_of(item).order_view or "null"), views[0], views[1]


def check(found: History, api: Json, v4: Json) -> None:
    """The ledger, `/api` and `/v4` agree."""
    currency = v4["currency"]
    assert currency == found.cart.currency.upper()
    captured, refunded = (minor(v4.get(name, 0), currency) for name in ("totalCapture", "totalRefund"))
    final = minor(v4.get("finalAmount", "0"), currency)
    assert (captured, refunded) == (found.taken, found.returned)
    assert minor(v4.get("authAmount", 0), currency) == captured
    assert final == captured - refunded
    assert isinstance(v4.get("finalAmount", ""), str)
    prices = sum(minor(item["price"], currency) for item in v4["orderItems"])
    assert prices == total(found.cart.lines)
    assert captured in {0, prices}
    payment = api["payment"]
    told = payment["amount_charged_cents"] + payment["credit_applied_cents"]
    assert captured == (told if payment["status"] in TAKEN else 0)
    if payment["status"] == "refunded" and found.end in WHOLE:
        assert refunded == told


@pytest.mark.parametrize("end", ENDS)
def test_the_same_money_is_told_and_adds_up(end: str) -> None:
    checked = 0
    for seed in SEEDS:
        found = history(seed, seed + 1)
        if found.end != end:
            continue
        api, entry, details = stored(found)
        check(found, api, entry)
        check(found, api, details)
        checked += 1
    assert checked > 20


def test_hundreds_of_histories_hold_every_kind() -> None:
    found = [history(seed, seed + 1) for seed in SEEDS]
    assert set(Counter(one.end for one in found)) == set(ENDS)
    assert {one.cart.currency for one in found} == set(RATES)
    partly = [one for one in found if "partly" in one.end]
    assert any(0 < one.returned < one.taken for one in partly)
    assert any(one.cart.payment.credit_refunded for one in found)


@pytest.mark.parametrize("seed", range(60))
def test_every_view_has_the_contract_s_shape(seed: int) -> None:
    _, entry, details = stored(history(seed, seed + 1))
    RegistrarOrder.model_validate_json(json.dumps(entry))
    RegistrarOrderDetails.model_validate_json(json.dumps(details))


def test_the_status_follows_the_order() -> None:
    told: dict[str, set[tuple[str, str]]] = {end: set() for end in ENDS}
    for seed in SEEDS:
        found = history(seed, seed + 1)
        _, entry, _ = stored(found)
        if 0 < found.returned == found.taken and "partly" in found.end:
            continue  # all of it was given back in parts
        told[found.end].add((entry["status"], entry["orderItems"][0]["status"]))
    assert told == {
        "open": {("initialized", "initialized")},
        "awaiting": {("review", "initialized")},
        "in delivery": {("started", "initialized")},
        "paid": {("success", "success")},
        "partly refunded": {("success", "success")},
        "declined": {("failed", "failed")},
        "failed, refund pending": {("started", "initialized")},
        "refunded": {("failed", "refunded")},
        "failed, partly refunded": {("failed", "failed")},
        "cancelled": {("failed", "failed")},
        "cancelled, refunded": {("failed", "refunded")},
    }


def test_a_rate_is_told_of_other_currencies_alone() -> None:
    for seed in SEEDS:
        found = history(seed, seed + 1)
        rate = RATES[found.cart.currency]
        for view in stored(found)[1:]:
            assert view.get("currencyRate") == (None if rate is None else float(rate))
