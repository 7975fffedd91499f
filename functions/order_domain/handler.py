"""POST /api/orders/domain"""

from hostcart import wiring
from hostcart.entry.accepted import AGAIN, accepted
from hostcart.entry.domain_order import parse_domain_order
from hostcart.entry.http import Request, Response, http_door, json_body
from hostcart.entry.identity import may_write, require_user
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
    return accepted(request, order_domain(order, ports))


handler = http_door(_handle, again=AGAIN, ahead=[wiring.for_order_domain, wiring.cart_model, logger])
