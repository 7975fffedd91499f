"""POST /api/orders"""

from hostcart import wiring
from hostcart.domain.views import cart_view
from hostcart.entry.http import POLL_SECONDS, Request, Response, http_door, json_body, json_response
from hostcart.entry.identity import may_write
from hostcart.entry.links import reference_to
from hostcart.entry.observability import logger
from hostcart.entry.order_body import idempotency_key
from hostcart.entry.site_order import parse_site_order
from hostcart.use_cases.order_site import SiteOrder, order_site


def _handle(request: Request) -> Response:
    caller, account_id = may_write(request)
    order = SiteOrder(
        account_id=account_id,
        user_id=caller.user_id,
        request=parse_site_order(json_body(request), wiring.callback_fault),
        idempotency_key=idempotency_key(request.headers),
    )
    cart = order_site(order, wiring.for_order_site())
    logger().set_correlation_id(cart.token)
    logger().info("cart_accepted", account_id=account_id, request_id=request.request_id)
    view = cart_view(cart)
    headers = {"Location": reference_to(request, view["cart"]["poll_url"]), "Retry-After": POLL_SECONDS}
    return json_response(202, view, headers)


handler = http_door(_handle, ahead=[wiring.for_order_site, wiring.cart_model, logger])
