"""One open order a name: the claim on its A-label, a lease until paid and firm afterwards."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.aws_errors import aws_errors
from hostcart.adapters.dynamodb_errors import is_condition_failure
from hostcart.ports import ClaimTakenError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

    from hostcart.domain.cart import Cart

_MINE = "holder = :holder"
_KEPT: Final = 30 * 24 * 3600
"""Seconds for which the table keeps a lease that ran out: an order that is resumed late finds its own."""


class DynamoClaims:
    """The writes are given as parts of a transaction, or done alone where nothing else changes with them."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def take(self, cart: "Cart") -> "TransactWriteItemTypeDef":
        """A new lease; an expired one of somebody else is replaced."""
        from hostcart.domain.cart import CLAIM_LEASE

        now = int(cart.created_at.timestamp())
        until = int((cart.created_at + CLAIM_LEASE).timestamp())
        return {
            "Put": {
                "TableName": self._table,
                "Item": {
                    **keys.claim(cart.domain.name),
                    "holder": {"S": _holder(cart)},
                    "lease_until": {"N": str(until)},
                    "expires_at": {"N": str(until + _KEPT)},
                },
                "ConditionExpression": "attribute_not_exists(pk) OR lease_until < :now",
                "ExpressionAttributeValues": {":now": {"N": str(now)}},
            }
        }

    def make_firm(self, cart: "Cart") -> "TransactWriteItemTypeDef":
        write = self._mine(cart)
        write["UpdateExpression"] = "REMOVE lease_until, expires_at"
        return {"Update": write}

    def drop(self, cart: "Cart") -> "TransactWriteItemTypeDef":
        """Refused only when somebody else holds the name by now."""
        write = self._mine(cart)
        write["ConditionExpression"] = f"attribute_not_exists(pk) OR {_MINE}"
        return {"Delete": write}

    def held(self, name: str, at: datetime) -> bool:
        """Whether anybody holds the name at that moment."""
        item = self._get(name)
        if item is None:
            return False
        return "lease_until" not in item or int(item["lease_until"]["N"]) >= at.timestamp()

    def renew(self, cart: "Cart", until: datetime) -> None:
        """Raises ClaimTakenError when somebody else holds the name by now. A firm claim stays firm."""
        renewal = self._mine(cart)
        renewal["ConditionExpression"] = f"{_MINE} AND attribute_exists(lease_until)"
        renewal["UpdateExpression"] = "SET lease_until = :until, expires_at = :expiry"
        end = int(until.timestamp())
        renewal["ExpressionAttributeValues"] |= {
            ":until": {"N": str(end)},
            ":expiry": {"N": str(end + _KEPT)},
        }
        with aws_errors("database"):
            try:
                self._client.update_item(**renewal)
            except self._client.exceptions.ClientError as error:
                if not is_condition_failure(error):
                    raise
                if self._holder_of(cart.domain.name) != _holder(cart):
                    raise ClaimTakenError from error

    def _holder_of(self, name: str) -> str | None:
        item = self._get(name)
        return None if item is None else item["holder"]["S"]

    def _get(self, name: str) -> "dict[str, AttributeValueTypeDef] | None":
        with aws_errors("database"):
            return self._client.get_item(
                TableName=self._table, Key=keys.claim(name), ConsistentRead=True
            ).get("Item")

    def _mine(self, cart: "Cart") -> Any:
        return {
            "TableName": self._table,
            "Key": keys.claim(cart.domain.name),
            "ConditionExpression": _MINE,
            "ExpressionAttributeValues": {":holder": {"S": _holder(cart)}},
        }


def _holder(cart: "Cart") -> str:
    return f"{cart.account.id}#{cart.token}"
