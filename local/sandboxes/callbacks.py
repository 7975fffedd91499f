"""The callback sink: takes and remembers any request, and answers 200 unless its path asks otherwise.

/status/<nnn>/...       answers that status
/redirect/...           answers 302 to /redirected/..., which is recorded too when somebody follows
/slow/<seconds>/...     waits, then answers 200
/flaky/<n>/...          answers 503 to the first n requests of this path, then 200
"""

import json
import time
from collections import Counter
from pathlib import Path

from local.sandboxes.http import Json, Request, Response, json_response, split_path
from local.sandboxes.server import Sandbox

_LONGEST_WAIT_SECONDS = 60.0


class CallbackSink(Sandbox):
    """Records what hostcart posts to its clients' callback URLs."""

    name = "callbacks"

    def __init__(self, *, port: int = 0, state_dir: Path | None = None) -> None:
        super().__init__(port=port, state_dir=state_dir)
        self._received: list[Json] = []
        self._seen: Counter[str] = Counter()

    def serve(self, request: Request) -> Response:
        with self.lock:
            self._seen[request.path] += 1
            self._received.append(_record(request))
            self.touch()
            seen = self._seen[request.path]
        kind, value, *_ = (*split_path(request.path), "")
        if kind == "redirect":
            return Response(302, headers={"Location": request.path.replace("/redirect", "/redirected", 1)})
        if kind == "status" and value.isdecimal():
            return json_response(int(value), {"status": int(value)})
        if kind == "flaky" and value.isdecimal() and seen <= int(value):
            return json_response(503, {"status": 503})
        if kind == "slow":
            self.stopping.wait(min(float(value), _LONGEST_WAIT_SECONDS))
        return json_response(200, {"received": True})

    def views(self, request: Request) -> Response | None:
        with self.lock:
            match request.method, request.path:
                case "GET", "/_sandbox/received":
                    return json_response(200, self._received)
                case "DELETE", "/_sandbox/received":
                    self._received.clear()
                    self._seen.clear()
                    self.touch()
                    return Response(204)
        return None

    def error_response(self, code: str) -> Response:
        return json_response(400, {"error": code})

    def snapshot(self) -> Json:
        return {"received": self._received, "seen": self._seen}

    def restore(self, state: Json) -> None:
        self._received = state["received"]
        self._seen = Counter(state["seen"])


def _record(request: Request) -> Json:
    text = request.body.decode("utf-8", errors="replace")
    try:
        body = json.loads(text)
    except ValueError:
        body = text
    # The raw text stays beside the parsed body: signatures are computed over it.
    return {
        "path": request.path,
        "method": request.method,
        "headers": dict(request.headers),
        "body": body,
        "raw": text,
        "at": time.time(),
    }
