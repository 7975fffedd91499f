"""Enforces the functions' IAM roles on moto's Step Functions, which lets everyone do everything.

Replaced: the operations of `moto.stepfunctions.responses.StepFunctionResponse` that the product calls.
The caller's access key tells the function (the engine derives the key from the function's and the role's
ARNs); the engine's IAM is asked whether the role allows the call. The administrator and sessions that
are no function's pass.
"""

import hashlib
import threading
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import AWSError
from moto.stepfunctions.responses import StepFunctionResponse

from local.engine import aws

GUARDED = {
    "start_execution": ("StartExecution", "stateMachineArn"),
    "describe_execution": ("DescribeExecution", "executionArn"),
    "get_execution_history": ("GetExecutionHistory", "executionArn"),
    "stop_execution": ("StopExecution", "executionArn"),
    "redrive_execution": ("RedriveExecution", "executionArn"),
    "list_executions": ("ListExecutions", "stateMachineArn"),
    "send_task_success": ("SendTaskSuccess", "taskToken"),
    "send_task_failure": ("SendTaskFailure", "taskToken"),
    "send_task_heartbeat": ("SendTaskHeartbeat", "taskToken"),
}
"""The method, its API action, and the request's member that names the resource."""


class AccessDeniedError(AWSError):
    """What Step Functions answers when the caller's role does not allow the call."""

    TYPE = "AccessDeniedException"
    STATUS = 400


class Roles:
    """Which role a function's access key stands for, and what it allows, as the engine says."""

    def __init__(self, endpoint: str) -> None:
        self._lambda = aws.client("lambda", endpoint)
        self._iam = aws.client("iam", endpoint)
        self._by_key: dict[str, str] = {}
        self._lock = threading.Lock()

    def of(self, access_key: str) -> str | None:
        """The role's ARN; None when the key is no function's."""
        if not access_key.startswith("ASIA"):
            return None
        with self._lock:
            if access_key not in self._by_key:
                self._by_key = dict(self._read())
            return self._by_key.get(access_key)

    def allow(self, role: str, action: str, resource: str) -> bool:
        """Whether the role's policies allow the action on the resource."""
        answer = self._iam.simulate_principal_policy(
            PolicySourceArn=role, ActionNames=[f"states:{action}"], ResourceArns=[resource]
        )
        return bool(answer["EvaluationResults"][0]["EvalDecision"] == "allowed")

    def _read(self) -> list[tuple[str, str]]:
        pages = self._lambda.get_paginator("list_functions").paginate()
        functions = [function for page in pages for function in page["Functions"]]
        return [
            (access_key(function["FunctionArn"], function["Role"]), function["Role"])
            for function in functions
        ]


def access_key(function_arn: str, role_arn: str) -> str:
    """The key that `ministack.core.lambda_runtime.execution_credentials` gives a function."""
    return "ASIA" + hashlib.sha256(f"{function_arn}:{role_arn}".encode()).hexdigest()[:16].upper()


def install(endpoint: str) -> None:
    """Ask the IAM of the engine at `endpoint` before each guarded call."""
    roles = Roles(endpoint)
    response: Any = StepFunctionResponse
    for method, (action, member) in GUARDED.items():
        setattr(response, method, _guarded(getattr(response, method), roles, action, member))


def _guarded(original: Callable[[Any], Any], roles: Roles, action: str, member: str) -> Callable[[Any], Any]:
    def operation(self: Any) -> Any:
        role = roles.of(self.get_access_key())
        resource = self._get_param(member) or "*"
        if member == "taskToken":
            resource = _machine_of(self.stepfunction_backend, resource)
        if role is not None and resource is not None and not roles.allow(role, action, resource):
            raise AccessDeniedError(
                f"User: {role} is not authorized to perform: states:{action} on resource: {resource}"
            )
        return original(self)

    return operation


def _machine_of(backend: Any, token: str) -> str | None:
    """The state machine whose execution waits under the task token: what AWS checks the role against.

    None for a token that nobody gave, or that was given before a restart: it opens nothing anyway.
    """
    for machine in backend.state_machines:
        for execution in machine.executions:
            if execution.exec_worker.env.callback_pool_manager.get(token) is not None:
                return str(machine.arn)
    return None
