"""Which deployment a command works on."""

import json
import os
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tools import deployment
from tools.command import CannotRunError

VARIABLES = {
    "TABLE_NAME": "hostcart-Table-1",
    "STATE_MACHINE_ARN": "arn:aws:states:eu-central-1:123456789012:stateMachine:m",
    "STRIPE_API_BASE": "https://api.stripe.com",
    "STRIPE_API_KEY_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:stripe",
}


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command sets is gone after the test."""
    for name in (*VARIABLES, "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SFN"):
        monkeypatch.setenv(name, "before")
        monkeypatch.delenv(name)


@pytest.fixture
def stack() -> Iterator[None]:
    """A stack `hostcart` with a reconciler."""
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Handler": "handler.handler",
            "Runtime": "python3.13",
            "Role": "arn:aws:iam::123456789012:role/any",
            "Code": {"ZipFile": "pass"},
            "Environment": {"Variables": VARIABLES},
        },
    }
    with mock_aws(config={"lambda": {"use_docker": False}}):
        boto3.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument="{}")
        boto3.client("cloudformation").create_stack(
            StackName="hostcart", TemplateBody=json.dumps({"Resources": {"ReconcileFunction": function}})
        )
        yield


def _connect(*arguments: str) -> None:
    parser = ArgumentParser()
    deployment.add_options(parser)
    deployment.connect(parser.parse_args(arguments))


@pytest.mark.usefixtures("stack")
def test_the_stacks_own_reconciler_tells_what_is_where() -> None:
    _connect()
    assert {name: os.environ[name] for name in VARIABLES} == VARIABLES


@pytest.mark.usefixtures("stack")
def test_a_stack_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(CannotRunError, match="There is no stack other"):
        _connect("--stack-name", "other")


def test_the_local_stack_tells_its_endpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts: dict[str, Any] = {
        "aws_endpoint": "http://127.0.0.1:1",
        "stepfunctions_endpoint": "http://127.0.0.1:2",
        "region": "us-east-1",
        "stack_name": "local",
    }
    (tmp_path / "stack.json").write_text(json.dumps(facts))
    asked: list[str] = []

    def variables(stack: str) -> dict[str, str]:
        asked.append(stack)
        return VARIABLES

    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CA_BUNDLE"):
        monkeypatch.setenv(name, "before")
    monkeypatch.setattr(deployment, "_variables", variables)
    _connect("--local", str(tmp_path / "stack.json"))
    assert asked == ["local"]
    assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert os.environ["AWS_ENDPOINT_URL_SFN"] == "http://127.0.0.1:2"
    assert os.environ["AWS_DEFAULT_REGION"] == "us-east-1"


def test_a_local_stack_that_does_not_run_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CannotRunError, match="make up"):
        _connect("--local", str(tmp_path / "stack.json"))
