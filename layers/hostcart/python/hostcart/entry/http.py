"""The door of every HTTP function: event in, problem+json or JSON out, no stack trace ever."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hostcart.contract.errors import ApiError
from hostcart.entry.ahead import load_ahead
from hostcart.entry.observability import begin_invocation, log_failure, logger
from hostcart.ports import MisconfiguredError, PortError, StoredView, UnavailableError

type Event = dict[str, Any]
type LambdaHandler = Callable[[Event, Any], dict[str, Any]]
type Refusal = Callable[[ApiError, str], tuple[int, str, dict[str, str]]]
"""How an error is told: status, body (JSON text) and headers, given the error and the request's id."""

LARGEST_BODY: Final = 64 * 1024
POLL_SECONDS: Final = "2"
_UNAUTHORIZED: Final = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a handler needs of a REST API (v1) proxy event; header names are lower case.

    `url` is the address that the client called, without the query; empty where the gateway does not say it.
    """

    request_id: str
    resource: str
    headers: Mapping[str, str]
    path: Mapping[str, str]
    query: Mapping[str, str]
    authorizer: Mapping[str, Any]
    body: bytes = field(repr=False)
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """`body` is JSON text."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


def problem(error: ApiError, request_id: str) -> tuple[int, str, dict[str, str]]:
    """The refusal as the catalogue's problem+json; a 401 names the scheme to use (RFC 9110, 15.5.2)."""
    body = json.dumps(error.problem(request_id), separators=(",", ":"), ensure_ascii=False)
    scheme = {"WWW-Authenticate": "Bearer"} if error.status == _UNAUTHORIZED else {}
    return error.status, body, {**scheme, **error.headers, "Content-Type": "application/problem+json"}


def http_door(
    handle: Callable[[Request], Response],
    *,
    refusal: Refusal = problem,
    again: str = "Try again.",
    ahead: Sequence[Callable[[], object]] = (),
    rarely: Sequence[Callable[[], object]] = (),
) -> LambdaHandler:
    """The Lambda handler around `handle`; every error becomes a `refusal`.

    `again` is what a client is told to do when a system behind does not answer. `ahead` and `rarely`: see
    `load_ahead`.
    """
    load_ahead(ahead, rarely)

    def handler(event: Event, _context: Any) -> dict[str, Any]:
        begin_invocation()
        request_id = event.get("requestContext", {}).get("requestId", "")
        try:
            response = handle(_request(event, request_id))
        except ApiError as error:
            logger().info("refused", code=error.code, request_id=request_id)
            return _answer(*refusal(error, request_id))
        except PortError as error:
            logger().warning("port_error", code=error.code, kind=type(error).__name__, request_id=request_id)
            return _answer(*refusal(_of_port(error, again), request_id))
        except Exception as error:  # the last line of defence
            log_failure(error, request_id=request_id)
            return _answer(*refusal(ApiError("internal_error"), request_id))
        return _answer(response.status, response.body, dict(response.headers))

    return handler


def json_response(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return Response(status=status, body=text, headers=headers or {})


def view_response(request: Request, view: StoredView, *, body: Callable[[], str] | None = None) -> Response:
    """A poll's answer: ETag of the stored version, 304 when the client has it, Retry-After while it moves.

    `body` makes the text when it is needed; a view that holds a secret is not to be kept by any cache.
    """
    etag = f'"{view.version}"'
    secret = view.sealed_password is not None
    headers = {"ETag": etag, "Cache-Control": "private, no-store" if secret else "private, no-cache"}
    if not view.terminal:
        headers["Retry-After"] = POLL_SECONDS
    if _matches(request.headers.get("if-none-match", ""), etag):
        return Response(status=304, body="", headers=headers)
    return Response(status=200, body=view.body if body is None else body(), headers=headers)


def json_body(request: Request) -> bytes:
    """The body of a write, unparsed. Raises ApiError 413, 415."""
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise ApiError("unsupported_media_type", "Send the body as application/json.")
    if len(request.body) > LARGEST_BODY:
        raise ApiError("payload_too_large", f"The body may have {LARGEST_BODY} bytes at the most.")
    return request.body


def _request(event: Event, request_id: str) -> Request:
    raw = event.get("body") or ""
    body = base64.b64decode(raw) if event.get("isBase64Encoded") else raw.encode("utf-8", "surrogatepass")
    context = event.get("requestContext", {})
    return Request(
        request_id=request_id,
        resource=event.get("resource", ""),
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        path=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        authorizer=context.get("authorizer") or {},
        body=body,
        url=_address(context),
    )


def _address(context: Event) -> str:
    """The path is the client's own: of the stage, or of a custom domain's mapping."""
    host, path = context.get("domainName"), context.get("path")
    return f"https://{host}{path.rstrip('/')}" if host and path else ""


def _of_port(error: PortError, again: str) -> ApiError:
    """What a client may know of a failing dependency."""
    if isinstance(error, UnavailableError):
        return ApiError("temporarily_unavailable", again, headers={"Retry-After": POLL_SECONDS})
    if isinstance(error, MisconfiguredError):
        return ApiError("temporarily_unavailable", headers={"Retry-After": "60"})
    return ApiError("internal_error")


def _answer(status: int, body: str, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **headers},
        "body": body,
        "isBase64Encoded": False,
    }


def _matches(if_none_match: str, etag: str) -> bool:
    """RFC 9110, 13.1.2: weak comparison against each listed tag."""
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in tags or "*" in tags
