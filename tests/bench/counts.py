"""What an order uses, counted: capacity units and bytes. No clock is read here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.adapters.dynamodb_catalogue import DynamoCatalogue
from hostcart.adapters.dynamodb_directory import DynamoDirectory
from hostcart.domain.payment_events import INVOICE_PAID, CartRef, PaymentEvent
from hostcart.use_cases.errors import TaskError
from hostcart.use_cases.receive_payment_event import receive_payment_event

from local.engine.workspace import ROOT
from local.seed.history import seed_history
from tests import dynamodb_local
from tests.bench.limited_registrar import limited_registrar
from tests.fakes.payments import Method
from tests.fakes.platform import FakeCipher
from tests.fakes.table import Call, Meter, create_table
from tests.fakes.world import ACCOUNT, CALLBACK, CATALOGUE, World, account, domain_request, site_order, user

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

BUILD: Final = ROOT / ".aws-sam" / "build"
_PER_PAGE: Final = 10  # a full page of the smallest of the sizes too
LAYERS: Final = ("DependenciesLayer", "HostcartLayer")

# As long as the payment processor's, and as random: what is stored is paid for by its size.
CUSTOMER: Final = "cus_QXg1o8vcGmoR32"
METHOD: Final = "pm_1PgafmB7WZ01zgkWTs0mKq9u"
SUFFIX: Final = "PgcBKCZ6qsJgndJnV3xWq0e"
LINK: Final = (
    "https://invoice.stripe.com/i/acct_1Nv0FGQ9RKHgCVdK/live_YWNjdF8xTnYwRkdROVJLSGdDVmRLLF9RWGcxbzh2Y0dtb1Iz"
    "MkZQbXk0TjhQcE9tZ2JyS3kxTHM5VDVhQ2Qw0200mTzq5QbV?s=ap&i="
)

type Json = dict[str, Any]
type Steps = list[tuple[str, Callable[[], object]]]


# --- DynamoDB: on DynamoDB Local, whose accounting is DynamoDB's ----------------------------------------


def connect(endpoint: str) -> "DynamoDBClient":
    """A client of DynamoDB Local."""
    return dynamodb_local.connect(endpoint, "bench")


@dataclass
class Table:
    """A new table with one account in it, and what every call to it consumes."""

    client: "DynamoDBClient"
    name: str
    meter: Meter

    def world(self) -> World:
        """The fakes around the true store; every one orders anew."""
        world: Any = World()
        world.payments.suffix, world.payments.link = SUFFIX, LINK
        world.carts = DynamoCarts(self.client, self.name)
        world.catalogue = DynamoCatalogue(self.client, self.name)
        world.directory = DynamoDirectory(self.client, self.name)
        world.registrar = limited_registrar(self.client, self.name, world.clock)
        found: World = world
        return found

    def spent(self, step: Callable[[], object]) -> Json:
        """{"calls", "write", "read"} of one step."""
        with self.meter.reading() as calls:
            step()
        return {"calls": len(calls), "write": _units(calls, writes=True), "read": _units(calls, writes=False)}


@contextmanager
def table(client: "DynamoDBClient", name: str) -> Iterator[Table]:
    """A table with the catalogue and an account."""
    create_table(client, name)
    DynamoCatalogue(client, name).replace(CATALOGUE)
    directory = DynamoDirectory(client, name)
    directory.put_account(account(stripe_customer_id=CUSTOMER, payment_method_id=METHOD))
    directory.put_user(user())
    meter = Meter()
    meter.attach(client)
    try:
        yield Table(client, name, meter)
    finally:
        meter.detach(client)


def site(world: World) -> Steps:
    return [
        ("POST /api/orders", lambda: world.order(site_order(callback=CALLBACK))),
        ("ChargePayment", world.charge),
        ("ProvisionSite", world.provision),
        *_rest(world),
    ]


def domain(world: World) -> Steps:
    return [
        ("POST /api/orders/domain", lambda: world.order_domain(domain_request(callback=CALLBACK))),
        ("ChargePayment", world.charge),
        ("RegisterDomain", world.register),
        *_rest(world),
    ]


def declined(world: World) -> Steps:
    world.payments.method = Method.STOLEN

    def decline() -> None:
        with suppress(TaskError):
            world.charge()

    return [
        ("POST /api/orders", lambda: world.order(site_order(callback=CALLBACK))),
        ("ChargePayment", decline),
        ("RefundPayment", world.refund),
        ("CloseOrder", world.close),
        ("SendCallback", world.notify),
    ]


def _rest(world: World) -> Steps:
    return [
        ("ActivateSubscription", world.activate),
        ("CloseOrder", world.close),
        ("SendCallback", world.notify),
    ]


LIVES: Final = {"site": site, "domain": domain, "declined": declined}


def capacity(client: "DynamoDBClient") -> Json:
    """{life: {step: {"calls", "write", "read"}}, "polls": {life: the dearest poll}, "authorizer": {...}}."""
    found: Json = {"polls": {}}
    for life, steps in LIVES.items():
        with table(client, f"bench-{life}") as here:
            world = here.world()
            found[life], polls = _live(here, world, steps(world))
            found["polls"][life] = {key: max(poll[key] for poll in polls) for key in ("calls", "read")}
            found["authorizer"] = here.spent(partial(_authenticate, world))
            if life == "site":
                found["webhook"] = _webhook(here, world)
    return found


def _live(here: Table, world: World, steps: Steps) -> tuple[Json, list[Json]]:
    """What each step consumes, and what each poll between them."""
    spent: Json = {}
    polls: list[Json] = []
    for name, step in steps:
        world.clock.advance(seconds=2)  # a moment that is stored makes a write of its own
        spent[name] = here.spent(step)
        polls.append(here.spent(lambda: world.carts.cart_view(ACCOUNT, world.token)))
        if world.carts.order_view(ACCOUNT, world.token) is not None:
            polls.append(here.spent(lambda: world.carts.order_view(ACCOUNT, world.token)))
    return spent, polls


def _webhook(here: Table, world: World) -> Json:
    """The processor tells of a payment before its own answer was stored: the mark, and its removal."""
    cart = world.order(site_order(callback=CALLBACK, key="told"))
    event = PaymentEvent(
        id="evt_1PgcBKCZ6qsJgndJnV3xWq0e",
        kind=INVOICE_PAID,
        created_at=world.clock.now(),
        cart=CartRef(account_id=ACCOUNT, cart_token=cart.token),
        intent_id=None,
    )

    def told() -> None:
        receive_payment_event(event, ports=world.webhooks)
        world.carts.clear_news(world.cart)

    return here.spent(told)


def _authenticate(world: World) -> None:
    """An API key of a user: the key's record and the user's."""
    world.directory.api_key("hcu_none")
    world.directory.user(user().snapshot.id)


def growth(client: "DynamoDBClient", sizes: tuple[int, ...]) -> Json:
    """{stored orders: {"poll", "page 1", "last page", "POST", "ChargePayment"}}: read or write units."""
    return {str(size): _at_size(client, size) for size in sizes}


def _at_size(client: "DynamoDBClient", size: int) -> Json:
    with table(client, f"bench-growth-{size}") as here:
        plan = CATALOGUE.plans["basic"]
        seed_history(client, here.name, FakeCipher(), account=account(), user=user(), plan=plan, orders=size)
        world = here.world()

        def page(number: int) -> None:
            world.carts.list_orders(ACCOUNT, page=number, per_page=_PER_PAGE)

        return {
            "page 1": here.spent(lambda: page(1))["read"],
            "last page": here.spent(lambda: page(max(1, size // _PER_PAGE)))["read"],
            "POST": here.spent(lambda: world.order(site_order(callback=CALLBACK)))["write"],
            "ChargePayment": here.spent(world.charge)["write"],
            "poll": here.spent(lambda: world.carts.cart_view(ACCOUNT, world.token))["read"],
        }


def _units(calls: list[Call], *, writes: bool) -> float:
    return sum(call.units for call in calls if call.writes is writes)


# --- packages --------------------------------------------------------------------------------------------


def packages(build: Path = BUILD) -> Json:
    """{"layers": {name: bytes}, "largest_function": bytes}, unzipped."""
    return {
        "layers": {name: _bytes(build / name) for name in LAYERS},
        "largest_function": max(_bytes(path) for path in build.glob("*Function")),
    }


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
