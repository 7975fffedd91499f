"""GET /api/orders"""

from hostcart import wiring
from hostcart.entry.http import Request, Response, http_door, json_response
from hostcart.entry.identity import may_read
from hostcart.entry.pagination import page_headers, page_of


def _handle(request: Request) -> Response:
    _, account_id = may_read(request)
    page = page_of(request.query)
    found = wiring.carts().list_orders(account_id, page=page.number, per_page=page.size)
    return json_response(200, {"orders": found.orders}, page_headers(request.url, page, found.total))


handler = http_door(_handle, ahead=[wiring.carts])
