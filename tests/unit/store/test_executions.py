"""The adapter of executions: which is the newest, and what brings an ended one on its way again."""

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from hostcart.adapters.sfn_executions import SfnExecutions
from hostcart.ports import MisconfiguredError
from hostcart.ports_reconcile import Execution, ExecutionStatus
from moto import mock_aws

from local.engine.shims import redrive
from tests.unit.store.stubs import client_error

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient

TOKEN = "0123456789abcdef" * 2
FAILS = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "NotRefundedError"}}}
ENDS = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
WAITS = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 600, "End": True}}}
NO_CART = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "CartNotFound"}}}


@pytest.fixture
def client(session: boto3.Session) -> "Iterator[SFNClient]":
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        redrive.install()
        yield session.client("stepfunctions")


def _machine(client: "SFNClient", definition: dict[str, Any], name: str = "m") -> str:
    return client.create_state_machine(
        name=name, definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/states"
    )["stateMachineArn"]


def _ended(executions: SfnExecutions, status: ExecutionStatus) -> Execution:
    while (found := executions.latest(TOKEN)) is None or found.status is ExecutionStatus.RUNNING:
        time.sleep(0.01)
    assert found.status is status
    return found


def _resume(executions: SfnExecutions, execution: Execution | None, *, fresh: bool = False) -> str:
    return executions.resume(execution, account_id="17", cart_token=TOKEN, fresh=fresh)


def test_a_cart_without_an_execution_gets_one(client: "SFNClient") -> None:
    executions = SfnExecutions(client, _machine(client, ENDS))
    assert executions.latest(TOKEN) is None
    assert _resume(executions, None) == TOKEN
    found = _ended(executions, ExecutionStatus.SUCCEEDED)
    assert (found.name, found.number, found.resumes, found.account_id) == (TOKEN, 1, 0, "17")
    assert found.stopped_at is not None


def test_a_failed_execution_goes_on_under_its_name(client: "SFNClient") -> None:
    executions = SfnExecutions(client, _machine(client, FAILS))
    _resume(executions, None)
    failed = _ended(executions, ExecutionStatus.FAILED)
    assert (failed.redrivable, failed.error) == (True, "NotRefundedError")
    assert _resume(executions, failed) == TOKEN
    assert _ended(executions, ExecutionStatus.FAILED).resumes == 1


def test_an_execution_that_found_no_cart_is_started_anew(client: "SFNClient") -> None:
    executions = SfnExecutions(client, _machine(client, NO_CART))
    _resume(executions, None)
    assert _resume(executions, _ended(executions, ExecutionStatus.FAILED)) == f"{TOKEN}-2"
    found = _ended(executions, ExecutionStatus.FAILED)
    assert (found.name, found.number, found.resumes) == (f"{TOKEN}-2", 2, 1)


@pytest.mark.parametrize("fresh", [True, False])
def test_what_cannot_be_redriven_is_started_anew(client: "SFNClient", *, fresh: bool) -> None:
    executions = SfnExecutions(client, _machine(client, FAILS if fresh else ENDS))
    _resume(executions, None)
    ended = _ended(executions, ExecutionStatus.FAILED if fresh else ExecutionStatus.SUCCEEDED)
    assert _resume(executions, ended, fresh=fresh) == f"{TOKEN}-2"


def test_a_running_execution_is_the_newest(client: "SFNClient") -> None:
    executions = SfnExecutions(client, _machine(client, WAITS))
    _resume(executions, None)
    found = executions.latest(TOKEN)
    assert found is not None
    assert (found.status, found.stopped_at) == (ExecutionStatus.RUNNING, None)


@pytest.mark.parametrize("code", ["ExecutionNotRedrivable", "UnknownOperationException"])
def test_a_service_that_cannot_redrive_gets_a_new_execution(
    client: "SFNClient", monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    executions = SfnExecutions(client, _machine(client, FAILS))
    _resume(executions, None)
    failed = _ended(executions, ExecutionStatus.FAILED)

    def refused(**_: Any) -> None:
        raise client_error(code)

    monkeypatch.setattr(client, "redrive_execution", refused)
    assert _resume(executions, failed) == f"{TOKEN}-2"


def test_a_denied_redrive_is_no_reason_to_start_anew(
    client: "SFNClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    executions = SfnExecutions(client, _machine(client, FAILS))
    _resume(executions, None)
    failed = _ended(executions, ExecutionStatus.FAILED)

    def denied(**_: Any) -> None:
        raise client_error("AccessDeniedException")

    monkeypatch.setattr(client, "redrive_execution", denied)
    with pytest.raises(MisconfiguredError, match="workflow_denied"):
        _resume(executions, failed)
