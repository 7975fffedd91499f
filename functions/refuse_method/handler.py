"""Every method that a known path does not have: 405 with Allow"""

import os

from hostcart.contract.errors import ApiError
from hostcart.entry.http import Request, Response, http_door


def _handle(request: Request) -> Response:
    raise ApiError("method_not_allowed", headers={"Allow": _allowed(request.resource)})


def _allowed(resource: str) -> str:
    """ALLOWED_METHODS is `path=GET POST;path=...`, written beside the routes in the template."""
    pairs = (entry.partition("=") for entry in os.environ["ALLOWED_METHODS"].split(";"))
    methods = {path.strip(): names for path, _, names in pairs}
    return ", ".join(methods.get(resource, "").split())


handler = http_door(_handle)
