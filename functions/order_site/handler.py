"""POST /api/orders"""

from hostcart import wiring
from hostcart.entry.accepted import AGAIN, accepted
from hostcart.entry.http import Request, Response, http_door, json_body
from hostcart.entry.identity import may_write
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
    return accepted(request, order_site(order, wiring.for_order_site()))


handler = http_door(_handle, again=AGAIN, ahead=[wiring.for_order_site, wiring.cart_model, logger])
