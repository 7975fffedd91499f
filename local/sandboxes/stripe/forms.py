"""Stripe's form encoding: `a[b][0][c]=1` stands for {"a": {"b": [{"c": "1"}]}}."""

import re
from typing import Any
from urllib.parse import parse_qsl

from local.sandboxes.http import Json
from local.sandboxes.stripe.errors import invalid

_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_FREE_FORM = frozenset({"metadata", "invoice_metadata"})  # their keys may be digits and are no list indexes


def decode(encoded: str) -> Json:
    """The nested value of a form or query string; every leaf is a string."""
    root: Json = {}
    for key, value in parse_qsl(encoded, keep_blank_values=True, strict_parsing=bool(encoded)):
        _insert(root, _segments(key), value)
    return {name: _with_lists(value, name) for name, value in root.items()}


def _segments(key: str) -> list[str]:
    match = _KEY.match(key)
    if match is None:
        raise invalid(f"Invalid request parameter: {key}", param=key)
    return [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]


def _insert(node: Json, segments: list[str], value: str) -> None:
    *parents, leaf = segments
    for segment in parents:
        child = node.setdefault(segment or str(len(node)), {})
        if not isinstance(child, dict):
            raise invalid(f"Invalid hash: {segments[0]}", param=segments[0])
        node = child
    node[leaf or str(len(node))] = value


def _with_lists(value: Any, name: str) -> Any:
    if not isinstance(value, dict):
        return value
    converted = {key: _with_lists(child, key) for key, child in value.items()}
    if name not in _FREE_FORM and converted and all(key.isdecimal() for key in converted):
        return [converted[key] for key in sorted(converted, key=int)]
    return converted
