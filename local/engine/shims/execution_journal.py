"""Keeps the executions of moto's Step Functions over a restart.

Replaced: `Execution.start`, `BaseExecutionWorkerCommunication.terminated` and
`StepFunctionsParserBackend.create_state_machine`. moto holds executions in memory only. Each start and each
end is appended to a file; when a state machine is created again, its executions of earlier runs are put back.
One that had not ended when the stack stopped is shown as ABORTED with the error `Local.StackStopped`: it
cannot go on.
"""

import datetime
import json
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.api import ExecutionStatus, StateMachineType
from moto.stepfunctions.parser.backend import execution as execution_module
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

KEPT = 2000
"""At most so many executions come back, the newest."""

_lock = threading.Lock()


def install(journal: Path) -> None:
    """Write to `journal` from now on and bring back what it holds."""
    journal.parent.mkdir(parents=True, exist_ok=True)
    earlier = _read(journal)
    execution: Any = Execution
    communication: Any = execution_module.BaseExecutionWorkerCommunication
    backend: Any = StepFunctionsParserBackend
    start, terminated, create = execution.start, communication.terminated, backend.create_state_machine

    def start_noted(self: Execution) -> None:
        _append(journal, {"started": _facts(self)})
        start(self)

    def terminated_noted(self: Any) -> None:
        terminated(self)
        _append(journal, {"ended": _facts(self.execution) | _outcome(self.execution)})

    def create_restored(self: StepFunctionsParserBackend, *args: Any, **named: Any) -> Any:
        machine = create(self, *args, **named)
        known = {execution.execution_arn for execution in machine.executions}
        for record in earlier:
            if record["state_machine_arn"] == machine.arn and record["execution_arn"] not in known:
                machine.executions.append(_restore(record, machine))
        return machine

    execution.start = start_noted
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


def _append(journal: Path, record: dict[str, Any]) -> None:
    with _lock, journal.open("a") as file:
        file.write(json.dumps(record, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return {"__datetime__": value.isoformat()}
    return str(value)


def _revive(value: dict[str, Any]) -> Any:
    return datetime.datetime.fromisoformat(value["__datetime__"]) if "__datetime__" in value else value


def _read(journal: Path) -> list[dict[str, Any]]:
    """The newest executions, oldest first; rewrites the file to those, so that it does not grow for ever."""
    if not journal.exists():
        return []
    found: dict[str, dict[str, Any]] = {}
    for line in journal.read_text().splitlines():
        try:
            record = json.loads(line, object_hook=_revive)
        except json.JSONDecodeError:  # the line a killed process did not finish
            continue
        facts = record.get("ended") or record["started"]
        found[facts["execution_arn"]] = facts
    kept = list(found.values())[-KEPT:]
    journal.write_text("".join(json.dumps({"ended": facts}, default=_plain) + "\n" for facts in kept))
    return kept


def _restore(record: dict[str, Any], machine: StateMachine) -> Execution:
    snapshot: Any = SimpleNamespace(arn=machine.arn, name=machine.name)
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
    status = record.get("status", ExecutionStatus.ABORTED.value)
    execution.exec_status = ExecutionStatus(status)
    execution.stop_date = datetime.datetime.fromisoformat(record.get("stop_date", record["start_date"]))
    execution.output = record.get("output")
    execution.error = record.get("error") or (None if "status" in record else "Local.StackStopped")
    execution.cause = record.get("cause")
    finished: Any = _FinishedWorker(record.get("events", []))
    execution.exec_worker = finished
    return execution


class _FinishedWorker:
    """Stands where a running execution has its interpreter: no task waits, the history is as it was."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self.env = SimpleNamespace(
            callback_pool_manager=SimpleNamespace(notify=lambda **_: False, heartbeat=lambda **_: False),
            map_run_record_pool_manager=SimpleNamespace(get=lambda _: None, get_all=list),
            event_manager=SimpleNamespace(get_event_history=lambda: events),
        )

    def stop(self, **_: Any) -> None:
        """Nothing runs."""
