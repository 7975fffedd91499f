"""GET /api/about/tlds/{tld}"""

from hostcart.contract.errors import ApiError
from hostcart.domain import tlds
from hostcart.domain.requirements import describe
from hostcart.entry.http import Request, Response, http_door, json_response


def _handle(request: Request) -> Response:
    name = request.path.get("tld", "").lower()
    if name not in tlds.names():
        raise ApiError("not_found", "Names under this TLD are not offered.")
    return json_response(200, describe(tlds.get(name)), {"Cache-Control": "public, max-age=3600"})


handler = http_door(_handle)
