"""The template's own table on any DynamoDB, and a meter of what each call consumes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from local.engine import cloudformation_yaml
from tests import lean_moto
from tests.fakes.units import transaction_units

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

TABLE = "hostcart"
TEMPLATE = Path(__file__).parents[2] / "template.yaml"
_TRANSACTION = "TransactWriteItems"
_SHAPE = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


def create_table(client: "DynamoDBClient", name: str = TABLE) -> str:
    """Creates the table as template.yaml describes it; its name."""
    client.create_table(TableName=name, **_shape())
    return name


@cache
def _shape() -> dict[str, Any]:
    properties: dict[str, Any] = cloudformation_yaml.load(TEMPLATE)["Resources"]["Table"]["Properties"]
    return {key: properties[key] for key in _SHAPE}


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
    lean_moto.install()
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
    """Asks every call of a client what it consumed; a transaction is worked out from its items."""

    calls: list[Call] = field(default_factory=list)
    _client: Any = None
    _before: list[tuple[str, Any, Any]] = field(default_factory=list)
    _looking: bool = False

    def attach(self, client: "DynamoDBClient") -> "Meter":
        self._client = client
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

    def _ask(self, params: dict[str, Any], model: Any, **_: Any) -> dict[str, Any] | None:
        if self._looking:
            return None
        if model.name == _TRANSACTION:
            writes = [write for entry in params["TransactItems"] for write in entry.values()]
            keys = [(write["TableName"], write.get("Key") or _key(write["Item"])) for write in writes]
            self._before = [(table, key, self._look(table, key)) for table, key in keys]
        return {**params, "ReturnConsumedCapacity": "TOTAL"}

    def _note(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        if self._looking:
            return
        if model.name == _TRANSACTION and "ConsumedCapacity" in parsed:
            after = [(before, self._look(table, key)) for table, key, before in self._before]
            self.calls.append(Call(model.name, transaction_units(after)))
            return
        counted = parsed.get("ConsumedCapacity", [])
        entries = counted if isinstance(counted, list) else [counted]
        self.calls.append(Call(model.name, sum(entry["CapacityUnits"] for entry in entries)))

    def _look(self, table: str, key: Any) -> Any:
        self._looking = True
        try:
            return self._client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
        finally:
            self._looking = False


def _key(item: Any) -> dict[str, Any]:
    return {name: item[name] for name in ("pk", "sk")}
