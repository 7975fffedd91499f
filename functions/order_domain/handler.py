"""POST /api/orders/domain"""

from hostcart import wiring
from hostcart.domain.views import cart_view
from hostcart.entry.domain_order import parse_domain_order
from hostcart.entry.http import POLL_SECONDS, Request, Response, http_door, json_body, json_response
from hostcart.entry.identity import may_write, require_user
from hostcart.entry.links import reference_to
from hostcart.entry.observability import logger
from hostcart.entry.order_body import idempotency_key
from hostcart.use_cases.order_domain import DomainOrder, admit, order_domain


def _handle(request: Request) -> Response:
    caller, account_id = may_write(request)
    user_id = require_user(caller)
    ports = wiring.for_order_domain()
    account = admit(account_id, ports)
    order = DomainOrder(
        account=account,
        user_id=user_id,
        request=parse_domain_order(json_body(request), wiring.callback_fault),
        idempotency_key=idempotency_key(request.headers),
    )
    cart = order_domain(order, ports)
    logger().set_correlation_id(cart.token)
    logger().info("cart_accepted", account_id=account_id, request_id=request.request_id)
    view = cart_view(cart)
    headers = {"Location": reference_to(request, view["cart"]["poll_url"]), "Retry-After": POLL_SECONDS}
    return json_response(202, view, headers)


handler = http_door(_handle, ahead=[wiring.for_order_domain, wiring.cart_model, logger])
