"""The fulfilment on Step Functions (port Workflow): the execution's name is the cart's token."""

import json
from typing import TYPE_CHECKING

from hostcart.ports import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient


class SfnWorkflow:
    def __init__(self, client: "SFNClient", state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, *, account_id: str, cart_token: str) -> None:
        """A second start under the same name changes nothing, whether the first still runs or has ended."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.start_execution(
                stateMachineArn=self._arn,
                name=cart_token,
                input=json.dumps({"account_id": account_id, "cart_token": cart_token}),
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            return
        except (BotoCoreError, ClientError) as error:
            raise UnavailableError("workflow_unavailable") from error
