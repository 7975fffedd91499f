"""An event is news and nothing more: whatever comes, however often and in whatever order."""

import itertools
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest
from hostcart.contract.statuses import PaymentStatus
from hostcart.domain.payment_events import FOR_AN_OPERATOR, WORTH_A_LOOK, CartRef, PaymentEvent
from hostcart.ports import UnavailableError
from hostcart.use_cases.errors import NewsArrivedError, ObjectUnknownError
from hostcart.use_cases.receive_payment_event import (
    Receipt,
    receive_payment_event,
)

from tests.fakes.crash import Crash
from tests.fakes.payments import Method
from tests.fakes.platform import START
from tests.fakes.world import ACCOUNT, World

STORY: Final = (
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "payment_intent.processing",
    "invoice.paid",
    "invoice.voided",
)


def told(world: World, kind: str, event_id: str = "evt_1", **changes: Any) -> Receipt:
    cart = CartRef(account_id=ACCOUNT, cart_token=world.token)
    world.payments.intents["pi_1"] = cart
    event = PaymentEvent(
        id=event_id,
        kind=kind,
        created_at=world.clock.now(),
        cart=cart,
        intent_id=None,
    )
    return receive_payment_event(replace(event, **changes), ports=world.webhooks)


@pytest.fixture
def waiting(ordered: World) -> World:
    ordered.payments.method = Method.NEEDS_CUSTOMER
    ordered.charge()
    ordered.wait("task-1")
    return ordered


def test_news_wakes_the_execution_once_told(waiting: World) -> None:
    assert told(waiting, "invoice.paid") is Receipt.TAKEN
    assert waiting.workflow.woken == ["task-1"]
    assert waiting.cart.payment.status is PaymentStatus.AWAITING_AUTHENTICATION  # the look decides
    waiting.payments.receive()
    assert waiting.charge().status is PaymentStatus.SUCCEEDED


def test_a_payment_that_is_known_already_is_no_news(ordered: World) -> None:
    ordered.charge()
    assert told(ordered, "invoice.paid") is Receipt.KNOWN
    assert not ordered.cart.news
    assert ordered.carts.events == {}
    assert told(ordered, "charge.dispute.created") is Receipt.TAKEN  # only the payment is known


def test_a_repeat_after_the_look_wakes_nobody(waiting: World) -> None:
    told(waiting, "invoice.paid")
    waiting.charge()
    waiting.wait("task-2")
    assert told(waiting, "invoice.paid") is Receipt.REPEATED
    assert waiting.workflow.woken == ["task-1"]
    assert not waiting.cart.news


def test_a_repeat_wakes_whom_the_first_could_not(waiting: World) -> None:
    waiting.workflow.failures.append(UnavailableError("workflow_unavailable"))
    with pytest.raises(UnavailableError):
        told(waiting, "invoice.paid")
    assert told(waiting, "invoice.paid") is Receipt.REPEATED
    assert waiting.workflow.woken == ["task-1"]


def test_news_before_the_wait_is_kept_for_it(ordered: World) -> None:
    ordered.payments.method = Method.NEEDS_CUSTOMER
    ordered.charge()
    assert told(ordered, "invoice.paid") is Receipt.TAKEN
    assert ordered.workflow.woken == []
    with pytest.raises(NewsArrivedError):
        ordered.wait("task-1")


@pytest.mark.parametrize("kind", ["customer.created", "invoice.created", "invoice.finalized", "made.up"])
def test_what_shows_nothing_new_leaves_no_trace(waiting: World, kind: str) -> None:
    assert told(waiting, kind) is Receipt.NOT_OURS
    assert (waiting.carts.events, waiting.workflow.woken) == ({}, [])


@pytest.mark.parametrize("intent", [None, "pi_2"])
def test_another_invoices_payment_is_not_ours(waiting: World, intent: str | None) -> None:
    assert told(waiting, "payment_intent.processing", cart=None, intent_id=intent) is Receipt.NOT_OURS
    assert waiting.carts.events == {}


def test_a_payment_finds_its_cart(waiting: World) -> None:
    assert told(waiting, "payment_intent.processing", cart=None, intent_id="pi_1") is Receipt.TAKEN
    assert waiting.workflow.woken == ["task-1"]


def test_a_cart_that_is_not_there_yet_is_asked_for_again(world: World) -> None:
    world.token = "0" * 32
    with pytest.raises(ObjectUnknownError):
        told(world, "invoice.paid")
    assert world.carts.events == {}
    with pytest.raises(ObjectUnknownError):
        told(world, "invoice.paid", created_at=START + timedelta(days=9))  # a clock ahead of ours
    assert told(world, "invoice.paid", created_at=START - timedelta(days=1)) is Receipt.GIVEN_UP
    assert world.metrics.counted == [("WebhookOrphaned", {"kind": "invoice.paid"})]


def alarmed(world: World) -> list[str]:
    """The kinds of event that an operator was told of."""
    return [counted["kind"] for name, counted in world.metrics.counted if name == "PaymentNeedsAttention"]


def test_what_no_step_settles_is_counted_for_an_operator(waiting: World) -> None:
    for kind in sorted(WORTH_A_LOOK):
        told(waiting, kind, f"evt_{kind}")
    assert alarmed(waiting) == sorted(FOR_AN_OPERATOR)
    assert FOR_AN_OPERATOR < WORTH_A_LOOK


@pytest.mark.parametrize("kind", sorted(FOR_AN_OPERATOR))
def test_a_crash_behind_the_mark_loses_no_alarm(
    waiting: World, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The event comes again, as it was not answered; it is counted twice rather than never."""
    mark = waiting.carts.mark_news_once

    def marks_and_dies(*args: Any, **options: Any) -> bool:
        mark(*args, **options)
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(waiting.carts, "mark_news_once", marks_and_dies)
        with pytest.raises(Crash):
            told(waiting, kind)
    assert alarmed(waiting) == []
    assert told(waiting, kind) is Receipt.REPEATED
    assert alarmed(waiting) == [kind]


def test_events_are_remembered_longer_than_they_are_sent(waiting: World) -> None:
    told(waiting, "invoice.paid")
    assert waiting.carts.events["evt_1"] - waiting.clock.now() > timedelta(days=30)


@pytest.mark.parametrize("order", list(itertools.permutations(STORY)), ids=">".join)
def test_any_order_of_the_story_ends_as_the_invoice_stands(waiting: World, order: tuple[str, ...]) -> None:
    """With a look after each: no event moves the payment back, whatever it says."""
    waiting.payments.receive()
    seen = [waiting.cart.payment.status]
    for kind in order:
        told(waiting, kind, f"evt_{kind}")
        seen.append(waiting.charge().status)
    assert seen == [PaymentStatus.AWAITING_AUTHENTICATION, *[PaymentStatus.SUCCEEDED] * len(order)]
    assert len(waiting.payments.charges) == 1


def test_ten_thousand_deliveries_are_one_effect(waiting: World) -> None:
    """Each event a thousand times, in any order, with looks in between."""
    kinds = [*STORY, "invoice.overpaid", "refund.updated", "invoice.marked_uncollectible"]
    deliveries = [kind for kind in kinds for _ in range(1250)]
    random.Random(20261121).shuffle(deliveries)  # noqa: S311 - an order that repeats
    waiting.payments.receive()
    looks = 0
    for kind in deliveries:
        told(waiting, kind, f"evt_{kind}")
        if waiting.cart.news:
            looks += 1
            waiting.charge()
    others = {f"evt_{kind}" for kind in kinds} - {"evt_invoice.paid"}
    assert waiting.carts.events.keys() == others  # a look after one of these saw the payment already
    assert looks == len(others)
    assert waiting.workflow.woken == ["task-1"]
    assert waiting.cart.payment.status is PaymentStatus.SUCCEEDED
    assert len(waiting.payments.charges) == 1
