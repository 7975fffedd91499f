"""Requests, responses and the routing table that every sandbox shares."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names are lower case, `path` has no query string."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    params: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0  # seconds that a `slow` fault asks for

    def header(self, name: str) -> str | None:
        """The value of a header, or None."""
        return self.headers.get(name.lower())

    def json(self) -> Json:
        """The body as a JSON object; ValueError or TypeError when it is none."""
        value = json.loads(self.body or b"{}")
        if not isinstance(value, dict):
            raise TypeError("the body must be a JSON object")
        return value


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer; Content-Length and Date are added on sending."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def with_headers(self, **headers: str) -> "Response":
        """The same answer with more headers; `_` in a name stands for `-`."""
        added = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **added})


def json_response(
    status: int,
    value: object,
    *,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer with `value` as its JSON body."""
    body = json.dumps(value, separators=(",", ":")).encode()
    return Response(status, body, {"Content-Type": content_type, **(headers or {})})


def text_response(status: int, text: str, *, content_type: str = "text/html; charset=utf-8") -> Response:
    """An answer with a text body."""
    return Response(status, text.encode(), {"Content-Type": content_type})


def split_path(path: str) -> tuple[str, ...]:
    """The segments of a path, without the leading empty one."""
    return tuple(path.strip("/").split("/"))


def is_placeholder(segment: str) -> bool:
    """Whether a pattern's segment stands for any one segment: `*` or `{name}`."""
    return segment == "*" or (segment.startswith("{") and segment.endswith("}"))


def match_path(pattern: tuple[str, ...], segments: tuple[str, ...]) -> dict[str, str] | None:
    """The values of the placeholders when the whole path matches, else None.

    A last segment `**` matches one or more segments.
    """
    if pattern[-1] == "**":
        if len(segments) < len(pattern):
            return None
        segments = (*segments[: len(pattern) - 1], "**")
    if len(pattern) != len(segments):
        return None
    values: dict[str, str] = {}
    for expected, actual in zip(pattern, segments, strict=True):
        if is_placeholder(expected):
            values[expected.strip("{}")] = actual
        elif expected != actual and not _matches_verb(expected, actual):
            return None
    return values


def _matches_verb(expected: str, actual: str) -> bool:
    """Whether `*:lock` stands for `example.com:lock`."""
    return expected.startswith("*:") and actual.endswith(expected[1:])


type Handler = Callable[[Request], Response]


class Router[H]:
    """Finds what serves a method and a path; H is what a sandbox registers per route."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, tuple[str, ...], H]] = []

    def add(self, route: str, handler: H) -> None:
        """Register `handler` for a route such as `GET /sites/{id}`."""
        method, path = route.split(" ", 1)
        self._routes.append((method, split_path(path), handler))

    def find(self, method: str, path: str) -> tuple[H, dict[str, str]] | None:
        """What was registered for this method and path, with the path's values."""
        segments = split_path(path)
        for route_method, pattern, handler in self._routes:
            if route_method == method:
                values = match_path(pattern, segments)
                if values is not None:
                    return handler, values
        return None

    def methods(self, path: str) -> list[str]:
        """The methods that the path knows; empty when the path is unknown."""
        segments = split_path(path)
        return sorted({m for m, pattern, _ in self._routes if match_path(pattern, segments) is not None})
