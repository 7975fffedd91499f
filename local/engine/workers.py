"""Finds the processes in which a function's invocations run, so that tests can kill them. Linux only."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def note(folder: Path, pid: int, function: str) -> None:
    """Keep in mind that a process runs this function, by its physical name."""
    (folder / str(pid)).write_text(function)


def pids(stack: Mapping[str, Any], function: str) -> list[int]:
    """Ids of the worker processes of a function of the running stack.

    Args:
        stack: what stack.json holds.
        function: the function's logical id or physical name.
    """
    name, engine = stack["functions"].get(function, function), stack["pids"]["aws"]
    noted = [int(path.name) for path in Path(stack["workers"]).glob("*") if _noted(path) == name]
    return sorted(pid for pid in noted if engine in (parent := _parent(pid), _parent(parent)))


def kill(stack: Mapping[str, Any], function: str, *, wait_seconds: float = 10.0) -> list[int]:
    """SIGKILL every worker of a function, waiting for one to exist; the ids that were killed.

    An invocation in progress ends with the error `Runtime.ExitError`; the next one gets a fresh worker.
    """
    deadline = time.monotonic() + wait_seconds
    while not (found := pids(stack, function)):
        if time.monotonic() > deadline:
            return []
        time.sleep(0.01)
    killed = []
    for pid in found:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:  # it ended by itself
            continue
        killed.append(pid)
    return killed


def _noted(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the stack was stopped meanwhile
        return ""


def _parent(pid: int) -> int:
    """0 when the process has ended: its parent may not have noticed yet."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return 0
    return 0 if state == "Z" else int(parent)
