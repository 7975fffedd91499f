"""Shortens the engine's wait for a function's log lines after each invocation.

Replaced: the defaults of `ministack.core.lambda_runtime.Worker._drain_stderr_bounded`. It waits 50 ms for a
first line even of a function that logs nothing, on every call. Late lines are not lost: they show with the
next invocation.
"""

from ministack.core.lambda_runtime import Worker

FIRST_LINE_SECONDS, IDLE_SECONDS, CAP_SECONDS = 0.002, 0.001, 0.25


def install() -> None:
    """Apply to every function worker."""
    Worker._drain_stderr_bounded.__defaults__ = (FIRST_LINE_SECONDS, IDLE_SECONDS, CAP_SECONDS)  # noqa: SLF001
