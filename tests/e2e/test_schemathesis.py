"""The published OpenAPI document against the running API: generated requests for every operation.

No answer is a 5xx, none has an undocumented status, media type, header or shape.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hostcart.adapters.addresses import check_callback_url
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from local.engine import aws
from local.engine.workspace import ROOT
from tests.e2e.support.shop import Shop
from tests.e2e.support.world import World, order_id

type Shops = Callable[..., Shop]

EXAMPLES = int(os.environ.get("HOSTCART_FUZZ_EXAMPLES", "30"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
schema = schemathesis.openapi.from_path(ROOT / "docs" / "openapi.json")


@pytest.fixture(autouse=True)
def _settled(world: World) -> Iterator[None]:
    """A generated order may be a right one: let it end before the next test counts."""
    yield
    world.settle()


@pytest.fixture(scope="module")
def existing(world: World) -> dict[str, str]:
    """Path parameters of an order that is there."""
    client = Shop(world.http, world.facts["api_url"], world.accounts["trial"])
    token = client.place()
    client.finish(token)
    return {"token": token, "id": order_id(token)}


@pytest.fixture(scope="module")
def seen() -> Counter[tuple[str, int]]:
    """Operations and the statuses that they answered."""
    return Counter()


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_api_keeps_to_its_document(
    case: Any, world: World, shop: Shops, existing: dict[str, str], seen: Counter[tuple[str, int]]
) -> None:
    _call_back_at_home(case.body, world)
    request = {"base_url": world.facts["api_url"], "headers": shop("trial").headers}
    answer = case.call_and_validate(**request, checks=CHECKS)
    seen[case.operation.label, answer.status_code] += 1
    if case.path_parameters:
        case.path_parameters = {name: existing[name] for name in case.path_parameters}
        answer = case.call_and_validate(**request, checks=CHECKS)
        seen[case.operation.label, answer.status_code] += 1


def _call_back_at_home(body: Any, world: World) -> None:
    """A right callback goes to the sink: nothing may be looked up or called outside this machine."""
    callback = body.get("callback") if isinstance(body, dict) else None
    if not isinstance(callback, dict) or not isinstance(callback.get("url"), str):
        return
    if check_callback_url(callback["url"], allow_loopback=False) is None:
        callback["url"] = world.sink("fuzz")["url"]


def test_right_and_wrong_requests_were_among_them(seen: Counter[tuple[str, int]]) -> None:
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
    } <= set(seen)


def test_the_document_names_what_the_gateway_serves(world: World) -> None:
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    documented = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
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
