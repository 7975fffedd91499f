"""One world: the outside systems, the table, the executions, and the fault that comes at each boundary."""

import json
import marshal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, Final, Protocol

from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.adapters.dynamodb_catalogue import DynamoCatalogue
from hostcart.adapters.dynamodb_directory import DynamoDirectory
from hostcart.adapters.stripe_events import StripeEvents
from hostcart.settings import PaymentEventSettings

from tests.fakes.platform import START
from tests.simulation import doors, faults, scenarios
from tests.simulation.dynamo import Table
from tests.simulation.kernel import Call, Crash, Json, Met, Spot, Timing
from tests.simulation.platform_model import (
    CallbacksModel,
    CipherModel,
    FeaturesModel,
    MetricsModel,
    SitesModel,
    StepFunctionsClient,
    ZonesModel,
)
from tests.simulation.registrar_model import RegistrarModel
from tests.simulation.scenarios import ACCOUNT, CUSTOMER, NAME, WEBHOOK_SECRET, Scenario
from tests.simulation.stripe_model import Processor
from tests.simulation.stripe_services import Services, ledger_over, payments_over
from tests.simulation.visitors import Visitors

TABLE: Final = "hostcart"
_LATE_SECONDS: Final = 30
_LONG: Final = 8
_PLACES: Final = (
    *(("", name) for name in ("now", "events", "runs", "ended", "posts")),
    ("table", "items"),
    ("table", "before"),
    *((owner, "state") for owner in ("processor", "registrar", "sites", "zones", "callbacks")),
)
"""Where everything is that the future depends on: whose attribute, the world's own without an owner."""
_STATE: Final = attrgetter(*(".".join(filter(None, place)) for place in _PLACES))
_FIXED: Final = frozenset({"ACCOUNT", "USER", "CATALOGUE"})
# What a key that the processor knows prevents: it answers from its memory.
_UNDER_A_KEY: Final = frozenset({"refused", "kept_before", "kept_after"})


class Chooser(Protocol):
    """Which fault comes at a boundary, if any."""

    def __call__(self, spot: Spot, name: str, kinds: tuple[str, ...], /) -> str | None: ...


@dataclass
class Planned:
    """Chooser: exactly these faults."""

    plan: Mapping[Spot, str] = field(default_factory=dict)

    def __call__(self, spot: Spot, _name: str, _kinds: tuple[str, ...]) -> str | None:
        return self.plan.get(spot)


class World(Visitors):
    """See the module. All that changes and matters is in `snapshot`."""

    def __init__(self, scenario: Scenario, choose: Chooser, timing: Timing | None = None) -> None:
        super().__init__(scenario, timing or Timing())
        self.choose = choose
        self.environment: Mapping[str, str] = doors.environment(tuple(sorted(scenario.parameters.items())))
        self._build()
        self._arrange()

    def _build(self) -> None:
        self.table = Table(self, _indexes())
        self.processor = Processor(self.clock, self.schedule_stripe, self.emitted)
        services = Services(self.processor, self, self.violate)
        self.payments = payments_over(services)
        self.billing = ledger_over(services)
        self.payment_events = _events()
        self.registrar = RegistrarModel(self, self.clock)
        self.sites = SitesModel(self, self.clock)
        self.zones = ZonesModel(self)
        self.callbacks = CallbacksModel(self, self._callback_came)
        self.cipher = CipherModel(self)
        self.features = FeaturesModel(self)
        self.metrics = MetricsModel(self._alarmed)
        self.stepfunctions = StepFunctionsClient(self, self)
        self.watchers: list[Callable[[str, Json | None, Json | None], None]] = []
        self.table.watch = self._written

    def _alarmed(self, metric: str) -> None:
        if metric == "PaidUndelivered":
            self.posts["alarmed"] = True

    def _written(self, key: str, old: Json | None, new: Json | None) -> None:
        for each in self.watchers:
            each(key, old, new)

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
        self.table.settle(_FIXED)

    @property
    def client(self) -> Any:
        """The table, as the adapters' type checker wants it."""
        return self.table

    @property
    def carts(self) -> DynamoCarts:
        """A store for those who look from outside."""
        return DynamoCarts(self.client, TABLE)

    def step(self) -> None:
        super().step()
        self.sweep_again()

    def run(self) -> None:
        """To the end."""
        doors.Active.world = self
        while not self.over:
            if self.endless:
                self.violate("no end")
                return
            self.step()

    # --- a world can be put aside -----------------------------------------------------------------

    def snapshot(self) -> bytes:
        """Everything that the future depends on."""
        # Without back references, so that equal worlds have equal bytes.
        return marshal.dumps(_STATE(self), 2)

    def restore(self, snapshot: bytes, step_number: int) -> None:
        """As it was when the snapshot was taken."""
        values = marshal.loads(snapshot)  # noqa: S302 - our own bytes
        for (owner, name), value in zip(_PLACES, values, strict=True):
            setattr(getattr(self, owner) if owner else self, name, value)
        self.step_number = step_number
        self.violations = []
        self.met = []
        self._counts = {}
        self._stack = []

    # --- boundaries -------------------------------------------------------------------------------

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

    def _line(self, call: Call, spot: Spot, name: str, fault: str | None) -> str:
        mark = "" if fault is None else f"   <== {fault}"
        seconds = self.now - START.timestamp()
        return f"{seconds:>10.1f}s {spot[0]:>4}.{spot[1]:<3} {call.state:<22} {name}{mark}"

    def _meet(self, fault: str, name: str, effect: Callable[[], Any], system: Any, call: Call) -> Any:
        special = getattr(self, f"_fault_{fault}", None)
        if special is not None:
            return special(effect, system, call)
        if fault in _UNDER_A_KEY and getattr(system, "known", False):
            return effect()
        if fault.endswith("_after"):
            with suppress(Exception):  # the answer is lost, whatever it was
                effect()
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
        except Exception as error:
            raise Crash from error
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

    def _fault_late(self, effect: Any, system: Any, _call: Call) -> Any:
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

    def _fault_cheaper(self, effect: Any, _system: Any, _call: Call) -> Any:
        self.registrar.cheapen()
        return effect()

    # --- deliveries and actions at a boundary -------------------------------------------------------

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
            self.fail(call.execution, "Lambda.Unknown", "{}")
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
            self.post()
        return effect()

    def _fault_cancel(self, effect: Any, _system: Any, _call: Call) -> Any:
        """The client cancels just now."""
        self.cancel()
        return effect()

    def _fault_visit(self, effect: Any, _system: Any, _call: Call) -> Any:
        """The customer pays on the hosted page just now."""
        self.visit("pays_otherwise")
        return effect()

    def _fault_sweep(self, effect: Any, _system: Any, _call: Call) -> Any:
        """The reconciler runs just now."""
        self.sweep()
        return effect()

    def _fault_early(self, effect: Any, _system: Any, _call: Call) -> Any:
        """What the processor reports of this call arrives before its answer."""
        before = set(self.processor.state["events"])
        answer = effect()
        for event_id in set(self.processor.state["events"]) - before:
            self.hook(event_id)
        return answer

    def _fault_lost(self, _effect: Any, _system: Any, _call: Call) -> Any:
        """The webhook never arrives."""

    def _fault_doubled(self, effect: Any, _system: Any, _call: Call) -> Any:
        effect()
        effect()

    def _fault_delayed(self, _effect: Any, system: Any, _call: Call) -> Any:
        """A day late: behind all that is reported meanwhile."""
        self.at(86_400, "hook", system.id, 1)

    def _callback_came(self, message: Json) -> None:
        token = message["data"]["order"]["id"].replace("-", "")
        item = self.table.items.get(cart_key(token))
        if item is None or not item["terminal"]["BOOL"]:
            self.violate("callback before the end")


def _events() -> StripeEvents:
    secrets: Any = SimpleNamespace(get=lambda _arn: {"current": WEBHOOK_SECRET})
    return StripeEvents(PaymentEventSettings(secret_arn="", live_mode=False), secrets)


def _indexes() -> dict[str, tuple[str, str | None]]:
    """(hash, range) of each index of the template's table."""
    indexes = doors.template().resources["Table"]["Properties"]["GlobalSecondaryIndexes"]
    return {
        index["IndexName"]: tuple(part["AttributeName"] for part in index["KeySchema"]) for index in indexes
    }


def cart_key(token: str) -> str:
    """A cart's key in the table."""
    key = keys.cart(ACCOUNT, token)
    return f"{key['pk']['S']}|{key['sk']['S']}"
