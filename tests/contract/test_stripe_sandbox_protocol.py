"""What every Stripe request has in common: keys, parameters, idempotency, faults, lists, saved state."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe
import urllib3

from local.sandboxes.stripe import StripeSandbox
from tests.contract.conftest import API_KEY, Order, stripe_client


def test_starts_and_stops_quickly_and_shares_nothing() -> None:
    with StripeSandbox(api_key=API_KEY) as first, StripeSandbox(api_key=API_KEY) as second:
        with stripe_client(first.url) as client:
            created = client.v1.customers.create({"name": "Ada"})
        with stripe_client(second.url) as client, pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.customers.retrieve(created.id)
    assert refusal.value.http_status == 404
    assert refusal.value.error is not None
    assert refusal.value.error.code == "resource_missing"


def test_refuses_another_key(stripe_sandbox: StripeSandbox) -> None:
    with (
        stripe_client(stripe_sandbox.url, api_key="sk_test_wrong") as client,
        pytest.raises(stripe.AuthenticationError) as refusal,
    ):
        client.v1.customers.list()
    assert refusal.value.http_status == 401
    assert "sk_test_wrong" not in str(refusal.value)


def test_takes_basic_authentication(stripe_sandbox: StripeSandbox, http: urllib3.PoolManager) -> None:
    headers = urllib3.make_headers(basic_auth=f"{API_KEY}:")
    answer = http.request("GET", f"{stripe_sandbox.url}/v1/customers", headers=headers)
    assert answer.status == 200
    assert answer.json()["object"] == "list"
    assert answer.headers["Request-Id"].startswith("req_")


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ("bogus=1", "parameter_unknown", "bogus"),
        ("api_key=x", "parameter_unknown", "api_key"),
        (
            "customer=c&automatic_tax[zip]=1&automatic_tax[enabled]=true",
            "parameter_unknown",
            "automatic_tax[zip]",
        ),
        ("customer=c&due_date=soon", "parameter_invalid_integer", "due_date"),
        ("currency=usd", "parameter_missing", "customer"),
        ("customer=c&collection_method=beg", None, "collection_method"),
        ("customer=cus_none", "resource_missing", "customer"),
    ],
)
def test_refuses_parameters_that_the_sdk_does_not_know(
    stripe_sandbox: StripeSandbox, http: urllib3.PoolManager, body: str, code: str | None, param: str
) -> None:
    headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/x-www-form-urlencoded"}
    answer = http.request("POST", f"{stripe_sandbox.url}/v1/invoices", body=body, headers=headers)
    error = answer.json()["error"]
    assert (answer.status, error.get("code"), error["param"]) == (400, code, param)
    assert error["type"] == "invalid_request_error"


def test_replays_the_result_of_an_idempotency_key(client: stripe.StripeClient) -> None:
    first = client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k"})
    again = client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k"})
    assert again.id == first.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(client.v1.customers.list().data) == 1


def test_refuses_other_parameters_under_an_idempotency_key(client: stripe.StripeClient) -> None:
    client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError) as refusal:
        client.v1.customers.create({"name": "Bob"}, {"idempotency_key": "k"})
    assert refusal.value.http_status == 400


def test_replays_a_refusal_but_not_a_failed_validation(
    client: stripe.StripeClient, place: Callable[..., Order]
) -> None:
    order = place("pm_card_chargeCustomerFail")
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            client.v1.invoices.pay(order.invoice.id, {}, {"idempotency_key": "pay"})
    assert len(client.v1.charges.list({"customer": order.customer}).data) == 1
    unknown: Any = {"customer": order.customer, "zip": "1"}
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.invoices.create(unknown, {"idempotency_key": "k"})
    assert client.v1.invoices.create({"customer": order.customer}, {"idempotency_key": "k"}).status == "draft"


def test_forgets_an_idempotency_key_after_a_day(
    client: stripe.StripeClient, control: Callable[..., Any]
) -> None:
    first = client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k"})
    control("POST", "clock", {"advance_seconds": 86_401})
    assert client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k"}).id != first.id


def test_a_key_is_in_use_while_its_request_runs(
    stripe_sandbox: StripeSandbox, client: stripe.StripeClient, control: Callable[..., Any]
) -> None:
    control("POST", "faults", {"match": "POST /v1/customers", "action": "slow:0.6"})
    created: list[str] = []

    def create_slowly() -> None:
        with stripe_client(stripe_sandbox.url) as other:
            created.append(other.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k"}).id)

    slow = threading.Thread(target=create_slowly)
    slow.start()
    while control("GET", "faults"):
        pass
    with pytest.raises(stripe.APIError) as refusal:
        client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k"})
    slow.join()
    assert refusal.value.http_status == 409
    assert refusal.value.error is not None
    assert refusal.value.error.code == "idempotency_key_in_use"
    assert client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k"}).id == created[0]


@pytest.mark.parametrize(
    ("action", "effect"),
    [("drop", False), ("drop_after", True), ("timeout_before", False), ("timeout_after", True)],
)
def test_silence_with_and_without_effect(
    stripe_sandbox: StripeSandbox, control: Callable[..., Any], action: str, *, effect: bool
) -> None:
    control("POST", "faults", {"match": "POST /v1/customers", "action": action})
    with stripe_client(stripe_sandbox.url, timeout=0.3) as client:
        with pytest.raises(stripe.APIConnectionError):
            client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k"})
        assert len(client.v1.customers.list().data) == int(effect)
        client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k"})
        assert len(client.v1.customers.list().data) == 1


@pytest.mark.parametrize(
    ("action", "error", "status"),
    [
        ("status:500", stripe.APIError, 500),
        ("status:503", stripe.APIError, 503),
        ("error:rate_limit", stripe.RateLimitError, 429),
        ("error:lock_timeout", stripe.RateLimitError, 429),
        ("error:idempotency_key_in_use", stripe.APIError, 409),
        ("error:resource_missing", stripe.InvalidRequestError, 404),
        ("error:insufficient_funds", stripe.CardError, 402),
        ("error:authentication_required", stripe.CardError, 402),
    ],
)
def test_injected_answers_have_the_service_s_own_shape(
    client: stripe.StripeClient,
    control: Callable[..., Any],
    action: str,
    error: type[stripe.StripeError],
    status: int,
) -> None:
    control("POST", "faults", {"match": "POST /v1/customers", "action": action, "times": 2})
    for _ in range(2):
        with pytest.raises(error) as refusal:
            client.v1.customers.create({"name": "Ada"})
        assert refusal.value.http_status == status
    assert client.v1.customers.create({"name": "Ada"}).id
    assert len(client.v1.customers.list().data) == 1


def test_a_kept_500_is_replayed(client: stripe.StripeClient, control: Callable[..., Any]) -> None:
    control("POST", "faults", {"match": "POST /v1/customers", "action": "replay:500"})
    for _ in range(2):
        with pytest.raises(stripe.APIError) as refusal:
            client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k"})
        assert refusal.value.http_status == 500
    assert client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "other"}).id


def test_a_fault_takes_exactly_its_path(
    client: stripe.StripeClient, control: Callable[..., Any], place: Callable[..., Order]
) -> None:
    order = place()
    control("POST", "faults", {"match": "POST /v1/invoices", "action": "status:500"})
    assert client.v1.invoices.pay(order.invoice.id).status == "paid"
    assert [fault["match"] for fault in control("GET", "faults")] == ["POST /v1/invoices"]
    control("DELETE", "faults")
    assert control("GET", "faults") == []
    control("POST", "faults", {"match": "POST /v1/invoices/*/pay", "action": "status:500"})
    with pytest.raises(stripe.APIError):
        client.v1.invoices.pay(order.invoice.id)


def test_lists_are_paged_newest_first(client: stripe.StripeClient) -> None:
    ids = [client.v1.customers.create({"name": str(number)}).id for number in range(5)][::-1]
    first = client.v1.customers.list({"limit": 2})
    assert ([customer.id for customer in first.data], first.has_more) == (ids[:2], True)
    last = client.v1.customers.list({"limit": 3, "starting_after": ids[1]})
    assert ([customer.id for customer in last.data], last.has_more) == (ids[2:], False)
    assert [customer.id for customer in first.auto_paging_iter()] == ids


def test_an_unknown_expansion_is_refused(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"name": "Ada"})
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        client.v1.customers.retrieve(customer.id, {"expand": ["name"]})


def test_requests_are_counted_without_secrets(
    client: stripe.StripeClient, control: Callable[..., Any]
) -> None:
    control("DELETE", "requests")
    client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k"})
    logged = control("GET", "requests")
    assert [
        (entry["method"], entry["path"], entry["idempotency_key"], entry["status"]) for entry in logged
    ] == [("POST", "/v1/customers", "k", 200)]
    assert API_KEY not in str(logged)


def test_the_state_survives_a_restart(tmp_path: Path) -> None:
    with StripeSandbox(api_key=API_KEY, state_dir=tmp_path) as sandbox, stripe_client(sandbox.url) as client:
        created = client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k"})
    with StripeSandbox(api_key=API_KEY, state_dir=tmp_path) as sandbox, stripe_client(sandbox.url) as client:
        assert client.v1.customers.retrieve(created.id).name == "Ada"
        assert client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k"}).id == created.id
    assert (tmp_path / "stripe.json").stat().st_mode & 0o077 == 0
