"""PATCH /api/orders/{id}: reserved"""

from hostcart.contract.errors import ApiError
from hostcart.entry.http import Request, Response, http_door
from hostcart.entry.identity import may_write


def _handle(request: Request) -> Response:
    may_write(request)
    raise ApiError("update_not_supported", "Orders cannot be updated.")


handler = http_door(_handle)
