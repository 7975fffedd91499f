"""What an execution waits under and what was reported meanwhile: two attributes beside a cart's facts.

They are written without touching the cart's version: no writer of facts is disturbed by them, and no poll
sees a change. `news` is a mark, `task_token` a capability to end the wait, read for that alone.
"""

from typing import TYPE_CHECKING, Any, Final

from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.aws_errors import aws_errors
from hostcart.adapters.dynamodb_errors import is_condition_failure
from hostcart.adapters.dynamodb_transactions import TransactionRefusedError, transact
from hostcart.ports import UnknownCartError

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_MARK: Final[Any] = {
    "UpdateExpression": "SET news = :true",
    "ConditionExpression": "attribute_exists(pk)",
    "ExpressionAttributeValues": {":true": {"BOOL": True}},
}


class DynamoWaits:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def mark_news(self, account_id: str, token: str) -> str | None:
        """The stored task token; None when nothing waits or there is no such cart."""
        written = self._write(
            account_id,
            token,
            **_MARK,
            ReturnValues="ALL_NEW",
        )
        if written is None:
            return None
        waiting: str | None = written["Attributes"].get("task_token", {}).get("S")
        return waiting

    def mark_news_once(self, account_id: str, token: str, event_id: str, until: "datetime") -> bool:
        """False when the event was taken before. Raises UnknownCartError."""
        event: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self._table,
                "Item": {
                    **keys.payment_event(event_id),
                    "cart": keys.cart(account_id, token)["sk"],
                    "expires_at": {"N": str(int(until.timestamp()))},
                },
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        mark: Any = {"TableName": self._table, "Key": keys.cart(account_id, token), **_MARK}
        try:
            transact(self._client, [event, {"Update": mark}])
        except TransactionRefusedError as refused:
            if 0 in refused.failed:
                return False
            raise UnknownCartError from None
        return True

    def clear_news(self, account_id: str, token: str) -> None:
        self._write(
            account_id,
            token,
            UpdateExpression="REMOVE news, task_token",
            ConditionExpression="attribute_exists(pk)",
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
