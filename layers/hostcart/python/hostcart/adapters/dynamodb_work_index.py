"""The sparse index of what is not finished: what puts an item in, what takes it out.

Its keys never change while an item is in it and nothing else is projected, so that a cart costs two small
writes in all: one in, one out.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from hostcart.adapters import dynamodb_keys as keys

if TYPE_CHECKING:
    from hostcart.domain.cart import Cart

OUT: Final = "REMOVE open_shard, open_since"
"""The part of an update that takes an item out."""


def of_cart(cart: "Cart") -> keys.Key:
    """The index attributes of a cart; none when nothing is owed any more."""
    return _attributes(cart.token, cart.created_at) if cart.work_owed else {}


def of_lease(cart: "Cart") -> keys.Key:
    """The index attributes of a leased claim on the cart's name."""
    return _attributes(cart.token, cart.created_at)


def _attributes(token: str, since: datetime) -> keys.Key:
    return {"open_shard": {"S": keys.work_shard(token)}, "open_since": {"N": str(int(since.timestamp()))}}
