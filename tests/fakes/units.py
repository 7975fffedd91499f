"""What DynamoDB bills for a transaction, worked out from its items.

DynamoDB Local counts plain calls as DynamoDB does, but not transactions: it counts each twice too often, and
two items of one size as one.
"""

from collections.abc import Mapping
from typing import Any, Final

KILOBYTE: Final = 1024
_INDEXES: Final = ((("pk", "number"), ("entry",)), (("open_shard", "open_since"), ()))
"""Keys and other attributes of each index of the template's table; the table's keys are in every one."""
_STORAGE_OVERHEAD: Final = 100  # of each item and entry, by DynamoDB's rules for storage

type Item = Mapping[str, Mapping[str, Any]]


def item_bytes(item: Item) -> int:
    """An item's size by DynamoDB's rules: its names and its values."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def stored_bytes(item: Item) -> int:
    """What is billed as storage for an item and its entries in the indexes."""
    entries = (_projected(item, keys, others) for keys, others in _INDEXES)
    return sum(item_bytes(each) + _STORAGE_OVERHEAD for each in (item, *entries) if each is not None)


def units(item: Item | None) -> int:
    """Write units of an item: one for each kilobyte begun."""
    return 0 if item is None else -(-item_bytes(item) // KILOBYTE)


def transaction_units(changes: list[tuple[Item | None, Item | None]]) -> int:
    """Write units of a transaction from each item before and after: everything is written twice."""
    return 2 * sum(
        max(units(before), units(after), 1)
        + sum(_index(before, after, keys, others) for keys, others in _INDEXES)
        for before, after in changes
    )


def _index(before: Item | None, after: Item | None, keys: tuple[str, ...], others: tuple[str, ...]) -> int:
    """A changed entry is one write to the index, one that moves is removed and put."""
    old, new = (_projected(item, keys, others) for item in (before, after))
    if old == new:
        return 0
    if old is not None and new is not None and all(old[key] == new[key] for key in keys):
        return max(units(old), units(new))
    return units(old) + units(new)


def _projected(item: Item | None, keys: tuple[str, ...], others: tuple[str, ...]) -> Item | None:
    if item is None or not all(key in item for key in keys):
        return None
    return {name: item[name] for name in {"pk", "sk", *keys, *others} if name in item}


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "B":
            return len(bytes(content))
        case "N":
            return -(-len(content.lstrip("-").replace(".", "").strip("0") or "0") // 2) + 1
        case "BOOL" | "NULL":
            return 1
    raise TypeError(f"no item of ours has a {kind}")
