"""Products and prices."""

from collections.abc import Mapping

from local.sandboxes.http import Json
from local.sandboxes.stripe.account import Account
from local.sandboxes.stripe.errors import StripeApiError, invalid
from local.sandboxes.stripe.objects import blank, merge_metadata, new_id


def create_product(account: Account, params: Json, _path: Mapping[str, str]) -> Json:
    """POST /v1/products, with an id of the caller's choice or a random one."""
    product_id = params.get("id") or new_id("prod")
    if any(True for _ in account.store.all("product", id=product_id)):
        raise StripeApiError(400, "Product already exists.", code="resource_already_exists", param="id")
    now = account.store.now()
    product = {
        **blank("Product"),
        "id": product_id,
        "object": "product",
        "active": params.get("active", True),
        "created": now,
        "description": params.get("description"),
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": merge_metadata({}, params.get("metadata")),
        "name": params["name"],
        "type": "service",
        "updated": now,
    }
    account.emit("product.created", product)
    return account.store.add(product)


def get_product(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """GET /v1/products/{id}."""
    return account.store.get("product", path["id"])


def list_products(account: Account, params: Json, _path: Mapping[str, str]) -> list[Json]:
    """GET /v1/products."""
    return account.store.newest_first("product", active=params.get("active"))


def create_price(account: Account, params: Json, _path: Mapping[str, str]) -> Json:
    """POST /v1/prices, for an existing product."""
    if "product" not in params:
        raise invalid("Missing required param: product.", param="product", code="parameter_missing")
    return new_price(account, params)


def get_price(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """GET /v1/prices/{id}."""
    return account.store.get("price", path["id"])


def new_price(account: Account, data: Json) -> Json:
    """A price of `data`: currency, product, unit_amount and, when it recurs, recurring."""
    product = account.store.get("product", data["product"], param="product")
    recurring = data.get("recurring")
    if recurring is not None:
        recurring = {
            "interval_count": 1,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
            **recurring,
        }
    if data.get("unit_amount") is None:
        raise invalid("Missing required param: unit_amount.", param="unit_amount", code="parameter_missing")
    price = {
        **blank("Price"),
        "id": new_id("price"),
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": account.store.now(),
        "currency": data["currency"].lower(),
        "livemode": False,
        "metadata": merge_metadata({}, data.get("metadata")),
        "nickname": data.get("nickname"),
        "product": product["id"],
        "recurring": recurring,
        "tax_behavior": data.get("tax_behavior", "unspecified"),
        "type": "recurring" if recurring else "one_time",
        "unit_amount": data["unit_amount"],
        "unit_amount_decimal": str(data["unit_amount"]),
    }
    return account.store.add(price)
