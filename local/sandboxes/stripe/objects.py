"""Stripe objects as plain JSON: complete shapes, ids, lists."""

import functools
import secrets
import string
from collections.abc import Mapping
from types import NoneType
from typing import get_args

import stripe

from local.sandboxes.http import Json

_ALPHABET = string.ascii_letters + string.digits
# Sent only when expanded, or only in other circumstances than ours.
_NOT_BY_DEFAULT = frozenset(
    {"deleted", "payments", "confirmation_secret", "sources", "subscriptions", "tax_ids"}
)


def random_text(length: int) -> str:
    """Letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def new_id(prefix: str) -> str:
    """An id such as `in_1Xy...`."""
    return f"{prefix}_1{random_text(23)}"


@functools.cache
def _nullable_fields(class_name: str) -> tuple[str, ...]:
    annotations = getattr(stripe, class_name).__annotations__
    return tuple(
        name
        for name, hint in annotations.items()
        if NoneType in get_args(hint) and name not in _NOT_BY_DEFAULT
    )


def blank(class_name: str) -> Json:
    """Every nullable field of an SDK class as None, so that no attribute is absent."""
    return dict.fromkeys(_nullable_fields(class_name))


def list_object(url: str, data: list[Json], *, has_more: bool = False) -> Json:
    """Stripe's list envelope."""
    return {"object": "list", "url": url, "has_more": has_more, "data": data}


def merge_metadata(current: dict[str, str], change: dict[str, str] | str | None) -> dict[str, str]:
    """Metadata after an update: an empty value unsets a key, an empty string unsets all."""
    if change is None:
        return current
    if isinstance(change, str):
        return {}
    return {name: value for name, value in {**current, **change}.items() if value != ""}


def created_bounds(params: Json) -> Mapping[str, int]:
    """The `created` filter of a list: one moment, or bounds by gt, gte, lt and lte."""
    created = params.get("created", {})
    if isinstance(created, int):
        return {"gte": created, "lte": created}
    return created if isinstance(created, dict) else {}


def within(moment: int, bounds: Mapping[str, int]) -> bool:
    """Whether a moment lies within the bounds of a `created` filter."""
    return bounds.get("gt", -1) < moment < bounds.get("lt", moment + 1) and bounds.get(
        "gte", moment
    ) <= moment <= bounds.get("lte", moment)
