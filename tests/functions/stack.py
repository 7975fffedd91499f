"""The template's functions in this process: moto for AWS, sandboxes for the rest, one cold start a call."""

import importlib.util
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from io import StringIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import boto3
import urllib3
from hostcart.adapters.dynamodb_catalogue import DynamoCatalogue
from hostcart.adapters.dynamodb_directory import DynamoDirectory
from hostcart.domain.accounts import ApiKey, CredentialKind
from hostcart.entry import observability
from moto import mock_aws

from local.sandboxes.callbacks import CallbackSink
from local.sandboxes.login import LoginSandbox, mint_oauth_token, mint_session_token
from local.sandboxes.server import Sandbox
from local.sandboxes.sites import SitesSandbox
from local.sandboxes.stripe import StripeSandbox
from local.seed.accounts import SeedAccount
from local.seed.processor import Processor
from local.seed.state import Billing
from tests import lean_moto
from tests.fakes.table import TABLE, create_table
from tests.fakes.world import CATALOGUE, account, user
from tests.sam_template import ROOT, Template, folder_of
from tests.workflow.lambdas import forget_clients, forget_ports

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_stepfunctions.client import SFNClient

REGION: Final = "eu-central-1"
STRIPE_KEY: Final = "sk_test_functions_secret"
SITES_TOKEN: Final = "sites-token-secret"
WEBHOOK_SECRET: Final = "whsec_functions_of_stripe"
SIGNING: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
METHOD_ARN: Final = "arn:aws:execute-api:eu-central-1:123456789012:api1/prod/GET/api/orders"

type Json = dict[str, Any]


@dataclass(frozen=True)
class Member:
    """An account with one user and every kind of credential."""

    account_id: str
    user_id: str
    credentials: dict[CredentialKind, str]


@dataclass
class Stack:
    template: Template
    stripe: StripeSandbox
    sites: SitesSandbox
    sink: CallbackSink
    login: LoginSandbox
    dynamodb: "DynamoDBClient"
    stepfunctions: "SFNClient"
    machine: str
    logs: StringIO = field(default_factory=StringIO)
    _handlers: dict[str, Callable[[Any, Any], Any]] = field(default_factory=dict)

    def invoke(self, function: str, event: Json) -> Json:
        """The function's answer, through JSON as Lambda passes it; it finds just its own environment."""
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            **self.template.environment(function),
        }
        logger: Any = observability.logger()
        logger.registered_handler.setStream(self.logs)
        with patch.dict(os.environ, environment, clear=True), redirect_stdout(self.logs):
            try:
                answer = self._handler(function)(json.loads(json.dumps(event)), SimpleNamespace())
            finally:
                forget_ports()
        found: Json = json.loads(json.dumps(answer))
        return found

    def lines(self, since: int = 0) -> list[Json]:
        """What the functions wrote to their logs since that position."""
        return [json.loads(line) for line in self.logs.getvalue()[since:].splitlines()]

    def _handler(self, function: str) -> Callable[[Any, Any], Any]:
        if function not in self._handlers:
            path = ROOT / self.template.functions[function]["CodeUri"] / "handler.py"
            spec = importlib.util.spec_from_file_location(f"functions_{folder_of(function)}", path)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            self._handlers[function] = module.handler
        return self._handlers[function]

    def join(self, number: int, card: str | None = "pm_card_visa", **changes: Any) -> Member:
        """A new account with a user, a customer and keys."""
        account_id, user_id = str(10_000_000 + number), str(20_000_000 + number)
        seed = SeedAccount(name=f"account-{number}", card=card)
        billing = Processor(STRIPE_KEY, self.stripe.url).ensure_billing(seed, Billing())
        stored = account(
            id=account_id, stripe_customer_id=billing.customer, payment_method_id=billing.method, **changes
        )
        directory = DynamoDirectory(self.dynamodb, TABLE)
        directory.put_account(stored)
        person = user()
        directory.put_user(
            replace(person, snapshot=replace(person.snapshot, id=user_id), account_ids=(account_id,))
        )
        keys = {CredentialKind.API_KEY: f"hcu_{number:032}", CredentialKind.ACCOUNT_KEY: f"hca_{number:032}"}
        of_user = ApiKey(kind=CredentialKind.API_KEY, name="client", user_id=user_id, account_id=None)
        directory.put_api_key(keys[CredentialKind.API_KEY], of_user)
        of_account = ApiKey(
            kind=CredentialKind.ACCOUNT_KEY, name="example", user_id=None, account_id=account_id
        )
        directory.put_api_key(keys[CredentialKind.ACCOUNT_KEY], of_account)
        return Member(account_id, user_id, {**keys, **self._tokens(user_id)})

    def _tokens(self, user_id: str) -> dict[CredentialKind, str]:
        claims: Json = {"audience": "hostcart", "subject": user_id}
        session = mint_session_token(self.login.keys, issuer="https://login.example", **claims)
        oauth = mint_oauth_token(
            self.login.keys, issuer="https://oauth.example", scope="billing:read", **claims
        )
        return {CredentialKind.SESSION: session, CredentialKind.OAUTH: oauth}

    def authenticate(self, header: str | None) -> Json:
        """The authorizer's answer."""
        event = {"type": "TOKEN", "authorizationToken": header, "methodArn": METHOD_ARN}
        return self.invoke("AuthenticateFunction", event)

    def ask(self, box: Sandbox, path: str) -> Any:
        """What a sandbox shows under `/_sandbox`."""
        return self._call("GET", box, path, None)

    def arm(self, box: Sandbox, match: str, action: str) -> None:
        """The next such request fails."""
        self._call("POST", box, "faults", {"match": match, "action": action, "times": 1})

    @staticmethod
    def _call(method: str, box: Sandbox, path: str, body: Json | None) -> Any:
        with urllib3.PoolManager(retries=False, timeout=5) as pool:
            answer = pool.request(method, f"{box.url}/_sandbox/{path}", json=body)
        assert answer.status < 300, answer.data
        return answer.json() if answer.data else None

    def request(self, function: str, method: str, resource: str, **given: Any) -> Json:
        """An HTTP function's answer with its body read; `by` is who asks, (member, kind)."""
        member, kind = given.pop("by", (None, None))
        headers = dict(given.pop("headers", {}))
        context = None
        if member is not None:
            context = self.authenticate(f"Bearer {member.credentials[kind]}")["context"]
            headers = {"X-Auth-Account": member.account_id, **headers}
        body = given.pop("body", None)
        answer = self.invoke(
            function,
            {
                "resource": resource,
                "path": resource,
                "httpMethod": method,
                "headers": headers,
                "queryStringParameters": given.get("query"),
                "pathParameters": given.get("path"),
                "requestContext": {"requestId": "req-1", "authorizer": context},
                "body": body if isinstance(body, str) or body is None else json.dumps(body),
                "isBase64Encoded": False,
            },
        )
        return {**answer, "json": json.loads(answer["body"]) if answer["body"] else None}


@contextmanager
def running() -> Iterator[Stack]:
    """A stack of its own, and its end."""
    with ExitStack() as stack:
        stripe = stack.enter_context(StripeSandbox(api_key=STRIPE_KEY))
        sites = stack.enter_context(SitesSandbox(token=SITES_TOKEN, provision_seconds=0))
        sink = stack.enter_context(CallbackSink())
        login = stack.enter_context(LoginSandbox())
        stack.enter_context(
            patch.dict(
                os.environ,
                {
                    "AWS_DEFAULT_REGION": REGION,
                    "AWS_ACCESS_KEY_ID": "test",
                    "AWS_SECRET_ACCESS_KEY": "test",
                },
            )
        )
        lean_moto.install()
        stack.enter_context(mock_aws())
        stack.callback(forget_clients)
        forget_clients()
        dynamodb = boto3.client("dynamodb")
        create_table(dynamodb)
        DynamoCatalogue(dynamodb, TABLE).replace(CATALOGUE)
        Processor(STRIPE_KEY, stripe.url).ensure_products(CATALOGUE.plans.values())
        stepfunctions = boto3.client("stepfunctions")
        machine = stepfunctions.create_state_machine(
            name="fulfil-order",
            definition='{"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}',
            roleArn="arn:aws:iam::123456789012:role/states",
        )["stateMachineArn"]
        key = boto3.client("kms").create_key()["KeyMetadata"]
        parameters = {
            "StripeApiBase": stripe.url,
            "StripeApiKeySecretArn": _secret("payments", {"api_key": STRIPE_KEY}),
            "StripeWebhookSecretArn": _secret("webhooks", {"current": WEBHOOK_SECRET}),
            "StripeLiveMode": "false",
            "SitesBaseUrl": sites.url,
            "SitesTokenSecretArn": _secret("sites", {"token": SITES_TOKEN}),
            "CallbackSigningSecretArn": _secret("callbacks", {"current": SIGNING}),
            "CallbackAllowLoopback": "true",
            "SessionIssuer": "https://login.example",
            "SessionJwksUrl": f"{login.url}/session/jwks.json",
            "OauthIssuer": "https://oauth.example",
            "OauthJwksUrl": f"{login.url}/oauth/jwks.json",
        }
        physical = {
            "Table": (TABLE, f"arn:aws:dynamodb:{REGION}:123456789012:table/{TABLE}"),
            "DataKey": (key["KeyId"], key["Arn"]),
            "FulfilOrder": (machine, machine),
        }
        template = Template(parameters, physical)
        yield Stack(template, stripe, sites, sink, login, dynamodb, stepfunctions, machine)


def _secret(name: str, members: dict[str, str]) -> str:
    client = boto3.client("secretsmanager")
    return client.create_secret(Name=name, SecretString=json.dumps(members))["ARN"]
