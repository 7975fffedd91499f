"""Refusals in the registrar API's shape: `{"message": ..., "details": ...}`, told apart by the status."""

import json
from typing import Any, Final

from hostcart.contract.errors import ApiError

_INVALID: Final = "Invalid Argument"
_MESSAGES: Final = {
    400: (400, _INVALID),
    401: (403, "Permission Denied"),
    403: (403, "Permission Denied"),
    404: (404, "Not Found"),
    405: (405, "Method Not Allowed"),
    503: (503, "Service Unavailable"),
}
_OTHERWISE: Final = (500, "Internal Error")


def registrar_refusal(error: ApiError, _request_id: str) -> tuple[int, str, dict[str, str]]:
    """Status, body and headers. Details are given for arguments alone: nothing tells why one was denied."""
    status, message = _MESSAGES.get(error.status, _OTHERWISE)
    body: dict[str, Any] = {"message": message}
    if message == _INVALID:
        body["details"] = error.detail
    return status, json.dumps(body, separators=(",", ":"), ensure_ascii=False), dict(error.headers)
