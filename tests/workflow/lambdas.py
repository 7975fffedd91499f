"""Lambda in this process: the real handlers, each with just its own environment, started cold every time.

Answers and errors are made by the runtime client's own code, so that a Catch by name sees the same text as
on AWS. Every AWS call that a function makes is noted, can be refused, and can be the moment of its death.
"""

import importlib
import importlib.util
import json
import os
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from types import ModuleType, SimpleNamespace
from typing import Any

from hostcart import wiring
from hostcart.adapters import aws

from tests.sam_template import ROOT, Grant, Template, folder_of

# The runtime client carries no types.
_bootstrap: Any = importlib.import_module("awslambdaric.bootstrap")
_marshaller: Any = importlib.import_module("awslambdaric.lambda_runtime_marshaller")

_CLIENTS = (aws.dynamodb, aws.kms, aws.route53, aws.secretsmanager, aws.stepfunctions)
_WRITES_OF_TRANSACTION = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
_WITHOUT_RESOURCE = {"CreateHostedZone", "ListHostedZonesByName"}
_IAM_PREFIX = {"stepfunctions": "states", "sfn": "states"}


class Killed(BaseException):
    """The function's process died: no handler of ours may see it."""


@dataclass
class AwsFault:
    """The next `times` calls of an operation, by one function, are answered with a server error."""

    function: str
    operation: str
    times: int


@dataclass
class Deaths:
    """Attempt n of a function dies at its n-th AWS call, `before` the call or after it had its effect.

    The first attempt that makes fewer calls lives, as do all after `most`.
    """

    before: bool
    most: int = 1000
    attempts: dict[str, int] = field(default_factory=lambda: defaultdict(int))


@dataclass
class Invocation:
    """What one invocation did."""

    function: str
    calls: list[str] = field(default_factory=list)


class Lambdas:
    """All functions of the template."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self.logs = StringIO()
        self.used: dict[str, set[Grant]] = defaultdict(set)
        self.invocations: list[Invocation] = []
        self.aws_faults: list[AwsFault] = []
        self.lost_answers: dict[str, int] = {}
        self.deaths: Deaths | None = None
        self._modules: dict[str, ModuleType] = {}
        self._lock = threading.RLock()
        self._running: Invocation | None = None

    def mend(self) -> None:
        """Nothing fails any more."""
        self.aws_faults.clear()
        self.lost_answers.clear()
        self.deaths = None

    def watch_clients(self) -> None:
        """Note what is called through the adapters' AWS clients."""
        for client in _CLIENTS:
            events = client().meta.events
            events.register("provide-client-params", self._note)
            events.register("before-call", self._before)
            events.register("after-call", self._after)

    def invoke(self, function: str, payload: str) -> tuple[str, bool]:
        """The answer as JSON text, and whether it is a function error."""
        with self._lock:  # one environment, one function at a time
            self._running = Invocation(function)
            self.invocations.append(self._running)
            try:
                with self._cold_start(function), redirect_stdout(self.logs):
                    return self._answer(function, json.loads(payload))
            finally:
                self._running = None

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What happens in here is a test's doing, not the running function's."""
        running, self._running = self._running, None
        try:
            yield
        finally:
            self._running = running

    def _answer(self, function: str, event: Any) -> tuple[str, bool]:
        try:
            answer: str = _marshaller.to_json(
                self._handler(function)(event, SimpleNamespace(aws_request_id="test"))
            )
        except Killed:
            return json.dumps({"errorType": "Runtime.ExitError", "errorMessage": "exit status 9"}), True
        except Exception:
            return _marshaller.to_json(_bootstrap.build_fault_result(sys.exc_info(), None)), True
        if self.lost_answers.get(function, 0) > 0:
            self.lost_answers[function] -= 1
            return json.dumps({"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out"}), True
        return answer, False

    def _handler(self, function: str) -> Callable[[Any, Any], Any]:
        if function not in self._modules:
            path = ROOT / self.template.functions[function]["CodeUri"] / "handler.py"
            spec = importlib.util.spec_from_file_location(f"{folder_of(function)}_handler", path)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            self._modules[function] = module
        handler: Callable[[Any, Any], Any] = self._modules[function].handler
        return handler

    @contextmanager
    def _cold_start(self, function: str) -> Iterator[None]:
        """Only the template's variables are there, and nothing is left of the invocation before."""
        ours = {name for other in self.template.functions for name in self.template.environment(other)}
        before = {name: os.environ.pop(name) for name in ours & os.environ.keys()}
        rest = set(os.environ)
        os.environ.update(self.template.environment(function))
        try:
            yield
        finally:
            forget_ports()
            for name in os.environ.keys() - rest:
                del os.environ[name]
            os.environ.update(before)

    # --- what the AWS clients report --------------------------------------------------------------

    def _note(self, params: Any, model: Any, **_: Any) -> None:
        if self._running is None:
            return
        used = self.used[self._running.function]
        if model.name == "SendTaskSuccess":  # checked against the state machine that gave the token
            machine = self.template.resolve({"Ref": "FulfilOrder"})
            used.add(Grant("states:SendTaskSuccess", machine))
        else:
            used.update(_grants(model, params))

    def _before(self, model: Any, **_: Any) -> Any:
        running = self._running
        if running is None:
            return None
        running.calls.append(model.name)
        self._die(running, before=True)
        for fault in self.aws_faults:
            if fault.times > 0 and (fault.function, fault.operation) == (running.function, model.name):
                fault.times -= 1
                refusal = {"Error": {"Code": "InternalServerError", "Message": "injected"}}
                return SimpleNamespace(status_code=500), {
                    **refusal,
                    "ResponseMetadata": {"HTTPStatusCode": 500},
                }
        return None

    def _after(self, **_: Any) -> None:
        if self._running is not None:
            self._die(self._running, before=False)

    def _die(self, running: Invocation, *, before: bool) -> None:
        deaths = self.deaths
        if deaths is None or deaths.before is not before:
            return
        if deaths.attempts[running.function] >= deaths.most:
            return
        if len(running.calls) == deaths.attempts[running.function] + 1:
            deaths.attempts[running.function] += 1
            raise Killed


def forget_ports() -> None:
    """Empty wiring's caches and close what they held; the AWS clients stay."""
    if wiring.payments.cache_info().currsize:
        payments: Any = wiring.payments()
        payments._api._http_client.close()
    if wiring.sites.cache_info().currsize:
        sites: Any = wiring.sites()
        sites._pool.clear()
    if wiring.registrar.cache_info().currsize:
        registrar: Any = wiring.registrar()
        registrar._api._pool.clear()
    for name in vars(wiring).values():
        if hasattr(name, "cache_clear"):
            name.cache_clear()


def forget_clients() -> None:
    """Close and forget the AWS clients."""
    for client in _CLIENTS:
        if client.cache_info().currsize:
            client().close()
        client.cache_clear()


def _grants(model: Any, params: Any) -> Iterator[Grant]:
    """What a call needs of the role. Tables are named, all other resources are given as ARN or id."""
    service = model.service_model.service_name
    prefix = _IAM_PREFIX.get(service, service)
    if model.name == "TransactWriteItems":
        for entry in params["TransactItems"]:
            for kind, write in entry.items():
                yield Grant(f"{prefix}:{_WRITES_OF_TRANSACTION[kind]}", write["TableName"])
        return
    action = f"{prefix}:{model.name}"
    if model.name == "BatchGetItem":
        yield from (Grant(action, table) for table in params["RequestItems"])
        return
    index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
    if service == "route53":
        yield Grant(action, "*" if model.name in _WITHOUT_RESOURCE else "arn:aws:route53:::hostedzone/*")
        return
    if "taskToken" in params:
        yield Grant(action, "machine")  # AWS looks at the state machine behind the token
        return
    names = ("TableName", "KeyId", "SecretId", "stateMachineArn")
    yield Grant(action, next(params[name] for name in names if name in params) + index)
