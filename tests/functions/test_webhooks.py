"""POST /webhooks/stripe through the real handler: what it refuses, and how little what it takes can do."""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any, Final
from unittest.mock import patch

import pytest
import stripe
from hostcart.adapters import aws
from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.stripe_events import LARGEST_BYTES
from hostcart.entry.payment_event import EventNotTakenError

from local.sandboxes.stripe.webhooks import signature
from tests.fakes.table import TABLE
from tests.functions.orders import place, task
from tests.functions.stack import WEBHOOK_SECRET, Json, Member, Stack
from tests.simulation.dynamo import Open, Table
from tests.workflow.lambdas import forget_ports

FUNCTION: Final = "ReceiveStripeWebhookFunction"
KINDS: Final = (
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.paid",
    "invoice.voided",
    "invoice.overpaid",
)


def event(member: Member, token: str, kind: str = "invoice.paid", **changes: Any) -> Json:
    metadata = {"account_id": member.account_id, "cart_token": token}
    return {
        "id": f"evt_{token}_{kind.replace('.', '_')}",
        "object": "event",
        "api_version": stripe.api_version,
        "created": int(time.time()),
        "livemode": False,
        "type": kind,
        "data": {"object": {"id": "in_1", "object": "invoice", "metadata": metadata}},
        **changes,
    }


def request(body: str, header: str | None) -> Json:
    return {
        "resource": "/webhooks/stripe",
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json"} | ({"Stripe-Signature": header} if header else {}),
        "requestContext": {"requestId": "req-1", "authorizer": None},
        "body": body,
        "isBase64Encoded": False,
    }


def signed(value: object, *, late: int = 0, secret: str = WEBHOOK_SECRET) -> Json:
    body = json.dumps(value, separators=(",", ":"))
    return request(body, signature(body.encode(), [secret], int(time.time()) - late))


def answer(stack: Stack, given: Json) -> tuple[int, Json]:
    response = stack.invoke(FUNCTION, given)
    return response["statusCode"], json.loads(response["body"])


def item(stack: Stack, member: Member, token: str) -> Any:
    key = keys.cart(member.account_id, token)
    return stack.dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True)["Item"]


@pytest.fixture
def token(stack: Stack, ready: Member) -> str:
    placed: str = place(stack, ready)["json"]["cart"]["token"]
    return placed


def test_a_signed_event_marks_its_cart_once(stack: Stack, ready: Member, token: str) -> None:
    given = signed(event(ready, token))
    assert answer(stack, given) == (200, {"status": "taken"})
    marked = item(stack, ready, token)
    assert marked["news"] == {"BOOL": True}
    assert answer(stack, given) == (200, {"status": "repeated"})
    assert item(stack, ready, token) == marked
    remembered = stack.dynamodb.get_item(
        TableName=TABLE, Key=keys.payment_event(event(ready, token)["id"]), ConsistentRead=True
    )["Item"]
    assert int(remembered["expires_at"]["N"]) > time.time() + 30 * 86_400


def test_the_look_after_it_takes_the_mark(stack: Stack, ready: Member, token: str) -> None:
    assert answer(stack, signed(event(ready, token)))[0] == 200
    stack.invoke("ChargePaymentFunction", task(ready, token))
    assert "news" not in item(stack, ready, token)


def _altered(given: Json) -> Json:
    return {**given, "body": json.dumps(json.loads(given["body"]))}


def _unsigned(given: Json) -> Json:
    return {**given, "headers": {}}


@pytest.mark.parametrize(
    ("change", "reason"), [(_unsigned, "signature_missing"), (_altered, "signature_wrong")]
)
def test_what_is_altered_on_the_way_is_refused(
    stack: Stack, ready: Member, token: str, change: Any, reason: str
) -> None:
    before = item(stack, ready, token)
    refused(stack, change(signed(event(ready, token))), (400, "webhook_signature_invalid", reason))
    assert item(stack, ready, token) == before


def refused(stack: Stack, given: Json, expected: tuple[int, str, str]) -> None:
    """The answer is a problem, the reason is in the log and counted, the body is in neither."""
    since = stack.logs.tell()
    status, problem = answer(stack, given)
    assert (status, problem["code"]) == expected[:2]
    lines = stack.lines(since)
    assert [line["reason"] for line in lines if line.get("message") == "webhook_refused"] == [expected[2]]
    assert [line["reason"] for line in lines if "WebhookRefused" in line] == [expected[2]]
    assert "cart_token" not in stack.logs.getvalue()[since:]


@pytest.mark.parametrize(
    ("late", "reason"), [(301, "signature_old"), (86_400, "signature_old"), (-330, "signature_future")]
)
def test_another_time_is_refused(stack: Stack, ready: Member, token: str, late: int, reason: str) -> None:
    given = signed(event(ready, token), late=late)
    refused(stack, given, (400, "webhook_signature_invalid", reason))


def test_another_secret_is_refused(stack: Stack, ready: Member, token: str) -> None:
    given = signed(event(ready, token), secret="whsec_of_somebody_else")
    refused(stack, given, (400, "webhook_signature_invalid", "signature_wrong"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"api_version": "2024-06-20"}, "version"),
        ({"livemode": True}, "mode"),
        ({"object": "charge"}, "not_an_event"),
    ],
)
def test_what_is_signed_and_not_for_us(
    stack: Stack, ready: Member, token: str, change: Json, reason: str
) -> None:
    refused(stack, signed(event(ready, token, **change)), (400, "webhook_event_invalid", reason))
    assert "news" not in item(stack, ready, token)


def test_what_is_no_json(stack: Stack) -> None:
    body = "{"
    header = signature(body.encode(), [WEBHOOK_SECRET], int(time.time()))
    refused(stack, request(body, header), (400, "invalid_json", "not_json"))


def test_what_is_too_large(stack: Stack, ready: Member, token: str) -> None:
    given = signed(event(ready, token, padding="x" * LARGEST_BYTES))
    refused(stack, given, (413, "payload_too_large", "too_large"))


def test_an_unknown_cart_has_to_come_again(stack: Stack, ready: Member) -> None:
    status, problem = answer(stack, signed(event(ready, "0" * 32)))
    assert (status, problem["code"]) == (409, "webhook_object_unknown")
    old = event(ready, "0" * 32, created=int(time.time()) - 2 * 86_400)
    assert answer(stack, signed(old)) == (200, {"status": "given_up"})


def test_an_event_of_no_concern_is_taken_and_left_alone(stack: Stack) -> None:
    customer = {"id": "cus_1", "object": "customer", "metadata": {}}
    given = {**event(Member("1", "2", {}), "0" * 32, "customer.created"), "data": {"object": customer}}
    assert answer(stack, signed(given)) == (200, {"status": "not_ours"})


# --- the partner bus ------------------------------------------------------------------------------


def over_the_bus(detail: object) -> Json:
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "invoice.paid",
        "source": "aws.partner/stripe.com/ed_test_1",
        "account": "123456789012",
        "time": "2026-11-21T12:00:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": detail,
    }


def test_the_same_event_over_both_ways_is_one(stack: Stack, ready: Member, token: str) -> None:
    given = event(ready, token)
    assert stack.invoke(FUNCTION, over_the_bus(given)) == {"status": "taken"}
    assert answer(stack, signed(given)) == (200, {"status": "repeated"})
    assert stack.invoke(FUNCTION, over_the_bus(given)) == {"status": "repeated"}


@pytest.mark.parametrize(
    ("change", "text"),
    [({"api_version": "2024-06-20"}, "version"), ({"livemode": True}, "mode"), ({"id": 1}, "not_an_event")],
)
def test_the_bus_is_told_by_an_error(
    stack: Stack, ready: Member, token: str, change: Json, text: str
) -> None:
    with pytest.raises(EventNotTakenError, match=f"^{text}$"):
        stack.invoke(FUNCTION, over_the_bus(event(ready, token, **change)))


def test_an_unknown_cart_over_the_bus_is_tried_again(stack: Stack, ready: Member) -> None:
    with pytest.raises(EventNotTakenError, match=r"^object_unknown$"):
        stack.invoke(FUNCTION, over_the_bus(event(ready, "0" * 32)))


def test_a_client_cannot_pretend_to_be_the_bus(stack: Stack, ready: Member, token: str) -> None:
    body = json.dumps(over_the_bus(event(ready, token)))
    assert answer(stack, request(body, None))[0] == 400
    assert "news" not in item(stack, ready, token)


# --- ten thousand ---------------------------------------------------------------------------------


@contextmanager
def _lent(stack: Stack) -> Iterator[None]:
    """The table's items are in a table of the simulation, and what became of them is in the table again."""
    lent: Any = Table(Open(), {})
    scanned = stack.dynamodb.scan(TableName=TABLE, ConsistentRead=True)
    assert "LastEvaluatedKey" not in scanned
    for each in scanned["Items"]:
        lent.put_item(Item=each)
    before = dict(lent.items)
    forget_ports()
    try:
        with patch.object(aws, "dynamodb", lambda: lent):
            yield
    finally:
        forget_ports()
    assert before.keys() <= lent.items.keys(), "nothing is deleted"
    assert len(lent.items.keys() - before.keys()) == len(KINDS), "one mark for each event, made here"
    for key, each in lent.items.items():
        if each != before.get(key):
            stack.dynamodb.put_item(TableName=TABLE, Item=each)


def test_ten_thousand_deliveries_are_one_effect(stack: Stack, ready: Member, token: str) -> None:
    """Five events two thousand times each, shuffled, both ways: one mark, and nothing else moved.

    The records lie in the simulation's table meanwhile, which is quicker; all of its items come back.
    """
    before = item(stack, ready, token)
    given = {kind: event(ready, token, kind) for kind in KINDS}
    deliveries = [kind for kind in KINDS for _ in range(2_000)]
    random.Random(5).shuffle(deliveries)  # noqa: S311 - an order that repeats
    handler: Any = stack._handler(FUNCTION)
    environment = {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        **stack.template.environment(FUNCTION),
    }
    receipts: Counter[str] = Counter()
    with patch.dict(os.environ, environment), redirect_stdout(stack.logs), _lent(stack):
        for number, kind in enumerate(deliveries):
            if number % 2:
                receipts[handler(over_the_bus(given[kind]), None)["status"]] += 1
            else:
                receipts[json.loads(handler(signed(given[kind]), None)["body"])["status"]] += 1
    assert receipts == {"taken": len(KINDS), "repeated": len(deliveries) - len(KINDS)}
    assert item(stack, ready, token) == before | {"news": {"BOOL": True}}
    charge = stack.invoke("ChargePaymentFunction", task(ready, token))
    assert charge["status"] == "succeeded"
    (invoice,) = (i for i in stack.ask(stack.stripe, "invoices") if i["metadata"]["cart_token"] == token)
    assert (invoice["status"], invoice["attempts"]) == ("paid", 1)
