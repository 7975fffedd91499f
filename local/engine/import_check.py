"""Imports handlers as the runtime would, so that an error in one shows before its first invocation."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.engine import import_probe, invoke
from local.engine.translation import Function
from local.engine.workspace import Workspace

AT_ONCE = 2
LONGEST_SECONDS = 30


@dataclass(frozen=True)
class LoadError:
    """Why a handler cannot be loaded; `file` and `line` are where, when the error lies in a file."""

    file: Path | None
    line: int | None
    message: str


def failures(
    workspace: Workspace, stack: Mapping[str, Any], functions: Iterable[Function]
) -> dict[str, LoadError]:
    """The functions whose handlers cannot be loaded, by logical id, with the deployed environment of each."""

    def check(function: Function) -> tuple[str, LoadError | None]:
        return function.logical_id, load(
            workspace.runtime_python, function, invoke.environment(workspace, stack, function)
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {name: error for name, error in pool.map(check, functions) if error is not None}


def load(runtime_python: Path, function: Function, environment: Mapping[str, str]) -> LoadError | None:
    """Import one handler in a process of its own; None when that works."""
    command = [str(runtime_python), "-P", "-s", import_probe.__file__, function.handler]
    try:
        done = subprocess.run(  # noqa: S603 - the runtime's own Python
            command,
            cwd=function.code,
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return LoadError(None, None, f"importing {function.handler} takes longer than {LONGEST_SECONDS} s")
    if done.returncode == import_probe.FAILED:
        found = json.loads(done.stdout.splitlines()[-1])
        return LoadError(Path(found["file"]) if found["file"] else None, found["line"], found["message"])
    if done.returncode:
        return LoadError(None, None, done.stderr.strip()[-500:] or f"exit code {done.returncode}")
    return None
