"""Keeps the executions of moto's Step Functions over a restart.

Replaced: `Execution.start` and `.redrive`, `BaseExecutionWorkerCommunication.terminated` and
`StepFunctionsParserBackend.create_state_machine`. moto holds executions in memory only. Each start and each
end is appended to a file; when a state machine is created again, its ended executions of earlier runs are put
back, with their history. One that the stop cut off is not: `up` starts it again under the same name and input
(`local.engine.resume`). Its history and start date are then those of the new start; the earlier are lost.
"""

import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.api import ExecutionStatus, StateMachineType
from moto.stepfunctions.parser.backend import execution as execution_module
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from local.engine import journal_file
from local.engine.shims import redrive as redrives


def install(journal: Path) -> None:
    """Write to `journal` from now on and bring back what it holds."""
    journal.parent.mkdir(parents=True, exist_ok=True)
    earlier = journal_file.compact(journal)
    cut_off = {record["execution_arn"] for record in earlier if not journal_file.ended(record)}
    execution: Any = Execution
    communication: Any = execution_module.BaseExecutionWorkerCommunication
    backend: Any = StepFunctionsParserBackend
    start, terminated, create = execution.start, communication.terminated, backend.create_state_machine
    redrive = execution.redrive

    def start_noted(self: Execution) -> None:
        event = "resumed" if self.execution_arn in cut_off else "started"
        journal_file.append(journal, event, _facts(self))
        start(self)

    def redrive_noted(self: Execution) -> datetime.datetime:
        if self.exec_status in redrives.REDRIVABLE:
            journal_file.append(journal, "redriven", _facts(self))
        redriven: datetime.datetime = redrive(self)
        return redriven

    def terminated_noted(self: Any) -> None:
        terminated(self)
        journal_file.append(journal, "ended", _facts(self.execution) | _outcome(self.execution))

    def create_restored(self: StepFunctionsParserBackend, *args: Any, **named: Any) -> Any:
        machine = create(self, *args, **named)
        known = {execution.execution_arn for execution in machine.executions} | cut_off
        for record in earlier:
            if record["state_machine_arn"] == machine.arn and record["execution_arn"] not in known:
                machine.executions.append(_restore(record, machine))
        return machine

    execution.start = start_noted
    execution.redrive = redrive_noted
    communication.terminated = terminated_noted
    backend.create_state_machine = create_restored


def _facts(execution: Execution) -> dict[str, Any]:
    return {
        "execution_arn": execution.execution_arn,
        "state_machine_arn": execution.state_machine_arn,
        "name": execution.name,
        "input": execution.execution_input,
        "start_date": execution.start_date.isoformat(),
    }


def _outcome(execution: Execution) -> dict[str, Any]:
    return {
        "status": execution.status,
        "stop_date": (execution.stop_date or execution.start_date).isoformat(),
        "output": execution.output,
        "error": execution.error,
        "cause": execution.cause,
        "events": execution.to_history_output()["events"],
    }


def _restore(record: dict[str, Any], machine: StateMachine) -> Execution:
    snapshot: Any = SimpleNamespace(
        arn=machine.arn, name=machine.name, sm_type=machine.sm_type, definition=machine.definition
    )
    execution = Execution(
        name=record["name"],
        sm_type=StateMachineType(machine.sm_type),
        role_arn=machine.roleArn,
        exec_arn=record["execution_arn"],
        account_id=machine.backend.account_id,
        region_name=machine.backend.region_name,
        state_machine=snapshot,
        start_date=datetime.datetime.fromisoformat(record["start_date"]),
        cloud_watch_logging_session=None,
        activity_store={},
        input_data=record["input"],
    )
    execution.exec_status = ExecutionStatus(record["status"])
    execution.stop_date = datetime.datetime.fromisoformat(record["stop_date"])
    execution.output, execution.error, execution.cause = record["output"], record["error"], record["cause"]
    finished: Any = _FinishedWorker(record["events"])
    execution.exec_worker = finished
    return execution


class _FinishedWorker:
    """Stands where a running execution has its interpreter: no task waits, the history is as it was."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self.env = SimpleNamespace(
            callback_pool_manager=SimpleNamespace(
                notify=lambda **_: False, heartbeat=lambda **_: False, get=lambda _: None
            ),
            map_run_record_pool_manager=SimpleNamespace(get=lambda _: None, get_all=list),
            event_manager=SimpleNamespace(get_event_history=lambda: events),
        )

    def stop(self, **_: Any) -> None:
        """Nothing runs."""
