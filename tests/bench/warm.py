"""What a warm request computes under AWS's runtime client, over a bare handler with the same calls.

AWS is moto and the payment processor is its sandbox, both in this process: only the function's own processor
time counts, theirs and the waiting do not.
"""

import json
import logging
import os
import resource
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
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

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

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


@dataclass(frozen=True)
class Comparison:
    """One event for both sides, `count` times over; both have the variables of our function."""

    ours: Side
    bare: Side
    variables: Mapping[str, str]
    event: Json
    count: int


def run() -> Json:
    """{"poll": {"ours_ms", "bare_ms"}, "post": {...}}, processor time of one more request.

    The sides take turns, and the least of each counts: what else runs on the machine only ever adds.
    """
    with shop() as here:
        return {name: _compared(one) for name, one in comparisons(here).items()}


def comparisons(here: Shop) -> dict[str, Comparison]:
    """What `run` compares."""
    built = functions(BUILD / "template.yaml")
    layers = built["GetCartFunction"].layers
    sides = {
        "poll": ("GetCartFunction", Side("poll.handler", BARE, ()), _poll_event(here), _POLLS),
        "post": ("OrderSiteFunction", Side("post.handler", BARE, layers), _post_event(), _POSTS),
    }
    return {
        name: Comparison(
            Side("handler.handler", built[function].code, layers),
            bare,
            {**here.template.environment(function), **here.environment},
            event,
            count,
        )
        for name, (function, bare, event, count) in sides.items()
    }


def _compared(one: Comparison) -> dict[str, float]:
    sides = {"ours_ms": one.ours, "bare_ms": one.bare}
    taken: dict[str, dict[int, list[float]]] = {key: {one.count: [], _FEW: []} for key in sides}
    for _ in range(_ROUNDS):
        for key, side in sides.items():
            for count, times in taken[key].items():
                times.append(_cpu_ms(side, one, count))
    return {
        key: (min(times[one.count]) - min(times[_FEW])) / (one.count - _FEW) for key, times in taken.items()
    }


def _cpu_ms(side: Side, given: Comparison, count: int) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    answered(side, given, count)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def answered(side: Side, given: Comparison, count: int) -> list[Json]:
    """The answers of a new instance to so many requests.

    Raises RuntimeError when one of them failed.
    """
    environment = {
        **measure.environment(),
        **given.variables,
        "PYTHONPATH": os.pathsep.join(map(str, (side.code, *side.path))),
        "LAMBDA_TASK_ROOT": str(side.code),
        "_HANDLER": side.handler,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
    }
    command = [str(measure.RUNTIME_PYTHON), "-P", "-s", "-m", "awslambdaric", side.handler]
    outcomes = runtime_api.invoke(
        command,
        environment,
        side.code,
        [given.event] * count,
        arn="arn:aws:lambda:us-east-1:123456789012:function:bench",
        timeout_seconds=30,
        quiet=True,
    )
    wrong = [outcome for outcome in outcomes if outcome.failed or outcome.payload["statusCode"] >= 300]
    if wrong:
        raise RuntimeError(f"{side.code.name}: {wrong[0].payload}")
    return [outcome.payload for outcome in outcomes]


@contextmanager
def shop() -> Iterator[Shop]:
    """Everything that both sides call, in this process."""
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
    _seed_bare(client, world.carts.cart_view(ACCOUNT, token).body, token)
    slot = {"pk": {"S": "SLOT#pdx#vanilla"}, "sk": {"S": "SLOT"}}
    client.update_item(
        TableName=TABLE,
        Key=slot,
        UpdateExpression="SET #t = :many",
        ExpressionAttributeNames={"#t": "total"},
        ExpressionAttributeValues={":many": {"N": "1000000"}},
    )
    return token


def _seed_bare(client: "DynamoDBClient", view: str, token: str) -> None:
    """The item of the bare poll: the same view as ours, in an item that holds nothing else."""
    key = {"pk": {"S": f"ACCOUNT#{ACCOUNT}"}, "sk": {"S": f"BARE#{token}"}}
    client.put_item(TableName=TABLE, Item={**key, "facts": {"S": view}})


def _poll_event(here: Shop) -> Json:
    return {**_event("cart"), "pathParameters": {"token": here.token}}


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
