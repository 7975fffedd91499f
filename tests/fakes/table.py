"""The template's own table on any DynamoDB, and a meter of what each call consumes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from local.engine import cloudformation_yaml

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

TABLE = "hostcart"
TEMPLATE = Path(__file__).parents[2] / "template.yaml"
# DynamoDB bills a transaction's write at twice the units of a plain one; DynamoDB Local counts it four times.
_LOCAL_FACTORS = {"TransactWriteItems": 0.5}
_SHAPE = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


def create_table(client: "DynamoDBClient", name: str = TABLE) -> str:
    """Creates the table as template.yaml describes it; its name."""
    properties: dict[str, Any] = cloudformation_yaml.load(TEMPLATE)["Resources"]["Table"]["Properties"]
    client.create_table(TableName=name, **{key: properties[key] for key in _SHAPE})
    return name


def set_environment(patch: pytest.MonkeyPatch) -> None:
    """Credentials and a region that are nobody's."""
    patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    patch.setenv("AWS_ACCESS_KEY_ID", "test")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    patch.delenv("AWS_ENDPOINT_URL", raising=False)


@contextmanager
def moto_table(session: boto3.Session | None = None) -> "Iterator[DynamoDBClient]":
    """A client of DynamoDB in this process (moto) with the table, empty; needs `set_environment`.

    A session that is given again keeps the service models that it has parsed.
    """
    with mock_aws():
        client = (session or boto3.Session()).client("dynamodb")
        create_table(client)
        yield client


@dataclass(frozen=True)
class Call:
    """One request: `units` as DynamoDB counted them, read or write by the operation's nature."""

    operation: str
    units: float

    @property
    def writes(self) -> bool:
        return self.operation in {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}


@dataclass
class Meter:
    """Asks every call of a client what it consumed."""

    calls: list[Call] = field(default_factory=list)

    def attach(self, client: "DynamoDBClient") -> "Meter":
        events: Any = client.meta.events
        events.register("provide-client-params.dynamodb.*", self._ask)
        events.register("after-call.dynamodb.*", self._note)
        return self

    def detach(self, client: "DynamoDBClient") -> None:
        events: Any = client.meta.events
        events.unregister("provide-client-params.dynamodb.*", self._ask)
        events.unregister("after-call.dynamodb.*", self._note)

    @contextmanager
    def reading(self) -> "Iterator[list[Call]]":
        """The calls made inside the block."""
        start = len(self.calls)
        found: list[Call] = []
        yield found
        found += self.calls[start:]

    @staticmethod
    def _ask(params: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**params, "ReturnConsumedCapacity": "TOTAL"}

    def _note(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        counted = parsed.get("ConsumedCapacity", [])
        entries = counted if isinstance(counted, list) else [counted]
        counts = sum(entry["CapacityUnits"] for entry in entries)
        self.calls.append(Call(model.name, counts * _LOCAL_FACTORS.get(model.name, 1)))
