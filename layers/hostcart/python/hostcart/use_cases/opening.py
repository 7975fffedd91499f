"""The order materialises under the account's next number."""

import random
import time
from typing import Final

from hostcart.domain.cart import Cart, open_order
from hostcart.ports import CartStore, Clock, ConflictError, UnavailableError
from hostcart.use_cases.saving import load

_ATTEMPTS: Final = 12
_LONGEST_SECONDS: Final = 0.4
# From the system: instances that start from one snapshot share the state of `random`.
_JITTER: Final = random.SystemRandom()


def load_opened(carts: CartStore, clock: Clock, account_id: str, cart_token: str) -> Cart:
    """The cart with its order, opened now if it was not; numbers are dense per account.

    Raises CartNotFoundError, UnavailableError("contended") when too many orders of the account open at once.
    """
    for attempt in range(_ATTEMPTS):
        cart = load(carts, account_id, cart_token)
        if cart.order is not None:
            return cart
        number = carts.last_number(account_id) + 1
        try:
            return carts.open_order(open_order(cart, number, clock.now()))
        except ConflictError:
            time.sleep(_JITTER.uniform(0, min(_LONGEST_SECONDS, 0.02 * 2**attempt)))
    raise UnavailableError("contended")
