"""Waiting for what others do: when to look again, and how the wait is ended by news of it.

A look first takes note of the news so far (`heed`), then asks the other side; only a wait that no news came
before since then begins. So whatever arrives is seen: by the look, by the wait that does not begin, or by
waking it. Nothing depends on it, since every wait also ends by itself.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hostcart.domain.cart import Cart
from hostcart.ports import CartStore
from hostcart.use_cases.errors import NewsArrivedError
from hostcart.use_cases.saving import load

_LONGEST: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitPorts:
    carts: CartStore


def wait_for(account_id: str, cart_token: str, task_token: str, *, ports: WaitPorts) -> None:
    """The execution waits under `task_token` from now on, which ends the wait and is told to nobody else.

    Raises NewsArrivedError when something was reported since the last look: look again at once.
    """
    if not ports.carts.store_task_token(account_id, cart_token, task_token):
        raise NewsArrivedError


def heed(carts: CartStore, cart: Cart) -> Cart:
    """The news so far is taken note of: what is looked at from here on, the cart included, has it."""
    if not cart.news:
        return cart
    carts.clear_news(cart)
    return load(carts, cart.account.id, cart.token)


def growing(passed: timedelta, shortest: timedelta) -> int:
    """Seconds: often at first, then every twentieth of the time passed, hourly at the most.

    So a wait of any length costs few looks: 24 hours about a hundred.
    """
    return int(max(shortest, min(passed / 20, _LONGEST)).total_seconds())


def doubling(passed: timedelta, shortest: timedelta, longest: timedelta, *, left: timedelta) -> int:
    """Seconds: as long again as has passed, where news is expected to come first.

    Within the bounds, and never beyond the deadline that is `left`; one second at least.
    """
    wait = min(max(shortest, min(passed, longest)), left)
    return max(1, round(wait.total_seconds()))
