"""The response models are the specification's, field for field."""

import json
from typing import Any

import pytest
from hostcart.contract import responses, statuses
from hostcart.contract.errors import CATALOGUE, ApiError, FieldError
from pydantic import BaseModel, ValidationError

from tools.openapi import examples

# Names and order as the specification lists them. A task's `name`, `cancellation`, `failure` are additions.
FIELDS: dict[type[BaseModel], str] = {
    responses.OrderList: "orders",
    responses.OrderEntry: "id status created_at updated_at location account",
    responses.AccountReference: "id name",
    responses.OrderView: "order tasks site domain subscription payment cancellation failure account user",
    responses.OrderFields: "id status created_at updated_at location",
    responses.TaskEntry: "id name status",
    responses.SiteEntry: "id name domain variant location ssh_data status",
    responses.SshData: "ipaddr username password port",
    responses.SubscriptionEntry: "id status bucket_type bucket_year bucket_month stripe_id",
    responses.PaymentEntry: (
        "status method_type hosted_invoice_url amount_charged_cents credit_applied_cents"
    ),
    responses.CartEnvelope: "status cart payment orders",
    responses.CartState: "token status rollup_status poll_url",
    responses.PaymentState: "status method_type hosted_invoice_url",
    responses.OrderLink: "id status poll_url",
    responses.AccountEntry: "id name status trial currency billing_plan parent_id created_at",
    responses.UserEntry: "id name email",
    responses.About: "plans variants locations tlds",
    responses.DomainEntry: ("name unicode_name action status expires_at nameservers registration_id zone_id"),
}
COMPLETED = examples.ORDER["completed"]


@pytest.mark.parametrize("model", FIELDS, ids=lambda model: model.__name__)
def test_fields_are_the_specifications(model: type[BaseModel]) -> None:
    assert " ".join(model.model_fields) == FIELDS[model]


def test_statuses_are_the_specifications() -> None:
    assert [*statuses.CartStatus] == ["active", "processing", "checked_out"]
    assert [*statuses.PaymentStatus][:3] == ["processing", "succeeded", "awaiting_authentication"]
    assert [*statuses.MethodType] == ["card", "sepa_debit"]


def _with(path: str, value: Any) -> str:
    changed = json.loads(json.dumps(COMPLETED))
    *parents, leaf = path.split(".")
    node = changed
    for parent in parents:
        node = node[parent]
    node[leaf] = value
    return json.dumps(changed)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("extra", 1),
        ("site", None),
        ("subscription", None),
        ("order.created_at", "2026-11-21 17:30:00"),
        ("order.id", "0B7C9F0E-5A3D-4C21-9F6E-2D1A8B7C6E5F"),
        ("order.status", "done"),
        ("payment.amount_charged_cents", 13.5),
        ("payment.amount_charged_cents", "1300"),
        ("payment.method_type", "cash"),
        ("site.ssh_data.port", "22"),
        ("account.trial", "false"),
        ("account.currency", "USD"),
        ("subscription.bucket_month", 13),
    ],
)
def test_a_view_that_differs_is_refused(path: str, value: Any) -> None:
    responses.OrderView.model_validate_json(json.dumps(COMPLETED))
    with pytest.raises(ValidationError):
        responses.OrderView.model_validate_json(_with(path, value))


def test_what_is_not_there_is_left_out() -> None:
    view = {name: value for name, value in COMPLETED.items() if name not in {"site", "subscription"}}
    found = responses.OrderView.model_validate_json(json.dumps(view))
    assert found.site is None
    schema = responses.OrderView.model_json_schema()
    assert "null" not in json.dumps(schema["properties"]["site"])
    assert "site" not in schema["required"]
    assert "user" in schema["required"]


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_problem_has_the_documented_shape(code: str) -> None:
    error = ApiError(code, errors=[FieldError("site.plan", "unknown_plan", "Unknown.")])
    problem = responses.Problem.model_validate_json(json.dumps(error.problem("request-1")))
    assert (problem.status, problem.code) == (CATALOGUE[code][0], code)


def test_a_changed_price_is_told() -> None:
    error = ApiError("price_changed", extra={"total_cents": 1300, "currency": "usd"})
    problem = responses.Problem.model_validate_json(json.dumps(error.problem("request-1")))
    assert (problem.total_cents, problem.currency) == (1300, "usd")


def test_an_unknown_code_is_no_problem_of_ours() -> None:
    schema = responses.Problem.model_json_schema()
    assert schema["properties"]["code"]["enum"] == sorted(CATALOGUE)
