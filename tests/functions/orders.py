"""Bodies of orders, and an order's whole life through the functions."""

import itertools
from typing import Any

from hostcart.domain.accounts import CredentialKind

from tests.functions.stack import Json, Member, Stack

_keys = itertools.count(1)
SITE = {"name": "My blog", "variant": "vanilla", "location": "ams", "plan": "basic", "term": "monthly"}


def place(stack: Stack, member: Member, *, callback: str | None = None, **site: Any) -> Json:
    """The answer of a POST under a new Idempotency-Key."""
    body: Json = {"site": {**SITE, **site}}
    if callback is not None:
        body["callback"] = {"url": callback, "authorization": "Bearer 12345"}
    return post(stack, member, body, headers={"Idempotency-Key": f"key-{next(_keys)}"})


def post(stack: Stack, member: Member, body: Any, **given: Any) -> Json:
    kind = given.pop("kind", CredentialKind.API_KEY)
    return stack.request("OrderSiteFunction", "POST", "/api/orders", by=(member, kind), body=body, **given)


def task(member: Member, token: str, **more: Any) -> Json:
    """A task's input, as the state machine passes it."""
    return {"account_id": member.account_id, "cart_token": token, **more}


def get_cart(stack: Stack, member: Member, token: str, **given: Any) -> Json:
    given.setdefault("by", (member, CredentialKind.API_KEY))
    return stack.request("GetCartFunction", "GET", "/api/carts/{token}", path={"token": token}, **given)


def get_order(stack: Stack, member: Member, order_id: str, **given: Any) -> Json:
    given.setdefault("by", (member, CredentialKind.API_KEY))
    return stack.request("GetOrderFunction", "GET", "/api/orders/{id}", path={"id": order_id}, **given)


def list_orders(stack: Stack, member: Member, **given: Any) -> Json:
    given.setdefault("by", (member, CredentialKind.API_KEY))
    return stack.request("ListOrdersFunction", "GET", "/api/orders", **given)
