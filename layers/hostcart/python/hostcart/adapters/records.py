"""Domain records as JSON text and back, checked by their types."""

from functools import cache
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def encode(record: object) -> str:
    """The record as compact JSON without what equals its field's default: items are paid for by the kilobyte.

    So a default that stored records rely on never changes.
    """
    return _adapter(cast("Any", type(record))).dump_json(record, exclude_defaults=True).decode()


def decode[R](kind: type[R], text: str) -> R:
    """The record; raises pydantic.ValidationError when the text is not one."""
    return cast("R", _adapter(cast("Any", kind)).validate_json(text))


def prepare(*kinds: type) -> None:
    """Build what `encode` and `decode` of these records need."""
    for kind in kinds:
        _adapter(cast("Any", kind))


@cache
def _adapter(kind: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
