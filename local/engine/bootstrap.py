"""The package of every local function: a script that starts AWS's runtime client out of the build folder."""

import io
import json
import os
import shlex
import zipfile
from pathlib import Path
from typing import Final

from local.engine.translation import Function

EXECUTABLE = 0o755 << 16
RECIPE: Final = "worker.json"
"""Beside the script: what it does, for `shims/forked_workers.py`."""


def package(function: Function, runtime_python: Path) -> bytes:
    """A zip that holds only `bootstrap` and its recipe."""
    recipe = json.dumps(_recipe(function, runtime_python))
    return _zip({"bootstrap": script(function, runtime_python), RECIPE: recipe})


def empty_layer() -> bytes:
    """A layer package for the engine; the real layer is on the bootstrap's path."""
    return _zip({"python/.keep": ""})


def environment(function: Function) -> dict[str, str]:
    """What the bootstrap sets: the paths that AWS would have unpacked function and layers to, and how the
    instance came to be."""
    path = os.pathsep.join(str(folder) for folder in (function.code, *function.layers))
    return {
        "LAMBDA_TASK_ROOT": str(function.code),
        "PYTHONPATH": path,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    }


def script(function: Function, runtime_python: Path) -> str:
    """The bootstrap. `-P` keeps the working folder off the path, `-s` the user's own packages."""
    exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment(function).items())
    run = f"exec {shlex.quote(str(runtime_python))} -P -s -m awslambdaric {shlex.quote(function.handler)}"
    return f"#!/bin/sh\nexport {exports}\ncd {shlex.quote(str(function.code))} && {run}\n"


def _recipe(function: Function, runtime_python: Path) -> dict[str, object]:
    """The same in parts: the Python, the function's folder and its layers, the variables, the handler."""
    return {
        "python": str(runtime_python),
        "layers": [str(folder) for folder in function.layers],
        "folder": str(function.code),
        "environment": environment(function),
        "handler": function.handler,
    }


def _zip(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, date_time=(2000, 1, 1, 0, 0, 0))
            entry.external_attr = EXECUTABLE
            archive.writestr(entry, text)
    return buffer.getvalue()
