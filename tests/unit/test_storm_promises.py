"""The storm's checks: each kind of damage to an order's books is found, and sound books are not blamed."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.storm.books import Books
from tests.storm.customers import Order
from tests.storm.plans import Plan, plans
from tests.storm.promises import broken

type Json = dict[str, Any]

_TOKEN = "0123456789abcdef0123456789abcdef"
_ID = "01234567-89ab-cdef-0123-456789abcdef"


class _Sound(Books):
    """The books of one delivered order."""

    def __init__(self, plan: Plan) -> None:
        self.invoices = {
            _TOKEN: [{"status": "paid", "total": plan.price, "amount_paid": plan.price, "credit_applied": 0}]
        }
        self.charges = {_TOKEN: [{"amount": plan.price, "amount_refunded": 0}]}
        self.subscriptions = {_ID: [{"status": "active"}]}
        site = {"name": plan.name, "status": "ready"}
        self.sites = {_ID: [site]} if plan.site else {}
        self.site_names = {plan.name: [site]} if plan.site else {}
        self.domains = {} if plan.site else {plan.name: {"status": "active"}}
        self.transfers = {}
        self.purchases = {} if plan.site else {plan.name: [{"order": 1, "type": "registration"}]}
        self.zones = {} if plan.site else {plan.name: [{"CallerReference": _ID}]}
        self.received = {plan.sink: [_callback(f"msg_{_ID}")]}
        self.executions = {_TOKEN: "SUCCEEDED"}
        self.claimed: Json | None = {"holder": {"S": f"x#{_TOKEN}"}}

    def claim(self, name: str) -> Json | None:
        assert name
        return self.claimed


def _callback(message: str, status: str = "completed") -> Json:
    body = {"type": f"order.{status}", "data": {"order": {"status": status}}}
    return {"headers": {"webhook-id": message}, "body": body}


def _delivered(*, site: bool) -> Order:
    plan = next(plan for plan in plans(1, 100, mark="x") if plan.site is site and plan.kind != "transfer")
    view = {
        "order": {"status": "completed"},
        "payment": {"status": "succeeded"},
        "tasks": [{"status": "completed"}],
    }
    return Order(plan, token=_TOKEN, view=view)


@pytest.mark.parametrize(("next_one", "sound"), [(None, True), ("SUCCEEDED", True), ("FAILED", False)])
def test_a_stop_after_the_last_effect_breaks_nothing(next_one: str | None, sound: bool) -> None:  # noqa: FBT001
    order = _delivered(site=True)
    books = _Sound(order.plan)
    books.executions = {_TOKEN: "ABORTED"} | ({f"{_TOKEN}-2": next_one} if next_one else {})
    order.stopped = True
    assert (list(broken(order, books)) == []) is sound


@pytest.mark.parametrize("site", [True, False])
def test_sound_books_are_not_blamed(site: bool) -> None:  # noqa: FBT001 - a parameter
    order = _delivered(site=site)
    assert list(broken(order, _Sound(order.plan))) == []


def _twice(entries: dict[str, list[Json]]) -> None:
    for found in entries.values():
        found.append(dict(found[0]))


_OF_A_SITE: dict[str, tuple[Callable[[_Sound, Order], object], str]] = {
    "two charges": (lambda books, _: _twice(books.charges), "charged 2 times"),
    "two invoices": (lambda books, _: _twice(books.invoices), "2 invoices"),
    "no invoice": (lambda books, _: books.invoices.clear(), "0 invoices"),
    "an open invoice": (lambda books, _: books.invoices[_TOKEN][0].update(status="open"), "invoice is open"),
    "refunded": (lambda books, _: books.charges[_TOKEN][0].update(amount_refunded=1), "refunded 1"),
    "another price": (lambda books, _: books.invoices[_TOKEN][0].update(total=1), "billed 1"),
    "two subscriptions": (lambda books, _: _twice(books.subscriptions), "with 2 subscriptions"),
    "no subscription": (lambda books, _: books.subscriptions.clear(), "with 0 subscriptions"),
    "no site": (lambda books, _: books.sites.clear(), "with sites []"),
    "two sites": (lambda books, _: _twice(books.site_names), "two sites"),
    "no callback": (lambda books, _: books.received.clear(), "the ids []"),
    "a new id": (lambda books, order: books.received[order.plan.sink].append(_callback("msg_2")), "msg_2"),
    "another end told": (
        lambda books, order: books.received[order.plan.sink].append(_callback(f"msg_{_ID}", "failed")),
        "its callbacks told",
    ),
    "a dead execution": (lambda books, _: books.executions.update({_TOKEN: "FAILED"}), "its executions"),
    "a stopped one": (lambda books, _: books.executions.update({_TOKEN: "ABORTED"}), "its executions"),
    "a running one": (lambda books, _: books.executions.update({f"{_TOKEN}-2": "RUNNING"}), "RUNNING"),
    "no end": (lambda _, order: order.view["order"].update(status="processing"), "no end"),
    "given back": (lambda _, order: order.view["payment"].update(status="refunded"), "a payment refunded"),
    "a task open": (lambda _, order: order.view["tasks"][0].update(status="running"), "tasks ['running']"),
    "cancelled in vain": (lambda _, order: setattr(order, "cancelled", True), "was accepted"),
    "failed, all kept": (lambda _, order: order.view["order"].update(status="failed"), "refunded 0"),
}
_OF_A_NAME: dict[str, tuple[Callable[[_Sound, Order], object], str]] = {
    "bought twice": (lambda books, _: _twice(books.purchases), "purchases"),
    "not ours": (lambda books, _: books.domains.clear(), "the name is not ours"),
    "two zones": (lambda books, _: _twice(books.zones), "2 zones"),
    "a lease": (lambda books, _: (books.claimed or {}).update(lease_until=1), "firm claim"),
    "failed, all kept": (lambda _, order: order.view["order"].update(status="failed"), "still claimed"),
}


@pytest.mark.parametrize("damage", _OF_A_SITE)
def test_damage_to_a_site_s_order_is_found(damage: str) -> None:
    _found(_delivered(site=True), *_OF_A_SITE[damage])


@pytest.mark.parametrize("damage", _OF_A_NAME)
def test_damage_to_a_name_s_order_is_found(damage: str) -> None:
    _found(_delivered(site=False), *_OF_A_NAME[damage])


def _found(order: Order, do: Callable[[_Sound, Order], object], text: str) -> None:
    books = _Sound(order.plan)
    do(books, order)
    assert text in "; ".join(broken(order, books))


def test_a_seed_is_a_plan() -> None:
    assert list(plans(3, 50, mark="x")) == list(plans(3, 50, mark="x"))
    assert list(plans(3, 50, mark="x")) != list(plans(4, 50, mark="x"))
