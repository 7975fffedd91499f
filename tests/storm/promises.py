"""What has to hold for every order after a storm, each promise by its words."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from hostcart.domain.tokens import token_of

from tests.e2e.support.world import World, facts_of
from tests.storm.books import Before, Books
from tests.storm.customers import Order

type Json = dict[str, Any]

DELIVERED: Final = "completed"
_LIVE: Final = frozenset({"active", "trialing", "past_due", "unpaid", "incomplete"})
_CLOSED: Final = frozenset({"void", "paid"})
_ENDS: Final = {
    "completed": {"succeeded"},
    "failed": {"failed", "refunded"},
    "cancelled": {"cancelled", "refunded"},
}


def broken(order: Order, books: Books) -> Iterator[str]:
    """What does not hold for one accepted order."""
    if order.status not in _ENDS:
        yield f"it has no end: {order.status}, payment {order.payment}"
        return
    yield from _states(order)
    yield from _money(order, books)
    yield from _renewal(order, books)
    yield from _site(order, books) if order.plan.site else _name(order, books)
    yield from _callback(order, books)
    yield from _cancellation(order)
    yield from _executions(order, books)


def _states(order: Order) -> Iterator[str]:
    if order.payment not in _ENDS[order.status]:
        yield f"{order.status} with a payment {order.payment}"
    tasks = [task["status"] for task in order.view["tasks"]]
    if order.status == DELIVERED and set(tasks) != {"completed"}:
        yield f"completed with tasks {tasks}"
    if {"pending", "running"} & set(tasks):
        yield f"{order.status} with tasks {tasks}"
    if order.status == "failed" and not order.view.get("failure"):
        yield "failed without a reason"


def _money(order: Order, books: Books) -> Iterator[str]:
    invoices, charges = books.invoices.get(order.token, []), books.charges.get(order.token, [])
    if len(invoices) > 1 or (order.status == DELIVERED and not invoices):  # an unused draft is deleted
        yield f"{order.status} with {len(invoices)} invoices"
    if len(charges) > 1:
        yield f"charged {len(charges)} times"
    captured = sum(charge["amount"] for charge in charges)
    refunded = sum(charge["amount_refunded"] for charge in charges)
    for invoice in invoices:
        yield from _invoice(order, invoice, captured)
    if refunded != (0 if order.status == DELIVERED else captured):
        yield f"{order.status}: captured {captured}, refunded {refunded}"


def _invoice(order: Order, invoice: Json, captured: int) -> Iterator[str]:
    if invoice["status"] not in _CLOSED:
        yield f"its invoice is {invoice['status']}"
    elif invoice["amount_paid"] != captured:
        yield f"its invoice has {invoice['amount_paid']}, its charges {captured}"
    if order.status == DELIVERED:
        paid = invoice["amount_paid"] + invoice["credit_applied"]
        if not invoice["total"] == paid == order.plan.price:
            yield f"delivered for {order.plan.price}: billed {invoice['total']}, paid {paid}"


def _renewal(order: Order, books: Books) -> Iterator[str]:
    live = [s["status"] for s in books.subscriptions.get(order.id, []) if s["status"] in _LIVE]
    if len(live) != int(order.status == DELIVERED):
        yield f"{order.status} with {len(live)} subscriptions"


def _site(order: Order, books: Books) -> Iterator[str]:
    found = [site["status"] for site in books.sites.get(order.id, [])]
    if found != (["ready"] if order.status == DELIVERED else []):
        yield f"{order.status} with sites {found}"
    if len(books.site_names.get(order.plan.name, [])) > 1:
        yield "two sites of its name"


def _name(order: Order, books: Books) -> Iterator[str]:
    name, delivered = order.plan.name, order.status == DELIVERED
    bought, zones, claim = books.purchases.get(name, []), books.zones.get(name, []), books.claim(name)
    if len(bought) != int(delivered):
        yield f"{order.status} with purchases {bought}"
    if (name in books.domains) is not delivered:
        yield f"{order.status}, and the name is {books.domains.get(name, {}).get('status', 'not ours')}"
    if not delivered and name in books.transfers:
        yield f"{order.status} with a transfer {books.transfers[name]['status']}"
    if [zone["CallerReference"] for zone in zones] != ([order.id] if delivered else []):
        yield f"{order.status} with {len(zones)} zones"
    if not delivered and claim is not None:
        yield f"{order.status}, and the name is still claimed"
    if delivered and (
        claim is None or "lease_until" in claim or not claim["holder"]["S"].endswith(order.token)
    ):
        yield "completed without a firm claim"


def _callback(order: Order, books: Books) -> Iterator[str]:
    received = books.received.get(order.plan.sink, [])
    ids = {entry["headers"]["webhook-id"] for entry in received}
    if ids != {f"msg_{order.id}"}:
        yield f"callbacks with the ids {sorted(ids)}"
    kinds = {(entry["body"]["type"], entry["body"]["data"]["order"]["status"]) for entry in received}
    if received and kinds != {(f"order.{order.status}", order.status)}:
        yield f"{order.status}, and its callbacks told {sorted(kinds)}"


def _cancellation(order: Order) -> Iterator[str]:
    """A transfer may prove to be past stopping; everything else that was accepted ends cancelled."""
    if order.cancelled and order.status != "cancelled" and order.plan.kind != "transfer":
        yield f"its cancellation was accepted, and it is {order.status}"
    if order.status == "cancelled" and order.plan.cancel_after is None:
        yield "cancelled, and nobody asked for it"


def _executions(order: Order, books: Books) -> Iterator[str]:
    """One succeeded; or the only ones were stopped from outside, after all was done, as the others show."""
    own = {name: status for name, status in books.executions.items() if name.partition("-")[0] == order.token}
    ended = "SUCCEEDED" in own.values() or (order.stopped and set(own.values()) == {"ABORTED"})
    if not ended or "RUNNING" in own.values():
        yield f"its executions are {own}"


# --- all orders together --------------------------------------------------------------------------


def broken_together(world: World, orders: Sequence[Order], books: Books, before: Before) -> Iterator[str]:
    """What does not hold for all of them: numbers, capacity, credit, and what belongs to nobody."""
    accepted = [order for order in orders if order.token]
    yield from _strays(accepted, books, before)
    yield from _capacity(world, accepted, before)
    yield from _credit(world, accepted, books, before)
    for account in sorted({order.plan.account for order in orders}):
        yield from _numbers(world, account, {o.token for o in accepted if o.plan.account == account})


def _strays(orders: Sequence[Order], books: Books, before: Before) -> Iterator[str]:
    tokens = {order.token for order in orders}
    for token, invoices in books.invoices.items():
        new = [i for i in invoices if i["id"] not in before.invoices and i["status"] != "void"]
        if token and token not in tokens and new:
            yield f"invoices of a cart that nobody has: {new}"
    yield from _stray_deliveries(orders, tokens, books, before)


def _stray_deliveries(
    orders: Sequence[Order], tokens: set[str], books: Books, before: Before
) -> Iterator[str]:
    for order_id, subscriptions in books.subscriptions.items():
        new = [s for s in subscriptions if s["id"] not in before.subscriptions and s["status"] in _LIVE]
        if new and token_of(order_id) not in tokens:
            yield f"subscriptions of an order that nobody has: {new}"
    for site in set(books.sites) - before.sites - {order.id for order in orders}:
        yield f"the site {site} is nobody's"
    for name in set(books.domains) - before.names - {order.plan.name for order in orders}:
        yield f"the name {name} is nobody's"
    for name in set(books.executions) - before.executions:
        if name.partition("-")[0] not in tokens:
            yield f"the execution {name} is nobody's"


def _capacity(world: World, orders: Sequence[Order], before: Before) -> Iterator[str]:
    sold = Counter(o.plan.slot for o in orders if o.plan.site and o.status == DELIVERED)
    for slot, taken in world.taken().items():
        if taken - before.taken.get(slot, 0) != sold[slot]:
            yield f"{slot}: {sold[slot]} sold, {taken - before.taken.get(slot, 0)} taken"


def _credit(world: World, orders: Sequence[Order], books: Books, before: Before) -> Iterator[str]:
    for account, balance in before.balances.items():
        delivered = [o for o in orders if o.plan.account == account and o.status == DELIVERED]
        used = sum(i["credit_applied"] for o in delivered for i in books.invoices.get(o.token, []))
        if world.balance(account) - balance != used:
            yield f"{account}: {used} of credit used, balance {balance} became {world.balance(account)}"


def _numbers(world: World, account: str, tokens: set[str]) -> Iterator[str]:
    items = {item["sk"]["S"].removeprefix("CART#"): item for item in world.carts(account)}
    numbers = sorted(int(item["number"]["N"]) for item in items.values() if "number" in item)
    if numbers != list(range(1, world.last_number(account) + 1)):
        yield f"{account}: numbers are not dense up to {world.last_number(account)}"
    for token in tokens:
        facts = facts_of(items[token]) if token in items else {"status": "absent"}
        if facts["status"] != "checked_out":
            yield f"{account}: the cart {token} is {facts['status']}"
    unnumbered = [token for token, item in items.items() if "number" not in item]
    if unnumbered:
        yield f"{account}: carts without an order: {unnumbered}"
