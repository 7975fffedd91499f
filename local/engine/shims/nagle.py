"""Switches Nagle's algorithm off in the standard library's socket servers.

Replaced: `socketserver.StreamRequestHandler.disable_nagle_algorithm`. The engine's runtime API and moto's
server answer in two small writes; with Nagle on, each call waits for the peer's delayed acknowledgement (40
ms).
"""

import socketserver


def install() -> None:
    """Apply to every server that is created afterwards."""
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
