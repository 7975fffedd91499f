"""Each HTTP function with a proxy event: answers, refusals, and nothing of another account."""

import json
from typing import Any

import pytest
from hostcart import wiring
from hostcart.adapters.dynamodb_directory import DynamoDirectory
from hostcart.contract.responses import About, CartEnvelope, Problem
from hostcart.domain.accounts import CredentialKind
from hostcart.domain.tokens import order_id_of
from hostcart.ports import UnavailableError

from tests.fakes.table import TABLE
from tests.fakes.world import account
from tests.functions.orders import SITE, get_cart, get_order, list_orders, place, post, task
from tests.functions.stack import Json, Member, Stack

KINDS = list(CredentialKind)
WRITERS = [kind for kind in KINDS if kind is not CredentialKind.OAUTH]


def refused(answer: Json, status: int, code: str) -> Json:
    assert (answer["statusCode"], answer["json"]["code"]) == (status, code), answer["body"]
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    Problem.model_validate_json(answer["body"])
    problem: Json = answer["json"]
    return problem


def carts_of(stack: Stack, member: Member) -> int:
    items = stack.dynamodb.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :cart)",
        ExpressionAttributeValues={
            ":pk": {"S": f"ACCOUNT#{member.account_id}"},
            ":cart": {"S": "CART#"},
        },
    )
    return items["Count"]


# --- POST /api/orders --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WRITERS)
def test_an_order_is_accepted_from_each_who_may_write(stack: Stack, ready: Member, kind: Any) -> None:
    answer = post(stack, ready, {"site": SITE}, kind=kind)
    assert answer["statusCode"] == 202
    CartEnvelope.model_validate_json(answer["body"])
    envelope = answer["json"]
    token = envelope["cart"]["token"]
    assert envelope["cart"]["status"] == "active"
    assert envelope["payment"] == {
        "status": "processing",
        "method_type": "card",
        "hosted_invoice_url": None,
    }
    assert envelope["orders"] == []
    assert answer["headers"] == {
        "Content-Type": "application/json",
        "Location": f"../api/carts/{token}",
        "Retry-After": "2",
    }
    started = stack.stepfunctions.list_executions(stateMachineArn=stack.machine)["executions"]
    assert [execution["name"] for execution in started].count(token) == 1


def test_a_repeat_is_the_same_cart(stack: Stack) -> None:
    member = stack.join(11)
    answers = [post(stack, member, {"site": SITE}, headers={"idempotency-KEY": "k"}) for _ in range(3)]
    assert len({answer["body"] for answer in answers}) == 1
    assert carts_of(stack, member) == 1
    other = post(stack, member, {"site": {**SITE, "name": "Other"}}, headers={"Idempotency-Key": "k"})
    refused(other, 422, "idempotency_key_reused")
    assert carts_of(stack, member) == 1


REFUSALS: list[tuple[str, int, str, Json]] = [
    ("not json", 400, "invalid_json", {}),
    ("", 400, "invalid_json", {}),
    ("{}", 400, "validation_failed", {}),
    (json.dumps({"site": {**SITE, "planet": "x"}}), 400, "validation_failed", {}),
    (json.dumps({"site": SITE, "callback": {"url": "https://10.0.0.1/"}}), 400, "validation_failed", {}),
    (json.dumps({"site": {**SITE, "variant": "x"}}), 400, "unknown_variant", {}),
    (json.dumps({"site": {**SITE, "location": "x"}}), 400, "unknown_location", {}),
    (json.dumps({"site": {**SITE, "plan": "x"}}), 400, "unknown_plan", {}),
    (json.dumps({"site": {**SITE, "term": "x"}}), 400, "unknown_term", {}),
    (
        json.dumps({"site": {**SITE, "location": "pdx", "variant": "extendify"}}),
        400,
        "variant_unavailable",
        {},
    ),
    (json.dumps({"site": {**SITE, "plan": "penny", "term": "annual"}}), 400, "missing_pricing", {}),
    (json.dumps({"site": SITE, "expected_total_cents": 1}), 409, "price_changed", {}),
    (json.dumps({"site": SITE}), 415, "unsupported_media_type", {"Content-Type": "text/plain"}),
    (json.dumps({"site": SITE, "x": "y" * 70_000}), 413, "payload_too_large", {}),
    (json.dumps({"site": SITE}), 400, "invalid_idempotency_key", {"Idempotency-Key": "é"}),
    (json.dumps({"site": SITE}), 403, "account_forbidden", {"X-Auth-Account": "10000099"}),
    (json.dumps({"site": SITE}), 400, "account_required", {"X-Auth-Account": ""}),
]


@pytest.mark.parametrize(("body", "status", "code", "headers"), REFUSALS, ids=[row[2] for row in REFUSALS])
def test_a_refusal_makes_nothing(
    stack: Stack, stranger: Member, body: str, *, status: int, code: str, headers: Json
) -> None:
    before = carts_of(stack, stranger), stack.ask(stack.stripe, "invoices")
    refused(post(stack, stranger, body, headers=headers), status, code)
    assert (carts_of(stack, stranger), stack.ask(stack.stripe, "invoices")) == before


@pytest.mark.parametrize(
    ("number", "changes", "code"),
    [
        (21, {"may_order": False}, "account_cannot_order"),
        (22, {"billing_contact_missing": ("email",)}, "no_default_payment_method"),
        (23, {"card": None}, "no_default_payment_method"),
    ],
)
def test_an_account_that_cannot_order(stack: Stack, number: int, changes: Json, code: str) -> None:
    member = stack.join(number, **changes)
    refused(place(stack, member), 400, code)
    assert carts_of(stack, member) == 0


def test_a_payment_that_cannot_be_initiated(stack: Stack) -> None:
    member = stack.join(24)
    unknown = account(id=member.account_id, stripe_customer_id="cus_unknown", payment_method_id="pm_x")
    DynamoDirectory(stack.dynamodb, TABLE).put_account(unknown)
    refused(place(stack, member), 422, "cart_pay_failed")
    assert carts_of(stack, member) == 0


def test_oauth_never_orders(stack: Stack, ready: Member) -> None:
    refused(post(stack, ready, {"site": SITE}, kind=CredentialKind.OAUTH), 403, "oauth_not_allowed")


# --- polls --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_credential_reads_its_own(stack: Stack, ready: Member, kind: CredentialKind) -> None:
    token = place(stack, ready)["json"]["cart"]["token"]
    by = (ready, kind)
    assert get_cart(stack, ready, token, by=by)["statusCode"] == 200
    refused(get_order(stack, ready, order_id_of(token), by=by), 404, "not_found")  # not open yet
    stack.invoke("ChargePaymentFunction", task(ready, token))
    assert get_order(stack, ready, order_id_of(token), by=by)["statusCode"] == 200
    listed = list_orders(stack, ready, by=by)["json"]["orders"]
    assert order_id_of(token) in [order["id"] for order in listed]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_anothers_is_not_there(
    stack: Stack, ready: Member, stranger: Member, kind: CredentialKind
) -> None:
    token = place(stack, ready)["json"]["cart"]["token"]
    stack.invoke("ChargePaymentFunction", task(ready, token))
    by = (stranger, kind)
    refused(get_cart(stack, stranger, token, by=by), 404, "not_found")
    refused(get_order(stack, stranger, order_id_of(token), by=by), 404, "not_found")
    assert order_id_of(token) not in list_orders(stack, stranger, by=by)["body"]
    into = {"X-Auth-Account": ready.account_id}
    refused(get_cart(stack, stranger, token, by=by, headers=into), 403, "account_forbidden")


@pytest.mark.parametrize("token", ["", "x", "0" * 31, "0" * 32, "A" * 32, "../" + "0" * 29, "0" * 5000])
def test_what_is_no_cart(stack: Stack, ready: Member, token: str) -> None:
    refused(get_cart(stack, ready, token), 404, "not_found")
    refused(get_order(stack, ready, token), 404, "not_found")


def test_a_poll_that_found_nothing_new(stack: Stack, ready: Member) -> None:
    token = place(stack, ready)["json"]["cart"]["token"]
    first = get_cart(stack, ready, token)
    assert first["headers"]["Retry-After"] == "2"
    etag = {"If-None-Match": first["headers"]["ETag"]}
    again = get_cart(stack, ready, token, headers=etag)
    assert (again["statusCode"], again["body"]) == (304, "")
    stack.invoke("ChargePaymentFunction", task(ready, token))
    moved = get_cart(stack, ready, token, headers=etag)
    assert moved["statusCode"] == 200
    assert moved["headers"]["ETag"] != first["headers"]["ETag"]


def test_a_bad_page(stack: Stack, ready: Member) -> None:
    problem = refused(list_orders(stack, ready, query={"per_page": "101"}), 400, "invalid_pagination")
    assert problem["errors"][0]["field"] == "per_page"


def test_an_empty_list(stack: Stack) -> None:
    answer = list_orders(stack, stack.join(12))
    assert answer["json"] == {"orders": []}
    assert answer["headers"]["X-Total-Count"] == "0"
    assert (
        answer["headers"]["Link"] == '<?page=1&per_page=50>; rel="first", <?page=1&per_page=50>; rel="last"'
    )


# --- the rest ------------------------------------------------------------------------------------------


def test_about_needs_no_credential(stack: Stack) -> None:
    answer = stack.request("DescribeCatalogueFunction", "GET", "/api/about")
    assert answer["statusCode"] == 200
    About.model_validate_json(answer["body"])
    assert {location["short_name"] for location in answer["json"]["locations"]} == {"pdx", "ams"}


@pytest.mark.parametrize("kind", WRITERS)
def test_an_order_is_not_updated(stack: Stack, ready: Member, kind: CredentialKind) -> None:
    answer = stack.request(
        "UpdateOrderFunction", "PATCH", "/api/orders/{id}", by=(ready, kind), body={}, path={"id": "x"}
    )
    refused(answer, 400, "update_not_supported")


@pytest.mark.parametrize("kind", WRITERS)
def test_an_order_is_cancelled(stack: Stack, ready: Member, stranger: Member, kind: Any) -> None:
    token = place(stack, ready)["json"]["cart"]["token"]
    path = {"id": order_id_of(token)}

    def delete(member: Member, by: CredentialKind) -> Json:
        return stack.request("CancelOrderFunction", "DELETE", "/api/orders/{id}", by=(member, by), path=path)

    refused(delete(ready, kind), 404, "not_found")  # not open yet
    stack.invoke("ChargePaymentFunction", task(ready, token))
    refused(delete(stranger, kind), 404, "not_found")
    refused(delete(ready, CredentialKind.OAUTH), 403, "oauth_not_allowed")
    for _ in range(2):
        answer = delete(ready, kind)
        assert answer["statusCode"] == 202
        CartEnvelope.model_validate_json(answer["body"])
        assert answer["headers"]["Location"] == f"../../api/orders/{path['id']}"
        assert answer["headers"]["Retry-After"] == "2"
    view = get_order(stack, ready, path["id"])["json"]
    assert view["cancellation"]["status"] == "accepted"


@pytest.mark.parametrize("order_id", ["x", "", "0" * 32, "../orders", "A" * 36])
def test_what_is_no_order_is_not_cancelled(stack: Stack, ready: Member, order_id: str) -> None:
    by = (ready, CredentialKind.SESSION)
    answer = stack.request("CancelOrderFunction", "DELETE", "/api/orders/{id}", by=by, path={"id": order_id})
    refused(answer, 404, "not_found")


def test_oauth_is_refused_an_update_before_that(stack: Stack, ready: Member) -> None:
    by = (ready, CredentialKind.OAUTH)
    answer = stack.request("UpdateOrderFunction", "PATCH", "/api/orders/{id}", by=by, path={"id": "x"})
    refused(answer, 403, "oauth_not_allowed")


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        ("/api/orders", "GET, POST"),
        ("/api/orders/{id}", "GET, PATCH, DELETE"),
        ("/api/carts/{token}", "GET"),
        ("/api/about", "GET"),
    ],
)
def test_a_method_that_a_path_does_not_have(stack: Stack, resource: str, allowed: str) -> None:
    answer = stack.request("RefuseMethodFunction", "PUT", resource)
    refused(answer, 405, "method_not_allowed")
    assert answer["headers"]["Allow"] == allowed


HTTP_FUNCTIONS = [
    ("OrderSiteFunction", "POST", "/api/orders"),
    ("ListOrdersFunction", "GET", "/api/orders"),
    ("GetOrderFunction", "GET", "/api/orders/{id}"),
    ("GetCartFunction", "GET", "/api/carts/{token}"),
    ("UpdateOrderFunction", "PATCH", "/api/orders/{id}"),
    ("CancelOrderFunction", "DELETE", "/api/orders/{id}"),
    ("OrderDomainFunction", "POST", "/api/orders/domain"),
]


@pytest.mark.parametrize(("function", "method", "resource"), HTTP_FUNCTIONS)
def test_without_an_authorizer_nothing_is_answered(
    stack: Stack, function: str, method: str, resource: str
) -> None:
    answer = stack.request(function, method, resource, headers={"X-Auth-Account": "10000001"})
    refused(answer, 401, "unauthenticated")


@pytest.mark.parametrize(
    ("function", "method", "resource", "port"),
    [
        ("OrderSiteFunction", "POST", "/api/orders", "for_order_site"),
        ("OrderDomainFunction", "POST", "/api/orders/domain", "for_order_domain"),
        ("CancelOrderFunction", "DELETE", "/api/orders/{id}", "for_cancel_order"),
        ("GetCartFunction", "GET", "/api/carts/{token}", "carts"),
    ],
)
def test_a_repeat_under_the_key_is_asked_of_orders_alone(
    stack: Stack,
    ready: Member,
    monkeypatch: pytest.MonkeyPatch,
    *,
    function: str,
    method: str,
    resource: str,
    port: str,
) -> None:
    def silent() -> None:
        raise UnavailableError("database_unavailable")

    monkeypatch.setattr(wiring, port, silent)
    path = {"token": "0" * 32, "id": order_id_of("0" * 32)}
    by = (ready, CredentialKind.SESSION)
    body = {"site": SITE} if resource == "/api/orders" else None
    answer = stack.request(function, method, resource, by=by, path=path, body=body)
    detail = refused(answer, 503, "temporarily_unavailable")["detail"]
    assert ("Idempotency-Key" in detail) == (method == "POST")
    assert answer["headers"]["Retry-After"] == "2"


@pytest.mark.parametrize(("function", "method", "resource"), HTTP_FUNCTIONS[1:4])
@pytest.mark.parametrize("kind", KINDS)
def test_a_table_that_cannot_be_reached_is_a_503(
    stack: Stack, ready: Member, function: str, method: str, resource: str, *, kind: CredentialKind
) -> None:
    """And tells nothing of the table."""
    context = stack.authenticate(f"Bearer {ready.credentials[kind]}")["context"]
    token = "0" * 32
    event = {
        "resource": resource,
        "httpMethod": method,
        "headers": {"X-Auth-Account": ready.account_id},
        "pathParameters": {"token": token, "id": order_id_of(token)},
        "requestContext": {"requestId": "req-1", "authorizer": context},
    }
    template, stack.template = stack.template, stack.template.changed(physical={"Table": ("gone", "arn")})
    try:
        answer = stack.invoke(function, event)
    finally:
        stack.template = template
    refused({**answer, "json": json.loads(answer["body"])}, 503, "temporarily_unavailable")
    assert "gone" not in answer["body"]
    assert answer["headers"]["Retry-After"] == "60"
