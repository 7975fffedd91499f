"""The calls of a site order and nothing around them: no check, no log line, no state machine of a cart."""

import json
import os
import uuid
from typing import Any

import boto3
import stripe

dynamodb = boto3.client("dynamodb")
stepfunctions = boto3.client("stepfunctions")
kms = boto3.client("kms")
secret = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["STRIPE_API_KEY_SECRET_ARN"])
payments = stripe.StripeClient(
    json.loads(secret["SecretString"])["api_key"], base_addresses={"api": os.environ["STRIPE_API_BASE"]}
)
SLOT: Any = {"pk": {"S": "SLOT#pdx#vanilla"}, "sk": {"S": "SLOT"}}


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    table, order = os.environ["TABLE_NAME"], json.loads(event["body"])
    account_id = event["headers"]["X-Auth-Account"]
    account = _read(f"ACCOUNT#{account_id}", "ACCOUNT")
    _read(f"USER#{event['requestContext']['authorizer']['user_id']}", "USER")
    dynamodb.batch_get_item(RequestItems={table: {"Keys": [SLOT]}})
    token = uuid.uuid4().hex
    sealed = kms.encrypt(KeyId=os.environ["DATA_KEY_ID"], Plaintext=json.dumps(order["callback"]).encode())
    invoice = payments.v1.invoices.create(
        {"customer": account["stripe_customer_id"], "currency": "usd", "metadata": {"cart_token": token}}
    )
    cart = {"token": token, "invoice": invoice.id, "site": order["site"], "account": account["snapshot"]}
    item: Any = {
        "pk": {"S": f"ACCOUNT#{account_id}"},
        "sk": {"S": f"CART#{token}"},
        "facts": {"S": json.dumps(cart)},
        "sealed_callback": {"B": sealed["CiphertextBlob"]},
    }
    slot: Any = {
        "TableName": table,
        "Key": SLOT,
        "UpdateExpression": "SET taken = taken + :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    dynamodb.transact_write_items(
        TransactItems=[{"Put": {"TableName": table, "Item": item}}, {"Update": slot}]
    )
    given = {"account_id": account_id, "cart_token": token}
    stepfunctions.start_execution(
        stateMachineArn=os.environ["STATE_MACHINE_ARN"], name=token, input=json.dumps(given)
    )
    return {"statusCode": 202, "headers": {"Content-Type": "application/json"}, "body": json.dumps(cart)}


def _read(pk: str, sk: str) -> Any:
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    found = dynamodb.get_item(TableName=os.environ["TABLE_NAME"], Key=key)["Item"]
    return json.loads(found["facts"]["S"])
