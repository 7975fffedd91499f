"""Starts the state machine and answers its execution."""

import json
import os
import uuid
from typing import Any

import boto3

client = boto3.client("stepfunctions")


def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    token = uuid.uuid4().hex
    given = json.dumps({"account_id": "x", "cart_token": token})
    client.start_execution(stateMachineArn=os.environ["STATE_MACHINE_ARN"], name=token, input=given)
    body = json.dumps({"cart": {"token": token}})
    return {"statusCode": 202, "headers": {"Content-Type": "application/json"}, "body": body}
