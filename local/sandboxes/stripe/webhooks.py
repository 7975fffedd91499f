"""Events and their delivery: signed as Stripe signs, retried with growing pauses, redelivered on demand."""

import hashlib
import heapq
import hmac
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import stripe
import urllib3

from local.sandboxes.http import Json
from local.sandboxes.stripe.objects import blank, new_id
from local.sandboxes.stripe.render import public
from local.sandboxes.stripe.store import Store

_RETRY_PAUSES = (0.5, 1, 2, 5, 10, 30, 60, 120, 300)  # Stripe's three days, made short
_TIMEOUT_SECONDS = 10.0


@dataclass(slots=True)
class Endpoint:
    """Where events go; no URL, no deliveries."""

    url: str | None = None
    secret: str = ""


def signature(payload: bytes, secrets: Sequence[str], timestamp: int) -> str:
    """The Stripe-Signature header; several secrets, as during a secret roll, make several `v1` parts."""
    signed = f"{timestamp}.".encode() + payload
    digests = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={timestamp}", *(f"v1={digest}" for digest in digests)])


class Webhooks:
    """Records every event and posts it from one background thread, oldest first."""

    def __init__(self, store: Store, endpoint: Endpoint, lock: threading.RLock) -> None:
        self.endpoint = endpoint
        self._store = store
        self._lock = lock
        self._wake = threading.Condition()
        self._queue: list[tuple[float, int, str]] = []  # (due, order, event id)
        self._order = 0
        self._http = urllib3.PoolManager(maxsize=2, retries=False, timeout=_TIMEOUT_SECONDS)

    def emit(self, kind: str, value: Json, *, request_id: str | None, idempotency_key: str | None) -> None:
        """Record an event about the object as it is now, and queue its delivery."""
        event = {
            **blank("Event"),
            "id": new_id("evt"),
            "object": "event",
            "api_version": stripe.api_version,
            "created": self._store.now(),
            "data": {"object": public(value)},
            "livemode": False,
            "pending_webhooks": 1 if self.endpoint.url else 0,
            "request": {"id": request_id, "idempotency_key": idempotency_key},
            "type": kind,
            "_attempts": 0,
            "_last_status": None,
        }
        self._store.add(event)
        if self.endpoint.url:
            self._enqueue(event["id"], 0)

    def redeliver(self, event_id: str) -> None:
        """Post an event again, whatever became of it before."""
        self._store.get("event", event_id)
        self._enqueue(event_id, 0)

    def resume(self) -> None:
        """Queue what was undelivered when the state was saved."""
        for event in self._store.all("event", pending_webhooks=1):
            self._enqueue(event["id"], 0)

    def _enqueue(self, event_id: str, pause: float) -> None:
        with self._wake:
            self._order += 1
            heapq.heappush(self._queue, (time.monotonic() + pause, self._order, event_id))
            self._wake.notify()

    def run(self, stopping: threading.Event) -> None:
        """Deliver until `stopping` is set and `wake` was called."""
        while not stopping.is_set():
            event_id = self._next_due()
            if event_id is not None and not stopping.is_set():
                self._deliver(event_id)
        self._http.clear()

    def wake(self) -> None:
        """Let `run` look at its stop flag."""
        with self._wake:
            self._wake.notify()

    def _next_due(self) -> str | None:
        with self._wake:
            if not self._queue:
                self._wake.wait(1)
                return None
            pause = self._queue[0][0] - time.monotonic()
            if pause > 0:
                self._wake.wait(min(pause, 1))
                return None
            return heapq.heappop(self._queue)[2]

    def _deliver(self, event_id: str) -> None:
        with self._lock:
            event = self._store.get("event", event_id)
            payload = json.dumps(public(event), separators=(",", ":")).encode()
            endpoint = self.endpoint
        status = self._post(endpoint, payload)
        with self._lock:
            event["_attempts"] += 1
            event["_last_status"] = status
            event.setdefault("_statuses", []).append(status)
            attempts = event["_attempts"]
            delivered = status is not None and status < 300  # noqa: PLR2004 - any 2xx
            if delivered:
                event["pending_webhooks"] = 0
        if not delivered and attempts <= len(_RETRY_PAUSES):
            self._enqueue(event_id, _RETRY_PAUSES[attempts - 1])

    def _post(self, endpoint: Endpoint, payload: bytes) -> int | None:
        if not endpoint.url:
            return None
        # The receiver compares the timestamp with its own clock, so it is the true time, not the account's.
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(payload, [endpoint.secret], int(time.time())),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        try:
            return self._http.request(
                "POST", endpoint.url, body=payload, headers=headers, redirect=False
            ).status
        except urllib3.exceptions.HTTPError:
            return None
