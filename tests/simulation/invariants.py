"""What holds at every write and after every run, whatever went wrong; each promise by its name.

The facts are taken from both sides: our table, and what the outside systems hold.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from hostcart.adapters import records
from hostcart.adapters.dynamodb_carts import DynamoCarts, Texts, texts_of
from hostcart.contract.statuses import CartStatus, OrderStatus, PaymentStatus, TaskStatus
from hostcart.domain import views
from hostcart.domain.cart import CallbackStatus, Cart, DomainStatus, Order
from hostcart.domain.payment import InvoiceStatus, Payment
from hostcart.domain.transitions import CART, ORDER, PAYMENT, RETURNED_REFUND, TASK
from hostcart.use_cases.activate_subscription import renewal_of

from tests.simulation import suspensions
from tests.simulation.scenarios import ACCOUNT, CUSTOMER, NAME, SLOT
from tests.simulation.world import World

type Json = dict[str, Any]

_UNPAID: Final = {PaymentStatus.FAILED, PaymentStatus.CANCELLED}


# --- at every write -------------------------------------------------------------------------------


def watch(world: World) -> None:
    """From now on every write of the table is looked at."""
    world.watchers.append(lambda key, old, new: _check_write(world, key, old, new))
    world.watchers.append(lambda key, old, new: _check_cart(world, key, old, new))


def _check_write(world: World, key: str, old: Json | None, new: Json | None) -> None:
    if new is not None and "|CART#" in key and (old is None or old["texts"] != new["texts"]):
        for fault in _faults_of_write(None if old is None else _written(old), _written(new)):
            world.violate(fault)
    if new is not None and key.endswith("|EVENT"):
        cart = world.table.items.get(f"ACCOUNT#{ACCOUNT}|{new['cart']['S']}", {})
        if "news" not in cart:
            world.violate("an event was marked as seen without its effect")
        if old is not None:
            world.violate("an event was taken twice")
    if new is not None and key.endswith("|COUNTER") and "last_number" in new:
        before = int(old["last_number"]["N"]) if old is not None and "last_number" in old else 0
        if int(new["last_number"]["N"]) != before + 1:
            world.violate("order numbers are not dense")


def _check_cart(world: World, key: str, old: Json | None, new: Json | None) -> None:
    if old is not None and new is not None and "|CART#" in key and old["texts"] != new["texts"]:
        suspensions.check_write(world, _cart(old), _cart(new))


type Written = tuple[str, str, str, str | None, bool]
"""(facts, version, the cart's view, the order's view, terminal), as stored."""


def _written(item: Json) -> Written:
    texts = _texts(item["texts"]["B"])
    return texts.facts, item["version"]["N"], texts.cart_view, texts.order_view, item["terminal"]["BOOL"]


@lru_cache(maxsize=50_000)
def _faults_of_write(old: Written | None, new: Written) -> tuple[str, ...]:
    return tuple(_found_in_write(old, new))


def _found_in_write(old: Written | None, new: Written) -> Iterator[str]:
    cart = _decoded(new[0], new[1])
    if new[2] != _text(views.cart_view(cart)):
        yield "the cart's view is not what follows from its facts"
    if cart.order is not None and new[3] != _text(views.order_view(cart)):
        yield "the order's view is not what follows from its facts"
    if new[4] is not (cart.order is not None and cart.order.status.terminal):
        yield "terminal is not what follows from the facts"
    if cart.payment.status is PaymentStatus.AWAITING_AUTHENTICATION and not cart.payment.hosted_invoice_url:
        yield "awaiting authentication without a URL"
    if old is not None:
        yield from _faults_of_change(_decoded(old[0], old[1]), cart)


def _faults_of_change(old: Cart, new: Cart) -> Iterator[str]:
    if new.version != old.version + 1:
        yield "a version was skipped or written twice"
    if not _allowed(CART, old.status, new.status):
        yield "the cart's status went back"
    yield from _faults_of_payment(old.payment, new.payment)
    if old.order is not None and new.order is None:
        yield "the order vanished"
    if old.order is not None and new.order is not None:
        yield from _faults_of_order(old.order, new.order)


def _faults_of_payment(old: Payment, new: Payment) -> Iterator[str]:
    returned = _allowed(RETURNED_REFUND, old.status, new.status)
    if not returned and not _allowed(PAYMENT, old.status, new.status):
        yield "the payment's status went back"
    if new.attempt < old.attempt:
        yield "the payment's attempt went back"
    if new.invoice_id != old.invoice_id:
        yield "the cart changed its invoice"


def _faults_of_order(old: Order, new: Order) -> Iterator[str]:
    if not _allowed(ORDER, old.status, new.status):
        yield "the order's status went back"
    if old.failure is not None and new.failure != old.failure:
        yield "the order's failure changed"
    for before, after in zip(old.tasks, new.tasks, strict=True):
        if not _allowed(TASK, before.status, after.status):
            yield f"the task {before.name} went back"


def _allowed(table: Any, old: Any, new: Any) -> bool:
    return old == new or new in table.get(old, ())


def _cart(item: Json) -> Cart:
    return _decoded(_texts(item["texts"]["B"]).facts, item["version"]["N"])


@lru_cache(maxsize=50_000)
def _texts(packed: bytes) -> Texts:
    return texts_of({"texts": {"B": packed}})


@lru_cache(maxsize=50_000)
def _decoded(facts: str, version: str) -> Cart:
    return replace(records.decode(Cart, facts), version=int(version))


def _text(view: Json) -> str:
    return json.dumps(view, separators=(",", ":"), ensure_ascii=False)


# --- after a run ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class End:
    """Both sides, once nothing is due any more."""

    world: World
    carts: tuple[Cart, ...]

    @property
    def cart(self) -> Cart:
        return self.carts[0]

    @property
    def delivered(self) -> bool:
        return self.cart.opened.status is OrderStatus.COMPLETED

    @property
    def site(self) -> bool:
        return self.world.scenario.kind == "site"

    @property
    def invoices(self) -> list[Json]:
        """The invoices that are no longer drafts and not void."""
        found = self.world.processor.state["invoices"].values()
        return [invoice for invoice in found if invoice["status"] not in {"void", "draft"}]

    @property
    def captured(self) -> int:
        return sum(charge["amount"] for charge in self.world.processor.state["charges"].values())

    @property
    def refunded(self) -> int:
        """What the customer has back: by refunds that stayed, by hand, or by their bank's doing."""
        notes = self.world.processor.state["notes"].values()
        arrived = [note["amount"] for note in notes if note["refund"] != "failed" or note["by_hand"]]
        refunded: int = sum(arrived) + (0 if self.delivered or notes else sum(self.lost))
        return refunded

    @property
    def lost(self) -> list[int]:
        """What the customer's bank took back for good."""
        disputes = self.world.processor.state["disputes"].values()
        return [entry["amount"] for entry in disputes if entry["status"] == "lost"]

    @property
    def subscriptions(self) -> list[Json]:
        """Those that live."""
        found = self.world.processor.state["subscriptions"].values()
        return [entry for entry in found if entry["status"] != "canceled"]

    @property
    def credit_used(self) -> int:
        """By how much the customer's balance differs from what it was at first."""
        balance: int = self.world.processor.state["balances"][CUSTOMER]
        return balance - self.world.scenario.balance


type Rule = Callable[[End], bool]
_RULES: dict[str, Rule] = {}


def _rule(name: str) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        _RULES[name] = rule
        return rule

    return register


def check(world: World) -> None:
    """Notes every promise that does not hold at the end of a run."""
    carts = tuple(_cart(item) for key, item in sorted(world.table.items.items()) if "|CART#" in key)
    end = End(world, carts)
    if not carts:
        _check_refused(end)
        return
    if len(carts) > 1:
        world.violate("one request made two carts")
    if end.cart.order is None or not end.cart.order.status.terminal:
        world.violate("an order without an end")
        return
    for name, rule in _RULES.items():
        if not rule(end):
            world.violate(name)


def _check_refused(end: End) -> None:
    """A refusal leaves nothing that could move money, and holds nothing."""
    world = end.world
    if world.posts["status"] < 400:
        world.violate("accepted, and there is no cart")
    if end.invoices or end.captured or world.runs:
        world.violate("a refusal left an invoice or an execution")
    if world.carts.is_claimed(NAME, _now(world)) or _taken(world):
        world.violate("a refusal holds a name or capacity")


@_rule("the money does not add up: captured - refunded = value delivered - credit used")
def _money(end: End) -> bool:
    kept = end.captured - end.refunded + end.credit_used
    return kept == (end.world.scenario.price if end.delivered else 0)


@_rule("refunds exceed what was paid")
def _over_refunded(end: End) -> bool:
    return end.refunded <= end.captured


@_rule("a bank took money back that nobody was told of")
def _told(end: End) -> bool:
    """Lost of what was delivered, or of what was refunded too: only an operator can settle that."""
    owed = end.lost and (end.delivered or end.world.processor.state["notes"])
    return not owed or end.world.posts.get("answered", False)


@_rule("a customer paid and got nothing, and no operator was told")
def _alarmed(end: End) -> bool:
    """Who cancels knows."""
    paid = any(invoice["status"] == InvoiceStatus.PAID for invoice in end.invoices)
    in_vain = paid and not end.delivered and not end.cart.opened.stopped_by_customer
    return in_vain is end.world.posts["alarmed"]


@_rule("more than one charge")
def _one_charge(end: End) -> bool:
    return len(end.world.processor.state["charges"]) <= 1


@_rule("more than one invoice that is not void")
def _one_invoice(end: End) -> bool:
    state = end.world.processor.state["invoices"]
    return (
        len(end.invoices) <= 1
        and all(invoice["status"] != "open" for invoice in end.invoices)
        and (end.cart.payment.invoice_id in state or not end.invoices)
    )


@_rule("a draft was left that is more than empty")
def _no_draft(end: End) -> bool:
    """An empty draft that nobody knows of moves no money."""
    return all(
        invoice["status"] != "draft"
        or (invoice["total"] == 0 and invoice["id"] != end.cart.payment.invoice_id)
        for invoice in end.world.processor.state["invoices"].values()
    )


@_rule("credit and amount due are not the total")
def _total(end: End) -> bool:
    return all(
        invoice["total"] == invoice["due"] + (invoice["end"] - invoice["start"]) for invoice in end.invoices
    )


@_rule("the stored payment is not what the processor holds")
def _payment(end: End) -> bool:
    payment, paid = end.cart.payment, [i for i in end.invoices if i["status"] == InvoiceStatus.PAID]
    if payment.status is PaymentStatus.SUCCEEDED:
        charged = [invoice["paid"] for invoice in paid]
        return end.delivered and charged == [payment.amount_charged]
    if payment.status is PaymentStatus.REFUNDED:
        notes = end.world.processor.state["notes"].values()
        pending = [note for note in notes if note["refund"] != "succeeded" and not note["by_hand"]]
        return not end.delivered and payment.amount_refunded == end.refunded == end.captured and not pending
    return payment.status in _UNPAID and not paid


@_rule("a delivered order without its one subscription, or an undelivered one with one")
def _subscription(end: End) -> bool:
    if not end.delivered:
        return not end.subscriptions
    if len(end.subscriptions) != 1 or end.cart.opened.subscription is None:
        return False
    (entry,) = end.subscriptions
    return bool(entry["id"] == end.cart.opened.subscription.stripe_id)


@_rule("the renewal is not billed to the method that paid")
def _method(end: End) -> bool:
    """Every method here is saved with the customer."""
    paid = [invoice["paid_with"] for invoice in end.invoices]
    return all([entry["method"]] == paid for entry in end.subscriptions) or not end.delivered


@_rule("the first renewal is billed before the paid term ends")
def _paid_through(end: End) -> bool:
    if not end.delivered:
        return True
    due = renewal_of(end.cart).first_bill.timestamp()
    return all(entry["first"] >= int(due) for entry in end.subscriptions)


@_rule("a site without an order, or an order without its site")
def _site(end: End) -> bool:
    wanted = {end.cart.opened.id} if end.delivered and end.site else set()
    return end.world.sites.live == wanted and (end.cart.opened.site is not None) is bool(wanted)


@_rule("the site of a completed order is suspended")
def _usable(end: End) -> bool:
    return not end.delivered or not end.world.sites.state["suspended"]


@_rule("a purchase at the registrar without an order, or an order without its one purchase")
def _purchase(end: End) -> bool:
    wanted = int(end.delivered and not end.site)
    registrar = end.world.registrar
    return len(registrar.paid) == wanted == int(registrar.holds(NAME))


@_rule("an order failed because the registrar asks less")
def _cheaper(end: End) -> bool:
    """No registrar here ever asks more than it quoted."""
    failure = end.cart.opened.failure
    return failure is None or failure.code != "domain_price_changed"


@_rule("the zone, the claim or the domain's status is not what the order's end asks for")
def _name(end: End) -> bool:
    if end.site:
        return not end.world.zones.state["zones"]
    domain = end.cart.opened.domain
    claim = end.world.table.items.get(f"DOMAIN#{NAME}|CLAIM")
    zones = list(end.world.zones.state["zones"])
    if not end.delivered:
        return domain is not None and domain.status is DomainStatus.FAILED and not zones and claim is None
    firm = claim is not None and "lease_until" not in claim
    return (
        domain is not None and domain.status is DomainStatus.ACTIVE and firm and zones == [end.cart.opened.id]
    )


@_rule("capacity is not what the order's end asks for")
def _capacity(end: End) -> bool:
    return _taken(end.world) == int(end.delivered and end.site)


@_rule("the callback did not come once: its id, its type, its body")
def _callback(end: End) -> bool:
    received: Json = end.world.callbacks.state["received"]
    if not end.world.scenario.told:
        return end.cart.callback is CallbackStatus.NONE and not received
    if end.cart.callback is CallbackStatus.DELIVERED:
        entries = received.get(f"msg_{end.cart.opened.id}", [])
        return len(received) == 1 and [kind for kind, _ in entries] == [f"order.{end.cart.opened.status}"]
    return len(received) <= 1


@_rule("the order's tasks do not tell how it ended")
def _tasks(end: End) -> bool:
    statuses = [task.status for task in end.cart.opened.tasks]
    if end.delivered:
        return set(statuses) == {TaskStatus.COMPLETED}
    return not {TaskStatus.PENDING, TaskStatus.RUNNING} & set(statuses)


@_rule("an accepted cancellation does not stand")
def _cancelled(end: End) -> bool:
    """A transfer may prove to be past stopping; everything else that was accepted ends cancelled."""
    if not end.world.posts.get("cancelled"):
        asked = end.world.posts.get("asked", False)
        return asked or end.cart.opened.status is not OrderStatus.CANCELLED
    if end.cart.opened.status is OrderStatus.CANCELLED:
        return True
    cancellation = end.cart.opened.cancellation
    by_itself = {"transfer_ends"} & set(end.world.scenario.registrar) or "time" in end.world.scenario.name
    if end.world.registrar.state["ended"].get(NAME) == "canceled" and not by_itself:
        return False  # the registrar did stop it
    return end.world.scenario.kind == "transfer" and cancellation is not None and cancellation.refused


@_rule("the cart is not checked out")
def _checked_out(end: End) -> bool:
    return end.cart.status is CartStatus.CHECKED_OUT


@_rule("order numbers are not dense")
def _dense(end: End) -> bool:
    return DynamoCarts(end.world.client, "hostcart").last_number(ACCOUNT) == len(end.carts) == 1


@_rule("an execution is still waiting")
def _executions(end: End) -> bool:
    return all(standing[3] in {"succeeded", "failed"} for standing in end.world.runs.values())


@_rule("a cart has more than one execution")
def _one_execution(end: End) -> bool:
    """One that is started again has a number behind the first one's name."""
    return {name.partition("-")[0] for name in end.world.runs} == {end.cart.token}


@_rule("the reconciler still tells of breaks")
def _converged(end: End) -> bool:
    return bool(end.world.posts["breaks"] == 0)


@_rule("the client was told otherwise")
def _answered(end: End) -> bool:
    return bool(end.world.posts["token"] == end.cart.token)


def rules() -> list[str]:
    """The names of the promises that are checked after a run."""
    return list(_RULES)


def _taken(world: World) -> int:
    item = world.table.items[f"SLOT#{SLOT.location}#{SLOT.variant}|SLOT"]
    return int(item["taken"]["N"])


def _now(world: World) -> datetime:
    return datetime.fromtimestamp(int(world.now), UTC)
