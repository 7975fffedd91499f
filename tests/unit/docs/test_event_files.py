"""The example events are complete, and shaped as AWS and our authorizer shape them."""

import base64
import json
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hostcart.contract.errors import CATALOGUE
from hostcart.domain.accounts import Caller, CredentialKind
from hostcart.entry.identity import context_of

from local.engine import cloudformation_yaml
from local.engine.invoke import logical_id
from local.engine.workspace import ROOT
from local.seed.seeding import EXAMPLE_KEY
from tools.openapi.routes import ROUTES

EVENTS: Final = ROOT / "events"
EXPECTED: Final[dict[str, dict[str, Any]]] = yaml.safe_load((EVENTS / "expected.yaml").read_text())
TEMPLATE: Final = cloudformation_yaml.load(ROOT / "template.yaml")
FUNCTIONS: Final = {
    name: resource["Properties"]
    for name, resource in TEMPLATE["Resources"].items()
    if resource["Type"] == "AWS::Serverless::Function"
}
FILES: Final = sorted(
    path for folder in ("api", "stripe", "tasks", "schedule") for path in (EVENTS / folder).glob("*.json")
)
ROUTE_OF: Final = {
    logical: route
    for logical, properties in FUNCTIONS.items()
    for event in properties.get("Events", {}).values()
    for route in ROUTES
    if event["Type"] == "Api"
    and (event["Properties"]["Method"], event["Properties"]["Path"]) == (route.method.upper(), route.path)
}
# What no event can bring about, whatever the function.
WITHOUT_EVENT: Final = {
    "request_blocked": "answered by the gateway alone",
    "too_many_requests": "answered by the gateway alone",
    "internal_error": "only a defect",
    "temporarily_unavailable": "only an outage; shown where a fault of the Stripe sandbox makes one",
}
OUTAGE: Final = 500


def _function(path: Path) -> dict[str, Any]:
    properties: dict[str, Any] = FUNCTIONS[logical_id(path.stem.partition("__")[0])]
    return properties


def _proxy_files() -> list[Path]:
    """Requests that the gateway hands on."""
    return [path for path in FILES if "httpMethod" in json.loads(path.read_text())]


def test_each_file_has_an_expected_answer() -> None:
    assert {str(path.relative_to(EVENTS)) for path in FILES} == set(EXPECTED)


def test_each_function_has_an_event() -> None:
    assert {logical_id(path.stem.partition("__")[0]) for path in FILES} == set(FUNCTIONS)


def _shown(logical: str, what: str) -> set[Any]:
    """The codes, or statuses, or messages, that the events of a function are expected to be answered with."""
    names = [name for name in EXPECTED if logical_id(Path(name).stem.partition("__")[0]) == logical]
    return {EXPECTED[name][what] for name in names if "status" in EXPECTED[name] and what in EXPECTED[name]}


def test_each_documented_route_has_a_function() -> None:
    assert len(ROUTE_OF) == len(ROUTES)


@pytest.mark.parametrize("logical", ROUTE_OF)
def test_each_refusal_of_a_function_has_an_event(logical: str) -> None:
    route = ROUTE_OF[logical]
    shown = _shown(logical, "code")
    if route.messages:  # the registrar API's own shape; its codes are those that the gateway answers with
        refusals = {message for status, message in route.messages.items() if status < OUTAGE}
        assert _shown(logical, "message") == refusals
        assert set(route.codes) <= set(WITHOUT_EVENT)
    else:
        assert set(route.codes) - set(WITHOUT_EVENT) <= shown <= set(route.codes)


@pytest.mark.parametrize("logical", ROUTE_OF)
def test_each_success_of_a_function_has_an_event(logical: str) -> None:
    assert set(ROUTE_OF[logical].successes) <= _shown(logical, "status")


def test_each_code_is_shown_or_cannot_be() -> None:
    shown = {code for logical in FUNCTIONS for code in _shown(logical, "code")}
    assert set(CATALOGUE) - shown == set(WITHOUT_EVENT) - {"temporarily_unavailable"}


@pytest.mark.parametrize("path", _proxy_files(), ids=lambda path: path.stem)
def test_a_request_is_routed_to_its_function(path: Path) -> None:
    event = json.loads(path.read_text())
    routes = {
        (e["Properties"]["Method"], e["Properties"]["Path"]) for e in _function(path)["Events"].values()
    }
    assert (event["httpMethod"], event["resource"]) in routes
    assert event["path"] == event["resource"].format_map(event["pathParameters"] or {})
    assert event["multiValueHeaders"] == {name: [value] for name, value in event["headers"].items()}
    of_registrar = event["resource"].startswith("/v4/") and event["httpMethod"] == "GET"
    assert of_registrar or "Authorization" not in event["headers"]


@pytest.mark.parametrize("path", _proxy_files(), ids=lambda path: path.stem)
def test_the_caller_is_as_the_authorizer_gives_it(path: Path) -> None:
    caller = json.loads(path.read_text())["requestContext"].get("authorizer")
    if caller is None:
        return
    known = context_of(Caller(kind=CredentialKind.SESSION, user_id="1", account_ids=("2",)))
    assert set(caller) == {*known, "principalId", "integrationLatency"}
    assert caller["kind"] in set(CredentialKind)
    assert caller["principalId"] == (caller["user_id"] or caller["accounts"])


def test_the_allowed_key_is_the_seeded_one() -> None:
    event = json.loads((EVENTS / "api" / "authenticate__allowed.json").read_text())
    assert event["authorizationToken"] == f"Bearer {EXAMPLE_KEY}"
    basic = base64.b64encode(f"ready:{EXAMPLE_KEY}".encode()).decode()
    for path in EVENTS.glob("api/*_registrar_order*.json"):
        given = json.loads(path.read_text())["headers"].get("Authorization")
        assert (given == f"Basic {basic}") == (not path.stem.endswith("permission_denied"))


def test_the_environment_example_names_every_variable() -> None:
    common = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    own = [p.get("Environment", {}).get("Variables", {}) for p in FUNCTIONS.values()]
    variables = {name for each in own for name in each} - set(common) - {"ALLOWED_METHODS"}
    assert set(json.loads((EVENTS / "env.json").read_text())["Parameters"]) == variables
