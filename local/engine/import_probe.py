"""Run by the runtime's Python on a handler's name: exit code 3 and a line of JSON when it cannot be loaded.

Imports nothing of this project: it sees only what the function would see.
"""

import importlib
import json
import sys
import traceback
from typing import Any

FAILED = 3


def place(error: BaseException) -> tuple[str | None, int | None]:
    """File and line of the innermost code that is not Python's own import machinery or this file."""
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith("<") and frame.filename not in {__file__, importlib.__file__}:
            return frame.filename, frame.lineno
    return None, None


def probe(handler: str) -> dict[str, Any] | None:
    """What hinders the import of `module.function`; None when nothing does."""
    module, _, name = handler.rpartition(".")
    try:
        getattr(importlib.import_module(module.replace("/", ".")), name)
    except (Exception, SystemExit) as error:
        file, line = place(error)
        message = error.msg if isinstance(error, SyntaxError) else str(error)
        return {"file": file, "line": line, "message": f"{type(error).__name__}: {message}"}
    return None


if __name__ == "__main__":
    hindrance = probe(sys.argv[1])
    if hindrance is not None:
        print(f"\n{json.dumps(hindrance)}", flush=True)
        sys.exit(FAILED)
