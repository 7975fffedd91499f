"""Every example event answers what events/expected.yaml says, under the real runtime client."""

import json
import time
import urllib.request
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import pytest
import yaml
from hostcart.contract import responses
from pydantic import BaseModel

from local.engine import invoke, workspace
from local.engine.runtime_api import Outcome
from local.engine.workspace import ROOT, Workspace

type Expected = Mapping[str, Any]
type Stack = Mapping[str, Any]

EVENTS: Final = ROOT / "events"
EXPECTED: Final[Mapping[str, Expected]] = yaml.safe_load((EVENTS / "expected.yaml").read_text())
MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "order_site": responses.CartEnvelope,
    "get_cart": responses.CartEnvelope,
    "get_order": responses.OrderView,
    "list_orders": responses.OrderList,
    "describe_catalogue": responses.About,
}
DEADLINE_SECONDS: Final = 120

pytestmark = pytest.mark.stack


def _function(event: str) -> str:
    return event.partition("/")[2].partition("__")[0]


@pytest.fixture(scope="module")
def outcomes(stack: Stack) -> Iterator[Mapping[str, Outcome]]:
    """The outcome of each event; one process serves all events of a function."""
    here = workspace.from_environment()
    found = _run(here, stack, "order_site")
    _await_order(stack, json.loads(found["api/order_site__accepted.json"].payload["body"]))
    for function in dict.fromkeys(map(_function, EXPECTED)):
        if function != "order_site":
            found |= _run(here, stack, function)
    yield found
    _request(f"{stack['stripe_url']}/_sandbox/faults", method="DELETE")


def _run(here: Workspace, stack: Stack, function: str) -> dict[str, Outcome]:
    plain = [name for name in EXPECTED if _function(name) == function and "fault" not in EXPECTED[name]]
    found = dict(zip(plain, invoke.run_all(here, function, [_event(n) for n in plain]), strict=True))
    for name, expected in EXPECTED.items():
        if _function(name) == function and "fault" in expected:
            _request(f"{stack['stripe_url']}/_sandbox/faults", method="POST", body=expected["fault"])
            found[name] = invoke.run(here, function, _event(name))
    return found


@cache
def _event(name: str) -> Any:
    return json.loads((EVENTS / name).read_text())


def _await_order(stack: Stack, cart: Mapping[str, Any]) -> None:
    """The later events read the order that the first one placed."""
    ready = stack["accounts"]["ready"]
    headers = {"Authorization": f"Bearer {ready['user_key']}", "X-Auth-Account": ready["id"]}
    deadline = time.monotonic() + DEADLINE_SECONDS
    state = cart
    while state["cart"]["rollup_status"] != "completed":
        assert time.monotonic() < deadline, f"the order is not completed: {state}"
        time.sleep(0.2)
        state = _request(stack["api_url"] + cart["cart"]["poll_url"], headers=headers)


def _request(
    address: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: Any = None
) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data=data, headers=dict(headers or {}), method=method)  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own loopback addresses
        return json.loads(answer.read() or b"null")


@pytest.mark.parametrize("name", [name for name in EXPECTED if "status" in EXPECTED[name]])
def test_an_http_event_is_answered_as_expected(name: str, outcomes: Mapping[str, Outcome]) -> None:
    outcome, expected = outcomes[name], EXPECTED[name]
    assert not outcome.failed, outcome.payload
    answer = outcome.payload
    assert answer["statusCode"] == expected["status"], answer
    if not answer["body"]:
        assert expected["status"] == 304
        return
    body = json.loads(answer["body"])
    assert body.get("code") == expected.get("code")
    assert body | expected.get("result", {}) == body
    problem = answer["statusCode"] >= 400
    assert answer["headers"]["Content-Type"] == (
        "application/problem+json" if problem else "application/json"
    )
    (responses.Problem if problem else MODELS[_function(name)]).model_validate_json(answer["body"])


@pytest.mark.parametrize("name", [name for name in EXPECTED if "effect" in EXPECTED[name]])
def test_the_authorizer_decides_as_expected(name: str, outcomes: Mapping[str, Outcome]) -> None:
    policy = outcomes[name].payload
    (statement,) = policy["policyDocument"]["Statement"]
    assert statement["Effect"] == EXPECTED[name]["effect"]
    assert statement["Resource"].endswith("/prod/*")
    assert ("context" in policy) == (EXPECTED[name]["effect"] == "Allow")


@pytest.mark.parametrize("name", [name for name in EXPECTED if name.startswith("tasks/")])
def test_a_task_ends_as_expected(name: str, outcomes: Mapping[str, Outcome]) -> None:
    outcome, expected = outcomes[name], EXPECTED[name]
    assert outcome.failed == ("error" in expected), outcome.payload
    if outcome.failed:
        error = (outcome.payload["errorType"], outcome.payload["errorMessage"])
        assert error == (expected["error"], expected["code"])
    else:
        assert outcome.payload | expected["result"] == outcome.payload


def test_orders_are_read_with_their_secrets_by_the_owner(outcomes: Mapping[str, Outcome]) -> None:
    for name in ("api/get_order__found.json", "api/get_order__completed.json"):
        order = json.loads(outcomes[name].payload["body"])
        assert order["order"]["status"] == "completed"
        assert order["site"]["ssh_data"]["password"]
