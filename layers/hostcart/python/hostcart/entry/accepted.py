"""The answer to an order that was accepted, whatever was ordered."""

from typing import Final

from hostcart.domain.cart import Cart
from hostcart.domain.views import cart_view
from hostcart.entry.http import POLL_SECONDS, Request, Response, json_response
from hostcart.entry.links import reference_to
from hostcart.entry.observability import logger

AGAIN: Final = "Try again with the same Idempotency-Key."
"""What to do when it is not known whether an order was taken: under the key it is placed once."""


def accepted(request: Request, cart: Cart) -> Response:
    """202 with the cart and its address; the log has the cart's token from here on."""
    logger().set_correlation_id(cart.token)
    logger().info("cart_accepted", account_id=cart.account.id, request_id=request.request_id)
    view = cart_view(cart)
    headers = {"Location": reference_to(request, view["cart"]["poll_url"]), "Retry-After": POLL_SECONDS}
    return json_response(202, view, headers)
