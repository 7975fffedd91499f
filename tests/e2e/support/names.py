"""Domain orders: their bodies, and everything behind the API that knows a name."""

import contextlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import httpx

from local.engine import aws
from tests.e2e.support.shop import Shop, new_key
from tests.e2e.support.world import World, order_id

type Json = dict[str, Any]
type Item = dict[str, Any]

PATH: Final = "/api/orders/domain"
CHECK: Final = "POST /v4/domains:checkAvailability"
REGISTER: Final = "POST /v4/domains"
TRANSFER: Final = "POST /v4/transfers"
ASKING: Final = ("OrderDomainFunction", "ChargePaymentFunction", "RegisterDomainFunction")
"""The functions that every delivered name needs to ask the registrar."""

COM: Final = 1299
"""Cents of a .com for accounts of the plan `standard` in US dollars, registration and transfer alike."""
ORG: Final = 1199

AUTH_CODE: Final = "e2e-auth-4Kq7vTz2Wm9x"
WRONG_CODE: Final = "wrong-e2e-8Hn3bXr6Lp1c"
REGISTRANT: Final[Mapping[str, Any]] = {
    "first_name": "Quintessa-Maren",
    "last_name": "Hollowbrook-Vane",
    "organization": "Hollowbrook Vane Instruments",
    "street_address": "4711 Quillfeather Lane",
    "post_code": "97201",
    "city": "Portland",
    "state": "OR",
    "country": "US",
    "email": "quintessa@hollowbrook.example",
    "phone": "+1.5035550147",
}
ITALIAN: Final[Mapping[str, Any]] = {
    **REGISTRANT,
    "organization": None,
    "street_address": "Via delle Querce 4711",
    "post_code": "00144",
    "city": "Roma",
    "state": "RM",
    "country": "IT",
    "phone": "+39 06 1234 5678",
    "extra_properties": {
        "entityType": "1",
        "regCode": "RSSMRA80A01H501U",
        "nationalityCode": "IT",
        "consentForPublishing": False,
    },
}
FRENCH: Final[Mapping[str, Any]] = {
    **REGISTRANT,
    "organization": None,
    "post_code": "75001",
    "city": "Paris",
    "state": None,
    "country": "FR",
    "phone": "+33123456789",
    "extra_properties": {"birthDate": "1990-01-31", "birthCountry": "US"},
}
SECRETS: Final[Mapping[str, str]] = {
    "auth code": AUTH_CODE,
    "wrong auth code": WRONG_CODE,
    **{
        f"registrant {name}": REGISTRANT[name]
        for name in ("first_name", "last_name", "organization", "street_address", "email", "phone")
    },
    "registrant phone undotted": "+15035550147",
    "registrant Italian street": ITALIAN["street_address"],
    "registrant Italian phone": ITALIAN["phone"],
    "registrant Italian phone dotted": "+39.0612345678",
    "registrant Italian phone undotted": "+390612345678",
    "registrant French phone": FRENCH["phone"],
    "registrant French phone dotted": "+33.123456789",
    "registrant regCode": ITALIAN["extra_properties"]["regCode"],
}
"""What no log may show of any order that these helpers place, by a name that may be shown."""


def new_name(fate: str = "", suffix: str = "com") -> str:
    """A name that nobody ever asked for; `fate` is a prefix that the registrar's sandbox knows."""
    return f"{fate}{uuid.uuid4().hex[:12]}.{suffix}"


def contact(base: Mapping[str, Any] = REGISTRANT, **fields: Any) -> Json:
    """A contact; keywords replace its fields, None leaves one out."""
    return {name: value for name, value in {**base, **fields}.items() if value is not None}


def domain_body(name: str, callback: Mapping[str, str] | None = None, **domain: Any) -> Json:
    """The body of a domain order; keywords replace fields of the domain, None leaves one out."""
    fields = {"name": name, "contact": contact(), **domain}
    body: Json = {"domain": {key: value for key, value in fields.items() if value is not None}}
    if callback is not None:
        body["callback"] = dict(callback)
    return body


def transfer_body(name: str, callback: Mapping[str, str] | None = None, **domain: Any) -> Json:
    """The body of a transfer with an auth code."""
    return domain_body(name, callback, **{"action": "transfer", "authcode": AUTH_CODE, **domain})


def post(client: Shop, body: Any, *, key: str | None = None, **request: Any) -> httpx.Response:
    """`POST /api/orders/domain`."""
    headers = {**request.pop("headers", {}), **({} if key is None else {"Idempotency-Key": key})}
    return client.call("POST", PATH, json=body, headers=headers, **request)


def place(client: Shop, body: Json, *, key: str | None = None) -> str:
    """Order; the cart's token."""
    answer = post(client, body, key=key)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["cart"]["token"])


@dataclass(frozen=True, slots=True)
class Footprint:
    """Everything that an order of one account for one name could make; `bills` are those of orders."""

    carts: frozenset[str]
    bills: frozenset[str]
    at_registrar: int
    zones: frozenset[str]
    claim: str | None
    executions: int


class Names:
    """What a stack's registrar, DNS and table hold about a name; names are A-labels."""

    def __init__(self, world: World) -> None:
        self.world = world

    # --- the registrar ----------------------------------------------------------------------------

    def orders(self, name: str) -> list[Json]:
        """The registrar's orders for a name: id, status, type of the item."""
        return [
            {"id": order["id"], "status": order["status"], "type": item["type"], "price": item["price"]}
            for order in self._listed("orders")
            for item in order["items"]
            if item["name"] == name
        ]

    def bought(self, names: Iterable[str]) -> dict[str, list[str]]:
        """By name what was ordered of the registrar and not given back: registration or transfer."""
        found: dict[str, list[str]] = {name: [] for name in names}
        for order in self._listed("orders"):
            for item in order["items"]:
                if item["name"] in found and item["status"] == "success":
                    found[item["name"]].append(item["type"])
        return found

    def domain(self, name: str) -> Json | None:
        """The name in our account at the registrar, contacts and nameservers included."""
        return next((entry for entry in self._listed("domains") if entry["name"] == name), None)

    def transfer(self, name: str) -> Json | None:
        return next((entry for entry in self._listed("transfers") if entry["name"] == name), None)

    @contextlib.contextmanager
    def settings(self, **settings: Any) -> Iterator[None]:
        """Run the registrar with other settings: transfer_seconds, late_seconds, requests_per_second."""
        url = f"{self.world.facts['registrar_url']}/_sandbox/settings"
        before = self.world.http.get(url).raise_for_status().json()
        self.world.http.post(url, json=settings).raise_for_status()
        try:
            yield
        finally:
            self.world.http.post(url, json={name: before[name] for name in settings}).raise_for_status()

    @contextlib.contextmanager
    def unhurried(self, *functions: str) -> Iterator[None]:
        """Without the limit of requests that functions and registrar keep: it makes many orders slow."""
        limit = {"REGISTRAR_REQUESTS_PER_SECOND": "1000"}
        with contextlib.ExitStack() as stack:
            for function in functions:
                stack.enter_context(self.world.environment(function, **limit))
            stack.enter_context(self.settings(requests_per_second=0))
            yield

    def take(self, name: str) -> None:
        """Somebody else registers the name."""
        url = f"{self.world.facts['registrar_url']}/_sandbox/foreign"
        self.world.http.post(url, json={"name": name}).raise_for_status()

    # --- DNS --------------------------------------------------------------------------------------

    def zones(self, name: str) -> list[Json]:
        """The hosted zones of a name."""
        found = self._route53.list_hosted_zones_by_name(DNSName=name)["HostedZones"]
        return [zone for zone in found if zone["Name"] == f"{name}."]

    def all_zones(self) -> list[str]:
        """The name of every hosted zone, without the last dot."""
        pages = self._route53.get_paginator("list_hosted_zones").paginate()
        return [zone["Name"].removesuffix(".") for page in pages for zone in page["HostedZones"]]

    def records(self, zone_id: str) -> dict[str, list[str]]:
        """The zone's records: values by type."""
        listed = self._route53.list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
        return {record["Type"]: [entry["Value"] for entry in record["ResourceRecords"]] for record in listed}

    # --- the table --------------------------------------------------------------------------------

    def claim(self, name: str) -> Item | None:
        """Who holds the name: `holder`, and `lease_until` while it is not firm."""
        key = {"pk": {"S": f"DOMAIN#{name}"}, "sk": {"S": "CLAIM"}}
        found: Item | None = self.world.dynamodb.get_item(
            TableName=self.world.facts["table"], Key=key, ConsistentRead=True
        ).get("Item")
        return found

    # --- all at once ------------------------------------------------------------------------------

    def footprint(self, account: str, name: str) -> Footprint:
        claim = self.claim(name)
        return Footprint(
            carts=frozenset(self._carts(account)),
            bills=frozenset(self._billed(self.world.customer(account))),
            at_registrar=len(self.orders(name)) + sum(map(bool, (self.domain(name), self.transfer(name)))),
            zones=frozenset(zone["Id"] for zone in self.zones(name)),
            claim=None if claim is None else claim["holder"]["S"],
            executions=self.world.started(),
        )

    @contextlib.contextmanager
    def nothing_ordered(self, account: str, name: str) -> Iterator[None]:
        """What is done inside must charge, claim, store and register nothing, or take all of it back."""
        before = self.footprint(account, name)
        yield
        after = self.footprint(account, name)
        assert after == before, f"{before} became {after}"

    def delivered_once(self, token: str, name: str, *, amount: int, kind: str = "registration") -> None:
        """One live registrar order, one zone, one firm claim, one paid invoice, one subscription."""
        ordered = [order for order in self.orders(name) if order["status"] == "success"]
        assert [order["type"] for order in ordered] == [kind], ordered
        held = self.domain(name)
        assert held is not None
        assert held["status"] == "active"
        assert held["order"] == ordered[0]["id"]
        (zone,) = self.zones(name)
        assert zone["CallerReference"] == order_id(token)
        claim = self.claim(name)
        assert claim is not None
        assert claim["holder"]["S"].endswith(f"#{token}")
        assert "lease_until" not in claim
        self._billed_once(token, amount=amount)

    def _billed_once(self, token: str, *, amount: int) -> None:
        (invoice,) = self.world.invoices(token)
        assert (invoice["status"], invoice["total"]) == ("paid", amount)
        assert invoice["amount_paid"] + invoice["credit_applied"] == amount
        assert invoice["amount_refunded"] == 0
        subscriptions = [entry["status"] for entry in self.world.subscriptions(token)]
        assert len(subscriptions) == 1
        assert subscriptions[0] in ("active", "trialing")

    def refunded_in_full(self, token: str, name: str, *, amount: int) -> None:
        """The money is back; nothing of the name is left, here or at the registrar."""
        (invoice,) = self.world.invoices(token)
        assert (invoice["status"], invoice["amount_paid"], invoice["amount_refunded"]) == (
            "paid",
            amount,
            amount,
        )
        self.nothing_kept(token, name)

    def nothing_kept(self, token: str, name: str) -> None:
        """No registration, no transfer under way, no zone, no claim, no live subscription."""
        assert [order for order in self.orders(name) if order["status"] == "success"] == []
        assert self.domain(name) is None
        transfer = self.transfer(name)
        assert transfer is None or transfer["status"] in ("Rejected", "Failed", "Canceled")
        assert self.zones(name) == []
        assert self.claim(name) is None
        alive = [entry for entry in self.world.subscriptions(token) if entry["status"] != "canceled"]
        assert alive == []

    @cached_property
    def _route53(self) -> Any:
        return aws.client("route53", self.world.facts["aws_endpoint"])

    def _listed(self, view: str) -> list[Json]:
        answer = self.world.http.get(f"{self.world.facts['registrar_url']}/_sandbox/{view}")
        found: list[Json] = answer.raise_for_status().json()
        return found

    def _carts(self, account: str) -> Iterator[str]:
        pages = self.world.dynamodb.get_paginator("query").paginate(
            TableName=self.world.facts["table"],
            KeyConditionExpression="pk = :pk AND begins_with(sk, :cart)",
            ExpressionAttributeValues={
                ":pk": {"S": f"ACCOUNT#{self.world.accounts[account]['id']}"},
                ":cart": {"S": "CART#"},
            },
            ProjectionExpression="sk",
            ConsistentRead=True,
        )
        for page in pages:
            yield from (item["sk"]["S"] for item in page["Items"])

    def _billed(self, customer: str) -> Iterator[str]:
        """The orders that a customer has invoices or subscriptions for."""
        for invoice in self.world.invoices():
            if invoice["customer"] == customer:
                yield order_id(invoice["metadata"]["cart_token"])
        for subscription in self.world.subscriptions():
            if subscription["customer"] == customer:
                yield subscription["metadata"]["order_id"]


class Ordered:
    """One domain order with a callback of its own, followed to its end."""

    def __init__(self, names: Names, client: Shop, name: str, body: Json, *, kind: str = "domains") -> None:
        self.names, self.world, self.client, self.name = names, names.world, client, name
        self.sink = self.world.sink(kind)
        self.key = new_key()
        callback = {key: self.sink[key] for key in ("url", "authorization")}
        self.body = {**body, "callback": callback}
        self.accepted = post(client, self.body, key=self.key)
        assert self.accepted.status_code == 202, self.accepted.text
        self.token = str(self.accepted.json()["cart"]["token"])

    def ended(self, *, seconds: float = 150) -> Json:
        """The order's view after its execution has ended, with its one callback taken."""
        outcome = self.world.outcome(self.token, seconds=seconds)
        order = self.client.order(self.token)
        assert outcome["status"] == "SUCCEEDED", f"{outcome.get('error')}: {order}"
        told = [entry["body"]["type"] for entry in self.world.received(self.sink["path"])]
        assert told == [f"order.{order['order']['status']}"]
        return order
