"""Starts the executions again that the last stop cut off, so that orders in flight go on to their end.

Each starts from the first state under its old name and input. Every task is idempotent, so what had been
done is found and not done twice.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from botocore.exceptions import ClientError

from local.engine import aws, journal_file
from local.engine.journal_file import Record
from local.engine.workspace import Workspace


def journal(workspace: Workspace) -> Path:
    """Where the executions are kept."""
    return workspace.state / "executions.jsonl"


def cut_off(workspace: Workspace) -> list[Record]:
    """The executions that had not ended when the stack stopped; ask before the engine starts."""
    return [record for record in journal_file.read(journal(workspace)) if not journal_file.ended(record)]


def resume(records: Sequence[Record], endpoint: str, machines: Iterable[str]) -> int:
    """Start them again on the Step Functions endpoint; how many go on.

    Args:
        machines: ARNs of the deployed state machines; an execution of another has nothing to run it.
    """
    states, deployed = aws.client("stepfunctions", endpoint), set(machines)
    started = 0
    for record in records:
        if record["state_machine_arn"] not in deployed:
            continue
        try:
            states.start_execution(
                stateMachineArn=record["state_machine_arn"], name=record["name"], input=record["input"]
            )
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise
            continue  # a repeated request was first, and it has ended already
        started += 1
    return started
