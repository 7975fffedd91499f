"""Lets idle workers sleep. Each one wakes the engine twenty times a second, however little there is to do.

Replaced: `queue` in `ministack.core.lambda_runtime`, whose `get` of the next invocation looks ten times a
second whether it is to stop, and `serve_forever` and `shutdown` of `socketserver.BaseServer`: each worker has
a server that looks as often. With thirty workers that is a twentieth of a processor. An invocation, a request
and a stop wake them at once, as before.
"""

import queue
import selectors
import socket
import socketserver
from types import SimpleNamespace
from typing import Any, Final

from ministack.core import lambda_runtime

IDLE_SECONDS: Final = 5.0
"""So long a thread of a worker that was stopped may live on: nothing waits for it."""


class _Invocations(queue.Queue[Any]):
    """Of one entry it is the queue of the next invocation; all others are of log lines."""

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: FBT001, FBT002 - its base's
        patient = self.maxsize == 1 and timeout is not None
        return super().get(block, IDLE_SECONDS if patient else timeout)


def install() -> None:
    """Apply to every worker, and to every server that is created afterwards."""
    runtime: Any = lambda_runtime
    runtime.queue = SimpleNamespace(Queue=_Invocations, Full=queue.Full, Empty=queue.Empty)
    server: Any = socketserver.BaseServer
    if server.shutdown is not _shutdown:
        server.__init__ = _with_bell(server.__init__)
    server.serve_forever = _serve_forever
    server.shutdown = _shutdown


def _with_bell(create: Any) -> Any:
    """A server that has a pair of sockets to be told by that it is to stop."""

    def created(self: Any, *args: Any, **named: Any) -> None:
        create(self, *args, **named)
        self._listener, self._bell = socket.socketpair()

    return created


def _serve_forever(self: Any, poll_interval: float = 0.0) -> None:  # nothing is polled
    """Until `shutdown`."""
    with self._listener as ours, selectors.DefaultSelector() as selector:
        selector.register(self, selectors.EVENT_READ)
        selector.register(ours, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if ours in ready:
                return
            if self in ready:
                self._handle_request_noblock()
            self.service_actions()


def _shutdown(self: Any) -> None:
    self._bell.close()
