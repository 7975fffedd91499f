"""Makes StartExecution with one name atomic under concurrency.

Replaced: `StepFunctionsParserBackend.start_execution`. moto looks for the name and appends the execution in
two steps; two requests at once would start two executions under one name, which Step Functions never does.
"""

import threading
from typing import Any

from moto.stepfunctions.parser.models import StepFunctionsParserBackend


def install() -> None:
    """Serialise StartExecution."""
    backend: Any = StepFunctionsParserBackend
    original = backend.start_execution
    lock = threading.Lock()

    def start_execution(self: StepFunctionsParserBackend, *args: Any, **named: Any) -> Any:
        with lock:
            return original(self, *args, **named)

    backend.start_execution = start_execution
