"""The customers of a storm: they order, repeat, look, pay on the hosted page, cancel."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import httpx

from tests.e2e.support.names import PATH
from tests.e2e.support.shop import TERMINAL, Shop
from tests.e2e.support.together import at_once, by_clients
from tests.e2e.support.world import World, order_id
from tests.storm.plans import Plan

type Json = dict[str, Any]

_LOOK_SECONDS: Final = 4.0
_LOOKERS: Final = 4
_ATTEMPTS: Final = 500
_SOON: Final = 1.0
_AGAIN: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT})


@dataclass(slots=True)
class Order:
    """An order as its customer knows it: accepted with a token, or refused with a code."""

    plan: Plan
    token: str = ""
    refusal: str = ""
    accepted_at: float = 0.0
    view: Json = field(default_factory=dict)
    cancelled: bool = False  # the cancellation was accepted
    asked: bool = False  # one was sent
    stopped: bool = False
    visited: int = 0
    look_at: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return order_id(self.token)

    @property
    def status(self) -> str:
        """The order's, or `placed` before it materialises."""
        return str(self.view["order"]["status"]) if self.view else "placed"

    @property
    def over(self) -> bool:
        return bool(self.refusal) or self.status in TERMINAL

    @property
    def payment(self) -> str:
        return str(self.view["payment"]["status"]) if self.view else ""


class Customers:
    """Everybody who orders. `orders` grows as they do; `breaks` are promises broken to them on the way."""

    def __init__(self, world: World, plans: Sequence[Plan], *, most_open: int) -> None:
        self.world = world
        self.orders: list[Order] = []
        self.breaks: list[tuple[Order, str]] = []
        self.told: Counter[str] = Counter()
        self._plans = iter(plans)
        self._most_open = most_open
        self._lock = threading.Lock()
        self._shops = {
            name: Shop(world.http, world.facts["api_url"], world.accounts[name])
            for name in {plan.account for plan in plans}
        }

    # --- ordering ---------------------------------------------------------------------------------

    def order_all(self, clients: int) -> list[threading.Thread]:
        """Begin to order, by so many clients at a time, in the order of the plans."""
        threads = [threading.Thread(target=self._client, daemon=True) for _ in range(clients)]
        for thread in threads:
            thread.start()
        return threads

    def _client(self) -> None:
        while True:
            while len(self.open()) >= self._most_open:
                time.sleep(_SOON)
            with self._lock:
                plan = next(self._plans, None)
                if plan is None:
                    return
                order = Order(plan)
                self.orders.append(order)
            self._order(order)

    def _order(self, order: Order) -> None:
        for _ in range(_ATTEMPTS):
            answers = self._post(order.plan)
            tokens = {
                answer.json()["cart"]["token"]
                for answer in answers
                if answer.status_code == HTTPStatus.ACCEPTED
            }
            codes = {_code(answer) for answer in answers if _definite(answer)}
            if len(tokens) > 1 or (tokens and codes):
                self._broken(order, f"the same POST was answered {sorted(tokens)} and {sorted(codes)}")
            if tokens:
                order.token, order.accepted_at = tokens.pop(), time.monotonic()
                return
            if codes:
                order.refusal = " ".join(sorted(codes))
                return
            self.told["asked again"] += 1
            time.sleep(_SOON)
        order.refusal = "nothing"
        self._broken(order, "never answered")

    def _post(self, plan: Plan) -> list[httpx.Response]:
        """The answers to the POST and its repeats; those that did not come are left out."""
        sink = f"{self.world.facts['callback_url']}{plan.sink}"
        body = {**plan.body, "callback": {"url": sink, "authorization": f"Bearer callback-{plan.key}"}}
        path = "/api/orders" if plan.site else PATH

        def send(_: int) -> httpx.Response | None:
            try:
                return self._shops[plan.account].call(
                    "POST", path, json=body, headers={"Idempotency-Key": plan.key}
                )
            except httpx.HTTPError:
                return None

        return [answer for answer in at_once(send, range(plan.repeats + 1)) if answer is not None]

    # --- following --------------------------------------------------------------------------------

    def open(self) -> list[Order]:
        """Those that are accepted, or being placed, and not at their end."""
        return [order for order in list(self.orders) if not order.over]

    def steps(self) -> int:
        """How far they are: one step when an order is answered, one at its end."""
        orders = list(self.orders)
        return sum(bool(order.token or order.refusal) + order.over for order in orders)

    def look(self) -> None:
        """Every customer whose time has come looks at their order and does what they wanted to."""
        now = time.monotonic()
        due = [order for order in self.open() if order.token and order.look_at <= now]
        by_clients(_LOOKERS, self._look, due)

    def _look(self, order: Order) -> None:
        order.look_at = time.monotonic() + _LOOK_SECONDS
        answer = self._call(order, "GET")
        if answer is None or answer.status_code != HTTPStatus.OK:
            return
        before, order.view = order.status, answer.json()
        if before in TERMINAL:
            self._broken(order, f"it was {before} and is {order.status}")
        self._act(order)

    def _act(self, order: Order) -> None:
        plan, age = order.plan, time.monotonic() - order.accepted_at
        if order.over:
            return
        if plan.cancel_after is not None and not order.asked and age >= plan.cancel_after:
            self._cancel(order)
        if plan.stop_after is not None and not order.stopped and age >= plan.stop_after:
            self._stop(order)
        if order.payment == "awaiting_authentication" and order.visited < len(plan.visits):
            self._visit(order, plan.visits[order.visited])

    def _cancel(self, order: Order) -> None:
        """Asks until there is an answer."""
        answer = self._call(order, "DELETE")
        if answer is not None and (answer.status_code == HTTPStatus.ACCEPTED or _definite(answer)):
            order.asked = True
            order.cancelled = answer.status_code == HTTPStatus.ACCEPTED
            self.told["cancellations accepted" if order.cancelled else "cancellations refused"] += 1

    def _stop(self, order: Order) -> None:
        """Somebody ends the execution from outside."""
        order.stopped = True
        arn = self.world.facts["state_machine_arn"].replace(":stateMachine:", ":execution:")
        self.world.stepfunctions.stop_execution(executionArn=f"{arn}:{order.token}")
        self.told["executions stopped"] += 1

    def _visit(self, order: Order, outcome: str) -> None:
        found = [i for i in self.world.invoices(order.token) if i["status"] == "open"]
        if not found:
            return
        visit = {"invoice": found[0]["id"], "outcome": outcome}
        if order.plan.account == "sepa_fails" and outcome == "pay":
            visit["payment_method"] = "pm_card_visa"
        answer = self.world.http.post(f"{self.world.facts['stripe_url']}/_sandbox/authenticate", json=visit)
        if answer.is_success:
            order.visited += 1
            self.told[f"visits: {outcome}"] += 1

    def _call(self, order: Order, method: str) -> httpx.Response | None:
        try:
            return self._shops[order.plan.account].call(method, f"/api/orders/{order.id}")
        except httpx.HTTPError:
            return None

    def _broken(self, order: Order, promise: str) -> None:
        self.breaks.append((order, promise))


def _definite(answer: httpx.Response) -> bool:
    """A refusal that asking again would not change."""
    wrong = HTTPStatus.BAD_REQUEST <= answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
    return wrong and answer.status_code not in _AGAIN and answer.status_code != HTTPStatus.NOT_FOUND


def _code(answer: httpx.Response) -> str:
    return str(answer.json().get("code", answer.status_code))
