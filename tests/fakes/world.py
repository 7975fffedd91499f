"""Everything that an order needs, in memory, and each use case as one call."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from hostcart.contract.domain_requests import DomainOrderRequest
from hostcart.contract.requests import SiteOrderRequest
from hostcart.contract.statuses import PaymentStatus, Term
from hostcart.domain.accounts import Account, AccountSnapshot, User, UserSnapshot
from hostcart.domain.cart import CallbackStatus, Cart
from hostcart.domain.catalogue import Catalogue, DomainCharge, Location, Plan, Slot, TldPrices, Variant
from hostcart.use_cases.activate_subscription import ActivateSubscriptionPorts, activate_subscription
from hostcart.use_cases.cancel_order import CancelOrderPorts, cancel_order
from hostcart.use_cases.charge_payment import Charge, ChargePaymentPorts, PaymentTiming, charge_payment
from hostcart.use_cases.close_order import Closed, CloseOrderPorts, close_order
from hostcart.use_cases.domain_attempt import DomainTiming
from hostcart.use_cases.order_domain import DomainOrder, OrderDomainPorts, admit, order_domain
from hostcart.use_cases.order_site import OrderSitePorts, SiteOrder, order_site
from hostcart.use_cases.placing import PlacingPorts
from hostcart.use_cases.provision_site import Provisioning, ProvisionSitePorts, provision_site
from hostcart.use_cases.receive_payment_event import ReceivePaymentEventPorts
from hostcart.use_cases.recheck_refund import RecheckRefundPorts, recheck_refund
from hostcart.use_cases.refund_payment import Compensation, RefundPaymentPorts, refund_payment
from hostcart.use_cases.register_domain import RegisterDomainPorts, Registration, register_domain
from hostcart.use_cases.send_callback import SendCallbackPorts, send_callback
from hostcart.use_cases.suspend_site import SuspendSitePorts, suspend_site
from hostcart.use_cases.waiting import WaitPorts, wait_for
from hostcart.use_cases.wake import WakePorts, wake

from tests.fakes.payments import FakePayments
from tests.fakes.platform import (
    START,
    FakeCallbacks,
    FakeCatalogue,
    FakeCipher,
    FakeClock,
    FakeDirectory,
    FakeMetrics,
    FakeWorkflow,
)
from tests.fakes.reconcile import FakeFindings
from tests.fakes.registrar import FakeFeatures, FakeRegistrar, FakeZones
from tests.fakes.sites import FakeSites
from tests.fakes.store import FakeCarts

ACCOUNT = "10000001"
USER = "20000001"
PDX = Slot(location="pdx", variant="vanilla")
CALLBACK = {"url": "https://client.example/hooks", "authorization": "Bearer 12345"}
POLL = timedelta(seconds=30)
PAYMENT_DEADLINE = timedelta(hours=23)
PAYMENT_TIMING = PaymentTiming(poll=POLL, longest=timedelta(hours=24), deadline=PAYMENT_DEADLINE)
SITE_DEADLINE = timedelta(minutes=30)
TIMING = DomainTiming(
    poll=POLL,
    longest=timedelta(hours=12),
    settle=timedelta(minutes=1),
    late=timedelta(hours=1),
    registration_deadline=timedelta(days=2),
    transfer_deadline=timedelta(days=10),
)
CONTACT = {
    "first_name": "Ada",
    "last_name": "Example",
    "street_address": "1 Example Road",
    "post_code": "97201",
    "city": "Portland",
    "state": "OR",
    "country": "US",
    "email": "ada@client.example",
    "phone": "+1.5035550123",
}


def _tld_prices(name: str) -> TldPrices:
    charges = {DomainCharge.REGISTER: 1500, DomainCharge.TRANSFER: 1400, DomainCharge.RENEW: 1700}
    prices = {"standard": {"usd": charges}}
    return TldPrices(name=name, stripe_product=f"prod_domain_{name}", prices=prices)


CATALOGUE = Catalogue(
    version="v1",
    plans={
        "basic": Plan(
            name="basic",
            title="Basic",
            stripe_product="prod_basic",
            prices={
                "usd": {Term.MONTHLY: 1300, Term.ANNUAL: 13000},
                "eur": {Term.MONTHLY: 1200},
            },
        ),
        "trusting": Plan(
            name="trusting",
            title="Trusting",
            stripe_product="prod_trusting",
            prices={"usd": {Term.MONTHLY: 1300}},
            deliver_while_processing=True,
        ),
        "penny": Plan(
            name="penny", title="Penny", stripe_product="prod_penny", prices={"usd": {Term.MONTHLY: 20}}
        ),
    },
    variants={
        "vanilla": Variant(name="vanilla", title="WordPress"),
        "extendify": Variant(name="extendify", title="WordPress with Extendify"),
    },
    locations={
        "pdx": Location(name="pdx", title="Portland", capacity={"vanilla": 2, "extendify": 0}),
        "ams": Location(name="ams", title="Amsterdam", capacity={"vanilla": None}),
    },
    tlds={name: _tld_prices(name) for name in ("com", "it", "eu", "dev", "co.uk")},
    usd_rates={"eur": "0.92"},
)


def account(**changes: Any) -> Account:
    """An account that is ready; `snapshot` fields may be given too."""
    snapshot = AccountSnapshot(
        id=ACCOUNT,
        name="Example Ltd",
        status="active",
        trial=False,
        currency="usd",
        billing_plan="standard",
        parent_id=None,
        created_at=START - timedelta(days=400),
    )
    of_snapshot = {name: changes.pop(name) for name in list(changes) if name in AccountSnapshot.__slots__}
    ready = Account(
        snapshot=replace(snapshot, **of_snapshot),
        may_order=True,
        stripe_customer_id="cus_1",
        payment_method_id="pm_1",
        payment_method_type="card",
        features=("domain_registration",),
    )
    return replace(ready, **changes)


def user() -> User:
    snapshot = UserSnapshot(id=USER, name="A. Client", email="a.client@example.com")
    return User(snapshot=snapshot, account_ids=(ACCOUNT,))


def site_order(
    key: str | None = "key-1", callback: dict[str, str] | None = None, **changes: Any
) -> SiteOrder:
    """The command; `changes` are fields of the site, or `expected_total_cents`."""
    body: dict[str, Any] = {"callback": callback}
    if "expected_total_cents" in changes:
        body["expected_total_cents"] = changes.pop("expected_total_cents")
    site = {"name": "My blog", "variant": "vanilla", "location": "pdx", "plan": "basic", "term": "monthly"}
    request = SiteOrderRequest.model_validate({**body, "site": site | changes})
    return SiteOrder(account_id=ACCOUNT, user_id=USER, request=request, idempotency_key=key)


def domain_request(callback: dict[str, str] | None = None, **changes: Any) -> DomainOrderRequest:
    """The body; `changes` are fields of the domain, or `expected_total_cents`."""
    body: dict[str, Any] = {"callback": callback}
    if "expected_total_cents" in changes:
        body["expected_total_cents"] = changes.pop("expected_total_cents")
    domain = {"name": "example.com", "contact": CONTACT} | changes
    return DomainOrderRequest.model_validate({**body, "domain": domain})


def _carts() -> FakeCarts:
    extendify = Slot(location="pdx", variant="extendify")
    return FakeCarts(totals={PDX: 2, extendify: 0}, taken={PDX: 0, extendify: 0})


@dataclass
class World:
    clock: FakeClock = field(default_factory=FakeClock)
    carts: FakeCarts = field(default_factory=_carts)
    payments: FakePayments = field(init=False)
    sites: FakeSites = field(default_factory=FakeSites)
    registrar: FakeRegistrar = field(init=False)
    zones: FakeZones = field(default_factory=FakeZones)
    features: FakeFeatures = field(default_factory=FakeFeatures)
    callbacks: FakeCallbacks = field(default_factory=FakeCallbacks)
    cipher: FakeCipher = field(default_factory=FakeCipher)
    directory: FakeDirectory = field(init=False)
    catalogue: FakeCatalogue = field(init=False)
    workflow: FakeWorkflow = field(default_factory=FakeWorkflow)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    findings: FakeFindings = field(default_factory=FakeFindings)
    token: str = ""

    def __post_init__(self) -> None:
        self.payments = FakePayments(self.clock)
        self.registrar = FakeRegistrar(self.clock)
        self.directory = FakeDirectory(accounts={ACCOUNT: account()}, users={USER: user()})
        self.catalogue = FakeCatalogue(CATALOGUE, self.carts.taken)

    @property
    def cart(self) -> Cart:
        """The cart that was ordered last, as stored."""
        cart = self.carts.load(ACCOUNT, self.token)
        assert cart is not None
        return cart

    @property
    def placing(self) -> PlacingPorts:
        return PlacingPorts(
            directory=self.directory,
            carts=self.carts,
            payments=self.payments,
            cipher=self.cipher,
            workflow=self.workflow,
            clock=self.clock,
            metrics=self.metrics,
        )

    @property
    def webhooks(self) -> ReceivePaymentEventPorts:
        return ReceivePaymentEventPorts(
            carts=self.carts,
            payments=lambda: self.payments,
            findings=self.findings,
            workflow=self.workflow,
            clock=self.clock,
            metrics=self.metrics,
        )

    def order(self, order: SiteOrder | None = None) -> Cart:
        cart = order_site(
            order or site_order(),
            OrderSitePorts(placing=self.placing, catalogue=self.catalogue),
        )
        self.token = cart.token
        return cart

    def order_domain(self, request: DomainOrderRequest | None = None, key: str | None = "key-1") -> Cart:
        ports = OrderDomainPorts(
            placing=self.placing,
            catalogue=self.catalogue,
            features=self.features,
            registrar=self.registrar,
        )
        order = DomainOrder(
            account=admit(ACCOUNT, ports),
            user_id=USER,
            request=request or domain_request(),
            idempotency_key=key,
        )
        cart = order_domain(order, ports)
        self.token = cart.token
        return cart

    def register(self) -> Registration:
        ports = RegisterDomainPorts(
            carts=self.carts,
            registrar=self.registrar,
            zones=self.zones,
            cipher=self.cipher,
            clock=self.clock,
            metrics=self.metrics,
        )
        return register_domain(ACCOUNT, self.token, timing=TIMING, ports=ports)

    def cancel(self, account_id: str = ACCOUNT) -> Cart:
        ports = CancelOrderPorts(carts=self.carts, workflow=self.workflow, clock=self.clock)
        return cancel_order(account_id, self.token, ports=ports)

    def charge(self) -> Charge:
        ports = ChargePaymentPorts(
            carts=self.carts,
            payments=self.payments,
            registrar=lambda: self.registrar,
            clock=self.clock,
            metrics=self.metrics,
        )
        return charge_payment(ACCOUNT, self.token, timing=PAYMENT_TIMING, ports=ports)

    def wait(self, task_token: str) -> None:
        """The execution waits under the token."""
        wait_for(ACCOUNT, self.token, task_token, ports=WaitPorts(carts=self.carts))

    def wake(self) -> None:
        """Something happened."""
        wake(ACCOUNT, self.token, ports=WakePorts(carts=self.carts, workflow=self.workflow))

    def suspend(self) -> bool:
        ports = SuspendSitePorts(carts=self.carts, sites=self.sites, clock=self.clock, metrics=self.metrics)
        return suspend_site(ACCOUNT, self.token, ports=ports)

    def provision(self) -> Provisioning:
        ports = ProvisionSitePorts(
            carts=self.carts, sites=self.sites, cipher=self.cipher, clock=self.clock, metrics=self.metrics
        )
        return provision_site(ACCOUNT, self.token, poll=POLL, deadline=SITE_DEADLINE, ports=ports)

    def activate(self) -> str:
        ports = ActivateSubscriptionPorts(carts=self.carts, payments=self.payments, clock=self.clock)
        return activate_subscription(ACCOUNT, self.token, ports=ports)

    def refund(self, cause: str | None = None) -> Compensation:
        ports = RefundPaymentPorts(
            carts=self.carts,
            payments=self.payments,
            sites=self.sites,
            registrar=self.registrar,
            zones=self.zones,
            clock=self.clock,
            metrics=self.metrics,
        )
        return refund_payment(ACCOUNT, self.token, cause=cause, timing=TIMING, ports=ports)

    def recheck(self) -> PaymentStatus:
        ports = RecheckRefundPorts(
            carts=self.carts, payments=self.payments, clock=self.clock, metrics=self.metrics
        )
        return recheck_refund(ACCOUNT, self.token, ports=ports)

    def close(self) -> Closed:
        ports = CloseOrderPorts(carts=self.carts, clock=self.clock, metrics=self.metrics)
        return close_order(ACCOUNT, self.token, ports=ports)

    def notify(self) -> CallbackStatus:
        ports = SendCallbackPorts(
            carts=self.carts,
            callbacks=self.callbacks,
            cipher=self.cipher,
            clock=self.clock,
            metrics=self.metrics,
        )
        return send_callback(ACCOUNT, self.token, ports=ports)
