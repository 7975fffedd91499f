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
# Answered by the gateway alone, or only by a defect.
WITHOUT_EVENT: Final = {"request_blocked", "too_many_requests", "internal_error"}


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


def test_each_refusal_has_an_event() -> None:
    shown = {expected.get("code") for name, expected in EXPECTED.items() if not name.startswith("tasks/")}
    assert set(CATALOGUE) - shown == WITHOUT_EVENT


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
