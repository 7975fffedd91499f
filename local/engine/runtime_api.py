"""A server that speaks the Lambda runtime API (2018-06-01) for a few invocations.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

INIT_SECONDS = 30.0
_PREFIX = "/2018-06-01/runtime"


@dataclass(frozen=True)
class Outcome:
    """What the function answered: a payload, or an error of AWS's shape {errorMessage, errorType, ...}.

    `lost` means that there was no answer: the runtime client ended or hung.
    """

    payload: Any
    failed: bool
    lost: bool = False


@dataclass(frozen=True)
class Invocation:
    """One event and the facts that go with it in the headers."""

    event: Any
    function_arn: str
    timeout_seconds: int
    request_id: str


def invoke(
    command: list[str],
    environment: Mapping[str, str],
    folder: Path,
    events: Sequence[Any],
    *,
    arn: str,
    timeout_seconds: int,
    quiet: bool = False,
) -> list[Outcome]:
    """Run the runtime client `command` in `folder` for the events, one after the other, as a warm function
    would; a new one takes over from one that was lost. Its output goes to our standard error, or with
    `quiet` nowhere."""
    invocations = [Invocation(event, arn, timeout_seconds, str(uuid.uuid4())) for event in events]
    outcomes: list[Outcome] = []
    while len(outcomes) < len(invocations):
        outcomes += _run(command, environment, folder, invocations[len(outcomes) :], quiet=quiet)
    return outcomes


def _run(
    command: list[str],
    environment: Mapping[str, str],
    folder: Path,
    invocations: Sequence[Invocation],
    *,
    quiet: bool,
) -> list[Outcome]:
    """The outcomes up to the last, or to the first that was lost."""
    pending: queue.Queue[Invocation | None] = queue.Queue()
    results: queue.Queue[Outcome] = queue.Queue()
    server = _Server(("127.0.0.1", 0), _handler(pending, results))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    settings = {**environment, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}"}
    output = subprocess.DEVNULL if quiet else 2
    process = subprocess.Popen(command, env=settings, cwd=folder, stdout=output)  # noqa: S603 - our own runtime client
    outcomes: list[Outcome] = []
    try:
        for invocation in invocations:
            pending.put(invocation)
            outcomes.append(_await(results, process, invocation.timeout_seconds))
            if outcomes[-1].lost:
                break
        return outcomes
    finally:
        process.kill()
        process.wait()
        pending.put(None)
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """The client is ended while it asks for its next event: a lost connection is no news."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _await(
    results: "queue.Queue[Outcome]", process: "subprocess.Popen[bytes]", timeout_seconds: int
) -> Outcome:
    deadline = time.monotonic() + INIT_SECONDS + timeout_seconds
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        try:
            return results.get(timeout=0.05)
        except queue.Empty:
            if ended:
                return _error("Runtime exited before returning a response", "Runtime.ExitError")
    return _error(f"Task timed out after {timeout_seconds}.00 seconds", "Sandbox.Timedout")


def _error(message: str, kind: str) -> Outcome:
    return Outcome({"errorMessage": message, "errorType": kind}, failed=True, lost=True)


def _handler(
    pending: "queue.Queue[Invocation | None]", results: "queue.Queue[Outcome]"
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path != f"{_PREFIX}/invocation/next":
                self._answer(404, b"{}")
                return
            invocation = pending.get()
            if invocation is None:  # the client was ended meanwhile
                self.close_connection = True
                return
            deadline_ms = int((time.time() + invocation.timeout_seconds) * 1000)
            self._answer(
                200,
                json.dumps(invocation.event).encode(),
                {
                    "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                    "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
                    "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
                    "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
                },
            )

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")
            self._answer(202, b"{}")
            results.put(Outcome(body, failed=self.path.endswith("/error")))

        def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Silent: the function's own output is what the user wants to see."""

    return Handler
