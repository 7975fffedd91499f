"""Gives moto's Step Functions RedriveExecution, which it does not have.

Added: `StepFunctionResponse.redrive_execution` and `Execution.redrive`; replaced:
`StepFunctionResponse.describe_execution`, whose answer also says whether and how often. A redriven execution
goes on at the last state that it entered, with that state's input and fresh retries, under its own name; its
history goes on as well. Unlike AWS's it takes the definition as it is now when the execution is of an earlier
run of the engine.
"""

import datetime
import json
import threading
from typing import Any, Final

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.responses import StepFunctionResponse

REDRIVABLE: Final = frozenset({ExecutionStatus.FAILED, ExecutionStatus.ABORTED, ExecutionStatus.TIMED_OUT})
_lock = threading.Lock()


class ExecutionNotRedrivableError(AWSError):
    """What Step Functions answers when the execution runs or has succeeded."""

    TYPE = "ExecutionNotRedrivable"
    STATUS = 400


def install() -> None:
    """Answer RedriveExecution."""
    execution, response = Execution, StepFunctionResponse
    patched: tuple[tuple[Any, str, Any], ...] = (
        (execution, "redrive", _redrive),
        (response, "redrive_execution", _redrive_execution),
        (response, "describe_execution", _describing(response.describe_execution)),
    )
    for owner, name, method in patched:
        setattr(owner, name, method)


class _RedrivenWorker(ExecutionWorker):
    """Runs from the state on at which the execution ended; its events follow the earlier ones."""

    def __init__(self, ended: Any, events: list[dict[str, Any]]) -> None:
        details, told = ended._evaluation_details, ended._execution_communication  # noqa: SLF001
        super().__init__(details, told, None, ended._activity_store)  # noqa: SLF001
        entered = [event for event in events if event["type"].endswith("StateEntered")]
        self._state: dict[str, Any] | None = entered[-1]["stateEnteredEventDetails"] if entered else None
        self.env = self._get_evaluation_environment()
        self._continue_history(events)

    def _execution_logic(self) -> None:
        program: Any = self._get_evaluation_entrypoint()
        environment: Any = self.env
        if self._state is not None:
            program = _starting_at(self._state["name"], program)
            environment.states.reset(json.loads(self._state["input"]))
        program.eval(environment)
        self._execution_communication.terminated()

    def _continue_history(self, earlier: list[dict[str, Any]]) -> None:
        environment: Any = self.env
        manager, last = environment.event_manager, earlier[-1]["id"]
        manager._history_event_list.extend(earlier)  # noqa: SLF001
        manager._event_id_gen._next_id = last + 1  # noqa: SLF001
        environment.event_history_context.source_event_id = last
        manager.add_event(context=environment.event_history_context, event_type="ExecutionRedriven")


def _starting_at(state: str, program: Any) -> Any:
    start: Any = StartAt
    make: Any = Program
    return make(
        query_language=program.query_language,
        start_at=start(state),
        states=program.states,
        timeout_seconds=program.timeout_seconds,
    )


def _redrive(self: Any) -> datetime.datetime:
    """Let the execution go on. Raises ExecutionNotRedrivableError."""
    with _lock:
        if self.exec_status not in REDRIVABLE:
            raise ExecutionNotRedrivableError("The execution is not in a state that can be redriven.")
        worker: Any = _RedrivenWorker(self._get_start_execution_worker(), self.to_history_output()["events"])
        self.redrive_date = datetime.datetime.now(datetime.UTC)
        self.redrive_count = getattr(self, "redrive_count", 0) + 1
        self.stop_date = self.error = self.cause = None
        self.exec_status = ExecutionStatus.RUNNING
        self.exec_worker = worker
        worker.start()
    redriven: datetime.datetime = self.redrive_date
    return redriven


def _redrive_execution(self: Any) -> ActionResult:
    execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
    return ActionResult({"redriveDate": execution.redrive()})


def _describing(original: Any) -> Any:
    def describe_execution(self: Any) -> ActionResult:
        answer: ActionResult = original(self)
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        ended = getattr(execution, "exec_status", None) in REDRIVABLE
        described: Any = answer.result
        described["redriveCount"] = getattr(execution, "redrive_count", 0)
        described["redriveStatus"] = "REDRIVABLE" if ended else "NOT_REDRIVABLE"
        if ended:
            described["stopDate"] = execution.stop_date  # the original leaves it out after a time-out
        return answer

    return describe_execution
