"""The HTTP server under a sandbox: keep-alive, one packet an answer, connections that can be cut.

Threads and the standard library are enough here: the clients are few, every answer is made in memory, and a
fault must be able to close a connection without an answer, which server frameworks forbid.
"""

import socket
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from local.sandboxes.http import Request, Response

_LARGEST_BODY_BYTES = 10_000_000

type Answer = Callable[[Request, socket.socket], Response | None]


class Server(ThreadingHTTPServer):
    """A thread per connection; `answer` is called for each request, None closes without an answer."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], answer: Answer) -> None:
        self.answer = answer
        self._stopping = False
        self._stopped = threading.Event()
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__(address, _Connection)

    def serve(self) -> None:
        """Accept connections until `stop`; blocks without polling."""
        while not self._stopping:
            self.handle_request()
        self._stopped.set()

    def stop(self) -> None:
        """End `serve`, close the listening socket and the connections that are still open."""
        self._stopping = True
        socket.create_connection(("127.0.0.1", self.server_port), timeout=2).close()  # wakes serve()
        self._stopped.wait(timeout=2)
        self.server_close()
        self._close_connections()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether to serve a new connection."""
        return not self._stopping

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is a fault of the sandbox."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def _close_connections(self) -> None:
        # Kept-alive connections: their threads and sockets must not outlive the sandbox.
        with self._connections_lock:
            open_connections = list(self._connections)
        for connection in open_connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster
        deadline = time.monotonic() + 2
        while self._connections and time.monotonic() < deadline:
            time.sleep(0.002)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one packet

    def __getattr__(self, name: str) -> Any:
        # The base class looks for do_GET, do_POST and so on: one method serves them all.
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        request = self._read_request()
        if request is None:
            return
        response = cast("Server", self.server).answer(request, self.connection)
        if response is None:
            self.close_connection = True
            return
        self._send(response)

    def _read_request(self) -> Request | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > _LARGEST_BODY_BYTES:
            self.send_error(411, "a Content-Length is required")
            self.close_connection = True
            return None
        target = urlsplit(self.path)
        return Request(
            method=self.command,
            path=unquote(target.path),
            query=target.query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
        )

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != 204:  # noqa: PLR2004 - No Content
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing is logged: request lines may carry secrets."""
