"""Smoke tests of the engine's shims: each on a stack small enough to start in seconds."""

import json
import statistics
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.engine import aws, invoke, reload, staging, workers
from local.engine.lifecycle import StackError, down
from local.engine.workspace import ROOT
from tests.infrastructure.fixtures import tiny

Stack = dict[str, Any]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    here = tiny.workspace(tmp_path_factory.mktemp("stack"))
    yield tiny.start(here)
    down(here)


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def test_a_request_passes_the_authorizer_and_reaches_table_and_layer(stack: Stack) -> None:
    name = unique("anna")
    assert tiny.get(stack, f"/greetings/{name}")[2]["remembered"] is False
    status, _, body = tiny.get(stack, f"/greetings/{name}", method="POST")
    assert (status, body["remembered"], body["who"]) == (200, True, "good")
    assert body["sentence"] == f"hello, {name}"


@pytest.mark.parametrize("caller", [None, "unknown"])
def test_an_unauthenticated_call_gets_the_templates_gateway_response(
    stack: Stack, caller: str | None
) -> None:
    status, _, body = tiny.get(stack, "/greetings/x", caller=caller)
    assert (status, body["code"]) == (401, "unauthenticated")
    assert body["request_id"]


def test_an_unknown_path_gets_the_templates_gateway_response(stack: Stack) -> None:
    status, _, body = tiny.get(stack, "/nowhere")
    assert (status, body["code"]) == (404, "not_found")


def test_a_denied_caller_gets_403(stack: Stack) -> None:
    assert tiny.get(stack, "/greetings/x", caller="bad")[0] == 403


def test_a_failing_function_answers_502_without_its_stack_trace(stack: Stack) -> None:
    status, _, body = tiny.get(stack, "/greetings/nobody")
    assert (status, body) == (502, {"message": "Internal server error"})


def test_a_function_may_do_only_what_its_role_allows(stack: Stack) -> None:
    error, payload = tiny.invoke(stack, {"name": "x", "delete": True})
    assert (error, payload["errorType"]) == ("Unhandled", "ClientError")
    assert "AccessDenied" in payload["errorMessage"]
    assert "dynamodb:DeleteItem" in payload["errorMessage"]


def test_a_permission_that_is_taken_away_is_missed_at_once(stack: Stack) -> None:
    iam = aws.client("iam", stack["aws_endpoint"])
    role = (
        aws.client("lambda", stack["aws_endpoint"])
        .get_function_configuration(FunctionName=stack["functions"]["GreetFunction"])["Role"]
        .rpartition("/")[2]
    )
    name = next(name for name in iam.list_role_policies(RoleName=role)["PolicyNames"] if name != "start")
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName=name)
    try:
        assert tiny.get(stack, "/greetings/x")[0] == 502
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))
    assert tiny.get(stack, "/greetings/x")[0] == 200


def test_a_function_wakes_what_waits_by_its_role_alone(stack: Stack, tmp_path: Path) -> None:
    kept = tmp_path / "token"
    waiting = tiny.execute(stack, unique("wait"), {"name": "x", "keep": str(kept), "seconds": 60})
    token = _written(kept)
    iam = aws.client("iam", stack["aws_endpoint"])
    role = (
        aws.client("lambda", stack["aws_endpoint"])
        .get_function_configuration(FunctionName=stack["functions"]["GreetFunction"])["Role"]
        .rpartition("/")[2]
    )
    policy = iam.get_role_policy(RoleName=role, PolicyName="start")["PolicyDocument"]
    elsewhere = json.dumps(policy).replace(":stateMachine:", ":stateMachine:other-")
    iam.put_role_policy(RoleName=role, PolicyName="start", PolicyDocument=elsewhere)
    try:
        error, payload = tiny.invoke(stack, {"name": "x", "wake": token})
    finally:
        iam.put_role_policy(RoleName=role, PolicyName="start", PolicyDocument=json.dumps(policy))
    assert (error, "AccessDenied" in payload["errorMessage"]) == ("Unhandled", True)
    assert tiny.invoke(stack, {"name": "x", "wake": token})[0] is None
    found = tiny.outcome(stack, waiting)
    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", {"answer": "woken"})


def test_a_token_that_nobody_gave_opens_nothing(stack: Stack) -> None:
    error, payload = tiny.invoke(stack, {"name": "x", "wake": "made-up"})
    assert (error, "InvalidToken" in payload["errorMessage"]) == ("Unhandled", True)


def test_a_wait_ends_by_itself(stack: Stack, tmp_path: Path) -> None:
    given = {"name": "x", "keep": str(tmp_path / "token"), "seconds": 3}
    found = tiny.outcome(stack, tiny.execute(stack, unique("wait"), given))
    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", {"answer": "timed out"})


def _written(path: Path) -> str:
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return path.read_text()


def test_a_function_sees_its_layers_and_the_runtimes_packages_only(stack: Stack) -> None:
    _, payload = tiny.invoke(stack, {"name": "x"})
    build = Path(stack["logs"]).parent / "build"
    assert payload["path"][:2] == [
        str(build / "functions/greet"),
        str(build / "layers/greeting/python"),
    ]
    packages = [path for path in payload["path"] if "site-packages" in path]
    assert packages == [str(ROOT / ".tools/runtime/lib/python3.13/site-packages")]


def test_timeout_and_memory_of_the_template_hold(stack: Stack) -> None:
    _, payload = tiny.invoke(stack, {"name": "x"})
    assert payload["memory"] == "256"
    assert 4000 < payload["remaining_ms"] <= 5000
    began = time.monotonic()
    error, payload = tiny.invoke(stack, {"name": "x", "sleep": 8})
    assert (error, payload["errorType"]) == ("Unhandled", "Sandbox.Timedout")
    assert time.monotonic() - began < 7


def test_a_state_machine_catches_an_exception_by_its_python_name(stack: Stack) -> None:
    arn = tiny.execute(stack, unique("caught"), {"name": "nobody"})
    found = tiny.outcome(stack, arn)
    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", {"answer": "refused by name"})


def test_a_history_is_answered_in_the_order_and_number_asked_for(stack: Stack) -> None:
    arn = tiny.execute(stack, unique("history"), {"name": "x"})
    tiny.outcome(stack, arn)
    client = tiny.states(stack)
    whole = client.get_execution_history(executionArn=arn)["events"]
    assert [event["id"] for event in whole] == list(range(1, len(whole) + 1))
    last = client.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=1)["events"]
    assert [event["type"] for event in last] == ["ExecutionSucceeded"]
    for reverse, expected in ((False, whole), (True, whole[::-1])):
        pages = list(
            client.get_paginator("get_execution_history").paginate(
                executionArn=arn, reverseOrder=reverse, PaginationConfig={"PageSize": 2}
            )
        )
        assert [event for page in pages for event in page["events"]] == expected
        assert {len(page["events"]) for page in pages[:-1]} == {2}


def test_substitutions_of_numbers_stay_numbers(stack: Stack) -> None:
    machine = tiny.states(stack).describe_state_machine(stateMachineArn=stack["outputs"]["GreetMachineArn"])
    greet = json.loads(machine["definition"])["States"]["Greet"]
    assert greet["Retry"][0]["IntervalSeconds"] == 1
    assert greet["Parameters"]["FunctionName"].startswith("arn:aws:lambda:")


def test_a_killed_worker_is_retried_on_a_fresh_one(stack: Stack, tmp_path: Path) -> None:
    sign = tmp_path / "held"
    arn = tiny.execute(stack, unique("killed"), {"name": "x", "hold": str(sign)})
    deadline = time.monotonic() + 10
    while not (sign.exists() and sign.read_text()):
        assert time.monotonic() < deadline, "the function was not invoked"
        time.sleep(0.02)
    killed = workers.kill(stack, "GreetFunction")
    assert int(sign.read_text()) in killed
    found = tiny.outcome(stack, arn)
    assert found["status"] == "SUCCEEDED"
    assert json.loads(found["output"])["body"]["pid"] not in killed
    assert tiny.events(stack, arn).count("TaskFailed") == 1


def test_eight_invocations_of_one_function_run_at_the_same_time(stack: Stack) -> None:
    for _ in range(6):  # workers are added a few at a time
        began = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: tiny.invoke(stack, {"name": "x", "sleep": 1}), range(8)))
        assert [error for error, _ in answers] == [None] * 8
        if len({payload["pid"] for _, payload in answers}) == 8:
            break
    assert len({payload["pid"] for _, payload in answers}) == 8
    assert time.monotonic() - began < 8


def test_a_name_starts_one_execution_however_many_ask_at_once(stack: Stack) -> None:
    name, together = unique("once"), threading.Barrier(10)

    def start(_: int) -> str:
        together.wait()
        return tiny.execute(stack, name, {"name": "x", "sleep": 1})

    with ThreadPoolExecutor(10) as pool:
        arns = set(pool.map(start, range(10)))
    listed = tiny.states(stack).list_executions(stateMachineArn=stack["outputs"]["GreetMachineArn"])[
        "executions"
    ]
    assert len(arns) == 1
    assert [entry["name"] for entry in listed].count(name) == 1


def test_the_state_machines_role_is_enforced(stack: Stack) -> None:
    iam = aws.client("iam", stack["aws_endpoint"])
    machine = tiny.states(stack).describe_state_machine(stateMachineArn=stack["outputs"]["GreetMachineArn"])
    role = machine["roleArn"].rpartition("/")[2]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName=name)
    try:
        found = tiny.outcome(stack, tiny.execute(stack, unique("role"), {"name": "x"}))
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))
    assert (found["status"], found["error"]) == ("FAILED", "Lambda.AccessDeniedException"), found


def test_one_function_runs_on_one_event_with_the_deployed_settings_and_role(
    stack: Stack, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    here = tiny.workspace(Path(stack["logs"]).parent)
    outcome = invoke.run(here, "GreetFunction", {"name": "zoe"})
    assert (outcome.failed, outcome.payload["sentence"]) == (False, "hello, zoe")
    denied = invoke.run(here, "greet", {"name": "x", "delete": True})
    assert "AccessDenied" in denied.payload["errorMessage"]

    event = tmp_path / "event.json"
    event.write_text('{"name": "nobody"}')
    capfd.readouterr()
    assert invoke.command(here, "greet", event) == 1
    assert '"errorType": "NameRefused"' in capfd.readouterr().out


def test_what_cannot_be_invoked_is_said(tmp_path: Path) -> None:
    here = tiny.workspace(tmp_path)
    with pytest.raises(StackError, match="no stack is running"):
        invoke.run(here, "greet", {"name": "x"})
    with pytest.raises(StackError, match="no function 'nothing'"):
        invoke.run(here, "nothing", {})


def test_a_reload_names_a_handler_that_cannot_be_loaded(stack: Stack, tmp_path: Path) -> None:
    here = tiny.workspace(Path(stack["logs"]).parent)
    running = here.staged / "functions" / "greet" / "handler.py"
    good, broken = tmp_path / "good.py", tmp_path / "broken.py"
    good.write_bytes(running.read_bytes())
    broken.write_text("import os\nTABLE = os.environ['TABLE_NAME']\nimport missing_module\n")
    said: list[str] = []
    staging.replace(broken, running)
    try:
        with pytest.raises(StackError, match=r"GreetFunction cannot .*\n.*handler\.py:3: ModuleNotFound"):
            reload.reload(here, "greet", said.append)
    finally:
        staging.replace(good, running)
    assert not any("reloaded" in line for line in said)
    assert reload.reload(here, "greet", said.append) == 0
    assert tiny.invoke(stack, {"name": "x"})[0] is None


def test_starting_an_execution_needs_a_permission(stack: Stack) -> None:
    machine = stack["outputs"]["GreetMachineArn"]
    assert tiny.invoke(stack, {"name": unique("start"), "start": machine})[0] is None
    error, payload = tiny.invoke(stack, {"name": unique("start"), "start": f"{machine}Other"})
    assert (error, payload["errorType"]) == ("Unhandled", "ClientError")
    assert "not authorized to perform: states:StartExecution" in payload["errorMessage"]


def test_items_expire_by_the_templates_attribute(stack: Stack) -> None:
    dynamodb = aws.client("dynamodb", stack["aws_endpoint"])
    found = dynamodb.describe_time_to_live(TableName=stack["table"])["TimeToLiveDescription"]
    assert (found["TimeToLiveStatus"], found["AttributeName"]) == ("ENABLED", "expires_at")


def test_a_functions_log_lines_are_in_a_file(stack: Stack) -> None:
    tiny.invoke(stack, {"name": "nobody"})
    name = stack["functions"]["GreetFunction"]
    with open(f"{stack['logs']}/functions/{name}.log") as log:
        assert "NameRefused" in log.read()


def test_a_warm_call_is_not_slowed_by_nagle_or_the_log_wait(stack: Stack) -> None:
    tiny.get(stack, "/greetings/fast")
    taken = []
    for _ in range(15):
        began = time.perf_counter()
        tiny.get(stack, "/greetings/fast")
        taken.append(time.perf_counter() - began)
    # without the shims no call is faster than 50 ms: each waits that long for log lines
    assert statistics.quantiles(taken, n=4)[0] < 0.045
