"""`python -m local invoke`: one function, one event, AWS's runtime client, no gateway and no container."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local.engine import (
    aws,
    bootstrap,
    lifecycle,
    processes,
    runtime_api,
    secrets,
    stripe_signature,
    translation,
)
from local.engine.lifecycle import StackError
from local.engine.runtime_api import Outcome
from local.engine.translation import Function
from local.engine.workspace import Workspace


def command(workspace: Workspace, name: str, event_file: Path) -> int:
    """Print the result as JSON; 1 when the function failed."""
    if not event_file.is_file():
        raise StackError(f"{event_file} is not a file")
    outcome = run(workspace, name, json.loads(event_file.read_text()))
    print(json.dumps(outcome.payload, indent=2, ensure_ascii=False))
    return 1 if outcome.failed else 0


def run(workspace: Workspace, name: str, event: Any) -> Outcome:
    """`run_all` for one event."""
    (outcome,) = run_all(workspace, name, [event])
    return outcome


def run_all(workspace: Workspace, name: str, events: Sequence[Any]) -> list[Outcome]:
    """Run the function `name` (logical id or folder name) on `events`, one after the other.

    It gets the environment and the role's credentials that the running stack's function has.

    Raises:
        StackError: there is no such function, or no stack runs.
    """
    function = find(workspace, name)
    configuration = _deployed(lifecycle.running(workspace), function)
    signing = secrets.load(workspace).stripe_webhook_secret
    events = [stripe_signature.signed(event, signing) for event in events]
    return runtime_api.invoke(
        [str(workspace.runtime_python), "-P", "-s", "-m", "awslambdaric", function.handler],
        _environment(workspace, function, configuration),
        function.code,
        events,
        arn=configuration["arn"],
        timeout_seconds=configuration["timeout"],
    )


def environment(workspace: Workspace, stack: Mapping[str, Any], function: Function) -> dict[str, str]:
    """All variables that the deployed function's process has, with credentials of its role."""
    return _environment(workspace, function, _deployed(stack, function))


def find(workspace: Workspace, name: str) -> Function:
    """The function of a logical id (`GetCartFunction`) or a folder (`get_cart`)."""
    if not workspace.template.exists():
        raise StackError(f"{workspace.template} is not there: run `make build` first")
    functions = translation.functions(workspace.template)
    wanted = {name, logical_id(name)}
    for function in functions.values():
        if function.logical_id in wanted:
            return function
    raise StackError(f"no function {name!r}; there are {', '.join(sorted(functions))}")


def logical_id(folder: str) -> str:
    """`get_cart` -> `GetCartFunction`."""
    return "".join(part.capitalize() for part in folder.split("_")) + "Function"


def _environment(
    workspace: Workspace, function: Function, configuration: Mapping[str, Any]
) -> dict[str, str]:
    return {
        **processes.base_environment(workspace),
        **configuration["credentials"],
        **configuration["variables"],
        **bootstrap.environment(function),
        "AWS_REGION": processes.REGION,
        "AWS_LAMBDA_FUNCTION_NAME": configuration["name"],
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["memory"]),
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "_HANDLER": function.handler,
    }


def _deployed(stack: Mapping[str, Any], function: Function) -> dict[str, Any]:
    endpoint = stack["aws_endpoint"]
    found = aws.client("lambda", endpoint).get_function_configuration(
        FunctionName=stack["functions"][function.logical_id]
    )
    role = aws.client("sts", endpoint).assume_role(RoleArn=found["Role"], RoleSessionName="invoke")[
        "Credentials"
    ]
    return {
        "name": found["FunctionName"],
        "arn": found["FunctionArn"],
        "timeout": found["Timeout"],
        "memory": found["MemorySize"],
        "variables": found.get("Environment", {}).get("Variables", {}),
        "credentials": {
            "AWS_ACCESS_KEY_ID": role["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": role["SecretAccessKey"],
            "AWS_SESSION_TOKEN": role["SessionToken"],
        },
    }
