"""One order from POST to the execution's end, and everything that can be seen of it afterwards."""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.adapters.dynamodb_directory import DynamoDirectory
from hostcart.contract.statuses import MethodType
from hostcart.domain.accounts import Account, AccountSnapshot, Caller, CredentialKind, User, UserSnapshot
from hostcart.domain.cart import Cart
from hostcart.entry.identity import context_of

from local.seed.accounts import SeedAccount
from local.seed.state import Billing
from tests.sam_template import Template
from tests.workflow.world import TABLE, World

AUTHORIZATION: Final = "Bearer callback-authorization-secret"
NAME: Final = "A Private Person"
E_MAIL: Final = "private.person@client.example"
ONLY_KEY: Final = "the only order of this account"
AUTH_CODE: Final = "auth-code-secret"
CONTACT: Final = {
    "first_name": "Registrantfirst",
    "last_name": "Registrantlast",
    "street_address": "77 Registrant Road",
    "post_code": "97201",
    "city": "Portland",
    "state": "OR",
    "country": "US",
    "email": "registrant@client.example",
    "phone": "+1.5035550123",
}

_POSTS: Final = 20
# So that a day's waiting is a few looks.
_DEFAULTS: Final = {
    "PaymentPollSeconds": "14400",
    "SitePollSeconds": "300",
    "RefundPollSeconds": "21600",
    "DomainPollSeconds": "20",
}

type Json = dict[str, Any]


def _nothing(_case: "Case") -> None:
    """Everything works."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What is ordered, by whom, what goes wrong, and how it has to end.

    `ends` is the last state, and `succeeds` whether the execution does; `payment` and `failure` are what the
    client then reads. `arrange` runs before the order is placed, `on_wait` at every Wait state. `parameters`
    are the template's. `key`: the client sends an Idempotency-Key. `placed` False starts an execution without
    any order.
    `balance` is the customer's at the processor, `placed_balance` another one until the charge.
    `domain` is how the first label begins of a name under .com, ordered instead of a site; `contacts` are
    fields of that order. `ends_first` lets a second execution follow one that ends there, with nothing
    broken any more; with `redriven` the same execution goes on instead. `between` is what an operator does
    before. `cancelled`: the customer's cancellation is accepted and stands. `kept` is what an operator gave
    back by another way.
    """

    name: str
    ends: str = "SendCallback"
    succeeds: bool = True
    ends_first: str | None = None
    between: Callable[["Case"], None] = _nothing
    cancelled: bool = False
    kept: int = 0
    redriven: bool = False
    payment: str | None = "succeeded"
    failure: str | None = None
    card: str | None = "pm_card_visa"
    iban: str | None = None
    balance: int = 0
    placed_balance: int | None = None
    currency: str = "usd"
    site: str = "Blog"
    plan: str = "basic"
    domain: str | None = None
    transfer: bool = False
    contacts: Mapping[str, Any] = field(default_factory=dict)
    callback: str | None = "/hook"
    callbacks: int = 1
    parameters: Mapping[str, str] = field(default_factory=dict)
    arrange: Callable[["Case"], None] = _nothing
    on_wait: Callable[["Case"], None] = _nothing
    key: bool = True
    placed: bool = True

    def __str__(self) -> str:
        return self.name

    @property
    def price(self) -> int:
        """What is charged, in minor units."""
        if self.domain is not None:
            return 1299
        return {
            ("basic", "usd"): 1300,
            ("basic", "eur"): 1200,
            ("business", "eur"): 7400,
        }[self.plan, self.currency]

    @property
    def order(self) -> Literal["completed", "failed", "cancelled"]:
        """The order's terminal status."""
        if self.cancelled:
            return "cancelled"
        return "completed" if self.failure is None else "failed"


def mended(scenarios: Iterable[Scenario]) -> list[Scenario]:
    """Each twice: started again under a new name, and redriven."""
    return [
        replace(scenario, name=f"{scenario.name}, then {how}", redriven=how == "redriven")
        for scenario in scenarios
        for how in ("started again", "redriven")
    ]


@dataclass
class Case:
    """A scenario with its account, while it runs."""

    world: World
    scenario: Scenario
    account: Account
    user_id: str
    template: Template
    token: str = ""

    @property
    def account_id(self) -> str:
        return self.account.snapshot.id

    @property
    def name(self) -> str:
        """The ordered domain, its own in every case."""
        return f"{self.scenario.domain}{self.account_id}.com"

    @property
    def ids(self) -> Json:
        """The execution's input."""
        return {"account_id": self.account_id, "cart_token": self.token}

    def facts(self) -> Cart:
        """The stored cart."""
        cart = DynamoCarts(self.world.dynamodb, TABLE).load(self.account_id, self.token)
        assert cart is not None
        return cart

    def customer_visits(self, outcome: str, method: str | None = None) -> None:
        """The customer on the hosted invoice page."""
        order = {"invoice": self.facts().payment.invoice_id, "outcome": outcome}
        if method is not None:
            order["payment_method"] = method
        self.world.call(self.world.stripe, "POST", "authenticate", order)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What both sides hold after the end; `interim` is the order's view between two executions."""

    case: Case
    definition: Json
    status: str
    history: list[Any]
    cart: Cart | None
    cart_view: Json
    order_view: Json
    listed: list[Json]
    invoices: list[Json]
    subscriptions: list[Json]
    sites: list[Json]
    purchases: list[Json]
    registered: list[Json]
    zones: list[Json]
    claim: Json | None
    callbacks: list[Json]
    balance: int
    slot_taken: int
    waits: list[float]
    retries: list[float]
    logs: str
    armed: list[Json]
    interim: Json

    @property
    def states(self) -> list[str]:
        """The states in the order in which they were entered."""
        return entered(self.history)


def entered(history: list[Any]) -> list[str]:
    """The names of the states that a history enters."""
    return [
        event["stateEnteredEventDetails"]["name"]
        for event in history
        if event["type"].endswith("StateEntered")
    ]


def run(world: World, scenario: Scenario) -> Outcome:
    """Place the order, wait for the execution's end, look at both sides."""
    world.reset()
    template = world.template.changed({**_DEFAULTS, **scenario.parameters})
    machine = world.machine(template.definition())
    world.lambdas.template = template.changed(physical={"FulfilOrder": (machine, machine)})
    case = _case(world, scenario, world.lambdas.template)
    before = _Before(logged=world.lambdas.logs.tell(), taken=world.taken("pdx", "vanilla"))
    scenario.arrange(case)
    world.on_wait = lambda: scenario.on_wait(case)
    status, history = _execute(case, machine)
    before.armed = [
        fault for sandbox in (world.stripe, world.sites, world.registrar) for fault in sandbox.faults.list()
    ]
    if scenario.ends_first is not None:
        assert entered(history)[-1] == scenario.ends_first
        world.mend()
        before.interim = _polls(case)[1]
        scenario.between(case)
        status, history = _go_on(case, machine, history)
    return _outcome(case, status, history, before)


def _go_on(case: Case, machine: str, history: list[Any]) -> tuple[str, list[Any]]:
    """What brings an execution that ended on its way again: (status, the whole history)."""
    world = case.world
    if case.scenario.redriven:
        execution = f"{machine.replace(':stateMachine:', ':execution:')}:{case.token}"
        world.stepfunctions.redrive_execution(executionArn=execution)
        return world.finish(execution)
    status, second = world.finish(world.start(machine, f"{case.token}-2", case.ids))
    return status, [*history, *second]


@dataclass
class _Before:
    """What was noted before the end."""

    logged: int
    taken: int
    armed: list[Json] = field(default_factory=list)
    interim: Json = field(default_factory=dict)


def _execute(case: Case, machine: str) -> tuple[str, list[Any]]:
    if not case.scenario.placed:
        case.token = "0" * 32
        execution = case.world.start(machine, uuid.uuid4().hex, case.ids)
        case.token = ""
        return case.world.finish(execution)
    _place(case)
    return case.world.finish(f"{machine.replace(':stateMachine:', ':execution:')}:{case.token}")


def _case(world: World, scenario: Scenario, template: Template) -> Case:
    """A new account, known to us and to the payment processor."""
    number = str(10_000_000 + uuid.uuid4().int % 900_000_000)
    seed = SeedAccount(
        name=f"case-{number}",
        card=scenario.card,
        iban=scenario.iban,
        balance=scenario.balance if scenario.placed_balance is None else scenario.placed_balance,
        entry={"currency": scenario.currency},
    )
    billing = world.processor.ensure_billing(seed, Billing())
    created = datetime(2024, 6, 1, tzinfo=UTC)
    account = Account(
        snapshot=AccountSnapshot(
            id=number,
            name=seed.name,
            status="active",
            trial=False,
            currency=scenario.currency,
            billing_plan="standard",
            parent_id=None,
            created_at=created,
        ),
        may_order=True,
        stripe_customer_id=billing.customer,
        payment_method_id=billing.method,
        payment_method_type=MethodType.SEPA_DEBIT if scenario.iban else MethodType.CARD,
        features=("domain_registration",),
    )
    user = User(snapshot=UserSnapshot(id=f"2{number}", name=NAME, email=E_MAIL), account_ids=(number,))
    directory = DynamoDirectory(world.dynamodb, TABLE)
    directory.put_account(account)
    directory.put_user(user)
    return Case(world=world, scenario=scenario, account=account, user_id=user.snapshot.id, template=template)


def _place(case: Case) -> None:
    site = {
        "name": case.scenario.site,
        "variant": "vanilla",
        "location": "pdx",
        "plan": case.scenario.plan,
        "term": "monthly",
    }
    body: Json = {"site": site} if case.scenario.domain is None else {"domain": _domain(case)}
    if case.scenario.callback is not None:
        url = f"{case.world.sink.url}{case.scenario.callback}"
        body["callback"] = {"url": url, "authorization": AUTHORIZATION}
    status, answer = _post(case, body)
    assert status == 202, answer
    assert answer["orders"] == []
    case.token = answer["cart"]["token"]


def order_again(case: Case) -> str:
    """Another domain for the same account with the contacts of its first registration; the cart's token."""
    world = case.world
    world.reset()
    machine = world.machine(case.template.definition())
    world.lambdas.template = case.template.changed(physical={"FulfilOrder": (machine, machine)})
    domain = {"name": f"again-{case.name}", "contact_source": {"registration_id": 1}}
    status, answer = request(case, "OrderDomainFunction", body={"domain": domain}, key="another order")
    assert status == 202, answer
    token: str = answer["cart"]["token"]
    world.finish(f"{machine.replace(':stateMachine:', ':execution:')}:{token}")
    return token


def _domain(case: Case) -> Json:
    order: Json = {"name": case.name, "contact": CONTACT, **case.scenario.contacts}
    return order | ({"action": "transfer", "authcode": AUTH_CODE} if case.scenario.transfer else {})


def _post(case: Case, body: Json) -> tuple[int, Any]:
    """As a client should: after no answer or a 5xx again, under the same Idempotency-Key."""
    function = "OrderSiteFunction" if case.scenario.domain is None else "OrderDomainFunction"
    for _ in range(_POSTS):
        try:
            status, answer = request(case, function, body=body)
        except FunctionFailedError:
            continue
        if status < 500:
            return status, answer
    raise AssertionError("the order was never accepted")


class FunctionFailedError(Exception):
    """API Gateway would answer 502."""


def request(
    case: Case, function: str, *, path: Json | None = None, body: Json | None = None, key: str = ONLY_KEY
) -> tuple[int, Any]:
    """An API call of the account's user, behind the authorizer. Raises FunctionFailedError."""
    caller = Caller(kind=CredentialKind.API_KEY, user_id=case.user_id, account_ids=(case.account_id,))
    event = {
        "resource": "",
        "headers": {
            "X-Auth-Account": case.account_id,
            "Content-Type": "application/json",
            **({"Idempotency-Key": key} if case.scenario.key else {}),
        },
        "pathParameters": path,
        "queryStringParameters": None,
        "requestContext": {"requestId": "request-1", "authorizer": context_of(caller)},
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }
    answer, failed = case.world.lambdas.invoke(function, json.dumps(event))
    if failed:
        raise FunctionFailedError(answer)
    response = json.loads(answer)
    return response["statusCode"], json.loads(response["body"])


def _outcome(case: Case, status: str, history: list[Any], before: _Before) -> Outcome:
    world, customer = case.world, case.account.stripe_customer_id
    world.mend()
    cart = case.facts() if case.token else None
    cart_view, order_view, listed = _polls(case) if case.token else ({}, {}, [])
    order_id = order_view.get("order", {}).get("id")
    assert customer is not None
    return Outcome(
        case=case,
        definition=case.template.definition(),
        status=status,
        history=history,
        cart=cart,
        cart_view=cart_view,
        order_view=order_view,
        listed=listed,
        invoices=[i for i in world.call(world.stripe, "GET", "invoices") if i["customer"] == customer],
        subscriptions=[
            s for s in world.call(world.stripe, "GET", "subscriptions") if s["customer"] == customer
        ],
        sites=[s for s in world.call(world.sites, "GET", "sites") if s["id"] == order_id],
        purchases=[
            order
            for order in world.call(world.registrar, "GET", "orders")
            if order["items"][0]["name"] == case.name
        ],
        registered=[d for d in world.call(world.registrar, "GET", "domains") if d["name"] == case.name],
        zones=world.zones(case.name),
        claim=world.claim(case.name),
        callbacks=world.call(world.sink, "GET", "received"),
        balance=world.stripe.store.get("customer", customer)["balance"],
        slot_taken=world.taken("pdx", "vanilla") - before.taken,
        waits=list(world.waits),
        retries=list(world.retries),
        logs=world.lambdas.logs.getvalue()[before.logged :],
        armed=before.armed,
        interim=before.interim,
    )


def _polls(case: Case) -> tuple[Json, Json, list[Json]]:
    status, cart_view = request(case, "GetCartFunction", path={"token": case.token})
    assert status == 200
    assert len(cart_view["orders"]) <= 1
    if not cart_view["orders"]:
        return cart_view, {}, []
    order_id = cart_view["orders"][0]["id"]
    status, order_view = request(case, "GetOrderFunction", path={"id": order_id})
    assert status == 200
    status, listed = request(case, "ListOrdersFunction")
    assert status == 200
    return cart_view, order_view, listed["orders"]
