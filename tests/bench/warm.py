"""What a warm request computes under AWS's runtime client, over a bare handler with the same calls.

AWS is moto and the payment processor is its sandbox, both in this process: only the function's own processor
time counts, theirs and the waiting do not.
"""

import json
import logging
import os
import resource
import statistics
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import boto3
from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.adapters.dynamodb_catalogue import DynamoCatalogue
from hostcart.adapters.dynamodb_directory import DynamoDirectory
from hostcart.domain.accounts import Caller, CredentialKind
from hostcart.entry.identity import context_of
from moto.server import ThreadedMotoServer

from local.engine import runtime_api
from local.engine.translation import functions
from local.engine.workspace import ROOT
from local.sandboxes.stripe import StripeSandbox
from local.seed.accounts import SeedAccount
from local.seed.processor import Processor
from local.seed.state import Billing
from tests.bench import measure
from tests.bench.cold_start import BUILD
from tests.fakes.table import TABLE, create_table
from tests.fakes.world import ACCOUNT, CALLBACK, CATALOGUE, USER, World, account, user
from tests.sam_template import Template

REGION: Final = "us-east-1"
STRIPE_KEY: Final = "sk_test_bench"
BARE: Final = ROOT / "tests" / "bench" / "bare"
_FEW, _POLLS, _POSTS = 10, 200, 50
_ROUNDS: Final = 3

type Json = dict[str, Any]


@dataclass(frozen=True)
class Side:
    """One function to run: its handler, its folder, what is on its path."""

    handler: str
    code: Path
    path: tuple[Path, ...]


@dataclass(frozen=True)
class Shop:
    """The table, one account, and what a function's environment names."""

    environment: Mapping[str, str]
    template: Template
    token: str


def run() -> Json:
    """{"poll": {"ours_ms", "bare_ms"}, "post": {...}}: medians of several rounds in turns."""
    built = functions(BUILD / "template.yaml")
    with _shop() as shop:
        layers = built["GetCartFunction"].layers
        sides = {
            "poll": ("GetCartFunction", Side("poll.handler", BARE, ()), _poll_event(shop), _POLLS),
            "post": ("OrderSiteFunction", Side("post.handler", BARE, layers), _post_event(), _POSTS),
        }
        found: Json = {}
        for name, (function, bare, event, count) in sides.items():
            ours = Side("handler.handler", built[function].code, layers)
            taken: dict[str, list[float]] = {"ours_ms": [], "bare_ms": []}
            for _ in range(_ROUNDS):
                for key, side in (("ours_ms", ours), ("bare_ms", bare)):
                    variables = {**shop.template.environment(function), **shop.environment}
                    taken[key].append(_per_request(side, variables, event, count))
            found[name] = {key: statistics.median(values) for key, values in taken.items()}
        return found


def _per_request(side: Side, variables: Mapping[str, str], event: Json, count: int) -> float:
    """Milliseconds: a long run less a short one, so that the start does not count."""
    return (_cpu_ms(side, variables, event, count) - _cpu_ms(side, variables, event, _FEW)) / (count - _FEW)


def _cpu_ms(side: Side, variables: Mapping[str, str], event: Json, count: int) -> float:
    environment = {
        **measure.environment(),
        **variables,
        "PYTHONPATH": os.pathsep.join(map(str, (side.code, *side.path))),
        "LAMBDA_TASK_ROOT": str(side.code),
        "_HANDLER": side.handler,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
    }
    command = [str(measure.RUNTIME_PYTHON), "-P", "-s", "-m", "awslambdaric", side.handler]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    outcomes = runtime_api.invoke(
        command,
        environment,
        side.code,
        [event] * count,
        arn="arn:aws:lambda:us-east-1:123456789012:function:bench",
        timeout_seconds=30,
        quiet=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    wrong = [outcome for outcome in outcomes if outcome.failed or outcome.payload["statusCode"] >= 300]
    if wrong:
        raise RuntimeError(f"{side.code.name}: {wrong[0].payload}")
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


@contextmanager
def _shop() -> Iterator[Shop]:
    with ExitStack() as stack:
        stripe = stack.enter_context(StripeSandbox(api_key=STRIPE_KEY))
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each call
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        stack.callback(server.stop)
        host, port = server.get_host_and_port()
        environment = {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        stack.enter_context(patch.dict(os.environ, environment))
        parameters, physical = _resources(stripe)
        token = _seed(stripe)
        yield Shop({**environment, "BARE_PK": f"ACCOUNT#{ACCOUNT}"}, Template(parameters, physical), token)


def _resources(stripe: StripeSandbox) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    create_table(boto3.client("dynamodb"))
    machine = boto3.client("stepfunctions").create_state_machine(
        name="fulfil-order",
        definition='{"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}',
        roleArn="arn:aws:iam::123456789012:role/states",
    )["stateMachineArn"]
    key = boto3.client("kms").create_key()["KeyMetadata"]
    secret = boto3.client("secretsmanager").create_secret(
        Name="payments", SecretString=json.dumps({"api_key": STRIPE_KEY})
    )
    parameters = {"StripeApiBase": stripe.url, "StripeApiKeySecretArn": secret["ARN"]}
    physical = {
        "Table": (TABLE, TABLE),
        "DataKey": (key["KeyId"], key["Arn"]),
        "FulfilOrder": (machine, machine),
    }
    return parameters, physical


def _seed(stripe: StripeSandbox) -> str:
    """Stores an account that can be charged and an order under way; its token."""
    client = boto3.client("dynamodb")
    billing = Processor(STRIPE_KEY, stripe.url).ensure_billing(
        SeedAccount(name="bench", card="pm_card_visa"), Billing()
    )
    directory = DynamoDirectory(client, TABLE)
    directory.put_account(account(stripe_customer_id=billing.customer, payment_method_id=billing.method))
    directory.put_user(user())
    catalogue = DynamoCatalogue(client, TABLE)
    catalogue.replace(CATALOGUE)
    world: Any = World()
    world.carts, world.catalogue, world.directory = DynamoCarts(client, TABLE), catalogue, directory
    world.order()
    world.charge()
    token: str = world.token
    slot = {"pk": {"S": "SLOT#pdx#vanilla"}, "sk": {"S": "SLOT"}}
    client.update_item(
        TableName=TABLE,
        Key=slot,
        UpdateExpression="SET #t = :many",
        ExpressionAttributeNames={"#t": "total"},
        ExpressionAttributeValues={":many": {"N": "1000000"}},
    )
    return token


def _poll_event(shop: Shop) -> Json:
    return {**_event("cart"), "pathParameters": {"token": shop.token}}


def _post_event() -> Json:
    site = {"name": "My blog", "variant": "vanilla", "location": "pdx", "plan": "basic", "term": "monthly"}
    return {**_event("orders"), "body": json.dumps({"site": site, "callback": CALLBACK})}


def _event(resource_: str) -> Json:
    caller = Caller(kind=CredentialKind.API_KEY, user_id=USER, account_ids=(ACCOUNT,))
    return {
        "resource": resource_,
        "headers": {"X-Auth-Account": ACCOUNT, "Content-Type": "application/json"},
        "pathParameters": None,
        "queryStringParameters": None,
        "requestContext": {"requestId": "request-1", "authorizer": context_of(caller)},
        "body": None,
        "isBase64Encoded": False,
    }
