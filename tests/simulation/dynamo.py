"""DynamoDB's client in memory: conditions, transactions, reads that may be stale, and what can go wrong."""

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Final, Protocol

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.simulation.expressions import Item, condition, plain, update

_CONDITION: Final = "ConditionalCheckFailed"
type Writes = list[tuple[str, "Item | None"]]


class Gate(Protocol):
    """Where a call may be met by a fault."""

    def pass_through(self, name: str, effect: Callable[[], Any], system: Any) -> Any: ...


class Open:
    """A gate without faults."""

    def pass_through(self, _name: str, effect: Callable[[], Any], _system: Any) -> Any:
        return effect()


class Table:
    """The client of one table. `items` by key, `before` as they were before their last write.

    `fixed` are items that nothing writes any more: they need not be put aside with a world.
    `watch` sees every write: (key, before, after).
    """

    def __init__(self, gate: Gate, indexes: Mapping[str, tuple[str, str | None]]) -> None:
        self._gate = gate
        self._indexes = indexes
        self.items: dict[str, Item] = {}
        self.fixed: dict[str, Item] = {}
        self.before: dict[str, Item | None] = {}
        self.stale = False
        self.watch: Callable[[str, Item | None, Item | None], None] = lambda _key, _old, _new: None
        self.exceptions = SimpleNamespace(
            ClientError=ClientError,
            ConditionalCheckFailedException=_ConditionFailedError,
            TransactionCanceledException=_CancelledError,
        )

    # --- reads ------------------------------------------------------------------------------------

    def get_item(self, *, Key: Item, ConsistentRead: bool = False, **options: Any) -> Item:  # noqa: N803
        key = _key(Key)

        def read() -> Item:
            item = self._seen(key, ConsistentRead)
            return {} if item is None else {"Item": _projected(item, options.get("ProjectionExpression"))}

        kind = "get" if ConsistentRead else "read"
        found: Item = self._gate.pass_through(f"db.{kind} {_label(key)}", read, self)
        return found

    def batch_get_item(self, *, RequestItems: Item) -> Item:  # noqa: N803
        ((table, request),) = RequestItems.items()
        keys = [_key(key) for key in request["Keys"]]

        def read() -> Item:
            found = [self._seen(key, request.get("ConsistentRead", False)) for key in keys]
            return {"Responses": {table: [item for item in found if item is not None]}}

        answer: Item = self._gate.pass_through(f"db.read {_label(keys[0])}", read, self)
        return answer

    def query(self, **request: Any) -> Item:
        def read() -> Item:
            found = self._matching(request)
            return {"Items": found, "Count": len(found)}

        index = request.get("IndexName", "table")
        answer: Item = self._gate.pass_through(f"db.query {index}", read, self)
        return answer

    def _matching(self, request: Item) -> list[Item]:
        names, values = request.get("ExpressionAttributeNames", {}), request["ExpressionAttributeValues"]
        test = condition(request["KeyConditionExpression"])
        consistent = request.get("ConsistentRead", False)
        items = [self._seen(key, consistent) for key in sorted(self.items)]
        found = [item for item in items if item is not None and test(item, names, values)]
        if "FilterExpression" in request:
            keep = condition(request["FilterExpression"])
            found = [item for item in found if keep(item, names, values)]
        _, sort = self._indexes.get(request.get("IndexName", ""), ("pk", "sk"))
        if sort is not None:
            found = [item for item in found if sort in item]
            found.sort(key=lambda item: plain(item[sort]), reverse=not request.get("ScanIndexForward", True))
        return found[: request.get("Limit", len(found))]

    def scan(self, **request: Any) -> Item:
        def read() -> Item:
            items = [self._seen(key, request.get("ConsistentRead", False)) for key in sorted(self.items)]
            keep = condition(request.get("FilterExpression", "attribute_exists(pk)"))
            names = request.get("ExpressionAttributeNames", {})
            values = request.get("ExpressionAttributeValues", {})
            return {"Items": [item for item in items if item is not None and keep(item, names, values)]}

        answer: Item = self._gate.pass_through("db.scan", read, self)
        return answer

    def _seen(self, key: str, consistent: bool) -> Item | None:  # noqa: FBT001
        if self.stale and not consistent and key in self.before:
            return self.before[key]
        return self.items.get(key) or self.fixed.get(key)

    def settle(self, labels: frozenset[str]) -> None:
        """The records of these kinds stay as they are."""
        self.fixed |= {key: item for key, item in self.items.items() if _label(key) in labels}
        self.items = {key: item for key, item in self.items.items() if key not in self.fixed}
        self.before.clear()

    # --- writes -----------------------------------------------------------------------------------

    def put_item(self, *, Item: Item, **options: Any) -> Item:  # noqa: N803
        return self._write_one("put", {"Item": Item, **options})

    def update_item(self, **request: Any) -> Item:
        return self._write_one("update", request)

    def delete_item(self, **request: Any) -> Item:
        return self._write_one("delete", request)

    def _write_one(self, kind: str, request: Item) -> Item:
        key = _key(request["Item"] if kind == "put" else request["Key"])

        def write() -> Item:
            failed, changes = self._planned([(kind, request)])
            if failed:
                raise _ConditionFailedError(_error("ConditionalCheckFailedException"), kind)
            self._apply(changes)
            wanted = request.get("ReturnValues", "NONE")
            return {"Attributes": changes[0][1]} if wanted == "ALL_NEW" else {}

        answer: Item = self._gate.pass_through(f"db.{kind} {_label(key)}", write, self)
        return answer

    def transact_write_items(self, *, TransactItems: Sequence[Item], **_: Any) -> Item:  # noqa: N803
        writes = [(name.lower(), request) for entry in TransactItems for name, request in entry.items()]
        labels = [
            _label(_key(request["Item"] if kind == "put" else request["Key"])) for kind, request in writes
        ]

        def write() -> Item:
            failed, changes = self._planned(writes)
            if failed:
                raise cancelled([_CONDITION if at in failed else "None" for at in range(len(writes))])
            self._apply(changes)
            return {}

        answer: Item = self._gate.pass_through(f"db.transact {'+'.join(labels)}", write, self)
        return answer

    def _planned(self, writes: Sequence[tuple[str, Item]]) -> tuple[set[int], Writes]:
        """(positions whose condition does not hold, what would be stored)"""
        failed: set[int] = set()
        changes: Writes = []
        for at, (kind, request) in enumerate(writes):
            key = _key(request["Item"] if kind == "put" else request["Key"])
            present = self.items.get(key)
            names = request.get("ExpressionAttributeNames", {})
            values = request.get("ExpressionAttributeValues", {})
            guard = request.get("ConditionExpression")
            if guard is not None and not condition(guard)(present or {}, names, values):
                failed.add(at)
                continue
            changes.append((key, _after(kind, request, present, names, values)))
        return failed, changes

    def _apply(self, changes: Writes) -> None:
        changed = [(key, self.items.get(key), item) for key, item in changes]
        changed = [(key, old, item) for key, old, item in changed if item is not old]
        for key, old, item in changed:
            self.before[key] = old
            if item is None:
                self.items.pop(key, None)
            else:
                self.items[key] = {name: _sent(value) for name, value in item.items()}
        for key, old, _ in changed:
            self.watch(key, old, self.items.get(key))

    # --- what goes wrong --------------------------------------------------------------------------

    def error(self, name: str, kind: str) -> Exception:
        """What the client raises for a fault."""
        if kind.startswith("timeout"):
            return ReadTimeoutError(endpoint_url="https://dynamodb.example")
        if kind == "conflict" and name.startswith("db.transact"):
            return cancelled(["TransactionConflict"] * (name.count("+") + 1))
        if kind == "conflict":
            return ClientError(_error("TransactionConflictException"), "UpdateItem")
        return ClientError(_error("ThrottlingException"), "UpdateItem")

    def contend(self) -> None:
        """Somebody else writes every cart, without changing a fact."""
        for key, item in list(self.items.items()):
            if "|CART#" in key:
                self.items[key] = {**item, "version": {"N": str(int(item["version"]["N"]) + 1)}}


class _ConditionFailedError(ClientError):
    """As botocore makes one class an error."""


class _CancelledError(ClientError):
    """A cancelled transaction."""


def cancelled(codes: Sequence[str]) -> ClientError:
    """A transaction that did not take place, with one code a write."""
    answer: Any = {
        **_error("TransactionCanceledException"),
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return _CancelledError(answer, "TransactWriteItems")


def _error(code: str) -> Any:
    return {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 400}}


def _after(kind: str, request: Item, present: Item | None, names: Any, values: Any) -> Item | None:
    if kind == "put":
        return dict(request["Item"])
    if kind == "delete":
        return None
    if kind == "conditioncheck":
        return present
    item = dict(present) if present is not None else dict(request["Key"])
    for change in update(request["UpdateExpression"]):
        change(present or {}, item, names, values)
    return item


def _sent(value: Item) -> Item:
    """As it arrives: an enumeration's member is its text."""
    return {kind: str(content) if isinstance(content, str) else content for kind, content in value.items()}


def _projected(item: Item, expression: str | None) -> Item:
    if expression is None:
        return item
    names = [name.strip() for name in expression.split(",")]
    return {name: item[name] for name in names if name in item}


def _key(item: Item) -> str:
    return f"{item['pk']['S']}|{item['sk']['S']}"


def _label(key: str) -> str:
    """What kind of record it is: CART, COUNTER, CLAIM."""
    return key.partition("|")[2].partition("#")[0]
