"""Forks functions' processes from one that has loaded the libraries: half of a start is loading them.

Replaced: `subprocess` in `ministack.core.lambda_runtime`. A package that says how (`bootstrap.RECIPE`) is
started by `fork_server.py`, under the same runtime client and with the same variables, paths and output;
all others start as before. `HOSTCART_FORKED_WORKERS=0` starts every process on its own, to measure one.
"""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, Final

from ministack.core import lambda_runtime

from local.engine import bootstrap, fork_server, workers

BORN_SECONDS: Final = 30
"""So long a start may take, the loading of the libraries included."""
_NUMBER_BYTES: Final = 16
_PAUSE_SECONDS: Final = 0.01

type Json = dict[str, Any]
type _State = tuple[tuple[int, int], ...]


class ForkedProcess:
    """As much of `subprocess.Popen` as the engine uses. `returncode` is None while it runs.

    Raises OSError when it is not born in time.
    """

    def __init__(self, life: socket.socket, stdout: BinaryIO) -> None:
        self.stdout = stdout
        self.returncode: int | None = None
        self._life = life
        self._lock = threading.Lock()
        life.settimeout(BORN_SECONDS)
        born = life.recv(_NUMBER_BYTES)
        if not born:
            raise ChildProcessError("the process that forks functions has ended")
        self.pid = int(born)
        life.settimeout(0)

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        with self._lock:
            if self.returncode is None:
                with suppress(BlockingIOError):
                    told = self._life.recv(_NUMBER_BYTES)
                    self.returncode = int(told) if told else -signal.SIGKILL
                    self._life.close()
            return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired. Nobody else's call waits meanwhile."""
        began = time.monotonic()
        while (code := self.poll()) is None:
            if timeout is not None and time.monotonic() - began > timeout:
                raise subprocess.TimeoutExpired("a function's process", timeout)
            time.sleep(_PAUSE_SECONDS)
        return code

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        """To nobody else: its id is free for others when its end was told."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


class ForkServer:
    """The process that has loaded the libraries of some layers, as they were when it started."""

    def __init__(self, python: str, layers: Sequence[str]) -> None:
        self.state = _state(layers)
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - the runtime's own Python
                [python, "-P", "-s", fork_server.__file__, str(theirs.fileno())],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(layers)},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def fork(self, order: Json) -> ForkedProcess:
        """Raises OSError when it cannot."""
        life, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        read, write = os.pipe()
        stdout = os.fdopen(read, "rb")
        try:
            with theirs, os.fdopen(write, "wb"):
                socket.send_fds(self._orders, [json.dumps(order).encode()], [theirs.fileno(), write])
            return ForkedProcess(life, stdout)
        except BaseException:
            life.close()
            stdout.close()
            raise

    def retire(self) -> None:
        """It takes no more orders, and ends with the last process that it forked."""
        self._orders.close()
        threading.Thread(target=self.process.wait, daemon=True).start()


class Processes:
    """Starts functions' processes, and notes in the folder `notes` which function each of them runs."""

    def __init__(self, notes: Path, *, forked: bool) -> None:
        self._notes = notes
        self._forked = forked
        self._servers: dict[tuple[str, ...], ForkServer] = {}
        self._lock = threading.Lock()

    def start(
        self, command: Sequence[str], *, cwd: str, env: Mapping[str, str], **streams: Any
    ) -> ForkedProcess | subprocess.Popen[bytes]:
        """In place of `subprocess.Popen`."""
        recipe = Path(command[0]).with_name(bootstrap.RECIPE)
        if self._forked and recipe.exists():
            started: ForkedProcess | subprocess.Popen[bytes] = self._fork(json.loads(recipe.read_text()), env)
        else:
            started = subprocess.Popen(command, cwd=cwd, env=env, **streams)  # noqa: S603 - the engine's own
        workers.note(self._notes, started.pid, env["AWS_LAMBDA_FUNCTION_NAME"])
        return started

    def _fork(self, recipe: Json, env: Mapping[str, str]) -> ForkedProcess:
        order = {**recipe, "environment": {**env, **recipe["environment"]}}
        return self._server(recipe["python"], tuple(recipe["layers"])).fork(order)

    def _server(self, python: str, layers: tuple[str, ...]) -> ForkServer:
        with self._lock:
            found = self._servers.get(layers)
            if found is not None and found.process.poll() is None and found.state == _state(layers):
                return found
            if found is not None:
                found.retire()
            self._servers[layers] = ForkServer(python, layers)
            return self._servers[layers]


def _state(layers: Sequence[str]) -> _State:
    """Another one after another build was put in the layers' place."""
    found = [Path(layer).stat() for layer in layers]
    return tuple((each.st_ino, each.st_mtime_ns) for each in found)


def install(notes: Path, *, forked: bool) -> None:
    """Apply to every function's process that is started from now on."""
    notes.mkdir(parents=True, exist_ok=True)
    processes: Any = SimpleNamespace(**vars(subprocess))
    processes.Popen = Processes(notes, forked=forked).start
    runtime: Any = lambda_runtime
    runtime.subprocess = processes
