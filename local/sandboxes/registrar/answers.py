"""Answers as v4 writes them: JSON without defaults, noisy money, the type text/html, errors without codes."""

import json
from http import HTTPStatus
from typing import override
from urllib.parse import parse_qs

from local.sandboxes.http import Json, Request, Response

CONTENT_TYPE = "text/html"
_PER_PAGE = 1000


class Cents(int):
    """An amount of money, which leaves as a JSON number of dollars with 17 digits."""

    @override
    def __str__(self) -> str:
        return format(self / 100, ".17g")


class V4Error(Exception):
    """A refusal."""

    def __init__(self, status: int, message: str, details: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details

    def response(self) -> Response:
        """The refusal as an answer."""
        return answer({"message": self.message, "details": self.details}, status=self.status)


def invalid(details: str) -> V4Error:
    """A missing or bad argument."""
    return V4Error(HTTPStatus.BAD_REQUEST, "Invalid Argument", details)


def not_found() -> V4Error:
    """An object that is not there."""
    return V4Error(HTTPStatus.NOT_FOUND, "Not Found")


def denied() -> V4Error:
    """Bad credentials, or a request that is not declared as JSON."""
    return V4Error(HTTPStatus.FORBIDDEN, "Permission Denied")


def internal() -> V4Error:
    """A failure of the service, or a refusal that it tells as one."""
    return V4Error(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Error")


def answer(value: Json, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer; members with default values are left out."""
    return Response(status, encode(value).encode(), {"Content-Type": CONTENT_TYPE, **(headers or {})})


def encode(value: object) -> str:
    """JSON text without members that are null, "", false, 0 or empty; money with its noise."""
    match value:
        case dict():
            members = (f"{json.dumps(name)}:{encode(member)}" for name, member in value.items() if member)
            return "{" + ",".join(members) + "}"
        case list() | tuple():
            return "[" + ",".join(map(encode, value)) + "]"
        case Cents():
            return str(value)
    return json.dumps(value)


def page(request: Request, name: str, entries: list[Json]) -> Response:
    """One page of a list, with `nextPage`, `lastPage` and a Link header when another follows."""
    number, size = request_int(request, "page", 1), request_int(request, "perPage", _PER_PAGE)
    if number < 1 or size < 1:
        raise invalid("page and perPage are 1 or more")
    last = max(1, -(-len(entries) // size))
    body: Json = {name: entries[(number - 1) * size : number * size]}
    if number >= last:
        return answer(body)
    links = {"next": number + 1, "last": last}
    link = ", ".join(
        f'<{request.path}?page={target}&perPage={size}>; rel="{rel}"' for rel, target in links.items()
    )
    return answer({**body, "nextPage": number + 1, "lastPage": last}, headers={"Link": link})


def request_int(request: Request, name: str, default: int) -> int:
    """A number of the query; V4Error 400 when it is none."""
    text = parse_qs(request.query).get(name, [str(default)])[-1]
    try:
        return int(text)
    except ValueError:
        raise invalid(f"{name} is not a number") from None
