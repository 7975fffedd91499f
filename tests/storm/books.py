"""Both sides' books after a storm, each read once: the sandboxes, DNS, the table, the state machine."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from local.engine import aws
from tests.e2e.support.world import World

type Json = dict[str, Any]

_ENDED_TRANSFERS = frozenset({"Rejected", "Failed", "Canceled"})


@dataclass(frozen=True, slots=True)
class Before:
    """What was there before the storm; none of it is the storm's."""

    invoices: frozenset[str]
    subscriptions: frozenset[str]
    sites: frozenset[str]
    names: frozenset[str]
    executions: frozenset[str]
    findings: frozenset[tuple[str, str]]
    taken: Mapping[str, int]
    balances: Mapping[str, int]

    @classmethod
    def of(cls, world: World, accounts: Iterable[str], findings: Iterable[tuple[str, str]]) -> Self:
        return cls(
            invoices=frozenset(entry["id"] for entry in world.invoices()),
            subscriptions=frozenset(entry["id"] for entry in world.subscriptions()),
            sites=frozenset(entry["id"] for entry in world.sites()),
            names=frozenset(entry["name"] for entry in listed(world, "domains")),
            executions=frozenset(entry["name"] for entry in world.executions()),
            findings=frozenset(findings),
            taken=world.taken(),
            balances={name: world.balance(name) for name in accounts},
        )


class Books:
    """Indexed by cart token, order id or name."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.invoices = _grouped(world.invoices(), lambda entry: entry["metadata"].get("cart_token", ""))
        self.charges = _grouped(_charges(world), lambda entry: entry["_cart"])
        self.subscriptions = _grouped(world.subscriptions(), lambda e: e["metadata"].get("order_id", ""))
        self.sites = _grouped(world.sites(), lambda entry: entry["id"])
        self.site_names = _grouped(world.sites(), lambda entry: entry["name"])
        self.domains = {entry["name"]: entry for entry in listed(world, "domains")}
        self.transfers = {
            entry["name"]: entry
            for entry in listed(world, "transfers")
            if entry["status"] not in _ENDED_TRANSFERS
        }
        self.purchases = _purchases(world)
        self.zones = _grouped(_zones(world), lambda zone: zone["Name"].removesuffix("."))
        self.received = _grouped(world.received(), lambda entry: entry["path"])
        self.executions = {entry["name"]: entry["status"] for entry in world.executions()}

    def claim(self, name: str) -> Json | None:
        key = {"pk": {"S": f"DOMAIN#{name}"}, "sk": {"S": "CLAIM"}}
        found: Json | None = self.world.dynamodb.get_item(
            TableName=self.world.facts["table"], Key=key, ConsistentRead=True
        ).get("Item")
        return found


def listed(world: World, view: str) -> list[Json]:
    """A view of the registrar's sandbox."""
    answer = world.http.get(f"{world.facts['registrar_url']}/_sandbox/{view}")
    found: list[Json] = answer.raise_for_status().json()
    return found


def _charges(world: World) -> list[Json]:
    """Every charge that took money, with the cart of its invoice."""
    url = f"{world.facts['stripe_url']}/_sandbox/charges"
    charges: list[Json] = world.http.get(url).raise_for_status().json()
    carts = {entry["id"]: entry["metadata"].get("cart_token", "") for entry in world.invoices()}
    return [{**entry, "_cart": carts.get(entry["invoice"], "")} for entry in charges]


def _purchases(world: World) -> dict[str, list[Json]]:
    """By name what the registrar sold and did not take back."""
    found = defaultdict(list)
    for order in listed(world, "orders"):
        for item in order["items"]:
            if item["status"] == "success":
                found[item["name"]].append({"order": order["id"], "type": item["type"]})
    return found


def _zones(world: World) -> list[Json]:
    pages = aws.client("route53", world.facts["aws_endpoint"]).get_paginator("list_hosted_zones").paginate()
    return [zone for page in pages for zone in page["HostedZones"]]


def _grouped(entries: Iterable[Json], key: Any) -> dict[str, list[Json]]:
    found = defaultdict(list)
    for entry in entries:
        found[str(key(entry))].append(entry)
    return found
