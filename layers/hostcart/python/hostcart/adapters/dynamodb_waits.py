"""What an execution waits under and what was reported meanwhile: two attributes beside a cart's facts.

They are written without touching the cart's version: no writer of facts is disturbed by them, and no poll
sees a change. `news` is a mark, `task_token` a capability to end the wait, read for that alone.
"""

from typing import TYPE_CHECKING, Any

from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.aws_errors import aws_errors
from hostcart.adapters.dynamodb_errors import is_condition_failure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoWaits:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def mark_news(self, account_id: str, token: str) -> str | None:
        """The stored task token; None when nothing waits or there is no such cart."""
        written = self._write(
            account_id,
            token,
            UpdateExpression="SET news = :true",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues={":true": {"BOOL": True}},
            ReturnValues="ALL_NEW",
        )
        if written is None:
            return None
        waiting: str | None = written["Attributes"].get("task_token", {}).get("S")
        return waiting

    def clear_news(self, account_id: str, token: str) -> None:
        self._write(
            account_id, token, UpdateExpression="REMOVE news", ConditionExpression="attribute_exists(pk)"
        )

    def store_task_token(self, account_id: str, token: str, task_token: str) -> bool:
        """False when there is news, or no such cart."""
        written = self._write(
            account_id,
            token,
            UpdateExpression="SET task_token = :token",
            ConditionExpression="attribute_exists(pk) AND attribute_not_exists(news)",
            ExpressionAttributeValues={":token": {"S": task_token}},
        )
        return written is not None

    def _write(self, account_id: str, token: str, **update: Any) -> Any:
        """DynamoDB's answer, or None when the condition did not hold."""
        with aws_errors("database"):
            try:
                return self._client.update_item(
                    TableName=self._table, Key=keys.cart(account_id, token), **update
                )
            except self._client.exceptions.ClientError as error:
                if is_condition_failure(error):
                    return None
                raise
