"""Does nothing: a request is answered, a task has succeeded."""

from typing import Any

OUTCOME = {
    "order_id": "x",
    "kind": "site",
    "status": "succeeded",
    "step": "deliver",
    "wait_seconds": 0,
    "ready": True,
    "suspended": False,
    "settled": True,
    "notify": True,
    "callback": "delivered",
}


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    if "requestContext" not in event:
        return OUTCOME
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": "{}"}
