"""Domain orders from the POST to the callback: several TLDs, a slow transfer, a name in Unicode."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from unittest.mock import ANY

import pytest
from hostcart.contract.responses import CartEnvelope, OrderNotification, OrderView
from standardwebhooks import Webhook

from tests.e2e.support.names import (
    AUTH_CODE,
    COM,
    FRENCH,
    ITALIAN,
    ORG,
    REGISTRANT,
    Names,
    Ordered,
    contact,
    domain_body,
    new_name,
    post,
    transfer_body,
)
from tests.e2e.support.problems import refused
from tests.e2e.support.shop import Shop, new_key
from tests.e2e.support.together import at_once
from tests.e2e.support.world import World, order_id

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_LEAD: Final = timedelta(days=30)
_TRANSFER_SECONDS: Final = 6


@dataclass(frozen=True, kw_only=True)
class Example:
    """What is ordered and what it costs, in cents; `shown` is the name in Unicode where it differs.

    A transferred name expires in more than a year: the processor calls the time before its bill a trial.
    """

    name: str
    amount: int
    renewal: int
    product: str
    action: str = "register"
    subscription: str = "active"
    shown: str = ""
    written: str = ""
    domain: Mapping[str, Any] = field(default_factory=dict)
    requirements: Mapping[str, str] = field(default_factory=dict)
    registrant: Mapping[str, str] = field(default_factory=dict)
    tech: Mapping[str, str] = field(default_factory=dict)

    @property
    def unicode_name(self) -> str:
        return self.shown or self.name

    @property
    def kind(self) -> str:
        """The registrar's word for the order."""
        return {"register": "registration", "transfer": "transfer"}[self.action]

    def body(self) -> Json:
        domain = {"action": self.action, **self.domain}
        return domain_body(self.written or self.name, **domain)


_LABEL: Final = uuid.uuid4().hex[:8]
_IDN: Final = f"bücher-{_LABEL}.de"
_AT_REGISTRAR: Final = {
    "firstName": REGISTRANT["first_name"],
    "lastName": REGISTRANT["last_name"],
    "companyName": REGISTRANT["organization"],
    "address1": REGISTRANT["street_address"],
    "city": "Portland",
    "state": "OR",
    "zip": "97201",
    "country": "US",
    "phone": "+1.5035550147",
    "email": REGISTRANT["email"],
}
_ITALIAN_AT_REGISTRAR: Final = {
    **{name: value for name, value in _AT_REGISTRAR.items() if name != "companyName"},
    "address1": ITALIAN["street_address"],
    "city": "Roma",
    "state": "RM",
    "zip": "00144",
    "country": "IT",
    "phone": "+39.0612345678",
}
_FRENCH_AT_REGISTRAR: Final = {
    **{name: value for name, value in _AT_REGISTRAR.items() if name not in ("companyName", "state")},
    "city": "Paris",
    "zip": "75001",
    "country": "FR",
    "phone": "+33.123456789",
}

EXAMPLES: Final = {
    "com": Example(
        name=f"{_LABEL}.com",
        amount=COM,
        renewal=1499,
        product="prod_domain_com",
        registrant=_AT_REGISTRAR,
    ),
    "io": Example(
        name=f"{_LABEL}.io", amount=3999, renewal=4499, product="prod_domain_io", registrant=_AT_REGISTRAR
    ),
    "it with its registry's fields": Example(
        name=f"{_LABEL}.it",
        amount=999,
        renewal=1199,
        product="prod_domain_it",
        domain={"contact": contact(ITALIAN)},
        requirements={"X-IT-ENTITY-TYPE": "1", "X-IT-PIN": "RSSMRA80A01H501U"},
        registrant=_ITALIAN_AT_REGISTRAR,
    ),
    "fr with its registry's fields": Example(
        name=f"{_LABEL}.fr",
        amount=1099,
        renewal=1299,
        product="prod_domain_fr",
        domain={"contact": contact(FRENCH)},
        requirements={"business": "no", "X-FR-BIRTHDATE": "1990-01-31", "X-FR-BIRTHPLACE": "US"},
        registrant=_FRENCH_AT_REGISTRAR,
        tech={"companyName": f"{REGISTRANT['first_name']} {REGISTRANT['last_name']}"},
    ),
    "a name in Unicode": Example(
        name=_IDN.encode("idna").decode(),
        shown=_IDN,
        written=f"  BÜCHER-{_LABEL}.DE. ",
        amount=899,
        renewal=999,
        product="prod_domain_de",
        requirements={"language": "DE"},
        registrant=_AT_REGISTRAR,
    ),
    "a slow transfer": Example(
        name=f"{_LABEL}.org",
        action="transfer",
        amount=ORG,
        renewal=1499,
        product="prod_domain_org",
        subscription="trialing",
        domain={"authcode": AUTH_CODE},
        registrant=_AT_REGISTRAR,
    ),
}


@dataclass(frozen=True)
class Delivered:
    """Every example after its end: the order, and its view."""

    orders: dict[str, Ordered]
    views: dict[str, Json]
    began: datetime


@pytest.fixture(scope="module")
def names(world: World) -> Names:
    return Names(world)


@pytest.fixture(scope="module")
def delivered(world: World, names: Names) -> Delivered:
    """All are placed first and awaited afterwards."""
    began = datetime.now(UTC).replace(microsecond=0)
    client = Shop(world.http, world.facts["api_url"], world.accounts["ready"])
    with names.settings(transfer_seconds=_TRANSFER_SECONDS):
        orders = {
            title: Ordered(names, client, example.name, example.body()) for title, example in EXAMPLES.items()
        }
        views = {title: order.ended() for title, order in orders.items()}
    return Delivered(orders, views, began)


def test_each_is_accepted_with_the_envelope_of_the_spec(delivered: Delivered, world: World) -> None:
    for order in delivered.orders.values():
        CartEnvelope.model_validate_json(order.accepted.text)
        cart = order.accepted.url.join(order.accepted.headers["location"])
        assert str(cart) == f"{world.facts['api_url']}/api/carts/{order.token}"
        assert order.accepted.headers["retry-after"].isdecimal()
        assert order.accepted.json() == {
            "status": "accepted",
            "cart": {
                "token": order.token,
                "status": "active",
                "rollup_status": "pending",
                "poll_url": f"/api/carts/{order.token}",
            },
            "payment": {"status": "processing", "method_type": "card", "hosted_invoice_url": None},
            "orders": [],
        }


@pytest.mark.parametrize("title", EXAMPLES)
def test_the_completed_order_has_every_field(delivered: Delivered, world: World, title: str) -> None:
    example, order, view = EXAMPLES[title], delivered.orders[title], delivered.views[title]
    OrderView.model_validate_json(json.dumps(view))
    (subscription,) = world.subscriptions(order.token)
    account = order.client.account
    assert view == {
        "order": {
            "id": order_id(order.token),
            "status": "completed",
            "created_at": ANY,
            "updated_at": ANY,
            "location": None,
        },
        "tasks": [
            {"id": 1, "name": "charge_payment", "status": "completed"},
            {"id": 2, "name": "register_domain", "status": "completed"},
            {"id": 3, "name": "activate_subscription", "status": "completed"},
        ],
        "domain": {
            "name": example.name,
            "unicode_name": example.unicode_name,
            "action": example.action,
            "status": "active",
            "expires_at": ANY,
            "nameservers": ANY,
            "registration_id": ANY,
            "zone_id": ANY,
        },
        "subscription": {
            "id": ANY,
            "status": example.subscription,
            "bucket_type": "annual",
            "bucket_year": delivered.began.year,
            "bucket_month": ANY,
            "stripe_id": subscription["id"],
        },
        "payment": {
            "status": "succeeded",
            "method_type": "card",
            "hosted_invoice_url": ANY,
            "amount_charged_cents": example.amount,
            "credit_applied_cents": 0,
        },
        "account": {
            "id": account["id"],
            "name": "ready",
            "status": "active",
            "trial": False,
            "currency": "usd",
            "billing_plan": "standard",
            "parent_id": None,
            "created_at": "2024-06-01T09:00:00Z",
        },
        "user": {"id": "20000001", "name": "ready client", "email": "ready@client.example"},
    }
    assert isinstance(view["domain"]["registration_id"], int)


@pytest.mark.parametrize("title", EXAMPLES)
def test_it_is_registered_and_paid_once(delivered: Delivered, names: Names, title: str) -> None:
    example, order = EXAMPLES[title], delivered.orders[title]
    names.delivered_once(order.token, example.name, amount=example.amount, kind=example.kind)
    assert len(names.orders(example.name)) == 1
    assert [entry["name"] for entry in names.world.executions()].count(order.token) == 1
    cart = order.client.cart(order.token)
    assert cart["cart"]["status"] == "checked_out"
    assert cart["payment"]["status"] == "succeeded"


@pytest.mark.parametrize("title", EXAMPLES)
def test_the_registrar_has_contacts_and_nameservers(delivered: Delivered, names: Names, title: str) -> None:
    example, view = EXAMPLES[title], delivered.views[title]
    held = names.domain(example.name)
    assert held is not None
    everybody = dict.fromkeys(("registrant", "admin", "tech", "billing"), example.registrant)
    assert held["contacts"] == {**everybody, "tech": {**example.registrant, **example.tech}}
    assert held["requirements"] == example.requirements
    assert sorted(held["nameservers"]) == sorted(view["domain"]["nameservers"])
    assert held["expires_at"] == view["domain"]["expires_at"]


@pytest.mark.parametrize("title", EXAMPLES)
def test_its_zone_answers_for_it(delivered: Delivered, names: Names, title: str) -> None:
    view = delivered.views[title]
    (zone,) = names.zones(EXAMPLES[title].name)
    assert zone["Id"].removeprefix("/hostedzone/") == view["domain"]["zone_id"]
    records = names.records(zone["Id"])
    assert sorted(records) == ["A", "NS", "SOA"]
    assert records["A"] == ["192.0.2.1"]
    assert {server.rstrip(".") for server in records["NS"]} == set(view["domain"]["nameservers"])


@pytest.mark.parametrize("title", EXAMPLES)
def test_stripe_bills_before_the_registry_s_expiry(delivered: Delivered, world: World, title: str) -> None:
    example, order, view = EXAMPLES[title], delivered.orders[title], delivered.views[title]
    (entry,) = world.invoices(order.token)
    invoice = world.stripe(f"invoices/{entry['id']}")
    assert [line["amount"] for line in invoice["lines"]["data"]] == [example.amount]
    assert example.unicode_name in invoice["lines"]["data"][0]["description"]
    assert (invoice["currency"], entry["attempts"]) == ("usd", 1)
    (bare,) = world.subscriptions(order.token)
    subscription = world.stripe(f"subscriptions/{bare['id']}")
    expires = datetime.strptime(view["domain"]["expires_at"], _TIME).replace(tzinfo=UTC)
    assert expires > delivered.began + timedelta(days=364)
    assert subscription["billing_cycle_anchor"] == int((expires - _LEAD).timestamp())
    (item,) = subscription["items"]["data"]
    assert item["price"]["unit_amount"] == example.renewal
    assert item["price"]["product"] == example.product
    assert item["price"]["recurring"]["interval"] == "year"
    assert item["current_period_end"] == subscription["billing_cycle_anchor"]


@pytest.mark.parametrize("title", EXAMPLES)
def test_one_signed_callback_tells_the_end(delivered: Delivered, world: World, title: str) -> None:
    order = delivered.orders[title]
    (received,) = world.received(order.sink["path"])
    OrderNotification.model_validate_json(received["raw"])
    verified = Webhook(order.client.account["callback_secret"]).verify(
        received["raw"], dict(received["headers"])
    )
    assert verified == received["body"]
    assert received["headers"]["authorization"] == order.sink["authorization"]
    assert received["body"]["type"] == "order.completed"
    assert received["body"]["data"]["order"]["location"] is None
    assert received["body"]["data"]["order"]["id"] == order_id(order.token)


def test_the_transfer_was_waited_for_over_several_polls(delivered: Delivered, world: World) -> None:
    history = world.history(delivered.orders["a slow transfer"].token)
    entered = [
        event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event
    ]
    assert entered.count("WaitForDomain") >= 3
    assert entered.count("RegisterDomain") == entered.count("WaitForDomain") + 1


def test_every_registration_has_a_number_of_its_own(delivered: Delivered) -> None:
    numbers = [view["domain"]["registration_id"] for view in delivered.views.values()]
    assert len(set(numbers)) == len(EXAMPLES)


def test_the_list_shows_them_without_a_location(delivered: Delivered, shop: Shops) -> None:
    listed = {entry["id"]: entry for entry in shop("ready").get("/api/orders").json()["orders"]}
    for order in delivered.orders.values():
        entry = listed[order_id(order.token)]
        assert (entry["status"], entry["location"]) == ("completed", None)


@pytest.mark.parametrize("account", ["ready", "child"])
@pytest.mark.parametrize("action", ["register", "transfer"])
def test_a_delivered_name_cannot_be_ordered_again(
    delivered: Delivered, names: Names, shop: Shops, account: str, action: str
) -> None:
    name = EXAMPLES["com"].name
    assert delivered.views["com"]["domain"]["status"] == "active"
    with names.nothing_ordered(account, name):
        answer = post(shop(account), transfer_body(name.upper(), action=action))
    refused(answer, "domain_add_failed")


def test_contacts_are_reused_by_the_registration_s_number(
    delivered: Delivered, names: Names, shop: Shops
) -> None:
    """As owner by contact_source, and for one role each: an existing one, a new one, the owner again."""
    com = delivered.views["com"]["domain"]["registration_id"]
    italian = delivered.views["it with its registry's fields"]["domain"]["registration_id"]
    name = new_name(suffix="net")
    roles = {
        "admin": {"source": "existing", "source_registration_id": italian},
        "tech": {"source": "new", **contact(first_name="Technika-Wilhelmina")},
        "billing": {"source": "same_as_owner"},
    }
    body = domain_body(name, contact=None, contact_source={"registration_id": com}, role_contacts=roles)
    order = Ordered(names, shop("ready"), name, body)
    view = order.ended()
    assert view["domain"]["registration_id"] not in (com, italian)
    names.delivered_once(order.token, name, amount=1399)
    held = names.domain(name)
    assert held is not None
    assert held["contacts"] == {
        "registrant": _AT_REGISTRAR,
        "admin": _ITALIAN_AT_REGISTRAR,
        "tech": {**_AT_REGISTRAR, "firstName": "Technika-Wilhelmina"},
        "billing": _AT_REGISTRAR,
    }


def test_a_repeated_post_is_one_order(names: Names, shop: Shops) -> None:
    client, key, name = shop("ready"), new_key(), new_name()
    body = domain_body(name, expected_total_cents=None)
    answers = at_once(lambda _: post(client, body, key=key), range(8))
    assert {answer.status_code for answer in answers} == {202}
    (token,) = {answer.json()["cart"]["token"] for answer in answers}
    with names.nothing_ordered("ready", new_name()):
        refused(
            post(client, domain_body(name, contact=contact(city="Salem")), key=key), "idempotency_key_reused"
        )
    client.finish(token)
    names.world.outcome(token)
    names.delivered_once(token, name, amount=COM)
    assert len(names.orders(name)) == 1
    repeated = post(client, body, key=key)
    assert repeated.status_code == 202
    assert repeated.json() == client.cart(token)


def test_a_declined_card_releases_the_name(names: Names, world: World, shop: Shops) -> None:
    """Declined for good after the 202: the claim goes, and the next order of the name is delivered."""
    name = new_name()
    declined = Ordered(names, shop("stolen"), name, domain_body(name))
    view = declined.ended()
    assert (view["order"]["status"], view["failure"]["code"]) == ("failed", "payment_declined")
    assert (view["domain"]["status"], view["domain"]["zone_id"]) == ("failed", None)
    (invoice,) = world.invoices(declined.token)
    assert (invoice["status"], invoice["amount_paid"]) == ("void", 0)
    names.nothing_kept(declined.token, name)
    assert names.orders(name) == []
    second = Ordered(names, shop("ready"), name, domain_body(name))
    assert second.ended()["order"]["status"] == "completed"
    names.delivered_once(second.token, name, amount=COM)


def test_a_name_waits_for_its_customer(names: Names, world: World, shop: Shops) -> None:
    """Nothing is registered before the card is authenticated, and nobody else can order the name."""
    name = new_name()
    waiting = Ordered(names, shop("needs_3ds"), name, domain_body(name))
    waiting.client.payment(waiting.token, "awaiting_authentication")
    with names.nothing_ordered("ready", name):
        refused(post(shop("ready"), domain_body(name)), "domain_add_failed")
    assert names.orders(name) == []
    assert names.zones(name) == []
    claim = names.claim(name)
    assert claim is not None
    assert int(claim["lease_until"]["N"]) > datetime.now(UTC).timestamp()
    world.authenticate(waiting.token, "pay")
    assert waiting.ended()["order"]["status"] == "completed"
    names.delivered_once(waiting.token, name, amount=COM)


def test_credit_pays_for_a_name(names: Names, world: World, shop: Shops) -> None:
    world.set_balance("credit", -500)
    name = new_name()
    order = Ordered(names, shop("credit"), name, domain_body(name))
    payment = order.ended()["payment"]
    assert (payment["amount_charged_cents"], payment["credit_applied_cents"]) == (COM - 500, 500)
    names.delivered_once(order.token, name, amount=COM)
    assert world.balance("credit") == 0


def test_the_account_s_currency_decides_the_price(names: Names, world: World, shop: Shops) -> None:
    name = new_name()
    order = Ordered(names, shop("eur"), name, {**domain_body(name), "expected_total_cents": 1199})
    assert order.ended()["payment"]["amount_charged_cents"] == 1199
    names.delivered_once(order.token, name, amount=1199)
    (entry,) = world.invoices(order.token)
    assert world.stripe(f"invoices/{entry['id']}")["currency"] == "eur"


def test_what_a_tld_wants_is_served(world: World) -> None:
    """`GET /api/about` and the requirements of a TLD, without a credential."""
    about = world.http.get(f"{world.facts['api_url']}/api/about").json()
    tlds = {entry["name"]: entry for entry in about["tlds"]}
    assert {
        "com",
        "net",
        "org",
        "io",
        "dev",
        "app",
        "ninja",
        "it",
        "de",
        "fr",
        "eu",
        "uk",
        "us",
        "ca",
    } <= set(tlds)
    priced = {"billing_plan": "standard", "currency": "usd", "action": "register", "amount_cents": COM}
    assert priced in tlds["com"]["prices"]
    assert (tlds["com"]["auth_code_required"], tlds["uk"]["auth_code_required"]) == (True, False)
    served = world.http.get(world.facts["api_url"] + tlds["it"]["requirements_url"])
    assert served.status_code == 200
    assert "entityType" in served.text
