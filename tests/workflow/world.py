"""Everything around the state machine: moto for AWS, the sandboxes over HTTP, one clock for all of them."""

import importlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
import urllib3
from hostcart import wiring
from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.appconfig_features import AppConfigFeatures
from hostcart.adapters.dynamodb_catalogue import DynamoCatalogue
from hostcart.entry import observability
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.route53.exceptions import Route53ClientError
from moto.route53.models import Route53Backend
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback as task_token,
)
from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackEndpoint, CallbackOutcome
from moto.stepfunctions.parser.asl.utils.boto_client import boto_client_for
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from local.engine.shims import redrive
from local.sandboxes.callbacks import CallbackSink
from local.sandboxes.registrar import RegistrarSandbox
from local.sandboxes.server import Sandbox
from local.sandboxes.sites import SitesSandbox
from local.sandboxes.stripe import StripeSandbox
from local.seed.processor import Processor
from local.seed.seeding import CATALOGUE
from tests import lean_moto
from tests.sam_template import ACCOUNT, REGION, Template
from tests.workflow.lambdas import Lambdas, forget_clients, forget_ports
from tests.workflow.views import StoredViews
from tools import catalogue_file

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_kms.client import KMSClient
    from mypy_boto3_route53.client import Route53Client
    from mypy_boto3_stepfunctions.client import SFNClient

TABLE: Final = "hostcart"
STRIPE_KEY: Final = "sk_test_workflow_secret"
WEBHOOK_SECRET: Final = "whsec_of_the_workflow"
SITES_TOKEN: Final = "sites-token-secret"
REGISTRAR_TOKEN: Final = "registrar-token-secret"
SIGNING_SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SITE_PASSWORD: Final = "site-password-secret"
_REGISTRAR: Final = {"transfer_seconds": 400_000, "late_seconds": 30, "requests_per_second": 0}
_RUN_SECONDS: Final = 60
_MOTO: Final = "moto.stepfunctions.parser.asl.component"

type Json = dict[str, Any]


@dataclass
class Clock:
    """The present of every system in a test; waiting moves it, nothing sleeps."""

    passed: float = 0.0

    def now(self) -> datetime:
        return (datetime.now(UTC) + timedelta(seconds=self.passed)).replace(microsecond=0)

    def time(self) -> float:
        return time.time() + self.passed


@dataclass
class World:
    """One table, one account at the payment processor; every case has a billing account of its own."""

    template: Template
    lambdas: Lambdas
    clock: Clock
    stripe: StripeSandbox
    sites: SitesSandbox
    registrar: RegistrarSandbox
    sink: CallbackSink
    views: StoredViews
    data_key: str
    on_wait: Callable[[], None] | None = None
    waits: list[float] = field(default_factory=list)
    retries: list[float] = field(default_factory=list)
    _patch: pytest.MonkeyPatch = field(default_factory=pytest.MonkeyPatch)
    _machines: dict[str, str] = field(default_factory=dict)
    _http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=10))

    @cached_property
    def processor(self) -> Processor:
        """The payment processor's SDK, for the seeding of accounts."""
        return Processor(STRIPE_KEY, self.stripe.url)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """The test's own client: its calls are nobody's."""
        return boto3.client("dynamodb")

    @cached_property
    def kms(self) -> "KMSClient":
        """The test's own client."""
        return boto3.client("kms")

    @cached_property
    def route53(self) -> "Route53Client":
        """The test's own client."""
        return boto3.client("route53")

    @cached_property
    def stepfunctions(self) -> "SFNClient":
        """The test's own client."""
        return boto3.client("stepfunctions")

    def reset(self) -> None:
        """Nothing is broken and nobody acts; what happened before stays."""
        self.mend()
        self.lambdas.invocations.clear()
        self.on_wait = None
        self.waits.clear()
        self.retries.clear()
        self.call(self.sites, "POST", "settings", {"provision_seconds": 0, "fail_next": 0})
        self.call(self.registrar, "POST", "settings", _REGISTRAR)
        self.call(self.sink, "DELETE", "received")

    def call(self, sandbox: Sandbox, method: str, path: str, body: Json | None = None) -> Any:
        """A `/_sandbox` endpoint."""
        answer = self._http.request(method, f"{sandbox.url}/_sandbox/{path}", json=body)
        assert answer.status < 300, answer.data
        return answer.json() if answer.data else None

    def arm(self, sandbox: Sandbox, match: str, action: str, times: int = 1) -> None:
        """A fault at a sandbox."""
        self.call(sandbox, "POST", "faults", {"match": match, "action": action, "times": times})

    def mend(self) -> None:
        """Nothing is broken any more."""
        self.lambdas.mend()
        self._patch.undo()
        for sandbox in (self.stripe, self.sites, self.registrar, self.sink):
            sandbox.faults.disarm()

    def patience(self, seconds: float, timeout: urllib3.Timeout) -> None:
        """How long the adapters wait for an answer, until the next reset."""
        self._patch.setattr("hostcart.adapters.stripe_api.READ_SECONDS", seconds)
        self._patch.setattr("hostcart.adapters.http_sites._TIMEOUT", timeout)
        self._patch.setattr("hostcart.adapters.registrar_api.TIMEOUT", timeout)

    def patch_method(self, target: str, before: Callable[[], None]) -> None:
        """Call `before` at each call of `hostcart.module.Class.method`, until the next reset."""
        module, kind, name = target.rsplit(".", 2)
        owner = getattr(importlib.import_module(module), kind)
        original = getattr(owner, name)

        def patched(*args: Any, **named: Any) -> Any:
            before()
            return original(*args, **named)

        self._patch.setattr(owner, name, patched)

    def unseen(self, action: Callable[[], None]) -> None:
        """Do something that is not the running function's doing."""
        with self.lambdas.aside():
            action()

    def close(self) -> None:
        self._patch.undo()
        self._http.clear()

    # --- time -------------------------------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        """Moves the clock of all systems."""
        self.clock.passed += seconds
        if seconds > 0:
            self.call(self.stripe, "POST", "clock", {"advance_seconds": seconds})
            self.call(self.registrar, "POST", "clock", {"advance_seconds": seconds})

    def waited(self, seconds: float) -> None:
        """A Wait state, or a task that waits for its token."""
        self.waits.append(seconds)
        self.advance(seconds)
        if self.on_wait is not None:
            self.on_wait()

    def waited_for_token(self, seconds: float, endpoint: CallbackEndpoint) -> CallbackOutcome | None:
        """A task that waits for its token; None: it was not woken in time."""
        self.waited(seconds)
        return endpoint.get_outcome()

    def paused(self, seconds: float) -> None:
        """The pause before a retry."""
        self.retries.append(seconds)
        self.advance(seconds)

    # --- executions -------------------------------------------------------------------------------

    def machine(self, definition: Json) -> str:
        """The ARN of a state machine with this definition."""
        text = json.dumps(definition)
        if text not in self._machines:
            name = f"fulfil-order-{len(self._machines)}"
            created = self.stepfunctions.create_state_machine(
                name=name, definition=text, roleArn=f"arn:aws:iam::{ACCOUNT}:role/states"
            )
            self._machines[text] = created["stateMachineArn"]
        return self._machines[text]

    def start(self, machine: str, name: str, given: Json) -> str:
        """A new execution's ARN."""
        started = self.stepfunctions.start_execution(
            stateMachineArn=machine, name=name, input=json.dumps(given)
        )
        return started["executionArn"]

    def finish(self, execution: str) -> tuple[str, list[Any]]:
        """Waits for the end: the execution's status and its history."""
        running: Any = stepfunctions_parser_backends[ACCOUNT][REGION].describe_execution(execution)
        deadline = time.monotonic() + _RUN_SECONDS
        while running.status == "RUNNING":
            assert time.monotonic() < deadline, f"{execution} does not end"
            time.sleep(0.01)
        return running.status, running.to_history_output()["events"]

    def zones(self, name: str) -> list[Json]:
        """The DNS zones of a name."""
        found: list[Any] = self.route53.list_hosted_zones()["HostedZones"]
        return [zone for zone in found if zone["Name"].rstrip(".") == name]

    def claim(self, name: str) -> Json | None:
        """The claim on a name."""
        found: Any = self.dynamodb.get_item(TableName=TABLE, Key=keys.claim(name), ConsistentRead=True)
        item: Json | None = found.get("Item")
        return item

    def drop_claim(self, name: str) -> None:
        """Nobody holds the name any more."""
        self.dynamodb.delete_item(TableName=TABLE, Key=keys.claim(name))

    def taken(self, location: str, variant: str) -> int:
        """How much of a slot is taken."""
        key = {"pk": {"S": f"SLOT#{location}#{variant}"}, "sk": {"S": "SLOT"}}
        item = self.dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True)
        return int(item["Item"]["taken"]["N"])


@contextmanager
def running() -> Iterator[World]:
    """A world, and its end."""
    clock = Clock()
    lean_moto.install()
    with (
        pytest.MonkeyPatch.context() as patch,
        StripeSandbox(api_key=STRIPE_KEY) as stripe,
        SitesSandbox(token=SITES_TOKEN, provision_seconds=0) as sites,
        RegistrarSandbox(username="hostcart-test", token=REGISTRAR_TOKEN) as registrar,
        CallbackSink() as sink,
        mock_aws(config={"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": True}}),
    ):
        _set_environment(patch)
        forget_clients()
        data_key = boto3.client("kms").create_key()["KeyMetadata"]
        template = Template(
            {
                "StripeApiBase": stripe.url,
                "StripeApiKeySecretArn": _secret("stripe", {"api_key": STRIPE_KEY}),
                "StripeWebhookSecretArn": _secret("webhooks", {"current": WEBHOOK_SECRET}),
                "StripeLiveMode": "false",
                "SitesBaseUrl": sites.url,
                "SitesTokenSecretArn": _secret("sites", {"token": SITES_TOKEN}),
                "RegistrarApiBase": registrar.url,
                "RegistrarCredentialsSecretArn": _secret(
                    "registrar", {"username": "hostcart-test", "token": REGISTRAR_TOKEN}
                ),
                # The limit waits on the machine's clock: it has tests of its own.
                "RegistrarRequestsPerSecond": "100000",
                "RegistrarRequestsPerHour": "100000000",
                "ParkingAddress": "192.0.2.1",
                "CallbackSigningSecretArn": _secret("callbacks", {"current": SIGNING_SECRET}),
                "CallbackAllowLoopback": "true",
            },
            {
                "Table": (TABLE, TABLE),
                "DataKey": (data_key["KeyId"], data_key["KeyId"]),
            },
        )
        lambdas = Lambdas(template)
        world = World(
            template=template,
            lambdas=lambdas,
            clock=clock,
            stripe=stripe,
            sites=sites,
            registrar=registrar,
            sink=sink,
            views=StoredViews(lambdas),
            data_key=data_key["KeyId"],
        )
        _create_table(world.dynamodb, template)
        DynamoCatalogue(world.dynamodb, TABLE).replace(catalogue := catalogue_file.load(CATALOGUE))
        world.processor.ensure_products([*catalogue.plans.values(), *catalogue.tlds.values()])
        lambdas.watch_clients()
        world.views.watch(patch)
        _take_over_time(patch, world)
        # moto has no AppConfig data plane.
        patch.setattr(
            AppConfigFeatures,
            "domain_registration",
            lambda _self, account: "domain_registration" in account.features,
        )
        _take_over_lambda(patch, lambdas)
        redrive.install()
        _refuse_second_zones(patch)
        _forget_loggers()
        try:
            yield world
        finally:
            world.close()
            forget_ports()
            forget_clients()
            _forget_loggers()


def _set_environment(patch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_CA_BUNDLE"):
        patch.delenv(name, raising=False)
    patch.setenv("AWS_DEFAULT_REGION", REGION)
    patch.setenv("AWS_ACCESS_KEY_ID", "test")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "test")


def _secret(name: str, members: dict[str, str]) -> str:
    client = boto3.client("secretsmanager")
    return client.create_secret(Name=name, SecretString=json.dumps(members))["ARN"]


def _create_table(client: "DynamoDBClient", template: Template) -> None:
    """The table as the template describes it."""
    properties = template.resources["Table"]["Properties"]
    names = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    client.create_table(TableName=TABLE, **{name: properties[name] for name in names})


def _take_over_time(patch: pytest.MonkeyPatch, world: World) -> None:
    """moto waits and pauses for real, the site sandbox asks the machine's clock."""
    patch.setattr(wiring.SystemClock, "now", lambda _self: world.clock.now())
    patch.setattr("local.sandboxes.sites.time", SimpleNamespace(time=world.clock.time))
    patch.setattr("local.sandboxes.sites.secrets.token_urlsafe", lambda _bytes: SITE_PASSWORD)
    patch.setattr(f"{_MOTO}.common.retry.retrier_decl.time", SimpleNamespace(sleep=world.paused))
    patch.setattr(
        f"{_MOTO}.state.wait.wait_function.wait_function.WaitFunction._wait_interval",
        lambda _self, env, wait_seconds: world.waited(wait_seconds),
    )
    patch.setattr(task_token.StateTaskServiceCallback, "_wait_for_task_token_timeout", world.waited_for_token)


def _refuse_second_zones(patch: pytest.MonkeyPatch) -> None:
    """As AWS does, and moto does not: one zone for one caller reference."""
    create: Any = Route53Backend.create_hosted_zone

    def created(backend: Route53Backend, *args: Any, caller_reference: str, **options: Any) -> Any:
        if any(zone.caller_reference == caller_reference for zone in backend.zones.values()):
            raise Route53ClientError("HostedZoneAlreadyExists", "A hosted zone has already been created")
        return create(backend, *args, caller_reference=caller_reference, **options)

    patch.setattr(Route53Backend, "create_hosted_zone", created)


def _take_over_lambda(patch: pytest.MonkeyPatch, lambdas: Lambdas) -> None:
    def invoke(
        _self: object, name: str, _qualifier: str, body: Any, _headers: Any, response_headers: dict[str, str]
    ) -> bytes:
        answer, failed = lambdas.invoke(name.rpartition(":")[2], body)
        if failed:
            response_headers["x-amz-function-error"] = "Unhandled"
        return answer.encode()

    patch.setattr(LambdaSimpleBackend, "invoke", invoke)
    # moto makes a client for every call, which costs more than all the rest of it; and logs what failed
    client = boto_client_for(REGION, "lambda")
    patch.setattr(lambda_eval_utils, "boto_client_for", lambda **_: client)
    patch.setattr(logging.getLogger("moto.stepfunctions"), "level", logging.CRITICAL)


def _forget_loggers() -> None:
    """They write to where standard output was when they were made."""
    observability.logger.cache_clear()
    observability._emf.cache_clear()
    logging.root.manager.loggerDict.pop(observability.NAMESPACE, None)
