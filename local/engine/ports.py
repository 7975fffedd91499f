"""Chooses the stack's ports: fixed by `HOSTCART_PORT_<NAME>`, else those of the last run, else free ones."""

import fcntl
import os
import random
import socket
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

# Below the ports that systems give to outgoing connections (from 32768 on Linux), one of which could
# otherwise hold the stack's port when it starts again.
_RANGE = range(20_000, 32_000)
_PORTS: Final = range(1, 65_536)
# A stack that was killed may hold its ports a moment longer than it can be seen.
_PATIENCE_SECONDS = 5.0
_CLAIMS: Final = Path(tempfile.gettempdir()) / f"hostcart-ports-{os.getuid()}"
NAMES = ("aws", "stepfunctions", "stripe", "registrar", "sites", "callbacks", "login")


class PortTaken(RuntimeError):  # noqa: N818 - reads as what happened
    """A port that the user fixed is in use, or none."""


@contextmanager
def chosen(last: Mapping[str, int], names: Iterable[str] = NAMES) -> Iterator[dict[str, int]]:
    """A port for each name. Addresses stay the same over a restart when the last ports are still free.

    Nobody else is given these ports until the end: by then servers have to listen on them.

    Raises:
        PortTaken: a port given by an environment variable is not free.
    """
    with ExitStack() as claims:
        yield _choose(last, names, claims)


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether something listens on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _choose(last: Mapping[str, int], names: Iterable[str], claims: ExitStack) -> dict[str, int]:
    ports: dict[str, int] = {}
    until = time.monotonic() + _PATIENCE_SECONDS
    for name in names:
        variable = f"HOSTCART_PORT_{name.upper()}"
        if given := os.environ.get(variable):
            fixed = _number(variable, given)
            if fixed in ports.values():
                raise PortTaken(f"{variable}={given}: another part of the stack has this port")
            if not _becomes_ours(fixed, until, claims):
                raise PortTaken(f"{variable}={given}: the port is in use")
            ports[name] = fixed
            continue
        wanted = last.get(name, 0)
        ports[name] = wanted if wanted and _becomes_ours(wanted, until, claims) else _any_free(claims)
    return ports


def _number(variable: str, given: str) -> int:
    if not given.isascii() or not given.isdecimal() or int(given) not in _PORTS:
        raise PortTaken(f"{variable}={given}: a port is a number from {_PORTS.start} to {_PORTS.stop - 1}")
    return int(given)


def _any_free(claims: ExitStack) -> int:
    for port in random.sample(_RANGE, len(_RANGE)):
        if _is_ours(port, claims):
            return port
    raise PortTaken(f"no free port between {_RANGE.start} and {_RANGE.stop}")


def _becomes_ours(port: int, until: float, claims: ExitStack) -> bool:
    while not _is_ours(port, claims):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _is_ours(port: int, claims: ExitStack) -> bool:
    """Claim a port: another stack that starts just now must not find it free, too."""
    with ExitStack() as trial:
        if trial.enter_context(_claim(port)) and is_free(port):
            claims.enter_context(trial.pop_all())
            return True
    return False


@contextmanager
def _claim(port: int) -> Iterator[bool]:
    _CLAIMS.mkdir(mode=0o700, exist_ok=True)
    with (_CLAIMS / str(port)).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
