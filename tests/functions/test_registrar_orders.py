"""The registrar API's functions with proxy events: documented examples, hundreds of orders, foreign ones."""

import base64
import json
from dataclasses import replace
from typing import Any, Final

import pytest
from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.dynamodb_carts import cart_item
from hostcart.adapters.dynamodb_directory import DynamoDirectory
from hostcart.adapters.packing import pack
from hostcart.contract.registrar_orders import RegistrarError, RegistrarOrderDetails, RegistrarOrderList
from hostcart.domain.accounts import CredentialKind, User

from tests.fakes.histories import History, history
from tests.fakes.table import TABLE
from tests.fakes.world import account, user
from tests.functions.orders import get_order
from tests.functions.stack import Json, Member, Stack
from tests.unit.registrar_orders import spec
from tests.unit.registrar_orders.test_money import check

KEYS: Final = (CredentialKind.API_KEY, CredentialKind.ACCOUNT_KEY)
TOKENS: Final = (CredentialKind.SESSION, CredentialKind.OAUTH)
NAMES: Final = {CredentialKind.ACCOUNT_KEY: "example"}
DENIED: Final = {"message": "Permission Denied"}
HISTORIES: Final = 150


def basic(name: str, key: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{key}'.encode()).decode()}"}


def authorized(member: Member, kind: CredentialKind) -> dict[str, str]:
    return basic(NAMES.get(kind, "client"), member.credentials[kind])


def listed(stack: Stack, headers: dict[str, str], **query: str) -> Json:
    answer = stack.request(
        "ListRegistrarOrdersFunction", "GET", "/v4/orders", headers=headers, query=query or None
    )
    if answer["statusCode"] == 200:
        RegistrarOrderList.model_validate_json(answer["body"])
    return answer


def read(stack: Stack, headers: dict[str, str], order_id: object) -> Json:
    answer = stack.request(
        "GetRegistrarOrderFunction",
        "GET",
        "/v4/orders/{orderId}",
        headers=headers,
        path={"orderId": str(order_id)},
    )
    if answer["statusCode"] == 200:
        RegistrarOrderDetails.model_validate_json(answer["body"])
    return answer


def refused(answer: Json, status: int, body: Json) -> None:
    assert (answer["statusCode"], answer["json"]) == (status, body)
    assert answer["headers"]["Content-Type"] == "application/json"
    RegistrarError.model_validate_json(answer["body"])


def seed_sale(stack: Stack, member: Member, number: int, sale: tuple[int, str, list[Any]]) -> None:
    """Store an order of the documentation as order `number`, as far as the list's index holds it."""
    _, created_at, stored = sale
    entry = {"created_at": created_at, "sale": stored}
    key = keys.cart(member.account_id, f"{number:032x}")
    packed = pack([json.dumps(entry)])
    item = {**key, "number": {"N": str(number)}, "entry": {"B": packed}}
    stack.dynamodb.put_item(TableName=TABLE, Item=item)
    count(stack, member, number)


def count(stack: Stack, member: Member, orders: int) -> None:
    item = {**keys.counter(member.account_id), "last_number": {"N": str(orders)}}
    stack.dynamodb.put_item(TableName=TABLE, Item=item)


# --- the examples of the documentation --------------------------------------------------------------


def test_the_list_s_example(stack: Stack) -> None:
    member = stack.join(41, parent_id="34567891")
    for number, sale in enumerate(spec.STORED_LIST, 1):
        seed_sale(stack, member, number, sale)
    shown = listed(stack, authorized(member, CredentialKind.API_KEY))["json"]
    for number, order in enumerate(shown["orders"], 1):
        assert order["id"] == number  # ours count from 1
        order["id"] = spec.STORED_LIST[number - 1][0]
    assert shown == spec.LIST
    assert spec.shape(shown) == spec.shape(spec.LIST)


def test_the_order_s_example(stack: Stack) -> None:
    member = stack.join(42)
    seed_sale(stack, member, spec.STORED_ORDER[0], spec.STORED_ORDER)
    shown = read(stack, authorized(member, CredentialKind.API_KEY), spec.STORED_ORDER[0])["json"]
    assert shown == spec.ORDER
    assert spec.shape(shown) == spec.shape(spec.ORDER)


# --- hundreds of orders ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def member(stack: Stack) -> Member:
    return stack.join(43)


@pytest.fixture(scope="module")
def histories(stack: Stack, member: Member) -> list[History]:
    """One account's orders of every kind, a third each in dollars, euro and yen."""
    snapshots = [account(id=member.account_id, currency=name).snapshot for name in ("usd", "eur", "jpy")]
    found = [history(number, number, snapshots[number % 3]) for number in range(1, HISTORIES + 1)]
    for one in found:
        stack.dynamodb.put_item(TableName=TABLE, Item=cart_item(one.cart))
    count(stack, member, HISTORIES)
    return found


def test_both_apis_tell_the_same_money_of_every_order(
    stack: Stack, member: Member, histories: list[History]
) -> None:
    headers = authorized(member, CredentialKind.API_KEY)
    entries = listed(stack, headers)["json"]["orders"]
    assert [entry["id"] for entry in entries] == [one.cart.opened.number for one in histories]
    for one, entry in zip(histories, entries, strict=True):
        api = get_order(stack, member, one.cart.opened.id)["json"]
        details = read(stack, headers, entry["id"])["json"]
        check(one, api, entry)
        check(one, api, details)
        assert {name: details[name] for name in entry if name != "orderItems"} | {
            "orderItems": entry["orderItems"]
        } == entry
        assert (details["createDate"], details["id"]) == (api["order"]["created_at"], entry["id"])


def test_pages_link_to_later_ones(stack: Stack, member: Member, histories: list[History]) -> None:
    headers = authorized(member, CredentialKind.ACCOUNT_KEY)
    seen: list[int] = []
    page: int | None = 1
    while page is not None:
        answer = listed(stack, headers, perPage="50", page=str(page))
        body = answer["json"]
        seen += [order["id"] for order in body["orders"]]
        page = body.get("nextPage")
        assert ("lastPage" in body) == ("Link" in answer["headers"]) == (page is not None)
        if page is not None:
            assert body["lastPage"] == HISTORIES // 50
            assert answer["headers"]["Link"] == (
                f'<?perPage=50&page={page}>; rel="next", <?perPage=50&page={HISTORIES // 50}>; rel="last"'
            )
    assert seen == [one.cart.opened.number for one in histories]
    assert listed(stack, headers, page="99")["json"] == {"orders": []}


def test_links_are_followed_as_they_are(stack: Stack, member: Member, histories: list[History]) -> None:
    """As AWS's gateway calls the function; the local one does not tell its address."""
    event = {
        "resource": "/v4/orders",
        "path": "/v4/orders",
        "headers": authorized(member, CredentialKind.API_KEY),
        "queryStringParameters": {"perPage": str(len(histories) - 1)},
        "requestContext": {"requestId": "r", "domainName": "api.example", "path": "/prod/v4/orders"},
    }
    answer = stack.invoke("ListRegistrarOrdersFunction", event)
    url = f"https://api.example/prod/v4/orders?perPage={len(histories) - 1}&page=2"
    assert answer["headers"]["Link"] == f'<{url}>; rel="next", <{url}>; rel="last"'


def test_filters_and_direction(stack: Stack, member: Member, histories: list[History]) -> None:
    headers = authorized(member, CredentialKind.API_KEY)
    default = listed(stack, headers)["json"]["orders"]
    backwards = listed(stack, headers, dir="desc")["json"]["orders"]
    assert backwards == default[::-1]
    under = listed(stack, headers, tld="co.uk", orderStatus="success")["json"]["orders"]
    assert under == [
        order
        for order in default
        if order["status"] == "success" and order["orderItems"][0].get("tld") == "co.uk"
    ]
    assert under
    one = under[0]
    (found,) = listed(stack, headers, domainName=one["orderItems"][0]["name"].upper())["json"]["orders"]
    assert found == one
    day = one["createDate"][:10]
    of_day = listed(stack, headers, createDateStart=day, createDateEnd=day)["json"]["orders"]
    assert of_day == [order for order in default if order["createDate"].startswith(day)]
    assert len(histories) == len(default)


@pytest.mark.parametrize(
    ("query", "details"),
    [
        ({"perPage": "1001"}, "perPage must be a whole number from 1 to 1000."),
        ({"page": "0"}, "page must be a whole number from 1 to 2147483647."),
        ({"dir": "up"}, "dir must be one of asc, desc."),
        (
            {"orderStatus": "done"},
            "orderStatus must be one of initialized, review, started, success, failed.",
        ),
        (
            {"createDateStart": "soon"},
            "createDateStart must be a date such as 2026-11-21 or 2026-11-21T17:30:00Z.",
        ),
    ],
)
def test_a_bad_argument_is_named(stack: Stack, member: Member, query: dict[str, str], details: str) -> None:
    answer = listed(stack, authorized(member, CredentialKind.API_KEY), **query)
    refused(answer, 400, {"message": "Invalid Argument", "details": details})


@pytest.mark.parametrize("order_id", ["x", "0", "-1", "2147483648", "1.0"])
def test_a_bad_id_is_a_bad_argument(stack: Stack, member: Member, order_id: str) -> None:
    answer = read(stack, authorized(member, CredentialKind.API_KEY), order_id)
    details = "orderId must be a whole number from 1 to 2147483647."
    refused(answer, 400, {"message": "Invalid Argument", "details": details})


# --- who may read ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KEYS)
def test_an_order_of_another_account_is_not_there(
    stack: Stack, stranger: Member, member: Member, histories: list[History], kind: CredentialKind
) -> None:
    mine, theirs = authorized(member, kind), authorized(stranger, kind)
    number = histories[-1].cart.opened.number
    assert read(stack, mine, number)["statusCode"] == 200
    refused(read(stack, theirs, number), 404, {"message": "Not Found"})
    assert listed(stack, theirs)["json"] == {"orders": []}
    for headers in ({**theirs, "X-Auth-Account": member.account_id}, {**theirs, "x-auth-account": "1"}):
        refused(read(stack, headers, number), 403, DENIED)
        refused(listed(stack, headers), 403, DENIED)


@pytest.mark.parametrize("kind", TOKENS)
def test_tokens_are_no_credentials_here(stack: Stack, member: Member, kind: CredentialKind) -> None:
    token = member.credentials[kind]
    for headers in (basic("client", token), {"Authorization": f"Bearer {token}"}):
        refused(listed(stack, headers), 403, DENIED)
        refused(read(stack, headers, 1), 403, DENIED)


def test_what_is_no_credential_is_denied_alike(stack: Stack, member: Member, stranger: Member) -> None:
    key, other = (one.credentials[CredentialKind.API_KEY] for one in (member, stranger))
    account_key = member.credentials[CredentialKind.ACCOUNT_KEY]
    for headers in (
        {},
        {"Authorization": "Basic ?"},
        {"Authorization": f"Bearer {key}"},
        basic("else", key),
        basic("client", account_key),
        basic("example", key),
        basic("client", other + "x"),
        basic("", ""),
    ):
        refused(listed(stack, headers), 403, DENIED)
        refused(read(stack, headers, "not even a number"), 403, DENIED)


def test_a_user_with_several_accounts_names_one(stack: Stack) -> None:
    first, second = stack.join(44), stack.join(45)
    both = User(
        snapshot=replace(user().snapshot, id=first.user_id),
        account_ids=(first.account_id, second.account_id),
    )
    DynamoDirectory(stack.dynamodb, TABLE).put_user(both)
    seed_sale(stack, second, 1, spec.STORED_LIST[0])
    headers = authorized(first, CredentialKind.API_KEY)
    assert listed(stack, headers)["json"]["message"] == "Invalid Argument"
    assert "X-Auth-Account" in listed(stack, headers)["json"]["details"]
    for owner, orders in ((first, 0), (second, 1)):
        found = listed(stack, {**headers, "X-Auth-Account": owner.account_id})
        assert len(found["json"]["orders"]) == orders


# --- settings and methods -----------------------------------------------------------------------------


def test_sites_are_left_out_where_the_parameter_says_so(
    stack: Stack, member: Member, histories: list[History]
) -> None:
    headers = authorized(member, CredentialKind.API_KEY)
    site = next(one.cart.opened.number for one in histories if one.cart.item.kind == "site")
    shown = {order["id"] for order in listed(stack, headers)["json"]["orders"]}
    assert site in shown
    template = stack.template
    stack.template = template.changed({"RegistrarOrdersSites": "hide"})
    try:
        left = listed(stack, headers)["json"]["orders"]
        refused(read(stack, headers, site), 404, {"message": "Not Found"})
    finally:
        stack.template = template
    assert {order["id"] for order in left} < shown
    assert all(order["orderItems"][0]["type"] != "site" for order in left)


@pytest.mark.parametrize("resource", ["/v4/orders", "/v4/orders/{orderId}"])
def test_another_method_is_refused_in_the_registrar_s_shape(stack: Stack, resource: str) -> None:
    answer = stack.request("RefuseMethodFunction", "POST", resource)
    refused(answer, 405, {"message": "Method Not Allowed"})
    assert answer["headers"]["Allow"] == "GET"


def test_nothing_of_a_credential_is_logged(stack: Stack, member: Member) -> None:
    key = member.credentials[CredentialKind.API_KEY]
    headers = authorized(member, CredentialKind.API_KEY)
    since = len(stack.logs.getvalue())
    listed(stack, headers)
    listed(stack, basic("wrong", key))
    text = stack.logs.getvalue()[since:]
    assert [line["message"] for line in stack.lines(since)] == ["refused"]
    assert key not in text
    assert headers["Authorization"].partition(" ")[2] not in text
