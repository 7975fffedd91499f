"""The template: what every function has, which routes there are, what is kept when the stack goes."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hostcart.contract.errors import CATALOGUE
from hostcart.contract.responses import Problem

from tests.sam_template import API, ROOT, Template, folder_of
from tests.sam_template import TEMPLATE as TEMPLATE_FILE

TEMPLATE = Template()
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
REFUSE = "RefuseMethodFunction"
PUBLIC = frozenset({"/api/about", "/api/about/tlds/{tld}", "/webhooks/stripe"})
# They authenticate in the handler, as their refusals have another shape.
AUTHENTICATE_THEMSELVES = frozenset({"/v4/orders", "/v4/orders/{orderId}"})


def _lint(path: Path) -> str:
    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run(  # noqa: S603 - a fixed command
        [str(linter), str(path)], capture_output=True, text=True, check=False, cwd=ROOT, timeout=120
    )
    return done.stdout + done.stderr


def test_cfn_lint_finds_nothing() -> None:
    assert _lint(TEMPLATE_FILE) == ""


def test_cfn_lint_finds_a_planted_defect(tmp_path: Path) -> None:
    broken = tmp_path / "template.yaml"
    broken.write_text(TEMPLATE_FILE.read_text().replace("EnableKeyRotation", "EnableKeyRotations"))
    assert "EnableKeyRotations" in _lint(broken)


def test_every_folder_is_a_function_and_the_other_way_round() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert {folder_of(name) for name in TEMPLATE.functions} == folders
    for name, properties in TEMPLATE.functions.items():
        assert properties["CodeUri"] == f"functions/{folder_of(name)}"


@pytest.mark.parametrize("name", TEMPLATE.functions)
def test_every_function_logs_for_a_limited_time_and_is_traced(name: str) -> None:
    properties = {**TEMPLATE.common, **TEMPLATE.functions[name]}
    assert properties["Tracing"] == "Active"
    group = TEMPLATE.resources[properties["LoggingConfig"]["LogGroup"]["Ref"]]
    assert group["Type"] == "AWS::Logs::LogGroup"
    assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert properties["Layers"] == [{"Ref": "DependenciesLayer"}, {"Ref": "HostcartLayer"}]


def test_api_and_state_machine_are_traced() -> None:
    (api,) = TEMPLATE.of_type(API).values()
    assert api["Properties"]["TracingEnabled"] is True
    assert TEMPLATE.resources["FulfilOrder"]["Properties"]["Tracing"] == {"Enabled": True}


def test_functions_behind_the_api_answer_before_the_gateway_gives_up() -> None:
    gateway_seconds = 29
    for name in {route[0] for route in TEMPLATE.routes()} | {"AuthenticateFunction"}:
        assert TEMPLATE.timeout(name) < gateway_seconds, name


@pytest.mark.parametrize("name", ["Table", "DataKey"])
def test_what_was_sold_outlives_the_stack(name: str) -> None:
    assert TEMPLATE.resources[name]["DeletionPolicy"] == "Retain"
    assert TEMPLATE.resources[name]["UpdateReplacePolicy"] == "Retain"


def test_the_table_can_be_restored_and_is_encrypted() -> None:
    properties = TEMPLATE.resources["Table"]["Properties"]
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}


# --- routes -----------------------------------------------------------------------------------------------


def _routes(*, refused: bool) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, method, path, _ in TEMPLATE.routes():
        if (name == REFUSE) is refused:
            found.setdefault(path, set()).add(method)
    return found


def test_methods_are_written_out() -> None:
    assert {method for _, method, _, _ in TEMPLATE.routes()} <= METHODS


def test_every_other_method_of_a_known_path_is_refused() -> None:
    served, refused = _routes(refused=False), _routes(refused=True)
    assert served
    assert refused == {path: METHODS - methods for path, methods in served.items()}


@pytest.mark.parametrize("name", sorted({route[0] for route in TEMPLATE.routes()}))
def test_the_statements_of_a_functions_routes_fit_its_policy(name: str) -> None:
    """SAM makes a statement of each: Lambda refuses a policy of more bytes."""
    largest, stack = 20_480, "hostcart-" + "x" * 16
    statements = [
        {
            "Sid": f"{stack}-{name}{event}Permission{'p' * 16}-ABCDEFGHIJKL",
            "Effect": "Allow",
            "Principal": {"Service": "apigateway.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": f"arn:aws:lambda:ap-southeast-1:123456789012:function:{stack}-{name}-ABCDEFGHIJKL",
            "Condition": {"ArnLike": {"AWS:SourceArn": _source(entry["Properties"])}},
        }
        for event, entry in TEMPLATE.functions[name]["Events"].items()
    ]
    assert len(json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": statements})) < largest


def _source(route: dict[str, Any]) -> str:
    path = re.sub(r"\{[a-zA-Z]+\}", "*", route["Path"])
    return f"arn:aws:execute-api:ap-southeast-1:123456789012:abcdefghij/*/{route['Method']}{path}"


def test_a_refusal_names_the_methods_that_there_are() -> None:
    text = TEMPLATE.environment(REFUSE)["ALLOWED_METHODS"]
    allowed = {path: set(names.split()) for path, _, names in (e.partition("=") for e in text.split(";"))}
    assert allowed == _routes(refused=False)


def test_only_refusals_and_the_catalogue_need_no_credential() -> None:
    (api,) = TEMPLATE.of_type(API).values()
    assert api["Properties"]["Auth"]["DefaultAuthorizer"] == "Authenticate"
    for name, method, path, properties in TEMPLATE.routes():
        open_to_all = properties.get("Auth") == {"Authorizer": "NONE"}
        at_the_door = name == REFUSE or path in PUBLIC | AUTHENTICATE_THEMSELVES
        assert open_to_all == at_the_door, f"{method} {path}"
        assert open_to_all or "Auth" not in properties


# --- the gateway's own answers ----------------------------------------------------------------------------

RESPONSES: dict[str, Any] = TEMPLATE.resources["Api"]["Properties"]["GatewayResponses"]


@pytest.mark.parametrize("kind", RESPONSES)
def test_a_gateway_response_is_our_problem(kind: str) -> None:
    response = RESPONSES[kind]
    text = response["ResponseTemplates"]["application/json"]
    assert '"request_id":"$context.requestId"' in text
    problem = Problem.model_validate_json(text)
    status, title = CATALOGUE[problem.code]
    assert (problem.status, problem.title) == (status, title)
    headers = response["ResponseParameters"]["Headers"]
    assert headers["Content-Type"] == "'application/problem+json'"
    assert response.get("StatusCode", status) == status
    assert ("Retry-After" in headers) == (status in {429, 503})
    assert ("WWW-Authenticate" in headers) == (status == 401)


def test_every_answer_that_the_gateway_can_give_alone_is_ours() -> None:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    # without those of a feature that is not used, API keys, and what DEFAULT_5XX stands for. A firewall is no
    # part of the stack, but may be put before it.
    assert set(RESPONSES) == {
        "ACCESS_DENIED",
        "AUTHORIZER_CONFIGURATION_ERROR",
        "AUTHORIZER_FAILURE",
        "BAD_REQUEST_BODY",
        "BAD_REQUEST_PARAMETERS",
        "DEFAULT_5XX",
        "EXPIRED_TOKEN",
        "INTEGRATION_FAILURE",
        "INTEGRATION_TIMEOUT",
        "INVALID_SIGNATURE",
        "MISSING_AUTHENTICATION_TOKEN",
        "QUOTA_EXCEEDED",
        "REQUEST_TOO_LARGE",
        "RESOURCE_NOT_FOUND",
        "THROTTLED",
        "UNAUTHORIZED",
        "UNSUPPORTED_MEDIA_TYPE",
        "WAF_FILTERED",
    }


def test_the_bodies_are_json_after_the_gateway_filled_them_in() -> None:
    for response in RESPONSES.values():
        text = response["ResponseTemplates"]["application/json"].replace("$context.requestId", "id-1")
        assert json.loads(text)["request_id"] == "id-1"
