"""One world: the outside systems, the executions, the clock, what is due, and the fault that comes next."""

import json
import marshal
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.adapters.dynamodb_catalogue import DynamoCatalogue
from hostcart.adapters.dynamodb_directory import DynamoDirectory
from hostcart.domain.accounts import Account, Caller, CredentialKind
from hostcart.domain.tokens import order_id_of
from hostcart.entry.identity import context_of
from hostcart.ports import UnavailableError

from tests.fakes.platform import START
from tests.simulation import doors, faults, scenarios
from tests.simulation.asl import Machine, Standing, fault_of
from tests.simulation.dynamo import Table
from tests.simulation.platform_model import (
    CallbacksModel,
    CipherModel,
    SitesModel,
    StepFunctionsClient,
    ZonesModel,
)
from tests.simulation.registrar_model import RegistrarModel
from tests.simulation.scenarios import ACCOUNT, CUSTOMER, KEY, NAME, Scenario
from tests.simulation.stripe_model import Processor
from tests.simulation.stripe_services import Services, finish_late, payments_over

type Json = dict[str, Any]
type Spot = tuple[int, int]
"""(step, call within it): a boundary of a run."""

TABLE: Final = "hostcart"
_POSTS: Final = 20
_REDRIVES: Final = 3
_LATE_SECONDS: Final = 30
# What a key that the processor knows prevents: it answers from its memory.
_UNDER_A_KEY: Final = frozenset({"refused", "kept_before", "kept_after", "declined", "stolen"})
_STANDING: Final = ("execution", "state", "data", "waiting", "seconds", "tries", "attempt", "error")
_INDEXES: Final = {"orders_by_number": ("pk", "number")}
_LONG: Final = 8
MOST_STEPS: Final = 3000
MOST_SECONDS: Final = 60 * 86_400


class Crash(BaseException):
    """The function's process dies: no handler of ours may see it."""


class Violation(Exception):  # noqa: N818 - what a run found, not an error of the simulation
    """A promise was broken."""


class Chooser(Protocol):
    """Which fault comes at a boundary, if any."""

    def __call__(self, spot: Spot, name: str, kinds: tuple[str, ...]) -> str | None: ...


@dataclass
class Call:
    """A function that runs. `state` is the state's name, or the door's."""

    step: int
    state: str
    kind: str
    again: Callable[[], Any]
    execution: str | None = None
    abandoned: bool = False


@dataclass(frozen=True)
class Met:
    """A boundary that a run came to, and what happened there."""

    spot: Spot
    state: str
    name: str
    kind: str
    fault: str | None


class NoMetrics:
    """Port Metrics: nothing is kept."""

    def count(self, name: str, **dimensions: str) -> None:
        """Nothing."""

    def seconds(self, name: str, value: float, **dimensions: str) -> None:
        """Nothing."""


@dataclass
class Timing:
    """How much time things take. `chance` decides jitters: (step) -> [0, 1)."""

    latency: float = 0.0
    timeout: float = 0.0
    seed: int | None = None

    def chance(self, step: int, tries: int) -> float:
        """Without a seed the first retries come at once and later ones as late as they may."""
        if self.seed is None:
            return 0.0 if tries < 2 else 0.99  # noqa: PLR2004
        return random.Random(f"{self.seed}/{step}").random()


class World:
    """See the module. All that changes and matters is in `snapshot`."""

    payments: Any
    metrics = NoMetrics()

    def __init__(self, scenario: Scenario, choose: Chooser, timing: Timing | None = None) -> None:
        self.scenario = scenario
        self.choose = choose
        self.timing = timing or Timing()
        parameters = tuple(sorted(scenario.parameters.items()))
        self.environment: Mapping[str, str] = doors.environment(parameters)
        self.machine = _machine(parameters)
        self.now = START.timestamp()
        self.elapsed = 0.0
        self.events: list[list[Any]] = []
        self.runs: dict[str, list[Any]] = {}
        self.posts: Json = {"sent": 0, "status": 0, "body": None}
        self.step_number = -1
        self.logs: list[str] | None = None
        self.told: list[str] | None = None
        self.violations: list[str] = []
        self.met: list[Met] = []
        self._stack: list[Call] = []
        self._counts: dict[int, int] = {}
        self._build()
        self._arrange()

    def _build(self) -> None:
        clock = self._clock
        self.table = Table(self, _INDEXES)
        self.processor = Processor(clock, self._schedule_stripe, self._stripe_event)
        self.payments = payments_over(Services(self.processor, self, self.violate))
        self.registrar = RegistrarModel(self, clock)
        self.sites = SitesModel(self, clock)
        self.zones = ZonesModel(self)
        self.callbacks = CallbacksModel(self, self._callback_came)
        self.cipher = CipherModel(self)
        self.features = self
        self.stepfunctions = StepFunctionsClient(self, self)
        self.watchers: list[Callable[[str, Json | None, Json | None], None]] = []
        self.table.watch = lambda key, old, new: [each(key, old, new) for each in self.watchers] and None

    def _clock(self) -> float:
        return self.now

    def _arrange(self) -> None:
        scenario = self.scenario
        directory = DynamoDirectory(self.client, TABLE)
        directory.put_account(scenario.account())
        directory.put_user(scenarios.user())
        DynamoCatalogue(self.client, TABLE).replace(scenarios.catalogue())
        self.processor.add_customer(CUSTOMER, method=scenario.method, balance=scenario.balance)
        self.registrar.state |= json.loads(json.dumps(scenario.registrar))
        self.sites.state |= json.loads(json.dumps(scenario.sites))
        self.at(0, "post")
        for seconds, action in scenario.visits:
            self.at(seconds, "visit", action, 0)
        self.table.settle(frozenset({"ACCOUNT", "USER", "CATALOGUE"}))

    @property
    def client(self) -> Any:
        """The table, as the adapters' type checker wants it."""
        return self.table

    @property
    def carts(self) -> DynamoCarts:
        """A store for those who look from outside."""
        return DynamoCarts(self.client, TABLE)

    # --- a world can be put aside -----------------------------------------------------------------

    def snapshot(self) -> bytes:
        """Everything that the future depends on."""
        return marshal.dumps(
            [
                self.now,
                self.events,
                self.runs,
                self.posts,
                self.table.items,
                self.table.before,
                self.processor.state,
                self.registrar.state,
                self.sites.state,
                self.zones.state,
                self.callbacks.state,
            ],
            2,  # without back references, so that equal worlds have equal bytes
        )

    def restore(self, snapshot: bytes, step_number: int) -> None:
        """As it was when the snapshot was taken."""
        (
            self.now,
            self.events,
            self.runs,
            self.posts,
            self.table.items,
            self.table.before,
            self.processor.state,
            self.registrar.state,
            self.sites.state,
            self.zones.state,
            self.callbacks.state,
        ) = marshal.loads(snapshot)  # noqa: S302 - our own bytes
        self.step_number = step_number
        self.violations = []
        self.met = []
        self._counts = {}
        self._stack = []

    # --- time -------------------------------------------------------------------------------------

    def at(self, seconds: float, kind: str, *details: Any) -> None:
        """Something is due; what is due at one moment happens in the order of the asking."""
        due = self.now + seconds
        place = len(self.events)
        while place > 0 and self.events[place - 1][0] > due:
            place -= 1
        self.events.insert(place, [due, kind, *details])

    def pass_moment(self, seconds: float) -> None:
        """A function waits a moment."""
        self.elapsed += seconds
        if self.timing.seed is not None:
            self.now += seconds

    @property
    def over(self) -> bool:
        return not self.events

    def step(self) -> None:
        """What is due next happens."""
        due, kind, *details = self.events.pop(0)
        self.now = max(self.now, due)
        self.step_number += 1
        getattr(self, f"_on_{kind}")(*details)

    def run(self) -> None:
        """To the end. Raises Violation when there is none."""
        doors.Active.world = self
        while not self.over:
            if self.step_number > MOST_STEPS or self.now > START.timestamp() + MOST_SECONDS:
                self.violate("no end")
                return
            self.step()

    # --- functions --------------------------------------------------------------------------------

    def invoke(self, call: Call, handler: doors.Handler, event: Json) -> tuple[str, Any]:
        """("ok", answer) or ("error", (name, cause)), as Lambda would tell it."""
        self._stack.append(call)
        self.elapsed = 0.0
        try:
            answer = json.loads(json.dumps(handler(json.loads(json.dumps(event)), None)))
        except Crash:
            return "error", ("Runtime.ExitError", json.dumps({"errorType": "Runtime.ExitError"}))
        except Exception as error:
            return "error", fault_of(error)
        finally:
            self._stack.pop()
        return "ok", answer

    def pass_through(self, name: str, effect: Callable[[], Any], system: Any) -> Any:
        """One call to the outside (see `Gate`)."""
        if not self._stack:
            return effect()
        call = self._stack[-1]
        number = self._counts.get(call.step, 0)
        self._counts[call.step] = number + 1
        spot = (call.step, number)
        fault = self.choose(spot, name, faults.kinds(name, call.kind))
        self.met.append(Met(spot, call.state, name, call.kind, fault))
        if self.told is not None:
            self.told.append(self._line(call, spot, name, fault))
        if self.timing.seed is not None:
            self.pass_moment(self.timing.latency * self.timing.chance(call.step * 1000 + number, 0))
        return effect() if fault is None else self._meet(fault, name, effect, system, call)

    def _meet(self, fault: str, name: str, effect: Callable[[], Any], system: Any, call: Call) -> Any:
        """A fault at a boundary."""
        special = getattr(self, f"_fault_{fault}", None)
        if special is not None:
            return special(effect, system, call)
        if fault in _UNDER_A_KEY and getattr(system, "known", False):
            return effect()
        if fault.endswith("_after"):
            try:
                effect()
            except Exception:  # noqa: S110 - the answer is lost, whatever it was
                pass
        if fault.startswith("timeout"):
            self.now += self.timing.timeout
        if fault.startswith("kept") and hasattr(system, "keep_error"):
            system.keep_error()
        raise system.error(name, fault)

    def _fault_crash_before(self, _effect: Any, _system: Any, _call: Call) -> Any:
        raise Crash

    def _fault_crash_after(self, effect: Any, _system: Any, _call: Call) -> Any:
        try:
            effect()
        finally:
            raise Crash

    def _fault_stale(self, effect: Any, _system: Any, _call: Call) -> Any:
        self.table.stale = True
        try:
            return effect()
        finally:
            self.table.stale = False

    def _fault_contended(self, effect: Any, _system: Any, _call: Call) -> Any:
        self.table.contend()
        return effect()

    def _fault_repeated(self, effect: Any, _system: Any, _call: Call) -> Any:
        """The answer is lost and the SDK sends the write again."""
        effect()
        return effect()

    def _fault_late(self, effect: Any, system: Any, call: Call) -> Any:
        """The time-out comes first, the effect later."""
        held = {} if getattr(system, "known", False) else system.hold()
        if held:
            self.at(_LATE_SECONDS, "late", held)
        else:
            effect()
        self.now += self.timing.timeout
        raise system.error("", "late")

    def _fault_declined(self, effect: Any, system: Any, _call: Call) -> Any:
        if not system.known:
            system.refuse_next("insufficient_funds")
        return effect()

    def _fault_stolen(self, effect: Any, system: Any, _call: Call) -> Any:
        if not system.known:
            system.refuse_next("stolen_card")
        return effect()

    def _fault_keys_expire(self, effect: Any, _system: Any, _call: Call) -> Any:
        """A day after they were used; no function that is held up lives that long."""
        if len(self._stack) == 1:
            self.processor.expire_keys()
        return effect()

    def _fault_sniped(self, effect: Any, _system: Any, _call: Call) -> Any:
        self.registrar.snipe(NAME)
        return effect()

    def _fault_dup(self, effect: Any, _system: Any, call: Call) -> Any:
        """A second delivery runs to its end while the first is held up here."""
        call.again()
        return effect()

    def _fault_zombie(self, effect: Any, _system: Any, call: Call) -> Any:
        return self._outlive(effect, call, steps=1)

    def _fault_zombie_long(self, effect: Any, _system: Any, call: Call) -> Any:
        return self._outlive(effect, call, steps=_LONG)

    def _outlive(self, effect: Any, call: Call, steps: int) -> Any:
        """The machine gives this delivery up and goes on; then it goes on too."""
        if not call.abandoned and call.execution is not None and len(self._stack) == 1:
            call.abandoned = True
            self._failed(call.execution, "Lambda.Unknown", "{}")
            self._aside(steps, self.now + doors.seconds_of(call.state))
        return effect()

    def _aside(self, steps: int, until: float) -> None:
        """The world goes on, for as long as the function may live."""
        for _ in range(steps):
            if self.events and self.events[0][0] <= until:
                elapsed = self.elapsed
                self.step()
                self.elapsed = elapsed

    def _fault_repeat(self, effect: Any, _system: Any, _call: Call) -> Any:
        """The client sends its POST again just now."""
        if self.scenario.keyed:
            self._post()
        return effect()

    def _fault_cancel(self, effect: Any, _system: Any, _call: Call) -> Any:
        """The client cancels just now."""
        self._cancel()
        return effect()

    def _fault_visit(self, effect: Any, _system: Any, _call: Call) -> Any:
        """The customer pays on the hosted page just now."""
        self._visit("pays_otherwise")
        return effect()

    # --- the client -------------------------------------------------------------------------------

    def _on_post(self) -> None:
        self.posts["sent"] += 1
        status, body = self._post()
        if status >= 500 and self.scenario.keyed and self.posts["sent"] < _POSTS:  # noqa: PLR2004
            self.at(5, "post")
            return
        self.posts |= {"status": status, "body": body}

    def _post(self) -> tuple[int, Any]:
        folder = "order_site" if self.scenario.kind == "site" else "order_domain"
        event = self.request(self.scenario.body(), KEY if self.scenario.keyed else None)
        handler = doors.handler(folder)
        state = "OrderSite" if folder == "order_site" else "OrderDomain"
        call = Call(self.step_number, state, "post", lambda: self._post_once(handler, event, state))
        outcome, answer = self.invoke(call, handler, event)
        if outcome == "error":
            return 502, None
        return answer["statusCode"], json.loads(answer["body"])

    def _post_once(self, handler: doors.Handler, event: Json, state: str) -> None:
        if self.scenario.keyed:
            self.invoke(Call(self.step_number, state, "post", lambda: None), handler, event)

    def _cancel(self) -> int:
        """DELETE of the order, once it can be seen; the answer's status."""
        token = self.token
        if token is None:
            return 404
        self.posts["asked"] = True
        event = self.request(None, None, {"id": order_id_of(token)})
        handler = doors.handler("cancel_order")
        call = Call(self.step_number, "CancelOrder", "cancel", lambda: self._cancel_once(handler, event))
        outcome, answer = self.invoke(call, handler, event)
        return 502 if outcome == "error" else self._cancel_answered(answer)

    def _cancel_once(self, handler: doors.Handler, event: Json) -> None:
        call = Call(self.step_number, "CancelOrder", "cancel", lambda: None)
        outcome, answer = self.invoke(call, handler, event)
        if outcome == "ok":
            self._cancel_answered(answer)

    def _cancel_answered(self, answer: Json) -> int:
        status: int = answer["statusCode"]
        if status == 202:  # noqa: PLR2004
            self.posts["cancelled"] = True
        return status

    @property
    def token(self) -> str | None:
        """The one cart's token, once its order is open."""
        for key, item in self.table.items.items():
            if "|CART#" in key and "order_view" in item:
                return key.rpartition("#")[2]
        return None

    def request(self, body: Json | None, key: str | None, path: Json | None = None) -> Json:
        """An API Gateway event of the account's user."""
        caller = Caller(kind=CredentialKind.API_KEY, user_id=scenarios.USER, account_ids=(ACCOUNT,))
        return {
            "resource": "",
            "headers": {
                "X-Auth-Account": ACCOUNT,
                "Content-Type": "application/json",
                **({} if key is None else {"Idempotency-Key": key}),
            },
            "pathParameters": path,
            "queryStringParameters": None,
            "requestContext": {"requestId": "request-1", "authorizer": context_of(caller)},
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }

    def domain_registration(self, account: Account) -> bool:
        """Port Features."""
        flag: bool = self.pass_through(
            "features.check", lambda: "domain_registration" in account.features, self
        )
        return flag

    def error(self, _name: str, _kind: str) -> Exception:
        """Of port Features."""
        return UnavailableError("features_unavailable")

    # --- the outside ------------------------------------------------------------------------------

    def _schedule_stripe(self, seconds: float, kind: str, object_id: str) -> None:
        self.at(seconds, "stripe", kind, object_id)

    def _on_stripe(self, kind: str, object_id: str) -> None:
        self.processor.timer(kind, object_id)

    def _on_late(self, held: Json) -> None:
        finish_late(self.processor, held)

    def _on_visit(self, action: str, tried: int) -> None:
        """A customer who finds nothing to pay looks again later."""
        if action == "sniped":
            self.registrar.snipe(NAME)
        elif not self._visit(action) and tried < 5:  # noqa: PLR2004
            self.at(600, "visit", action, tried + 1)

    def _on_extra(self, action: str) -> None:
        """What a client or a customer does at some moment."""
        if action == "repeat" and self.scenario.keyed:
            self._post()
        elif action == "cancel" and self._cancel() >= 500:  # noqa: PLR2004
            self.at(5, "extra", "cancel")
        elif action in {"pays", "pays_otherwise", "fails"}:
            self._visit(action)

    def _visit(self, action: str) -> bool:
        invoices = list(self.processor.state["invoices"])
        return any([self.processor.visit(invoice, action) for invoice in invoices])

    def _stripe_event(self, kind: str, object_id: str, answer: Json) -> None:
        """Until there is a webhook."""

    def _callback_came(self, message: Json) -> None:
        order = message["data"]["order"]
        token = order["id"].replace("-", "")
        item = self.table.items.get(f"ACCOUNT#{ACCOUNT}|CART#{token}")
        if item is None or not item["terminal"]["BOOL"]:
            self.violate("callback before the end")

    # --- executions -------------------------------------------------------------------------------

    def begin(self, name: str, given: Json) -> bool:
        """Starts an execution, once for a name."""
        if name in self.runs:
            return False
        self._stand(self.machine.start(name, given))
        return True

    def status(self, name: str) -> str | None:
        """As DescribeExecution tells it."""
        if name not in self.runs:
            return None
        waiting = self.runs[name][3]
        return {"succeeded": "SUCCEEDED", "failed": "FAILED"}.get(waiting, "RUNNING")

    def wake(self, token: str, output: Any, *, error: str | None = None, cause: str = "") -> bool:
        """The word for a task that waits with a token; False when nobody waits for it any more."""
        name = token.partition(":")[0]
        standing = self.standing(name) if name in self.runs else None
        if standing is None or standing.token != token or standing.waiting not in {"call", "token"}:
            return False
        if error is not None:
            self._failed(name, error, cause)
        else:
            self._stand(self.machine.succeeded(standing, output))
        return True

    def standing(self, name: str) -> Standing:
        """Where an execution is."""
        fields = dict(zip(_STANDING, self.runs[name], strict=True))
        return Standing(**{**fields, "tries": tuple(fields["tries"])})

    def _stand(self, standing: Standing) -> None:
        self.runs[standing.execution] = [getattr(standing, name) for name in _STANDING]
        if self.told is not None and standing.entered:
            self.told.append(f"        -> {' -> '.join(standing.entered)}")
        self._check_history(json.dumps(standing.data))
        name = standing.execution
        match standing.waiting:
            case "call":
                self.at(0, "call", name, standing.attempt)
            case "retry" | "pause":
                self.at(standing.seconds or 0, "awake", name, standing.attempt)
            case "token" if standing.seconds is not None:
                self.at(standing.seconds, "expired", name, standing.attempt)
            case "failed":
                self._stuck(standing)

    def _check_history(self, text: str) -> None:
        for secret in scenarios.SECRETS:
            if secret in text:
                self.violate("a secret in the history")

    def _stuck(self, standing: Standing) -> None:
        """An operator starts it again, a while later."""
        redrives = standing.execution.count("+")
        if standing.state != "CallbackUndelivered" and redrives < _REDRIVES:
            self.at(86_400, "operator", standing.execution)

    def _on_operator(self, name: str) -> None:
        given = {key: self.runs[name][2][key] for key in ("account_id", "cart_token")}
        self.begin(f"{name}+", given)

    def _on_awake(self, name: str, attempt: int) -> None:
        standing = self.standing(name)
        if standing.attempt != attempt or standing.waiting not in {"retry", "pause"}:
            return
        after = self.machine.awake(standing)
        if after.waiting != "call":
            self._stand(after)
            return
        self.runs[name] = [getattr(after, field_name) for field_name in _STANDING]
        self._on_call(name, after.attempt)

    def _on_expired(self, name: str, attempt: int) -> None:
        standing = self.standing(name)
        if standing.attempt == attempt and standing.waiting == "token":
            self._failed(name, "States.Timeout", "")

    def _on_call(self, name: str, attempt: int) -> None:
        standing = self.standing(name)
        if standing.attempt != attempt or standing.waiting != "call":
            return
        arn, payload = self.machine.payload(standing)
        handler = doors.handler_of(arn)
        call = Call(self.step_number, standing.state, "task", lambda: None, execution=name)
        call.again = lambda: self.invoke(
            Call(call.step, standing.state, "task", lambda: None), handler, payload
        )
        outcome, answer = self.invoke(call, handler, payload)
        if call.abandoned:
            return
        present = self.standing(name)
        if present.attempt != attempt or present.waiting != "call":
            return  # its token was answered while it ran
        if outcome == "ok":
            self._stand(self.machine.called(present, answer))
        else:
            self._failed(name, *answer)

    def _failed(self, name: str, error: str, cause: str) -> None:
        self._check_history(cause)
        standing = self.standing(name)
        chance = self.timing.chance(self.step_number, sum(standing.tries))
        after = self.machine.failed(standing, error, cause, chance=chance)
        if self.told is not None:
            self.told.append(f"        {standing.state} failed: {error} {cause}")
        self._stand(after)

    # --- findings ---------------------------------------------------------------------------------

    def violate(self, what: str) -> None:
        """Notes a broken promise."""
        self.violations.append(what)
        if self.told is not None:
            self.told.append(f"     !! {what}")

    def _line(self, call: Call, spot: Spot, name: str, fault: str | None) -> str:
        mark = "" if fault is None else f"   <== {fault}"
        return (
            f"{self.now - START.timestamp():>10.1f}s {spot[0]:>4}.{spot[1]:<3} {call.state:<20} {name}{mark}"
        )


@dataclass
class Planned:
    """Chooser: exactly these faults."""

    plan: Mapping[Spot, str] = field(default_factory=dict)

    def __call__(self, spot: Spot, _name: str, _kinds: tuple[str, ...]) -> str | None:
        return self.plan.get(spot)


_machines: dict[tuple[tuple[str, str], ...], Machine] = {}


def _machine(parameters: tuple[tuple[str, str], ...]) -> Machine:
    if parameters not in _machines:
        _machines[parameters] = Machine(doors.template().changed(dict(parameters)).definition())
    return _machines[parameters]


def cart_key(token: str) -> str:
    """A cart's key in the table."""
    key = keys.cart(ACCOUNT, token)
    return f"{key['pk']['S']}|{key['sk']['S']}"
