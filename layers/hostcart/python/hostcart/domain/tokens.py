"""The cart's token and the order's uuid: the same 128 bits, so that either finds the one item."""

import re
import uuid
from typing import Final

_TOKEN: Final = re.compile(r"[0-9a-f]{32}")


def is_token(text: str) -> bool:
    """32 lower-case hex digits."""
    return _TOKEN.fullmatch(text) is not None


def order_id_of(token: str) -> str:
    """The canonical lower-case uuid of the cart's order."""
    return str(uuid.UUID(hex=token))


def token_of(order_id: str) -> str | None:
    """The cart's token behind an order's id; None for anything but a canonical lower-case uuid."""
    token = order_id.replace("-", "")
    return token if is_token(token) and order_id_of(token) == order_id else None
