"""What anyone would write: one item read, one JSON answer."""

import json
import os
from typing import Any

import boto3

client = boto3.client("dynamodb")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    token = event["pathParameters"]["token"]
    key = {"pk": {"S": os.environ["BARE_PK"]}, "sk": {"S": f"BARE#{token}"}}
    item = client.get_item(TableName=os.environ["TABLE_NAME"], Key=key)["Item"]
    body = json.dumps({"cart": json.loads(item["facts"]["S"])})
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}
