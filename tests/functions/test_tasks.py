"""Each task's handler with the state machine's input: outcomes, named errors, what the client reads."""

import json

import pytest
from hostcart.contract.responses import CartEnvelope, OrderList, OrderNotification, OrderView
from hostcart.entry.task import TaskRetryError
from hostcart.use_cases.errors import CartNotFoundError, PaymentFailedError

from tests.functions.orders import get_cart, get_order, list_orders, place, task
from tests.functions.stack import SIGNING, SITES_TOKEN, STRIPE_KEY, Json, Member, Stack

TASKS = [
    "ChargePaymentFunction",
    "ProvisionSiteFunction",
    "SuspendSiteFunction",
    "ActivateSubscriptionFunction",
    "CloseOrderFunction",
    "SendCallbackFunction",
    "RefundPaymentFunction",
]


def invoices(stack: Stack, token: str) -> list[Json]:
    found: list[Json] = stack.ask(stack.stripe, "invoices")
    return [entry for entry in found if entry["metadata"]["cart_token"] == token]


def test_an_order_is_delivered(stack: Stack, ready: Member) -> None:
    placed = place(stack, ready, callback=f"{stack.sink.url}/hooks/1")
    token = placed["json"]["cart"]["token"]
    given = task(ready, token)
    charge = stack.invoke("ChargePaymentFunction", given)
    order_id = charge["order_id"]
    assert charge == {
        "order_id": order_id,
        "kind": "site",
        "status": "succeeded",
        "step": "deliver",
        "wait_seconds": 300,
    }
    site = stack.invoke("ProvisionSiteFunction", given)
    assert site in ({"ready": True, "wait_seconds": 0}, {"ready": False, "wait_seconds": 5})
    assert stack.invoke("ProvisionSiteFunction", given) == {"ready": True, "wait_seconds": 0}
    assert stack.invoke("ActivateSubscriptionFunction", given) == {"order_id": order_id}
    closed = stack.invoke("CloseOrderFunction", given)
    assert closed == {"order_id": order_id, "status": "completed", "notify": True}
    assert stack.invoke("SendCallbackFunction", given) == {"callback": "delivered"}

    (invoice,) = invoices(stack, token)
    assert (invoice["status"], invoice["amount_paid"]) == ("paid", 1300)
    live = stack.ask(stack.stripe, "subscriptions")
    assert [entry["metadata"]["order_id"] for entry in live].count(order_id) == 1
    assert [entry["id"] for entry in stack.ask(stack.sites, "sites")].count(order_id) == 1
    received = [entry for entry in stack.ask(stack.sink, "received") if entry["path"] == "/hooks/1"]
    assert len(received) == 1
    assert received[0]["headers"]["authorization"] == "Bearer 12345"
    OrderNotification.model_validate_json(json.dumps(received[0]["body"]))

    order = get_order(stack, ready, order_id)
    OrderView.model_validate_json(order["body"])
    assert order["statusCode"] == 200
    assert order["json"]["order"]["status"] == "completed"
    password = order["json"]["site"]["ssh_data"]["password"]
    assert "Retry-After" not in order["headers"]
    cart = get_cart(stack, ready, token)
    CartEnvelope.model_validate_json(cart["body"])
    assert cart["json"]["orders"] == [
        {"id": order_id, "status": "completed", "poll_url": f"/api/orders/{order_id}"}
    ]
    assert token in stack.logs.getvalue()
    _nothing_private(stack.logs.getvalue(), password)
    _nothing_private(json.dumps(stack.dynamodb.scan(TableName="hostcart")["Items"], default=repr), password)


def _nothing_private(text: str, password: str) -> None:
    assert text
    for secret in (password, "Bearer 12345", "/hooks/1", STRIPE_KEY, SITES_TOKEN, SIGNING):
        assert secret not in text


def test_every_log_line_of_a_task_names_its_cart(stack: Stack, ready: Member) -> None:
    token = place(stack, ready)["json"]["cart"]["token"]
    since = stack.logs.tell()
    stack.invoke("ChargePaymentFunction", task(ready, token))
    lines = stack.lines(since)
    logged = [line for line in lines if "_aws" not in line]
    assert {line["correlation_id"] for line in logged} == {token}
    metrics = [line for line in lines if "_aws" in line]
    assert [line["outcome"] for line in metrics] == ["succeeded"]


def test_a_failed_order_is_refunded_and_reads_so(stack: Stack, ready: Member) -> None:
    token = place(stack, ready)["json"]["cart"]["token"]
    given = task(ready, token)
    order_id = stack.invoke("ChargePaymentFunction", given)["order_id"]
    cause = json.dumps({"errorMessage": "site_failed", "errorType": "SiteFailedError"})
    error = {"Error": "SiteFailedError", "Cause": cause}
    refund = stack.invoke("RefundPaymentFunction", {**given, "error": error})
    assert refund == {"order_id": order_id, "status": "refunded", "settled": True}
    closed = stack.invoke("CloseOrderFunction", given)
    assert closed == {"order_id": order_id, "status": "failed", "notify": False}
    assert stack.invoke("SendCallbackFunction", given) == {"callback": "none"}
    view = get_order(stack, ready, order_id)
    OrderView.model_validate_json(view["body"])
    assert view["json"]["failure"]["code"] == "site_failed"
    assert view["json"]["payment"]["status"] == "refunded"
    assert "site" not in view["json"]
    (invoice,) = invoices(stack, token)
    assert invoice["amount_refunded"] == 1300


def test_a_stolen_card_ends_by_name(stack: Stack) -> None:
    member = stack.join(31, card="pm_sandbox_stolen_card")
    token = place(stack, member)["json"]["cart"]["token"]
    with pytest.raises(PaymentFailedError) as caught:
        stack.invoke("ChargePaymentFunction", task(member, token))
    assert str(caught.value) == "payment_declined"
    refund = stack.invoke("RefundPaymentFunction", task(member, token, cause="{}"))
    assert (refund["status"], refund["settled"]) == ("failed", True)
    (invoice,) = invoices(stack, token)
    assert invoice["status"] == "void"


@pytest.mark.parametrize("function", TASKS)
def test_a_cart_that_is_not_there_ends_by_name(stack: Stack, ready: Member, function: str) -> None:
    with pytest.raises(CartNotFoundError) as caught:
        stack.invoke(function, task(ready, "0" * 32))
    assert str(caught.value) == "cart_not_found"


@pytest.mark.parametrize("function", ["ChargePaymentFunction", "CloseOrderFunction"])
def test_a_foreign_cart_is_not_there(stack: Stack, ready: Member, stranger: Member, function: str) -> None:
    token = place(stack, ready)["json"]["cart"]["token"]
    with pytest.raises(CartNotFoundError):
        stack.invoke(function, task(stranger, token))


def test_a_step_out_of_turn_is_left_to_a_retry(stack: Stack, ready: Member) -> None:
    token = place(stack, ready)["json"]["cart"]["token"]
    with pytest.raises(TaskRetryError) as caught:
        stack.invoke("ProvisionSiteFunction", task(ready, token))
    assert str(caught.value) == "TransitionRefusedError"


def test_a_processor_that_is_down_is_left_to_a_retry(stack: Stack, ready: Member) -> None:
    token = place(stack, ready)["json"]["cart"]["token"]
    stack.arm(stack.stripe, "GET /v1/invoices/*", "status:500")
    with pytest.raises(TaskRetryError, match=r"^server_unavailable$"):
        stack.invoke("ChargePaymentFunction", task(ready, token))
    assert stack.invoke("ChargePaymentFunction", task(ready, token))["status"] == "succeeded"


def test_the_list_shows_orders_newest_first(stack: Stack) -> None:
    member = stack.join(32)
    opened = []
    for _ in range(3):
        token = place(stack, member)["json"]["cart"]["token"]
        opened.append(stack.invoke("ChargePaymentFunction", task(member, token))["order_id"])
    answer = list_orders(stack, member, query={"per_page": "2"})
    OrderList.model_validate_json(answer["body"])
    assert [order["id"] for order in answer["json"]["orders"]] == opened[:0:-1]
    assert answer["headers"]["X-Total-Count"] == "3"
    assert '<?page=2&per_page=2>; rel="next"' in answer["headers"]["Link"]
    rest = list_orders(stack, member, query={"per_page": "2", "page": "2"})
    assert [order["id"] for order in rest["json"]["orders"]] == opened[:1]
