"""Deploys a translated template to the AWS engine and reads back what scripts need to know."""

import json
import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local.engine import aws, bootstrap, translation
from local.engine.translation import Translated
from local.engine.workspace import Workspace

STACK = "hostcart"
BUCKET = "hostcart-local-deploy"
DEADLINE_SECONDS = 120
UNUSABLE = {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}
"""A stack whose first deployment failed cannot be updated, only made anew."""


class DeployFailed(RuntimeError):  # noqa: N818 - reads as what happened
    """CloudFormation did not reach a complete state; the message carries its reasons."""


@dataclass(frozen=True)
class Deployed:
    """Physical ids of the running stack by logical id, and its outputs."""

    resources: dict[str, str]
    types: dict[str, str]
    outputs: dict[str, str]

    def of_type(self, kind: str) -> dict[str, str]:
        """Logical to physical ids of the resources of one CloudFormation type."""
        return {logical: self.resources[logical] for logical, found in self.types.items() if found == kind}


def deploy(workspace: Workspace, endpoint: str, parameters: dict[str, str], sfn_endpoint: str) -> Deployed:
    """Create the stack, or bring it to the present template, and finish what CloudFormation leaves out.

    Raises:
        DeployFailed: with the reason of each failed resource.
    """
    packages = _upload_packages(workspace, endpoint)
    environment = {"AWS_ENDPOINT_URL": endpoint, "AWS_ENDPOINT_URL_SFN": sfn_endpoint}
    translated = translation.translate(workspace.template, parameters, environment, packages)
    _create_or_update(endpoint, translated)
    deployed = read(endpoint)
    _put_gateway_responses(endpoint, translated, deployed)
    _switch_on_time_to_live(endpoint, translated, deployed)
    create_state_machines(endpoint, sfn_endpoint, deployed)
    return deployed


def read(endpoint: str) -> Deployed:
    """The deployed stack as CloudFormation describes it."""
    cloudformation = aws.client("cloudformation", endpoint)
    resources = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    outputs = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0].get("Outputs", [])
    return Deployed(
        resources={entry["LogicalResourceId"]: entry["PhysicalResourceId"] for entry in resources},
        types={entry["LogicalResourceId"]: entry["ResourceType"] for entry in resources},
        outputs={entry["OutputKey"]: entry["OutputValue"] for entry in outputs},
    )


def create_state_machines(endpoint: str, sfn_endpoint: str, deployed: Deployed) -> None:
    """Create the stack's state machines on the Step Functions endpoint, under the same ARNs."""
    source, target = aws.client("stepfunctions", endpoint), aws.client("stepfunctions", sfn_endpoint)
    for arn in deployed.of_type("AWS::StepFunctions::StateMachine").values():
        machine = source.describe_state_machine(stateMachineArn=arn)
        wanted = {"definition": machine["definition"], "roleArn": machine["roleArn"]}
        existing = [entry["stateMachineArn"] for entry in target.list_state_machines()["stateMachines"]]
        if arn in existing:
            target.update_state_machine(stateMachineArn=arn, **wanted)
            continue
        created = target.create_state_machine(name=machine["name"], **wanted)["stateMachineArn"]
        if created != arn:
            raise DeployFailed(f"the Step Functions endpoint made {created} of {arn}")


def _upload_packages(workspace: Workspace, endpoint: str) -> dict[str, str]:
    s3 = aws.client("s3", endpoint, s3={"addressing_style": "path"})
    try:
        s3.create_bucket(Bucket=BUCKET)
    except ClientError as refused:
        if refused.response["Error"]["Code"] not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
            raise
    bodies = {
        logical_id: bootstrap.package(function, workspace.runtime_python)
        for logical_id, function in translation.functions(workspace.template, workspace.staged).items()
    }
    bodies[""] = bootstrap.empty_layer()
    addresses = {}
    for logical_id, body in bodies.items():
        key = f"{logical_id or 'layer'}.zip"
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        addresses[logical_id] = f"s3://{BUCKET}/{key}"
    return addresses


def _create_or_update(endpoint: str, translated: Translated) -> None:
    s3 = aws.client("s3", endpoint, s3={"addressing_style": "path"})
    s3.put_object(
        Bucket=BUCKET, Key="template.json", Body=json.dumps(translated.template, default=str).encode()
    )
    cloudformation = aws.client("cloudformation", endpoint)
    request = {
        "StackName": STACK,
        "TemplateURL": f"{endpoint}/{BUCKET}/template.json",
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in translated.parameters.items()
        ],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    status = _status(cloudformation)
    if status in UNUSABLE:
        cloudformation.delete_stack(StackName=STACK)  # the table is retained, or was never made
        _await_deleted(cloudformation)
    try:
        if status is None or status in UNUSABLE:
            cloudformation.create_stack(**request, OnFailure="DO_NOTHING")
        else:
            cloudformation.update_stack(**request)
    except ClientError as refused:
        if "No updates are to be performed" not in str(refused):
            raise DeployFailed(
                f"the template is refused: {refused.response['Error']['Message']}"
            ) from refused
    _wait(cloudformation)


def _status(cloudformation: Any) -> str | None:
    """The stack's status; None when there is no stack."""
    try:
        status: str = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
    except ClientError:
        return None
    return None if status == "DELETE_COMPLETE" else status


def _await_deleted(cloudformation: Any) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while _status(cloudformation) == "DELETE_IN_PROGRESS" and time.monotonic() < deadline:
        time.sleep(0.1)


def _wait(cloudformation: Any) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        status = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            return
        if not status.endswith("_IN_PROGRESS"):
            raise DeployFailed(f"{status}: {_reasons(cloudformation)}")
        time.sleep(0.1)
    raise DeployFailed(f"not finished after {DEADLINE_SECONDS} s: {_reasons(cloudformation)}")


def _reasons(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [event for event in events if "FAILED" in event["ResourceStatus"]]
    lines = [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '?')}" for event in failed]
    return "; ".join(lines) or "no failed resource is named"


def _put_gateway_responses(endpoint: str, translated: Translated, deployed: Deployed) -> None:
    """The engine drops the gateway responses of an OpenAPI body: put each, then deploy the API once more."""
    gateway = aws.client("apigateway", endpoint)
    for api in deployed.of_type("AWS::ApiGateway::RestApi").values():
        for kind, response in translated.gateway_responses.items():
            request = {
                "responseParameters": response.get("responseParameters"),
                "responseTemplates": response.get("responseTemplates"),
                "statusCode": str(response["statusCode"]) if "statusCode" in response else None,
            }
            gateway.put_gateway_response(
                restApiId=api, responseType=kind, **{key: value for key, value in request.items() if value}
            )
        for stage in gateway.get_stages(restApiId=api)["item"]:
            gateway.create_deployment(restApiId=api, stageName=stage["stageName"])


def _switch_on_time_to_live(endpoint: str, translated: Translated, deployed: Deployed) -> None:
    """The engine ignores TimeToLiveSpecification."""
    dynamodb = aws.client("dynamodb", endpoint)
    for logical_id, attribute in translated.time_to_live.items():
        table = deployed.resources[logical_id]
        present = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        if present["TimeToLiveStatus"] != "ENABLED":
            dynamodb.update_time_to_live(
                TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": attribute}
            )
