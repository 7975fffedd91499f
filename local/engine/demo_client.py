"""The order API and the sandboxes as the demonstration sees them."""

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from local.engine.lifecycle import StackError

DEADLINE_SECONDS = 120
POLL_SECONDS = 0.3
Json = dict[str, Any]


class DemoFailed(RuntimeError):  # noqa: N818 - reads as what happened
    """The order did not end as promised."""


class Client:
    """The order API as one seeded account's user sees it."""

    def __init__(self, stack: Mapping[str, Any], account: str) -> None:
        self._api = stack["api_url"]
        seeded = stack["accounts"][account]
        self.callback_secret: str = seeded["callback_secret"]
        self._headers = {"Authorization": f"Bearer {seeded['user_key']}", "X-Auth-Account": str(seeded["id"])}

    def get(self, path: str) -> Json:
        found: Json = request(self._api + path, headers=self._headers)
        return found

    def post(self, path: str, body: Json) -> Json:
        headers = {**self._headers, "Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
        answer: Json = request(self._api + path, headers=headers, body=body)
        return answer


def request(address: str, *, headers: Mapping[str, str] | None = None, body: Json | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(address, data=data, headers=dict(headers or {}))  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        raise DemoFailed(
            f"{refused.code} from {address}: {refused.read().decode(errors='replace')}"
        ) from None
    except OSError as lost:
        raise StackError(f"{address} does not answer: {lost}") from lost


def listed(stack: Mapping[str, Any], system: str, view: str) -> list[Json]:
    """What a sandbox holds: listed(stack, "stripe", "invoices")."""
    found: list[Json] = request(f"{stack[f'{system}_url']}/_sandbox/{view}")
    return found


def callbacks(stack: Mapping[str, Any], path: str) -> list[Json]:
    """All that came to `path` so far: headers, body, raw."""
    return [entry for entry in listed(stack, "callback", "received") if entry["path"] == path]


def await_callback(stack: Mapping[str, Any], path: str) -> Json:
    """The first callback that comes to `path`."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if received := callbacks(stack, path):
            return received[0]
        time.sleep(POLL_SECONDS)
    raise DemoFailed("no callback came")


def require_one_callback(stack: Mapping[str, Any], path: str) -> None:
    """Nothing but the one callback came to `path`. Raises DemoFailed."""
    received = callbacks(stack, path)
    if len(received) != 1:
        raise DemoFailed(f"{len(received)} callbacks came to {path}")


def verified_signature(received: Json, secret: str) -> str:
    """A callback's signature, as its receiver checks it. Raises DemoFailed."""
    headers = {name.lower(): value for name, value in received["headers"].items()}
    try:
        Webhook(secret).verify(received["raw"], headers)
    except WebhookVerificationError as wrong:
        raise DemoFailed(f"the callback's signature is wrong: {wrong}") from None
    return str(headers["webhook-signature"])
