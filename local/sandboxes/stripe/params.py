"""Checks requests against the SDK's own parameter types, so that a refused parameter is refused here too.

The SDK's TypedDicts are rebuilt without the request options they inherit (api_key, headers, ...) and with
open enums closed: Stripe refuses an unknown enum value although the SDK's types let any string pass.
"""

import functools
import operator
import sys
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, NotRequired, Optional, Required, TypedDict, Union, get_args, get_origin

import stripe.params
import typing_extensions
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from pydantic_core import ErrorDetails
from stripe import RequestOptions

from local.sandboxes.http import Json
from local.sandboxes.stripe.errors import StripeApiError, invalid

_OPTIONS = frozenset(RequestOptions.__annotations__)
_STRICT = ConfigDict(extra="forbid")


class _AnyKeys:
    """Stands for the SDK's UntypedStripeObject[T]: a mapping with free keys."""

    def __class_getitem__(cls, item: Any) -> Any:
        return dict[str, item]


# Names that the SDK's modules import for type checkers only, or that need another meaning here.
_NAMES = {"UntypedStripeObject": _AnyKeys, "StripeContext": object, "Mapping": Mapping, "Optional": Optional}


def check(type_name: str, data: Json) -> Json:
    """`data` with its leaves converted to the types of `stripe.params.<type_name>`.

    Raises StripeApiError 400: parameter_unknown, parameter_missing, parameter_invalid_integer, or no code.
    """
    try:
        checked: list[Json] = _adapter(type_name).validate_python([data])
    except ValidationError as error:
        raise _refusal(error.errors(), data) from error
    return checked[0]


@functools.cache
def _adapter(type_name: str) -> TypeAdapter[list[Json]]:
    # In a list, because a TypedDict's adapter takes no configuration of its own.
    return TypeAdapter(
        types.GenericAlias(list, (_rebuilt(getattr(stripe.params, type_name)),)), config=_STRICT
    )


@functools.cache
def _rebuilt(source: Any) -> Any:
    module = vars(sys.modules[source.__module__])
    namespace = {**module, **_NAMES}
    hints = typing_extensions.get_type_hints(source, globalns=namespace, include_extras=True)
    fields = {
        name: _field(hint) for name, hint in hints.items() if name not in _OPTIONS or not _is_option(source)
    }
    make_type: Any = TypedDict
    return with_config(_STRICT)(make_type(source.__name__, fields))


def _is_option(source: Any) -> bool:
    # Only the outermost type of a request inherits the request options.
    return all(name in source.__annotations__ for name in _OPTIONS)


def _field(hint: Any) -> Any:
    if get_origin(hint) is NotRequired:
        return _subscript(NotRequired, _closed(get_args(hint)[0]))
    return _subscript(Required, _closed(hint))


def _subscript(form: Any, argument: Any) -> Any:
    return form[argument]


def _closed(hint: Any) -> Any:
    if typing_extensions.is_typeddict(hint):
        return _rebuilt(hint)
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        members = [_closed(arg) for arg in _without_open_string(args)]
        return functools.reduce(operator.or_, members)
    if origin in (list, typing.List):  # noqa: UP006 - the SDK's spelling
        return types.GenericAlias(list, (_closed(args[0]),))
    if origin is dict:
        return types.GenericAlias(dict, (str, _closed(args[1])))
    return hint


def _without_open_string(args: tuple[Any, ...]) -> tuple[Any, ...]:
    choices = [value for arg in args if get_origin(arg) is Literal for value in get_args(arg) if value != ""]
    if len(choices) > 1:
        return tuple(arg for arg in args if arg is not str)
    return args


def _refusal(errors: list[ErrorDetails], data: Json) -> StripeApiError:
    unknown = next((error for error in errors if error["type"] == "extra_forbidden"), None)
    error = unknown or errors[0]
    param = _param(error["loc"][1:], data)
    match error["type"]:
        case "extra_forbidden":
            return invalid(f"Received unknown parameter: {param}", param=param, code="parameter_unknown")
        case "missing":
            return invalid(f"Missing required param: {param}.", param=param, code="parameter_missing")
        case "int_parsing" | "int_type":
            message = f"Invalid integer: {error['input']}"
            return invalid(message, param=param, code="parameter_invalid_integer")
    return invalid(f"Invalid {param}: {error['msg']}", param=param)


def _param(location: tuple[int | str, ...], data: Any) -> str:
    """The bracketed name of a parameter; pydantic's markers of union members are left out."""
    names: list[str] = []
    node = data
    for index, part in enumerate(location):
        if isinstance(node, list) and isinstance(part, int):
            node = node[part]
        elif isinstance(node, dict) and (part in node or index == len(location) - 1):
            node = node.get(part)
        else:
            continue
        names.append(str(part))
    return names[0] + "".join(f"[{name}]" for name in names[1:]) if names else ""
