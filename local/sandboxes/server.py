"""A sandbox: an HTTP server on the loopback address with faults, a request log and saved state."""

import itertools
import json
import select
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs

from local.sandboxes.faults import Fault, Faults
from local.sandboxes.http import Handler, Json, Request, Response, Router, json_response
from local.sandboxes.transport import Server

_SAVE_EVERY_SECONDS = 2.0
_REQUEST_LOG_LENGTH = 20_000


class Sandbox(ABC):
    """One fake service. Usable as a context manager: started on entry, stopped on exit.

    `port` 0 takes a free port. Without `state_dir` the state lives as long as the instance.
    """

    name: str
    hang_seconds = 15.0  # how long a `timeout` fault stays silent

    def __init__(self, *, port: int = 0, state_dir: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.faults = Faults()
        self._requests: deque[Json] = deque(maxlen=_REQUEST_LOG_LENGTH)
        self._numbers = itertools.count(1)
        self._state_file = state_dir / f"{self.name}.json" if state_dir else None
        self._port = port
        self._server: Server | None = None
        self._threads: list[threading.Thread] = []
        self._dirty = False
        self._save_lock = threading.Lock()
        self.stopping = threading.Event()
        self._shared: Router[Handler] = Router()
        self._shared.add("GET /_sandbox/health", self._health)
        self._shared.add("POST /_sandbox/faults", self._arm)
        self._shared.add("GET /_sandbox/faults", self._armed)
        self._shared.add("DELETE /_sandbox/faults", self._disarm)
        self._shared.add("GET /_sandbox/requests", self._list_requests)
        self._shared.add("DELETE /_sandbox/requests", self._clear_requests)

    @abstractmethod
    def serve(self, request: Request) -> Response:
        """Serve one request that no fault took."""

    @abstractmethod
    def error_response(self, code: str) -> Response:
        """The service's own error shape for a code that a test asks for."""

    @abstractmethod
    def snapshot(self) -> Json:
        """The state to keep over a restart; called with the lock held."""

    @abstractmethod
    def restore(self, state: Json) -> None:
        """Take over a saved state; called before the first request."""

    def respond(self, request: Request) -> Response:
        """Wait as long as a `slow` fault asks, then serve."""
        self.stopping.wait(request.delay)
        return self.serve(request)

    def views(self, request: Request) -> Response | None:
        """The sandbox's own `/_sandbox/...` endpoints; None when the path is unknown."""
        return None

    def status_response(self, status: int, request: Request) -> Response:
        """The body that comes with an injected status."""
        del request
        return json_response(status, {"code": "injected", "detail": f"injected status {status}"})

    def background(self) -> list[threading.Thread]:
        """Threads to run while the sandbox is up; they end soon after `stopping` is set."""
        return []

    @property
    def url(self) -> str:
        """The base address, without a trailing slash."""
        if self._server is None:
            raise RuntimeError(f"the {self.name} sandbox is not started")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> Self:
        """Load the saved state, listen, and return when requests are served."""
        if self._state_file is not None and self._state_file.exists():
            self.restore(json.loads(self._state_file.read_text()))
        self.stopping.clear()
        self._server = Server(("127.0.0.1", self._port), self.answer)
        self._threads = [
            threading.Thread(target=self._server.serve, name=f"{self.name}-accept"),
            *self.background(),
        ]
        if self._state_file is not None:
            self._threads.append(threading.Thread(target=self._save_regularly, name=f"{self.name}-save"))
        for thread in self._threads:
            thread.daemon = True
            thread.start()
        return self

    def stop(self) -> None:
        """Stop serving, end the threads and save the state."""
        if self._server is None:
            return
        self.stopping.set()
        self._server.stop()
        for thread in self._threads:
            thread.join(timeout=5)
        self._server = None
        self.save()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def touch(self) -> None:
        """Note that the state changed and has to be saved."""
        self._dirty = True

    def save(self) -> None:
        """Write the state if it changed since the last save."""
        if self._state_file is None or not self._dirty:
            return
        with self._save_lock:
            with self.lock:
                self._dirty = False
                text = json.dumps(self.snapshot(), separators=(",", ":"))
            self._state_file.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._state_file.with_suffix(".tmp")
            temporary.touch(mode=0o600)
            temporary.write_text(text)
            temporary.replace(self._state_file)

    def _save_regularly(self) -> None:
        pause = _SAVE_EVERY_SECONDS
        while not self.stopping.wait(pause):
            started = time.monotonic()
            self.save()
            # A large state is saved less often, so that saving takes a few percent of the time at most.
            pause = max(_SAVE_EVERY_SECONDS, 30 * (time.monotonic() - started))

    def answer(self, request: Request, connection: socket.socket) -> Response | None:
        """The answer to one request; None closes the connection without one."""
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        fault = self.faults.take(request.method, request.path)
        started = time.time()
        response = self._serve(request, fault, connection)
        self._requests.append(
            {
                "n": next(self._numbers),
                "method": request.method,
                "path": request.path,
                "idempotency_key": request.header("idempotency-key"),
                "status": None if response is None else response.status,
                "fault": None if fault is None else fault.action,
                "at": started,
            }
        )
        return response

    def _serve(self, request: Request, fault: Fault | None, connection: socket.socket) -> Response | None:
        kind = fault.kind if fault else ""
        if kind == "timeout_before":
            self._hang(connection)
        if kind in ("timeout_before", "drop"):
            return None
        if fault and kind == "slow":
            request = replace(request, delay=float(fault.value))
        response = self.injected(request, fault) if fault else None
        if response is None:
            response = self.respond(request)
            if request.method not in ("GET", "HEAD"):
                self.touch()
        if kind == "timeout_after":
            self._hang(connection)
        return None if kind in ("timeout_after", "drop_after") else response

    def injected(self, request: Request, fault: Fault) -> Response | None:
        """The answer that a fault gives in place of the service; None when the service is to answer."""
        if fault.kind in ("status", "replay"):
            return self.status_response(int(fault.value), request)
        return self.error_response(fault.value) if fault.kind == "error" else None

    def _hang(self, connection: socket.socket) -> None:
        # Readable means that the client gave up, or that stop() shut the connection down.
        select.select([connection], [], [], self.hang_seconds)

    def _control(self, request: Request) -> Response:
        try:
            response = self._shared_views(request) or self.views(request)
        except (ValueError, KeyError, TypeError) as error:
            return json_response(400, {"code": "bad_request", "detail": str(error)})
        return response or json_response(404, {"code": "not_found", "detail": request.path})

    def _shared_views(self, request: Request) -> Response | None:
        found = self._shared.find(request.method, request.path)
        return found[0](request) if found else None

    def _health(self, _request: Request) -> Response:
        return json_response(200, {"status": "ok", "name": self.name})

    def _arm(self, request: Request) -> Response:
        return json_response(201, self.faults.arm(request.json()))

    def _armed(self, _request: Request) -> Response:
        return json_response(200, self.faults.list())

    def _disarm(self, _request: Request) -> Response:
        self.faults.disarm()
        return Response(204)

    def _list_requests(self, request: Request) -> Response:
        """All, or those whose number `n` is above `after`: numbers never begin again."""
        after = int(parse_qs(request.query).get("after", ["0"])[-1])
        return json_response(200, [entry for entry in list(self._requests) if entry["n"] > after])

    def _clear_requests(self, _request: Request) -> Response:
        self._requests.clear()
        return Response(204)
