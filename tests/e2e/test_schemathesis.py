"""The published OpenAPI document against the running API: generated requests for every operation.

No answer is a 5xx, none has an undocumented status, media type, header, shape or code; what is wrong is
refused, and what is refused makes nothing.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
import schemathesis
from hostcart.adapters.addresses import check_callback_url
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from local.engine import aws
from local.engine.workspace import ROOT
from tests.e2e.support.registrar import basic
from tests.e2e.support.shop import Shop
from tests.e2e.support.world import World, order_id

type Shops = Callable[..., Shop]

ACCOUNT: Final = "X-Auth-Account"
ACCOUNT_ID: Final = re.compile("[1-9][0-9]{0,9}")  # as the document has it
OTHER_METHOD: Final = {  # 404: one that REST APIs do not know
    (405, "method_not_allowed"),
    (405, "Method Not Allowed"),
    (404, "not_found"),
}
REGISTRAR: Final = "/v4/"
ORDERING: Final = "POST /api/orders"
EXAMPLES: Final = int(os.environ.get("HOSTCART_FUZZ_EXAMPLES", "30"))
ORDERING_EXAMPLES: Final = 4 * EXAMPLES
CHECKS = [
    not_a_server_error,
    negative_data_rejection,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DOCUMENT: Final = json.loads((ROOT / "docs" / "openapi.json").read_text())
schema = schemathesis.openapi.from_dict(DOCUMENT)


@dataclass(slots=True)
class Seen:
    """What was answered: how often each status by operation, and the carts that orders were taken for."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    carts: set[str] = field(default_factory=set)

    def note(self, operation: str, answer: Any) -> None:
        self.answers[operation, answer.status_code] += 1
        if operation == ORDERING and answer.status_code < 400:
            self.carts.add(answer.json()["cart"]["token"])


@pytest.fixture(autouse=True)
def _settled(world: World) -> Iterator[None]:
    """A generated order may be a right one: let it end before the next test counts."""
    yield
    world.settle()


@pytest.fixture(scope="module")
def existing(world: World) -> dict[str, str]:
    """Path parameters of what is there."""
    client = Shop(world.http, world.facts["api_url"], world.accounts["trial"])
    token = client.place()
    client.finish(token)
    number = str(world.last_number("trial"))
    return {"token": token, "id": order_id(token), "orderId": number, "tld": "com"}


@pytest.fixture(scope="module")
def before(world: World, existing: dict[str, str]) -> dict[str, set[str]]:
    """What there was before the first generated request."""
    assert existing
    world.settle()
    return _tokens(world)


@pytest.fixture(scope="module")
def seen(before: dict[str, set[str]]) -> Seen:
    """Filled by the generated requests."""
    assert before
    return Seen()


def _tokens(world: World) -> dict[str, set[str]]:
    """The cart tokens of all that an order makes, by kind; the registrar's own numbers of its orders."""
    subscriptions = {str(entry["metadata"].get("order_id")) for entry in world.subscriptions()}
    return {
        "carts": {item["sk"]["S"].partition("#")[2] for item in world.carts("trial")},
        "executions": {entry["name"] for entry in world.executions()},
        "invoices": {str(entry["metadata"].get("cart_token")) for entry in world.invoices()},
        "subscriptions": {order.replace("-", "") for order in subscriptions},
        "sites": {entry["id"].replace("-", "") for entry in world.sites()},
        "registrations": {str(entry["id"]) for entry in world.bought()},
    }


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@schema.include(path="/api/orders", method="POST").parametrize()
@_settings(ORDERING_EXAMPLES)
def test_ordering_keeps_to_its_document(
    case: Any, world: World, shop: Shops, existing: dict[str, str], seen: Seen
) -> None:
    _call_back_at_home(case.body, world)
    _ask(case, world, shop, existing, seen)


@schema.exclude(path="/api/orders", method="POST").parametrize()
@_settings(EXAMPLES)
def test_the_api_keeps_to_its_document(
    case: Any, world: World, shop: Shops, existing: dict[str, str], seen: Seen
) -> None:
    _ask(case, world, shop, existing, seen)
    if case.path_parameters:
        case.path_parameters = {name: existing[name] for name in case.path_parameters}
        _ask(case, world, shop, existing, seen)


def _ask(case: Any, world: World, shop: Shops, existing: Mapping[str, str], seen: Seen) -> None:
    client = shop("trial")
    headers = client.headers
    if not ACCOUNT_ID.fullmatch(case.headers.get(ACCOUNT, "")):
        del headers[ACCOUNT]  # it is wrong on purpose
    if case.operation.path.startswith(REGISTRAR):
        named = {ACCOUNT: client.account_id} if ACCOUNT in headers else {}
        headers = {"Authorization": basic(client.account["username"], client.token), **named}
    righted = _only_more(case) or _names_no_account(case) or _was_righted(case, existing)
    checks = [check for check in CHECKS if check is not negative_data_rejection or not righted]
    answer = case.call_and_validate(base_url=world.facts["api_url"], headers=headers, checks=checks)
    if case.method != case.operation.method.upper():
        assert (answer.status_code, _word(answer)) in OTHER_METHOD
        return
    label = case.operation.label
    seen.note(label, answer)
    if answer.status_code >= 400:
        word = _word(answer)
        assert word in _documented(label, answer.status_code), f"{label}: {answer.status_code} {word}"


def _only_more(case: Any) -> bool:
    """A query parameter that nobody knows is passed over, as it is everywhere."""
    return bool(set(case.query) - {parameter.name for parameter in case.operation.query})


def _names_no_account(case: Any) -> bool:
    """To the registrar API a blank header is none."""
    return case.operation.path.startswith(REGISTRAR) and not case.headers.get(ACCOUNT, "x").strip()


def _was_righted(case: Any, existing: Mapping[str, str]) -> bool:
    """The registrar API's credential is replaced, and so is the number of an order."""
    if not case.operation.path.startswith(REGISTRAR):
        return False
    parameters = case.path_parameters or {}
    return "Authorization" not in case.headers or parameters.get("orderId") == existing["orderId"]


def _word(answer: Any) -> str:
    """What tells one refusal from another: a code, or the registrar API's message."""
    body = answer.json()
    return str(body["code"] if "code" in body else body["message"])


def _documented(label: str, status: int) -> list[str]:
    """The codes, or messages, that the document names for this answer of the operation."""
    method, path = label.split(" ")
    content = DOCUMENT["paths"][path][method.lower()]["responses"][str(status)]["content"]
    if path.startswith(REGISTRAR):
        return list(content["application/json"]["examples"])
    _, own = content["application/problem+json"]["schema"]["allOf"]
    codes: list[str] = own["properties"]["code"]["enum"]
    return codes


def _call_back_at_home(body: Any, world: World) -> None:
    """A right callback goes to the sink: nothing may be looked up or called outside this machine."""
    callback = body.get("callback") if isinstance(body, dict) else None
    if not isinstance(callback, dict) or not isinstance(callback.get("url"), str):
        return
    if check_callback_url(callback["url"], allow_loopback=False) is None:
        callback["url"] = world.sink("fuzz")["url"]


def test_only_what_was_accepted_made_anything(world: World, seen: Seen, before: dict[str, set[str]]) -> None:
    world.settle()
    made = {kind: tokens - before[kind] for kind, tokens in _tokens(world).items()}
    accepted = seen.carts - before["carts"]  # a key of an earlier run is a repeat
    assert accepted
    assert made["carts"] == made["executions"] == made["invoices"] == accepted
    assert made["subscriptions"] <= accepted
    assert made["sites"] <= accepted
    assert made["registrations"] == set()  # a trial account may order no domain
    assert len(world.invoices()) == len({entry["metadata"].get("cart_token") for entry in world.invoices()})


def test_right_and_wrong_requests_were_among_them(seen: Seen) -> None:
    assert {
        ("POST /api/orders", 202),
        ("POST /api/orders", 400),
        ("GET /api/orders", 200),
        ("GET /api/orders", 400),
        ("GET /api/orders/{id}", 200),
        ("GET /api/orders/{id}", 404),
        ("GET /api/carts/{token}", 200),
        ("GET /api/carts/{token}", 404),
        ("PATCH /api/orders/{id}", 400),
        ("GET /api/about", 200),
        ("GET /v4/orders", 200),
        ("GET /v4/orders", 400),
        ("GET /v4/orders/{orderId}", 200),
        ("GET /v4/orders/{orderId}", 400),
        ("GET /v4/orders/{orderId}", 404),
    } <= set(seen.answers)


def test_the_document_names_what_the_gateway_serves(world: World) -> None:
    documented = {(path, method.upper()) for path, methods in DOCUMENT["paths"].items() for method in methods}
    gateway = aws.client("apigateway", world.facts["aws_endpoint"])
    refusing = world.facts["functions"]["RefuseMethodFunction"]
    served = {
        (resource["path"], name)
        for resource in gateway.get_resources(restApiId=world.facts["api_id"], limit=500, embed=["methods"])[
            "items"
        ]
        for name, method in resource.get("resourceMethods", {}).items()
        if refusing not in method["methodIntegration"]["uri"]
    }
    assert served == documented
