"""Writes each function's log lines to a file as well, so that `tail -f` shows them.

Replaced: `ministack.services.lambda_svc._emit_lambda_logs`, which keeps them only in the emulated CloudWatch
Logs, in memory. The original still runs.
"""

import threading
from pathlib import Path
from typing import Any

from ministack.services import lambda_svc

_lock = threading.Lock()


def install(folder: Path) -> None:
    """Append to `<folder>/<function name>.log` from now on."""
    folder.mkdir(parents=True, exist_ok=True)
    original = lambda_svc._emit_lambda_logs  # noqa: SLF001

    def emit(
        func: dict[str, Any],
        request_id: str,
        log_text: str,
        error: bool,  # noqa: FBT001 - ministack's signature
        duration_ms: int,
        **rest: Any,
    ) -> None:
        name = (func.get("config") or func).get("FunctionName", "unknown")
        if log_text:
            with _lock, (folder / f"{name}.log").open("a") as log:
                log.write(log_text.rstrip("\n") + "\n")
        original(func, request_id, log_text, error, duration_ms, **rest)

    lambda_svc._emit_lambda_logs = emit  # noqa: SLF001
