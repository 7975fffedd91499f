"""GET /api/about/tlds/{tld}"""

from hostcart import wiring
from hostcart.entry.http import Request, Response, http_door, json_response
from hostcart.use_cases.describe_tld import describe_tld


def _handle(request: Request) -> Response:
    described = describe_tld(request.path.get("tld", "").lower(), wiring.catalogue())
    return json_response(200, described, {"Cache-Control": "public, max-age=3600"})


handler = http_door(_handle, ahead=[wiring.catalogue])
