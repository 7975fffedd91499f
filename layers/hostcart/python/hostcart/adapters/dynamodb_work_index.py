"""The sparse index of what is not finished: what puts an item in, what takes it out.

Its keys never change while an item is in it and nothing else is projected, so that a cart costs two small
writes in all: one in, one out.
"""

from typing import TYPE_CHECKING, Final

from hostcart.adapters import dynamodb_keys as keys

if TYPE_CHECKING:
    from hostcart.domain.cart import Cart

OUT: Final = "open_shard, open_since"
"""What an update removes to take an item out."""


def of_cart(cart: "Cart") -> keys.Key:
    """The index attributes of a cart; none when nothing is owed any more."""
    if not cart.work_owed:
        return {}
    since = int(cart.created_at.timestamp())
    return {"open_shard": {"S": keys.work_shard(cart.token)}, "open_since": {"N": str(since)}}
