"""DELETE /api/orders/{id}"""

from hostcart import wiring
from hostcart.contract.errors import ApiError
from hostcart.domain.tokens import token_of
from hostcart.domain.views import cart_view
from hostcart.entry.http import POLL_SECONDS, Request, Response, http_door, json_response
from hostcart.entry.identity import may_write
from hostcart.entry.links import reference_to
from hostcart.entry.observability import logger
from hostcart.use_cases.cancel_order import cancel_order


def _handle(request: Request) -> Response:
    _, account_id = may_write(request)
    token = token_of(request.path.get("id", ""))
    if token is None:
        raise ApiError("not_found", "There is no such order in this account.")
    cart = cancel_order(account_id, token, ports=wiring.for_cancel_order())
    logger().set_correlation_id(token)
    logger().info("cancel_accepted", account_id=account_id, request_id=request.request_id)
    view = cart_view(cart)
    headers = {"Location": reference_to(request, view["orders"][0]["poll_url"])}
    if not cart.opened.status.terminal:
        headers["Retry-After"] = POLL_SECONDS
    return json_response(202, view, headers)


handler = http_door(_handle, ahead=[wiring.for_cancel_order, wiring.cart_model, logger])
