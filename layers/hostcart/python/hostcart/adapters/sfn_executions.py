"""Executions as Step Functions knows them (port Executions).

The first execution of a cart has the cart's token as its name, later ones `<token>-2`, `<token>-3`.
"""

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hostcart.adapters.aws_errors import aws_errors
from hostcart.ports_reconcile import Execution, ExecutionStatus

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

_NO_CART: Final = "CartNotFound"
"""Ends in a Fail state, where a redrive would only fail again."""
_NOT_RESUMED: Final = frozenset(
    {"ExecutionNotRedrivable", "UnknownOperationException", "UnsupportedOperation", "InvalidAction"}
)


class SfnExecutions:
    def __init__(self, client: "SFNClient", state_machine_arn: str) -> None:
        self._client = client
        self._machine = state_machine_arn

    def latest(self, cart_token: str) -> Execution | None:
        found: Execution | None = None
        number = 1
        while (described := self._describe(cart_token, number)) is not None:
            found = _execution(described, number)
            if found.status is ExecutionStatus.RUNNING:
                break
            number += 1
        return found

    def resume(
        self, execution: Execution | None, *, account_id: str, cart_token: str, fresh: bool = False
    ) -> str:
        if execution is not None and execution.redrivable and execution.error != _NO_CART and not fresh:
            with aws_errors("workflow"):
                try:
                    self._client.redrive_execution(executionArn=self._arn(execution.name))
                except self._client.exceptions.ClientError as error:
                    if error.response["Error"]["Code"] not in _NOT_RESUMED:
                        raise
                else:
                    return execution.name
        name = _name(cart_token, 1 if execution is None else execution.number + 1)
        with aws_errors("workflow"), suppress(self._client.exceptions.ExecutionAlreadyExists):
            self._client.start_execution(
                stateMachineArn=self._machine,
                name=name,
                input=json.dumps({"account_id": account_id, "cart_token": cart_token}),
            )
        return name

    def _describe(self, cart_token: str, number: int) -> "DescribeExecutionOutputTypeDef | None":
        with aws_errors("workflow"):
            try:
                return self._client.describe_execution(executionArn=self._arn(_name(cart_token, number)))
            except self._client.exceptions.ExecutionDoesNotExist:
                return None

    def _arn(self, name: str) -> str:
        return f"{self._machine.replace(':stateMachine:', ':execution:')}:{name}"


def _name(cart_token: str, number: int) -> str:
    return cart_token if number == 1 else f"{cart_token}-{number}"


def _execution(described: "DescribeExecutionOutputTypeDef", number: int) -> Execution:
    status = described["status"]
    return Execution(
        name=described["name"],
        number=number,
        status=ExecutionStatus.RUNNING if status == "PENDING_REDRIVE" else ExecutionStatus(status),
        stopped_at=described.get("stopDate"),
        resumes=described.get("redriveCount", 0) + number - 1,
        redrivable=described.get("redriveStatus") == "REDRIVABLE",
        account_id=json.loads(described.get("input", "{}")).get("account_id", ""),
        error=described.get("error"),
    )
