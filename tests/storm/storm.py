"""One storm over a running stack: orders under trouble, then calm until all have ended; then the books."""

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from local.engine import aws
from tests.e2e.support.reconciler import Reconciler
from tests.e2e.support.world import World
from tests.storm.books import Before, Books
from tests.storm.customers import Customers, Order
from tests.storm.plans import Plan, plans
from tests.storm.promises import broken, broken_together
from tests.storm.weather import Weather

type Json = dict[str, Any]

_DAY: Final = 86_400
_TICK_SECONDS: Final = 0.5
_RECONCILE_SECONDS: Final = 45.0
_BANK_SECONDS: Final = 6.0
_OUTAGE_SECONDS: Final = 60.0
_STILL_SECONDS: Final = 420.0
"""So long nothing changes at the end before what is open is given up: longer than every deadline."""
_CREDIT: Final = -700  # of the account `credit`, for each order of it
_CALM: Final = 2  # runs of the reconciler that mend nothing
_BANK: Final = frozenset({"processing", "refund_pending"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of a storm; `hasty` makes the customers' and the registry's deadlines short."""

    orders: int
    seed: int
    clients: int = 6
    most_open: int = 110
    days: int = 20  # that pass at the bank
    outages: tuple[str, ...] = ("stripe", "registrar", "sites")
    hasty: bool = False


@dataclass(slots=True)
class Outcome:
    """What was found: `breaks` of an order or of all, and what happened on the way."""

    orders: list[Order]
    breaks: list[tuple[Order | None, str]]
    findings: list[tuple[str, str]]
    repairs: Counter[str]
    told: Counter[str]
    weather: Weather
    books: Books
    requests: dict[str, list[Json]]
    days: list[str]
    seconds: float


@dataclass(slots=True)
class Storm:
    """Use `run` once."""

    world: World
    size: Size
    say: Callable[[str], None]
    repairs: Counter[str] = field(default_factory=Counter)
    breaks_told: int = 0
    _requests: dict[str, list[Json]] = field(default_factory=dict)
    _days: set[str] = field(default_factory=set)
    _passed: int = 0
    _hours: int = 0
    _calm: int = 0

    def run(self) -> Outcome:
        began, world = time.monotonic(), self.world
        wanted = list(plans(self.size.seed, self.size.orders, mark=f"{int(time.time()) % 10**7:x}s"))
        reconciler = Reconciler(world)
        world.set_balance("credit", _CREDIT * sum(plan.account == "credit" for plan in wanted))
        before = Before.of(world, {plan.account for plan in wanted}, reconciler.findings())
        customers = Customers(world, wanted, most_open=self.size.most_open)
        weather = Weather(world, self.size.seed, customers.steps)
        with self._hastened():
            self._through(customers, weather, wanted)
            self.say("the weather is clear; what is open runs out")
            self._until_calm(customers)
        self._gather()
        return self._outcome(customers, weather, before, reconciler, time.monotonic() - began)

    @contextlib.contextmanager
    def _hastened(self) -> Iterator[None]:
        """The reconciler looks at what is a minute old; in a hasty storm deadlines are half a minute."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.world.environment("ReconcileFunction", RECONCILE_AFTER_SECONDS="60"))
            if self.size.hasty:
                for function, name in (
                    ("ChargePaymentFunction", "PAYMENT_DEADLINE_SECONDS"),
                    ("RegisterDomainFunction", "TRANSFER_DEADLINE_SECONDS"),
                ):
                    stack.enter_context(self.world.environment(function, **{name: "30"}))
            yield

    # --- under trouble ----------------------------------------------------------------------------

    def _through(self, customers: Customers, weather: Weather, wanted: list[Plan]) -> None:
        self._note_day()
        weather.begin()
        threads = customers.order_all(self.size.clients)
        over = threading.Event()
        others = [
            threading.Thread(target=self._reconcile_regularly, args=(over,), daemon=True),
            threading.Thread(target=self._outages, args=(customers, weather, len(wanted), over), daemon=True),
        ]
        for thread in others:
            thread.start()
        told = time.monotonic()
        while any(thread.is_alive() for thread in threads):
            time.sleep(_TICK_SECONDS)
            customers.look()
            self._bank_opens(len(customers.orders) / len(wanted))
            if time.monotonic() - told > 15:
                told = time.monotonic()
                self._gather()
                self._tell(customers, weather)
        self._note_day()
        # those that were ordered last have their trouble too
        ends = time.monotonic() + min(30.0, len(wanted) / 4)
        while time.monotonic() < ends:
            time.sleep(_TICK_SECONDS)
            customers.look()
        over.set()
        weather.clear()
        for thread in others:
            thread.join()

    def _bank_opens(self, share: float) -> None:
        """Days pass at the bank as the orders come."""
        if self._passed < int(share * self.size.days):
            self._passed += 1
            self._note_day()
            self.world.advance_clock(_DAY)
            self._note_day()

    def _note_day(self) -> None:
        """A day on which invoices are opened: its ledger has to balance."""
        self._days.add(f"{datetime.fromtimestamp(self.world.stripe_clock(), UTC):%Y-%m-%d}")

    def _reconcile_regularly(self, over: threading.Event) -> None:
        while not over.wait(_RECONCILE_SECONDS):
            self._reconcile(datetime.now(UTC))

    def _outages(self, customers: Customers, weather: Weather, orders: int, over: threading.Event) -> None:
        """Each named system is out of order once, one after the other."""
        for place, sandbox in enumerate(self.size.outages, 1):
            while len(customers.orders) < orders * place / (len(self.size.outages) + 1):
                if over.wait(_TICK_SECONDS):
                    return
            self.say(f"{sandbox} is out of order")
            weather.outage(sandbox, _OUTAGE_SECONDS)

    def _reconcile(self, as_of: datetime) -> Json | None:
        """One run; None when it died."""
        client = aws.client("lambda", self.world.facts["aws_endpoint"])
        try:
            answer = client.invoke(
                FunctionName=self.world.facts["functions"]["ReconcileFunction"],
                Payload=json.dumps({"time": as_of.isoformat()}),
            )
        except (BotoCoreError, ClientError):
            return None
        payload = answer["Payload"].read()
        if "FunctionError" in answer:
            return None
        report: Json = json.loads(payload)
        self.repairs.update(report["repairs"])
        return report

    # --- in calm ----------------------------------------------------------------------------------

    def _until_calm(self, customers: Customers) -> None:
        """Until nothing runs and the reconciler mends nothing any more, or until nothing changes."""
        seen, since, told = None, time.monotonic(), time.monotonic()
        reconciled = banked = 0.0
        while True:
            customers.look()
            waiting = customers.open()
            running = self.world.executions(statusFilter="RUNNING")
            state = (Counter((o.status, o.payment) for o in waiting), len(running), self._calm)
            if state != seen:
                seen, since = state, time.monotonic()
            if (
                not waiting and not running and self._calm >= _CALM
            ) or time.monotonic() - since > _STILL_SECONDS:
                return
            if any(o.payment in _BANK for o in waiting) and time.monotonic() - banked > _BANK_SECONDS:
                banked = time.monotonic()
                self.world.advance_clock(_DAY)
            if not running or time.monotonic() - reconciled > _RECONCILE_SECONDS:
                reconciled = time.monotonic()
                self._reconcile_later()
            if time.monotonic() - told > 15:
                told = time.monotonic()
                self._gather()
                states = _listed(Counter(o.status for o in waiting))
                self.say(f"open {len(waiting)} {states}, running {len(running)}")
            time.sleep(_TICK_SECONDS)

    def _reconcile_later(self) -> None:
        """Every run is some hours after the one before, and after all that the bank did."""
        self._hours += 3
        now = max(datetime.now(UTC), datetime.fromtimestamp(self.world.stripe_clock(), UTC))
        report = self._reconcile(now + timedelta(hours=self._hours))
        quiet = report is not None and not report["repairs"] and not report["failed"]
        self._calm = self._calm + 1 if quiet else 0

    # --- the end ----------------------------------------------------------------------------------

    def _outcome(
        self, customers: Customers, weather: Weather, before: Before, reconciler: Reconciler, seconds: float
    ) -> Outcome:
        orders, books = customers.orders, Books(self.world)
        accepted = [order for order in orders if order.token]
        breaks: list[tuple[Order | None, str]] = [*customers.breaks]
        breaks += [(order, text) for order in accepted for text in broken(order, books)]
        breaks += [(None, text) for text in broken_together(self.world, orders, books, before)]
        findings = sorted(reconciler.findings() - before.findings)
        breaks += [(None, f"LedgerBreaks: {kind} {name}") for kind, name in findings]
        return Outcome(
            orders=orders,
            breaks=breaks,
            findings=findings,
            repairs=self.repairs,
            told=customers.told,
            weather=weather,
            books=books,
            requests=self._requests,
            days=sorted(self._days),
            seconds=seconds,
        )

    def _gather(self) -> None:
        """The sandboxes' logs, which forget."""
        for box in ("stripe", "registrar", "sites", "callback"):
            known = self._requests.setdefault(box, [])
            after = known[-1]["n"] if known else 0
            url = f"{self.world.facts[f'{box}_url']}/_sandbox/requests"
            known += self.world.http.get(url, params={"after": after}).raise_for_status().json()

    def _tell(self, customers: Customers, weather: Weather) -> None:
        states = Counter("refused" if order.refusal else order.status for order in list(customers.orders))
        self.say(
            f"orders {len(customers.orders)}: {_listed(states)}; faults {weather.met.total()},"
            f" kills {weather.kills.total()}, repairs {_listed(self.repairs)}"
        )


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
