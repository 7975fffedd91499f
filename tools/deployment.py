"""Which deployment a command works on: a stack on AWS, or the one on this machine.

What the command needs to know (table, state machine, secrets) is read off the stack's own reconciler.
"""

import json
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from botocore.exceptions import ClientError

from tools.command import CannotRunError

_NEEDED: Final = ("TABLE_NAME", "STATE_MACHINE_ARN", "STRIPE_API_BASE", "STRIPE_API_KEY_SECRET_ARN")
_FUNCTION: Final = "ReconcileFunction"


def add_options(parser: ArgumentParser) -> None:
    """`--stack-name`, `--endpoint`, `--states-endpoint` and `--local`."""
    parser.add_argument("--stack-name", default="hostcart", help="default: %(default)s")
    parser.add_argument("--endpoint", help="where AWS's services are; default: AWS, as boto3 finds it")
    parser.add_argument("--states-endpoint", help="where Step Functions is, if elsewhere")
    parser.add_argument(
        "--local", type=Path, metavar="STACK_JSON", help="the running local stack's stack.json"
    )


def connect(options: Namespace) -> None:
    """Lets the layer's wiring reach the deployment. Raises CannotRunError when there is none."""
    if options.local is not None:
        _use_local(options)
    for variable, value in (
        ("AWS_ENDPOINT_URL", options.endpoint),
        ("AWS_ENDPOINT_URL_SFN", options.states_endpoint),
    ):
        if value:
            os.environ[variable] = value
    variables = _variables(options.stack_name)
    missing = [name for name in _NEEDED if name not in variables]
    if missing:
        raise CannotRunError(
            f"The stack {options.stack_name} does not tell {', '.join(missing)}: deploy it again."
        )
    os.environ.update({name: variables[name] for name in _NEEDED})


def _use_local(options: Namespace) -> None:
    if not options.local.exists():
        raise CannotRunError(f"{options.local} is not there: start the local stack with `make up`.")
    facts = json.loads(options.local.read_text())
    options.endpoint = options.endpoint or facts["aws_endpoint"]
    options.states_endpoint = options.states_endpoint or facts["stepfunctions_endpoint"]
    options.stack_name = facts["stack_name"]
    os.environ.update(
        {
            "AWS_DEFAULT_REGION": facts["region"],
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
    )
    os.environ.pop("AWS_CA_BUNDLE", None)


def _variables(stack: str) -> Mapping[str, str]:
    import boto3

    try:
        resource = boto3.client("cloudformation").describe_stack_resource(
            StackName=stack, LogicalResourceId=_FUNCTION
        )
        name = resource["StackResourceDetail"]["PhysicalResourceId"]
        configuration = boto3.client("lambda").get_function_configuration(FunctionName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise CannotRunError(f"There is no stack {stack} with a {_FUNCTION}.") from None
    return configuration.get("Environment", {}).get("Variables", {})
