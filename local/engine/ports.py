"""Chooses the stack's ports: fixed by `HOSTCART_PORT_<NAME>`, else those of the last run, else free ones."""

import os
import random
import socket
import time
from collections.abc import Iterable, Mapping

# Below the ports that systems give to outgoing connections (from 32768 on Linux), one of which could
# otherwise hold the stack's port when it starts again.
_RANGE = range(20_000, 32_000)
# A stack that was killed may hold its ports a moment longer than it can be seen.
_PATIENCE_SECONDS = 5.0
NAMES = ("aws", "stepfunctions", "stripe", "registrar", "sites", "callbacks", "login")


class PortTaken(RuntimeError):  # noqa: N818 - reads as what happened
    """A port that the user fixed is in use."""


def choose(last: Mapping[str, int], names: Iterable[str] = NAMES) -> dict[str, int]:
    """A port for each name. Addresses stay the same over a restart when the last ports are still free.

    Raises:
        PortTaken: a port given by an environment variable is not free.
    """
    chosen: dict[str, int] = {}
    until = time.monotonic() + _PATIENCE_SECONDS
    for name in names:
        fixed = os.environ.get(f"HOSTCART_PORT_{name.upper()}")
        if fixed:
            if not _becomes_free(int(fixed), until):
                raise PortTaken(f"HOSTCART_PORT_{name.upper()}={fixed}: the port is in use")
            chosen[name] = int(fixed)
            continue
        wanted = last.get(name, 0)
        chosen[name] = wanted if wanted and _becomes_free(wanted, until) else _any_free(set(chosen.values()))
    return chosen


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _becomes_free(port: int, until: float) -> bool:
    while not is_free(port):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def answers(port: int) -> bool:
    """Whether something listens on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _any_free(taken: set[int]) -> int:
    for port in random.sample(_RANGE, len(_RANGE)):
        if port not in taken and is_free(port):
            return port
    raise PortTaken(f"no free port between {_RANGE.start} and {_RANGE.stop}")
