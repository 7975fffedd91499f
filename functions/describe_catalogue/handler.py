"""GET /api/about"""

from hostcart import wiring
from hostcart.entry.http import Request, Response, http_door, json_response
from hostcart.use_cases.describe_catalogue import describe_catalogue


def _handle(_request: Request) -> Response:
    return json_response(200, describe_catalogue(wiring.catalogue()), {"Cache-Control": "public, max-age=30"})


handler = http_door(_handle, ahead=[wiring.catalogue])
