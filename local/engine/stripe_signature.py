"""Signs example events as Stripe does: a signature holds for five minutes, a file for longer."""

import hashlib
import hmac
import time
from typing import Any

PLACEHOLDER = "signed when it is invoked"
_HEADER = "Stripe-Signature"


def signed(event: Any, secret: str) -> Any:
    """The event, with a signature of now where its header asks for one."""
    if not isinstance(event, dict) or (event.get("headers") or {}).get(_HEADER) != PLACEHOLDER:
        return event
    moment = int(time.time())
    digest = hmac.new(secret.encode(), f"{moment}.{event['body']}".encode(), hashlib.sha256).hexdigest()
    header = f"t={moment},v1={digest}"
    return {
        **event,
        "headers": {**event["headers"], _HEADER: header},
        "multiValueHeaders": {**event["multiValueHeaders"], _HEADER: [header]},
    }
