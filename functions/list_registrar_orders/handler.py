"""GET /v4/orders"""

from hostcart import wiring
from hostcart.domain.registrar_view import listed
from hostcart.entry.http import Request, Response, http_door, json_response
from hostcart.entry.registrar_errors import registrar_refusal
from hostcart.entry.registrar_identity import account_of, credentials_of
from hostcart.entry.registrar_query import link, orders_wanted
from hostcart.use_cases.read_registrar_orders import list_registrar_orders, registrar_caller


def _handle(request: Request) -> Response:
    ports = wiring.for_registrar_orders()
    account_id = account_of(request, registrar_caller(*credentials_of(request), ports))
    wanted = orders_wanted(request.query)
    found = list_registrar_orders(account_id, wanted, ports)
    body = {"orders": [listed(sale) for sale in found.sales]}
    parent = {} if found.parent_account_id is None else {"parentAccountId": found.parent_account_id}
    if wanted.page >= found.last_page:
        return json_response(200, parent | body)
    pages = {"nextPage": wanted.page + 1, "lastPage": found.last_page}
    links = link(request.query, wanted.page, found.last_page, request.url)
    return json_response(200, parent | body | pages, links)


handler = http_door(_handle, refusal=registrar_refusal, ahead=[wiring.for_registrar_orders])
