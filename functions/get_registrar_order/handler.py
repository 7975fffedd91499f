"""GET /v4/orders/{orderId}"""

from hostcart import wiring
from hostcart.contract.errors import ApiError
from hostcart.domain.registrar_view import detailed
from hostcart.entry.http import Request, Response, http_door, json_response
from hostcart.entry.registrar_errors import registrar_refusal
from hostcart.entry.registrar_identity import account_of, credentials_of
from hostcart.entry.registrar_query import LARGEST_INT32, whole_number
from hostcart.use_cases.read_registrar_orders import read_registrar_order, registrar_caller


def _handle(request: Request) -> Response:
    ports = wiring.for_registrar_orders()
    account_id = account_of(request, registrar_caller(*credentials_of(request), ports))
    number = whole_number(request.path.get("orderId", ""), "orderId", LARGEST_INT32)
    sale = read_registrar_order(account_id, number, ports)
    if sale is None:
        raise ApiError("not_found")
    return json_response(200, detailed(sale))


handler = http_door(_handle, refusal=registrar_refusal, ahead=[wiring.for_registrar_orders])
