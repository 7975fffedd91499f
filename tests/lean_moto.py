"""moto without the work that it does again for every call, with the same answers.

- A transaction's backup shares the items that it does not write: moto would copy the whole table.
- The names of a service's methods are listed once.
- A state machine's definition and its paths are parsed once, as on the local stack.
- boto3's description of a service is read once, not for each session's first client. botocore only reads it,
  but for what a service's extras add, which are the same each time.
"""

import copy
from functools import cache
from types import SimpleNamespace
from typing import Any, Final

import moto.core.responses
import moto.dynamodb.models
from botocore.loaders import JSONFileLoader
from moto.core.utils import method_names_from_class
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table

from local.engine.shims import parse_once, redrive

_UPDATE: Final[Any] = DynamoDBBackend.update_item


def install() -> None:
    """Put this in moto's place, for the rest of the process; any number of times."""
    parse_once.install()
    redrive.install()  # adds a method, which must not come after the methods were listed
    owners: list[tuple[Any, str, Any]] = [
        (moto.dynamodb.models, "copy", SimpleNamespace(deepcopy=_copied)),
        (DynamoDBBackend, "update_item", _update),
        (moto.core.responses, "method_names_from_class", _METHODS),
        (JSONFileLoader, "load_file", _described),
    ]
    for owner, name, ours in owners:
        setattr(owner, name, ours)


_METHODS: Final = cache(method_names_from_class)
_LOAD: Final[Any] = JSONFileLoader.load_file
_LOADER: Final = JSONFileLoader()


@cache
def _description(path: str) -> Any:
    return _LOAD(_LOADER, path)


def _described(_loader: JSONFileLoader, path: str) -> Any:
    return _description(path)


def _copied(value: Any) -> Any:
    if not isinstance(value, Table) or value.stream_shard is not None:
        return copy.deepcopy(value)
    backup = copy.copy(value)
    backup.items = value.items.copy()
    for key, items in value.items.items():
        backup.items[key] = items.copy()
    return backup


def _update(backend: DynamoDBBackend, table_name: str, key: Any, *args: Any, **named: Any) -> Any:
    """moto changes an item where it is: it gets one that no backup holds."""
    table = backend.get_table(table_name)
    at = backend.get_keys_value(table, key)
    if (item := table.get_item(*at)) is not None:
        table.items[at[0]][at[1]] = copy.deepcopy(item)
    return _UPDATE(backend, table_name, key, *args, **named)
