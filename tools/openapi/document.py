"""Puts the OpenAPI 3.1 document together: models give the schemas, the table gives the paths."""

import tomllib
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from hostcart.contract import domain_requests, registrar_orders, requests, responses
from hostcart.contract.errors import CATALOGUE, ApiError
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from tools.openapi import examples
from tools.openapi.components import ACCESS, HEADERS, LINKS, PARAMETERS, SECURITY_SCHEMES
from tools.openapi.routes import ROUTES, Route, Success

_PYPROJECT: Final = Path(__file__).resolve().parents[2] / "pyproject.toml"
_JSON: Final = "application/json"
_PROBLEM: Final = "application/problem+json"
_MODELS: Final = (
    requests.SiteOrderRequest,
    domain_requests.DomainOrderRequest,
    responses.CartEnvelope,
    responses.OrderList,
    responses.OrderView,
    responses.About,
    responses.TldRequirements,
    responses.WebhookReceipt,
    responses.OrderNotification,
    responses.Problem,
    registrar_orders.RegistrarOrderList,
    registrar_orders.RegistrarOrderDetails,
    registrar_orders.RegistrarError,
)
_REQUEST_ID: Final = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
_ERROR_HEADERS: Final[Mapping[int, tuple[str, ...]]] = {
    401: ("WwwAuthenticate",),
    429: ("RetryAfter",),
    503: ("RetryAfter",),
}
# A code that may come without the header of its status makes it optional.
_NOT_ALWAYS: Final = {
    "user_required": "WwwAuthenticateUnlessRenamed",
    "feature_disabled": "RetryAfterUnlessLasting",
}


class _PlainSchemas(GenerateJsonSchema):
    """Without a title on every field: it only repeats the field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


def document() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "hostcart",
            "version": tomllib.loads(_PYPROJECT.read_text())["project"]["version"],
            "description": "Order WordPress sites: one request is charged to the account's saved payment"
            " method and delivered in the background while the client polls.",
        },
        "servers": [{"url": "https://api.example.com", "description": "Your deployment."}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "parameters": PARAMETERS,
            "headers": {name: header for name, (_, header) in HEADERS.items()},
            "links": LINKS,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _schemas() -> dict[str, Any]:
    _, definitions = models_json_schema(
        [(model, "validation") for model in _MODELS],
        ref_template="#/components/schemas/{model}",
        schema_generator=_PlainSchemas,
    )
    schemas: dict[str, Any] = definitions["$defs"]
    return dict(sorted(schemas.items()))


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.operation_id,
        "summary": route.summary,
        "description": route.description,
        "security": ACCESS[route.access],
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in route.parameters],
    }
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {_JSON: _content(route.body, route.body_examples)},
        }
        operation["callbacks"] = {"orderTerminal": _callback()}
    answers = {str(status): _success(success) for status, success in route.successes.items()}
    refusals = _refusals(route.codes)
    for status, message in route.messages.items():
        answer = refusals.setdefault(str(status), {"description": message, "content": {}})
        _add_message(answer, message, argument="orderId" if "{orderId}" in route.path else "page")
    operation["responses"] = {**answers, **dict(sorted(refusals.items()))}
    return operation


def _success(success: Success) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": success.description}
    if success.headers:
        answer["headers"] = _headers(success.headers)
    if success.model is not None:
        answer["content"] = {_JSON: _content(success.model, success.examples)}
    if success.links:
        answer["links"] = {name: {"$ref": f"#/components/links/{name}"} for name in success.links}
    return answer


def _refusals(codes: tuple[str, ...]) -> dict[str, Any]:
    """One answer a status, with the codes that it may carry."""
    ordered = sorted(codes, key=lambda code: (CATALOGUE[code][0], code))
    return {
        str(status): _refusal(status, list(group))
        for status, group in groupby(ordered, key=lambda code: CATALOGUE[code][0])
    }


def _refusal(status: int, codes: list[str]) -> dict[str, Any]:
    narrowed = {"properties": {"status": {"const": status}, "code": {"enum": codes}}}
    answer: dict[str, Any] = {
        "description": "; ".join(f"`{code}`: {CATALOGUE[code][1]}" for code in codes),
        "content": {
            _PROBLEM: {
                "schema": {"allOf": [_reference(responses.Problem), narrowed]},
                "examples": {code: {"value": ApiError(code).problem(_REQUEST_ID)} for code in codes},
            }
        },
    }
    headers = [_NOT_ALWAYS[code] for code in codes if code in _NOT_ALWAYS] or _ERROR_HEADERS.get(status, ())
    if headers:
        answer["headers"] = _headers(headers)
    return answer


def _add_message(answer: dict[str, Any], message: str, *, argument: str) -> None:
    """The registrar API's own shape, beside the problem that the gateway may answer with the same status."""
    details = {"details": f"{argument} must be a whole number from 1 to {2**31 - 1}."}
    example = {"message": message} | (details if message == "Invalid Argument" else {})
    answer["content"][_JSON] = {
        "schema": _reference(registrar_orders.RegistrarError),
        "examples": {message: {"value": example}},
    }


def _callback() -> dict[str, Any]:
    """What is sent to the client's own endpoint."""
    text = {"type": "string"}
    headers = {
        "webhook-id": "The same for every try: drop what was seen before.",
        "webhook-timestamp": "Unix seconds.",
        "webhook-signature": "Standard Webhooks signatures, space-separated.",
    }
    return {
        "{$request.body#/callback/url}": {
            "post": {
                "summary": "The order is terminal",
                "description": "Sent when the order can change no more, with callback.authorization as the"
                " Authorization header; sent again over days until it is answered with 2xx or 410. It"
                " carries no access data: read the order for that.",
                "parameters": [
                    {"name": name, "in": "header", "required": True, "description": told, "schema": text}
                    for name, told in headers.items()
                ],
                "requestBody": {
                    "required": True,
                    "content": {_JSON: _content(responses.OrderNotification, examples.NOTIFICATION)},
                },
                "responses": {
                    "2XX": {"description": "Taken."},
                    "410": {"description": "Gone: do not send it again."},
                },
            }
        }
    }


def _content(model: type[BaseModel], shown: Mapping[str, Any] | None) -> dict[str, Any]:
    named = {name: {"value": value} for name, value in (shown or {}).items()}
    return {"schema": _reference(model), **({"examples": named} if named else {})}


def _headers(names: Sequence[str]) -> dict[str, Any]:
    return {HEADERS[name][0]: {"$ref": f"#/components/headers/{name}"} for name in names}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
