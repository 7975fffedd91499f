"""Every method that a known path does not have: 405 with Allow"""

import os
from typing import Any

from hostcart.contract.errors import ApiError
from hostcart.entry.http import Event, Request, Response, http_door
from hostcart.entry.registrar_errors import registrar_refusal


def _handle(request: Request) -> Response:
    raise ApiError("method_not_allowed", headers={"Allow": _allowed(request.resource)})


def _allowed(resource: str) -> str:
    """ALLOWED_METHODS is `path=GET POST;path=...`, written beside the routes in the template."""
    pairs = (entry.partition("=") for entry in os.environ["ALLOWED_METHODS"].split(";"))
    methods = {path.strip(): names for path, _, names in pairs}
    return ", ".join(methods.get(resource, "").split())


_door = http_door(_handle)
_registrar_door = http_door(_handle, refusal=registrar_refusal)


def handler(event: Event, context: Any) -> dict[str, Any]:
    """The registrar API has a shape of its own for refusals."""
    of_registrar = event.get("resource", "").startswith("/v4/")
    return (_registrar_door if of_registrar else _door)(event, context)
