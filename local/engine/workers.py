"""Finds the processes in which a function's invocations run, so that tests can kill them. Linux only."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def pids(stack: Mapping[str, Any], function: str) -> list[int]:
    """Ids of the worker processes of a function of the running stack.

    Args:
        stack: what stack.json holds.
        function: the function's logical id or physical name.
    """
    name = stack["functions"].get(function, function).encode()
    return sorted(
        pid
        for pid in _children(stack["pids"]["aws"])
        if b"AWS_LAMBDA_FUNCTION_NAME=" + name in _environment(pid)
    )


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


def _children(parent: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        try:
            found += [int(pid) for pid in task.read_text().split()]
        except OSError:  # the thread ended meanwhile
            continue
    return found


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
