"""A world with its reconciler: orders as in `World`, everything else as the test says."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hostcart.domain.findings import FindingKind
from hostcart.domain.ledger import Booking
from hostcart.domain.tokens import order_id_of
from hostcart.ports_reconcile import BilledCart, RenewalSubscription
from hostcart.use_cases.reconcile import Report, reconcile
from hostcart.use_cases.reconcile_run import ReconcilePorts, ReconcileTiming

from tests.fakes.platform import START
from tests.fakes.reconcile import (
    FakeBilling,
    FakeExecutions,
    FakeFindings,
    FakeGauges,
    FakeInventory,
    FakeWork,
)
from tests.fakes.world import ACCOUNT, PAYMENT_DEADLINE, SITE_DEADLINE, World

AFTER = timedelta(minutes=15)
TIMING = ReconcileTiming(
    after=AFTER,
    drafts=timedelta(hours=1),
    payment=PAYMENT_DEADLINE,
    site=SITE_DEADLINE,
    transfer=timedelta(days=10),
)
NOBODY = "f" * 32


@dataclass
class Bench:
    world: World = field(default_factory=World)
    executions: FakeExecutions = field(default_factory=FakeExecutions)
    billing: FakeBilling = field(default_factory=FakeBilling)
    inventory: FakeInventory = field(default_factory=FakeInventory)
    gauges: FakeGauges = field(default_factory=FakeGauges)
    work: FakeWork = field(init=False)

    def __post_init__(self) -> None:
        self.work = FakeWork(self.world.carts)

    @property
    def findings(self) -> FakeFindings:
        return self.world.findings

    @property
    def ports(self) -> ReconcilePorts:
        return ReconcilePorts(
            carts=self.world.carts,
            work=self.work,
            findings=self.findings,
            executions=self.executions,
            workflow=self.world.workflow,
            payments=self.world.payments,
            billing=self.billing,
            sites=self.inventory,
            registrar=self.inventory,
            zones=self.world.zones,
            clock=self.world.clock,
            metrics=self.gauges,
        )

    def run(self, after: timedelta = timedelta(hours=1)) -> Report:
        """A run so long after START."""
        return reconcile(START + after, timing=TIMING, ports=self.ports)

    @property
    def breaks(self) -> int:
        """What the last run told."""
        return self.gauges.levels["LedgerBreaks", ""]

    def found(self, kind: FindingKind) -> list[str]:
        return [key for found, key in self.findings.kept if found is kind]

    def pays(
        self, invoice_id: str = "in_1", token: str | None = None, at: datetime = START, kept: int = 1300
    ) -> None:
        """An invoice is paid at the processor."""
        token = token or self.world.token
        billed = BilledCart(invoice_id=invoice_id, account_id=ACCOUNT, cart_token=token)
        self.billing.paid.append((at, billed))
        self.billing.books[invoice_id] = Booking(
            invoice_id=invoice_id, account_id=ACCOUNT, cart_token=token, currency="usd", captured=kept
        )

    def subscribes(
        self, subscription_id: str = "sub_1", token: str | None = None, *, live: bool = True
    ) -> None:
        """A subscription exists at the processor."""
        order_id = order_id_of(token or self.world.token)
        found = RenewalSubscription(id=subscription_id, account_id=ACCOUNT, order_id=order_id, live=live)
        self.billing.subscriptions.append((START, found))
