"""The door of the registrar API: HTTP Basic in, `{message, details}` out."""

import base64
import json
from typing import Any

import pytest
from hostcart.contract.errors import CATALOGUE, ApiError
from hostcart.contract.registrar_orders import RegistrarError
from hostcart.domain.accounts import Caller, CredentialKind
from hostcart.entry.http import Request, Response, http_door, json_response
from hostcart.entry.registrar_errors import registrar_refusal
from hostcart.entry.registrar_identity import account_of, credentials_of
from hostcart.ports import MisconfiguredError, UnavailableError


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def request(**headers: str) -> Request:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(request_id="r", resource="", headers=given, path={}, query={}, authorizer={}, body=b"")


def user_of(*accounts: str) -> Caller:
    return Caller(kind=CredentialKind.API_KEY, user_id="1", account_ids=accounts)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (basic("name:key"), ("name", "key")),
        (basic("name:key").replace("Basic", "basic"), ("name", "key")),
        (basic("é:a:b"), ("é", "a:b")),
        ("Basic " + base64.b64encode("Müller:key".encode("latin-1")).decode(), ("Müller", "key")),
        (basic("name"), ("name", "")),
        (basic(":"), ("", "")),
        ("Basic", ("", "")),
    ],
)
def test_credentials_are_read(header: str, found: tuple[str, str]) -> None:
    assert credentials_of(request(authorization=header)) == found


@pytest.mark.parametrize(
    "header",
    ["", "Basic !!!", "Bearer hcu_1", "Basic " + "YQ" * 2000, "Basic /w=", f"{basic('a:b')} x"],
)
def test_what_are_no_credentials(header: str) -> None:
    with pytest.raises(ApiError, match="unauthenticated"):
        credentials_of(request(authorization=header))


def test_the_account_is_the_key_s_own() -> None:
    assert account_of(request(), user_of("1")) == "1"
    assert account_of(request(x_auth_account="1"), user_of("1")) == "1"
    assert account_of(request(x_auth_account="2"), user_of("1", "2")) == "2"


@pytest.mark.parametrize(
    ("accounts", "wanted", "code"),
    [
        ((), "", "account_forbidden"),
        ((), "1", "account_forbidden"),
        (("1",), "2", "account_forbidden"),
        (("1", "2"), "3", "account_forbidden"),
        (("1", "2"), "", "account_required"),
    ],
)
def test_another_account_is_refused(accounts: tuple[str, ...], wanted: str, code: str) -> None:
    with pytest.raises(ApiError, match=code):
        account_of(request(x_auth_account=wanted), user_of(*accounts))


def refused(error: Exception) -> tuple[int, dict[str, Any], dict[str, str]]:
    def handle(_: Request) -> Response:
        raise error

    answer = http_door(handle, refusal=registrar_refusal)({}, None)
    RegistrarError.model_validate_json(answer["body"])
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (ApiError("unauthenticated"), 403, {"message": "Permission Denied"}),
        (ApiError("account_forbidden"), 403, {"message": "Permission Denied"}),
        (ApiError("not_found", "secret"), 404, {"message": "Not Found"}),
        (
            ApiError("validation_failed", "x is bad."),
            400,
            {"message": "Invalid Argument", "details": "x is bad."},
        ),
        (ApiError("method_not_allowed"), 405, {"message": "Method Not Allowed"}),
        (UnavailableError("throttled"), 503, {"message": "Service Unavailable"}),
        (MisconfiguredError("secret"), 503, {"message": "Service Unavailable"}),
        (ValueError("secret"), 500, {"message": "Internal Error"}),
    ],
)
def test_a_refusal_has_the_registrar_s_shape(error: Exception, status: int, body: dict[str, str]) -> None:
    found = refused(error)
    assert found[:2] == (status, body)
    assert found[2]["Content-Type"] == "application/json"
    assert ("Retry-After" in found[2]) == (status == 503)


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_refusal_has_a_status_that_clients_know(code: str) -> None:
    assert refused(ApiError(code))[0] in {400, 403, 404, 405, 500, 503}


def test_an_answer_passes() -> None:
    answer = http_door(lambda _: json_response(200, {"orders": []}), refusal=registrar_refusal)({}, None)
    assert (answer["statusCode"], answer["body"]) == (200, '{"orders":[]}')
