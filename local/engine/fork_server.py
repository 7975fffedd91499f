"""Run by the runtime's Python: has the libraries loaded, and forks a function's process for each order.

An order is a message on the socket whose descriptor is the first argument, with two descriptors beside it:
a socket that is told the process's id and, when it has ended, its exit code; and where its output goes. It
ends when no more orders can come and every process has ended.

Imports nothing of this project: a function sees what it would see if it had been started by itself.
"""

import gc
import importlib
import json
import os
import runpy
import selectors
import socket
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

LONGEST_ORDER: Final = 128 * 1024
# Ours and the runtime's, as far as they are read from the environment by nobody. The runtime client is.
_LIBRARIES: Final = ("pydantic", "stripe", "urllib3")

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


def serve(orders: socket.socket, plain_path: list[str]) -> None:
    """Until the other side of `orders` is closed and nothing that was forked runs any more."""
    with selectors.DefaultSelector() as waited:
        waited.register(orders, selectors.EVENT_READ)
        while waited.get_map():
            for key, _ in waited.select():
                if key.data is not None:
                    waited.unregister(key.fd)
                    _tell_end(key.fd, *key.data)
                elif (born := _take(orders, plain_path)) is not None:
                    pidfd, pid, life = born
                    waited.register(pidfd, selectors.EVENT_READ, (pid, life))
                else:
                    waited.unregister(orders)


def _take(orders: socket.socket, plain_path: list[str]) -> tuple[int, int, socket.socket] | None:
    """(descriptor, id, who is told) of the process that the next order asks for; None: no more orders."""
    message, descriptors, _, _ = socket.recv_fds(orders, LONGEST_ORDER, 2)
    if not message:
        return None
    told, output = descriptors
    pid = os.fork()
    if pid == 0:
        _become(message, output, plain_path)
    os.close(output)
    life = socket.socket(fileno=told)
    _tell(life, pid)
    return os.pidfd_open(pid), pid, life


def _tell_end(pidfd: int, pid: int, life: socket.socket) -> None:
    _, status = os.waitpid(pid, 0)
    os.close(pidfd)
    with life:
        _tell(life, os.waitstatus_to_exitcode(status))


def _tell(life: socket.socket, number: int) -> None:
    with suppress(BrokenPipeError):  # the engine wants to know no more
        life.send(str(number).encode())


def _become(message: bytes, output: int, plain_path: list[str]) -> None:
    """Be the function's process, as if started on its own. Does not return."""
    code = 1
    try:
        order: Json = json.loads(message)
        _take_place(output, order["folder"], order["environment"])
        sys.path[:] = [*order["path"], *plain_path]
        sys.argv = ["awslambdaric", order["handler"]]
        runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # what would end a process of its own, with this on its output
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _take_place(output: int, folder: str, environment: Mapping[str, str]) -> None:
    """The descriptors, folder and variables of a process of its own."""
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)


if __name__ == "__main__":
    of_layers = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    load_libraries()
    serve(socket.socket(fileno=int(sys.argv[1])), [folder for folder in sys.path if folder not in of_layers])
