"""Sends each HTTP response in one write. A second one wakes the waiting client once more, which costs more
than most requests.

Replaced: `H11Protocol._send_h11_event` of hypercorn, under which ministack runs (headers, body and end were a
write each), and `socketserver.StreamRequestHandler.wbufsize` (headers and body were; a request's end
flushes).
"""

import socketserver
from typing import Any, Final

import h11
from hypercorn.events import RawData
from hypercorn.protocol.h11 import H11Protocol

AT_MOST_BYTES: Final = 65_536
"""What is held back of a response that goes on."""


def install() -> None:
    """Apply to every server that is created afterwards."""
    protocol: Any = H11Protocol
    protocol._send_h11_event = _send  # noqa: SLF001
    socketserver.StreamRequestHandler.wbufsize = -1


async def _send(self: Any, event: Any) -> None:
    try:
        data = self.connection.send(event)
    except h11.LocalProtocolError:
        if self.connection.their_state != h11.ERROR:
            raise
        return
    held = self.__dict__.pop("_held", b"") + data
    if isinstance(event, h11.Response | h11.Data) and len(held) < AT_MOST_BYTES:
        self._held = held
    elif held:
        await self.send(RawData(data=held))
