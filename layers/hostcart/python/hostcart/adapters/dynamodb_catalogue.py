"""The catalogue and its capacity in the table (port CatalogueStore)."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.aws_errors import aws_errors
from hostcart.adapters.plain_records import decode
from hostcart.domain.catalogue import Catalogue, Occupancy, Slot
from hostcart.ports import MisconfiguredError, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

_FRESH_SECONDS = 30
_BATCH = 100  # keys in one BatchGetItem
_ROUNDS = 5


class DynamoCatalogue:
    """Keeps the catalogue for 30 seconds, so that a warm function pays no read for it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._cached: tuple[float, Catalogue] | None = None

    def catalogue(self) -> Catalogue:
        if self._cached is not None and time.monotonic() - self._cached[0] < _FRESH_SECONDS:
            return self._cached[1]
        with aws_errors("database"):
            item = self._client.get_item(TableName=self._table, Key=keys.catalogue()).get("Item")
        if item is None:
            raise MisconfiguredError("catalogue_missing")
        catalogue = decode(Catalogue, item["facts"]["S"])
        self._cached = (time.monotonic(), catalogue)
        return catalogue

    def occupancy(self, slots: Sequence[Slot]) -> Sequence[Occupancy]:
        """The counted slots; a slot that was never counted is left out."""
        found: list[Occupancy] = []
        for start in range(0, len(slots), _BATCH):
            found += self._occupancy(slots[start : start + _BATCH])
        return found

    def replace(self, catalogue: Catalogue) -> None:
        """Stores the catalogue and each slot's total; what is taken stays as it is."""
        from hostcart.adapters.records import encode

        for location in catalogue.locations.values():
            for variant, total in location.capacity.items():
                if total is not None:
                    self._set_total(Slot(location=location.name, variant=variant), total)
        with aws_errors("database"):
            self._client.put_item(
                TableName=self._table, Item={**keys.catalogue(), "facts": {"S": encode(catalogue)}}
            )
        self._cached = None

    def _occupancy(self, slots: Sequence[Slot]) -> list[Occupancy]:
        pending = [keys.slot(slot) for slot in slots]
        items: list[dict[str, AttributeValueTypeDef]] = []
        for _ in range(_ROUNDS):
            with aws_errors("database"):
                answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": pending}})
            items += answer["Responses"].get(self._table, [])
            unprocessed = answer.get("UnprocessedKeys", {}).get(self._table)
            if not unprocessed:
                return [_occupancy_of(item) for item in items]
            pending = list(unprocessed["Keys"])
        raise UnavailableError("throttled")

    def _set_total(self, slot: Slot, total: int) -> None:
        with aws_errors("database"):
            self._client.update_item(
                TableName=self._table,
                Key=keys.slot(slot),
                UpdateExpression="SET #total = :total, taken = if_not_exists(taken, :zero)",
                ExpressionAttributeNames={"#total": "total"},
                ExpressionAttributeValues={":total": {"N": str(total)}, ":zero": {"N": "0"}},
            )


def _occupancy_of(item: "dict[str, AttributeValueTypeDef]") -> Occupancy:
    _, location, variant = item["pk"]["S"].split("#")
    return Occupancy(
        slot=Slot(location=location, variant=variant),
        total=int(item["total"]["N"]),
        taken=int(item["taken"]["N"]),
    )
