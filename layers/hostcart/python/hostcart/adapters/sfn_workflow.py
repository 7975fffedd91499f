"""The fulfilment on Step Functions (port Workflow): the execution's name is the cart's token."""

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hostcart.adapters.aws_errors import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient


# Of a wait that has ended: by its time-out, by an earlier wake, or with its execution.
_GONE: Final = frozenset({"InvalidToken", "TaskDoesNotExist", "TaskTimedOut"})


class SfnWorkflow:
    def __init__(self, client: "SFNClient", state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, *, account_id: str, cart_token: str) -> None:
        """A second start under the same name changes nothing, whether the first still runs or has ended."""
        with aws_errors("workflow"), suppress(self._client.exceptions.ExecutionAlreadyExists):
            self._client.start_execution(
                stateMachineArn=self._arn,
                name=cart_token,
                input=json.dumps({"account_id": account_id, "cart_token": cart_token}),
            )

    def wake(self, task_token: str) -> None:
        with aws_errors("workflow"):
            try:
                self._client.send_task_success(taskToken=task_token, output="{}")
            except self._client.exceptions.ClientError as error:
                if error.response["Error"]["Code"] not in _GONE:
                    raise
