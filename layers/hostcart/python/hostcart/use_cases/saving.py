"""Loading and saving a cart when others may write it too."""

from collections.abc import Callable
from typing import Final

from hostcart.domain.cart import Cart
from hostcart.domain.transitions import CancelRequestedError
from hostcart.ports import CartStore, ConflictError, UnavailableError
from hostcart.use_cases.errors import CartNotFoundError, OrderCancelledError

_ATTEMPTS: Final = 8


def load(carts: CartStore, account_id: str, cart_token: str) -> Cart:
    """The cart; raises CartNotFoundError."""
    cart = carts.load(account_id, cart_token)
    if cart is None:
        raise CartNotFoundError
    return cart


def load_uncancelled(carts: CartStore, account_id: str, cart_token: str) -> Cart:
    """The cart of a task that takes a step forward; raises CartNotFoundError, OrderCancelledError."""
    cart = load(carts, account_id, cart_token)
    if cart.order is not None and cart.order.cancelling:
        raise OrderCancelledError
    return cart


def change(
    carts: CartStore,
    cart: Cart,
    how: Callable[[Cart], Cart],
    *,
    sealed_password: bytes | None = None,
    drop_claim: bool = False,
) -> Cart:
    """Applies `how` and saves; when somebody else wrote first, applies it to what is there now.

    A slot that the changed cart holds no more is given back in the same write.
    Raises what `how` raises (TransitionRefusedError when the newer cart forbids the change, which is
    OrderCancelledError when the customer cancelled meanwhile) and UnavailableError("contended").
    """
    for _ in range(_ATTEMPTS):
        try:
            changed = how(cart)
        except CancelRequestedError:
            raise OrderCancelledError from None
        if changed is cart:
            return cart
        try:
            released = cart.slot if changed.slot is None else None
            return carts.save(
                changed, sealed_password=sealed_password, release=released, drop_claim=drop_claim
            )
        except ConflictError:
            cart = load(carts, cart.account.id, cart.token)
    raise UnavailableError("contended")
