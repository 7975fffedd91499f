"""Run by the runtime's Python: has the libraries loaded, and forks a function's process for each order.

An order is a message on the socket whose descriptor is the first argument, with two descriptors beside it:
a socket that is told the process's id and, when it has ended, its exit code; and where its output goes. It
ends when no more orders can come and every process has ended. If it is killed, they are, too.

Imports nothing of this project: a function sees what it would see if it had been started by itself.
"""

import ctypes
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
from contextlib import suppress
from typing import Any, Final

LONGEST_ORDER: Final = 128 * 1024
# Ours and the runtime's, as far as they are read from the environment by nobody. The runtime client is.
_LIBRARIES: Final = ("pydantic", "stripe", "urllib3")
_SET_PARENT_DEATH_SIGNAL: Final = 1  # PR_SET_PDEATHSIG of prctl(2)

type Json = dict[str, Any]


def load_libraries() -> None:
    """As far as they are there. A client loads what the SDK imports only when it is used."""
    for name in _LIBRARIES:
        with suppress(ImportError):
            importlib.import_module(name)
    from botocore.session import get_session

    session = get_session()
    session.set_credentials("none", "none")
    session.create_client("dynamodb", region_name="us-east-1")
    gc.collect()
    gc.freeze()


def serve(orders: socket.socket) -> tuple[bytes, int] | None:
    """Until the other side of `orders` is closed and nothing that was forked runs any more: None.

    In a forked process it returns, too: its order, and the descriptor of its output.
    """
    with selectors.DefaultSelector() as waited:
        waited.register(orders, selectors.EVENT_READ)
        while waited.get_map():
            for key, _ in waited.select():
                if key.data is not None:
                    waited.unregister(key.fd)
                    _tell_end(key.fd, *key.data)
                    continue
                message, descriptors, _, _ = socket.recv_fds(orders, LONGEST_ORDER, 2)
                if not message:
                    waited.unregister(orders)
                    continue
                told, output = descriptors
                pid = os.fork()
                if pid == 0:
                    return message, output
                os.close(output)
                life = socket.socket(fileno=told)
                _tell(life, pid)
                waited.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, life))
    return None


def _tell_end(pidfd: int, pid: int, life: socket.socket) -> None:
    """Its id stays its own until the engine knows."""
    found: Any = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    with life:
        _tell(life, found.si_status if found.si_code == os.CLD_EXITED else -found.si_status)
    os.waitpid(pid, 0)
    os.close(pidfd)


def _tell(life: socket.socket, number: int) -> None:
    with suppress(BrokenPipeError):  # the engine wants to know no more
        life.send(str(number).encode())


def take_place(order: Json, output: int, plain_path: list[str]) -> None:
    """The descriptors, folder, variables and search path of a process of its own."""
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    sys.path[:] = [order["folder"], *order["layers"], *plain_path]
    sys.argv = ["awslambdaric", order["handler"]]


def die_with(parent: int, libc: ctypes.CDLL) -> None:
    """Be killed when the parent is: nobody else would know of this process any more."""
    libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:  # it was faster
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Serve; in a forked process, be the runtime client until the process ends."""
    of_layers = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    plain_path = [folder for folder in sys.path if folder not in of_layers]
    server, libc = os.getpid(), ctypes.CDLL(None)
    load_libraries()
    with socket.socket(fileno=int(sys.argv[1])) as orders:
        forked = serve(orders)
    if forked is not None:
        message, output = forked
        die_with(server, libc)
        take_place(json.loads(message), output, plain_path)
        runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
