"""Lets an invocation wait for a worker that is about to be free instead of starting a process each.

Replaced: `acquire_worker` and `release_worker` in `ministack.services.lambda_svc`. The engine starts one
more process for each concurrent invocation, as Lambda does; on one machine a burst of orders would start
hundreds of Python processes that all import at once, until time-outs. Here a function gets at most a few
workers, few warm up at a time, and an invocation first waits a moment for one that exists. Waiting is no
part of its time-out.
"""

import os
import threading
import time
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

PATIENCE_SECONDS = 0.25
"""So long an invocation waits for an existing worker before it asks for a new one."""
WARM_UP_SECONDS = 2.0
"""A new worker counts as warming up until its first invocation ends, at most so long."""


class WorkerQueue:
    """Decides who gets a worker, and when one more is started."""

    def __init__(self, limit: int, cores: int) -> None:
        self._limit = limit
        self._cores = cores
        self._changed = threading.Condition()
        self._warming: dict[int, float] = {}
        self._acquire: Any = lambda_runtime.acquire_worker
        self._release: Any = lambda_runtime.release_worker

    def acquire(
        self, func_name: str, config: dict[str, Any], code_zip: bytes, qualifier: str = "$LATEST"
    ) -> Any:
        """A free worker and how it was got; waits for it."""
        key = lambda_runtime._worker_key(func_name, config, qualifier)  # noqa: SLF001
        came = time.monotonic()
        with self._changed:
            while not self._may_take(key, came):
                self._changed.wait(0.05)
            worker, how = self._acquire(func_name, config, code_zip, qualifier=qualifier)
            if how == "spawn":
                self._warming[id(worker)] = time.monotonic()
            return worker, how

    def release(self, worker: Any) -> None:
        """Give a worker back."""
        with self._changed:
            self._release(worker)
            self._warming.pop(id(worker), None)
            self._changed.notify_all()

    def _may_take(self, key: str, came: float) -> bool:
        workers = lambda_runtime._workers.get(key, [])  # noqa: SLF001
        if any(not worker.in_use for worker in workers):
            return True
        now = time.monotonic()
        if workers and (len(workers) >= self._limit or now - came < PATIENCE_SECONDS):
            return False
        return sum(now - since < WARM_UP_SECONDS for since in self._warming.values()) < self._cores


def install(workers: int) -> None:
    """Run at most `workers` invocations of one function at a time."""
    queue = WorkerQueue(workers, cores=max(2, os.cpu_count() or 2))
    lambda_svc.acquire_worker = queue.acquire
    lambda_svc.release_worker = queue.release
