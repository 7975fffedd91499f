"""GET /api/carts/{token}"""

from hostcart import wiring
from hostcart.contract.errors import ApiError
from hostcart.domain.tokens import is_token
from hostcart.entry.http import Request, Response, http_door, view_response
from hostcart.entry.identity import may_read


def _handle(request: Request) -> Response:
    _, account_id = may_read(request)
    token = request.path.get("token", "")
    view = wiring.carts().cart_view(account_id, token) if is_token(token) else None
    if view is None:
        raise ApiError("not_found", "There is no such cart in this account.")
    return view_response(request, view)


handler = http_door(_handle, ahead=[wiring.carts])
