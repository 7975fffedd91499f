"""GET /api/orders/{id}"""

from hostcart import wiring
from hostcart.contract.errors import ApiError
from hostcart.domain.tokens import token_of
from hostcart.entry.http import Request, Response, http_door, view_response
from hostcart.entry.identity import may_read
from hostcart.use_cases.read_order import read_order


def _handle(request: Request) -> Response:
    _, account_id = may_read(request)
    token = token_of(request.path.get("id", ""))
    view = None if token is None else wiring.carts().order_view(account_id, token)
    if token is None or view is None:
        raise ApiError("not_found", "There is no such order in this account.")
    return view_response(request, view, body=lambda: read_order(view, account_id, token, wiring.cipher))


handler = http_door(_handle, ahead=[wiring.carts], rarely=[wiring.cipher])
