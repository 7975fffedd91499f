"""docs/openapi.json is what the contract says, and says it right."""

import json
from pathlib import Path
from typing import Any

import pytest
from hostcart.contract import registrar_orders, responses
from hostcart.contract.domain_requests import DomainOrderRequest
from hostcart.contract.errors import CATALOGUE
from hostcart.contract.requests import SiteOrderRequest
from openapi_spec_validator import validate
from pydantic import BaseModel

from tests.sam_template import Template
from tools.openapi import __main__ as command
from tools.openapi import examples
from tools.openapi.document import document
from tools.openapi.routes import ROUTES

MODELS: dict[str, type[BaseModel]] = {
    "SiteOrderRequest": SiteOrderRequest,
    "DomainOrderRequest": DomainOrderRequest,
    "TldRequirements": responses.TldRequirements,
    "WebhookReceipt": responses.WebhookReceipt,
    "CartEnvelope": responses.CartEnvelope,
    "OrderList": responses.OrderList,
    "OrderView": responses.OrderView,
    "About": responses.About,
    "OrderNotification": responses.OrderNotification,
    "RegistrarOrderList": registrar_orders.RegistrarOrderList,
    "RegistrarOrderDetails": registrar_orders.RegistrarOrderDetails,
    "RegistrarError": registrar_orders.RegistrarError,
}
REGISTRAR = [route for route in ROUTES if route.access == "registrar"]


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return document()


def test_the_committed_document_is_current() -> None:
    assert command.main(["--check"]) == 0


def test_an_outdated_document_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "openapi.json"
    assert command.main(["--check", "--output", str(path)]) == 1
    assert "make openapi" in capsys.readouterr().err
    assert not path.exists()
    assert command.main(["--output", str(path)]) == 0
    assert command.main(["--check", "--output", str(path)]) == 0
    path.write_text(path.read_text() + " ")
    assert command.main(["--check", "--output", str(path)]) == 1


def test_it_is_valid_openapi(made: dict[str, Any]) -> None:
    validate(made)


def test_every_route_of_the_template_is_described(made: dict[str, Any]) -> None:
    described = {(method.upper(), path) for path, item in made["paths"].items() for method in item}
    routes = {route[:3] for route in Template().routes()}
    assert described == {(method, path) for name, method, path in routes if name != "RefuseMethodFunction"}
    assert len(described) == len(ROUTES)


def test_refusals_carry_the_codes_of_their_status(made: dict[str, Any]) -> None:
    for route in ROUTES:
        operation = made["paths"][route.path][route.method]
        for code in route.codes:
            answer = operation["responses"][str(CATALOGUE[code][0])]
            content = answer["content"]["application/problem+json"]
            assert code in content["schema"]["allOf"][1]["properties"]["code"]["enum"]
            responses.Problem.model_validate_json(json.dumps(content["examples"][code]["value"]))


def test_the_registrar_api_has_refusals_of_its_own(made: dict[str, Any]) -> None:
    assert [set(route.messages) for route in REGISTRAR] == [{400, 403, 500, 503}, {400, 403, 404, 500, 503}]
    for route in REGISTRAR:
        answers = made["paths"][route.path][route.method]["responses"]
        for status, message in route.messages.items():
            content = answers[str(status)]["content"]["application/json"]
            assert content["examples"][message]["value"]["message"] == message
        assert list(answers["429"]["content"]) == ["application/problem+json"]  # the gateway's own


def test_every_route_with_a_credential_names_the_account(made: dict[str, Any]) -> None:
    """Required, but of the registrar API: its key tells the account, unless it reaches several."""
    for route in ROUTES:
        names = [
            parameter["$ref"].rpartition("/")[2]
            for parameter in made["paths"][route.path][route.method]["parameters"]
        ]
        headers = [
            entry
            for entry in map(made["components"]["parameters"].get, names)
            if entry["name"] == "X-Auth-Account"
        ]
        required = [entry.get("required", False) for entry in headers]
        assert required == {"public": [], "registrar": [False]}.get(route.access, [True]), route.operation_id


def test_every_code_is_met_somewhere() -> None:
    # The gateway itself refuses a method that a path does not have.
    assert {code for route in ROUTES for code in route.codes} == set(CATALOGUE) - {"method_not_allowed"}


def test_oauth_reads_and_never_orders(made: dict[str, Any]) -> None:
    for route in ROUTES:
        security = made["paths"][route.path][route.method]["security"]
        assert any("oauth" in entry for entry in security) == (route.access == "read")
        assert (security == []) == route.path.startswith(("/api/about", "/webhooks/"))


@pytest.mark.parametrize(
    ("status", "header", "without"),
    [("401", "WWW-Authenticate", "user_required"), ("503", "Retry-After", "feature_disabled")],
)
def test_a_refusal_requires_only_a_header_that_it_always_has(
    made: dict[str, Any], status: str, header: str, without: str
) -> None:
    for route in ROUTES:
        answer = made["paths"][route.path][route.method]["responses"].get(status)
        if answer is not None:
            name = answer["headers"][header]["$ref"].rpartition("/")[2]
            required = made["components"]["headers"][name].get("required", False)
            assert required == (without not in route.codes), route.operation_id


def _contents(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for child in node for found in _contents(child)]
    if not isinstance(node, dict):
        return []
    own = [node] if "schema" in node and "examples" in node else []
    return own + [found for child in node.values() for found in _contents(child)]


def test_every_example_is_valid(made: dict[str, Any]) -> None:
    checked = 0
    for content in _contents(made["paths"]):
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        for example in content["examples"].values():
            if name:
                MODELS[name].model_validate_json(json.dumps(example["value"]))
                checked += 1
    assert checked == sum(
        map(
            len,
            (
                examples.SITE_ORDERS,
                examples.DOMAIN_ORDERS,
                examples.ACCEPTED,
                examples.TLD_REQUIREMENTS,
                examples.WEBHOOK,
                examples.ACCEPTED,
                examples.CANCELLING,
                examples.CART,
                examples.ORDER_LIST,
                examples.ORDER,
                examples.ABOUT,
                examples.NOTIFICATION,
                examples.NOTIFICATION,  # once for each kind of order
                examples.REGISTRAR_ORDER_LIST,
                examples.REGISTRAR_ORDER,
            ),
        )
    ) + sum(len(route.messages) for route in REGISTRAR)


def test_polls_carry_etag_and_304(made: dict[str, Any]) -> None:
    for path in ("/api/orders/{id}", "/api/carts/{token}"):
        answers = made["paths"][path]["get"]["responses"]
        assert "ETag" in answers["200"]["headers"]
        assert "ETag" in answers["304"]["headers"]
        assert "content" not in answers["304"]
    assert {"Link", "X-Total-Count"} <= set(
        made["paths"]["/api/orders"]["get"]["responses"]["200"]["headers"]
    )
    assert "Retry-After" in made["paths"]["/api/orders"]["post"]["responses"]["202"]["headers"]
