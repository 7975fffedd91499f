"""Reads stored records of plain types without a model library, which a poll or an authorizer never loads.

The same JSON as `records` writes, checked as strictly: a value of another type is an error, not a guess.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, cast, get_args, get_origin, get_type_hints

type Reader = Callable[[Any], Any]

_JSON: Final = (str, int, bool, NoneType)


class BadRecordError(ValueError):
    """The text is not such a record; the message names the type, never a value."""


def decode[R](kind: type[R], text: str) -> R:
    """The record of a dataclass whose fields are text, numbers, moments, enumerations, tuples, mappings and
    such dataclasses, each perhaps None. Unknown members are ignored. Raises BadRecordError."""
    try:
        return cast("R", reader(cast("Any", kind))(json.loads(text)))
    except BadRecordError:
        raise
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise BadRecordError(kind.__name__) from error


@cache
def reader(kind: Any) -> Reader:
    """What turns a JSON value into one of this type."""
    if kind in _JSON:
        return lambda value: _exactly(kind, value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if kind is datetime:
        return datetime.fromisoformat
    if is_dataclass(kind):
        return _dataclass(cast("type[Any]", kind))
    return _generic(kind)


def _generic(kind: Any) -> Reader:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple and arguments[1:] == (...,):
        each = reader(arguments[0])
        return lambda value: tuple(each(entry) for entry in _exactly(list, value))
    if origin is dict:
        key, member = map(reader, arguments)
        return lambda value: {key(name): member(entry) for name, entry in _exactly(dict, value).items()}
    if origin is UnionType and len(arguments) == len((kind, None)) and NoneType in arguments:
        some = reader(next(argument for argument in arguments if argument is not NoneType))
        return lambda value: None if value is None else some(value)
    raise TypeError(f"records of plain types only: {kind}")


def _dataclass(kind: type[Any]) -> Reader:
    hints = get_type_hints(kind)
    members = {member.name: reader(hints[member.name]) for member in fields(kind)}
    required = {
        member.name
        for member in fields(kind)
        if member.default is MISSING and member.default_factory is MISSING
    }

    def read(value: Any) -> Any:
        given: Mapping[str, Any] = _exactly(dict, value)
        if required - given.keys():
            raise BadRecordError(kind.__name__)
        return kind(**{name: each(given[name]) for name, each in members.items() if name in given})

    return read


def _exactly(kind: type, value: Any) -> Any:
    """JSON's true is no number."""
    if type(value) is not kind:
        raise BadRecordError(kind.__name__)
    return value
