"""What each error of AWS's SDK is to a use case, and that every adapter of AWS uses the translation."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.exceptions as sdk
import pytest
from hostcart.adapters.aws_errors import aws_errors
from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.adapters.dynamodb_catalogue import DynamoCatalogue
from hostcart.adapters.dynamodb_directory import DynamoDirectory
from hostcart.adapters.kms_cipher import KmsCipher
from hostcart.adapters.sfn_workflow import SfnWorkflow
from hostcart.domain.accounts import ApiKey, CredentialKind
from hostcart.ports import ConflictError, MisconfiguredError, PortError, UnavailableError

from tests.fakes.world import CATALOGUE, PDX, account, user
from tests.unit.domain.carts import new_cart
from tests.unit.store.stubs import StubClient, client_error

LAYER = Path(__file__).parents[3] / "layers/hostcart/python"


def raised(error: Exception) -> PortError:
    with pytest.raises(PortError) as caught, aws_errors("database"):
        raise error
    assert caught.value.__cause__ is error
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        client_error("ThrottlingException"),
        client_error("Throttling"),
        client_error("ProvisionedThroughputExceededException"),
        client_error("RequestLimitExceeded"),
        client_error("TooManyRequestsException", 429),
        client_error("TransactionConflictException"),
        client_error("InternalServerError", 500),
        client_error("ServiceUnavailable", 503),
        client_error("KMSInternalException", 500),
        client_error("", 502),
        sdk.EndpointConnectionError(endpoint_url="https://aws.example"),
        sdk.ConnectTimeoutError(endpoint_url="https://aws.example"),
        sdk.ReadTimeoutError(endpoint_url="https://aws.example"),
        sdk.ConnectionClosedError(endpoint_url="https://aws.example"),
        sdk.HTTPClientError(error="reset"),
        sdk.SSLError(endpoint_url="https://aws.example", error=OSError("eof")),
    ],
    ids=str,
)
def test_what_may_pass(error: Exception) -> None:
    translated = raised(error)
    assert type(translated) is UnavailableError
    assert translated.code == "database_unavailable"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (client_error("AccessDeniedException"), "database_denied"),
        (client_error("UnrecognizedClientException"), "database_denied"),
        (client_error("ExpiredTokenException"), "database_denied"),
        (client_error("ResourceNotFoundException"), "database_missing"),
        (client_error("NotFoundException"), "database_missing"),
        (client_error("StateMachineDoesNotExist"), "database_missing"),
        (client_error("ValidationException"), "database_refused"),
        (client_error("InvalidCiphertextException"), "database_refused"),
        (sdk.NoCredentialsError(), "database_refused"),
        (sdk.NoRegionError(), "database_refused"),
        (sdk.ParamValidationError(report="nope"), "database_refused"),
    ],
    ids=str,
)
def test_what_an_operator_must_mend(error: Exception, code: str) -> None:
    translated = raised(error)
    assert type(translated) is MisconfiguredError
    assert translated.code == code


@pytest.mark.parametrize("error", [ConflictError(), KeyError("x"), UnavailableError("contended")])
def test_what_is_not_the_sdks_passes(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, aws_errors("database"):
        raise error
    assert caught.value is error


def test_an_answer_without_details_is_still_translated() -> None:
    assert raised(sdk.ClientError({}, "Operation")).code == "database_refused"


# --- every call of every adapter ----------------------------------------------------------------------

KEY = ApiKey(kind=CredentialKind.API_KEY, name="client", user_id="1", account_id=None)
CALLS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "account": ("database", lambda c: DynamoDirectory(c, "t").account("1")),
    "user": ("database", lambda c: DynamoDirectory(c, "t").user("1")),
    "api_key": ("database", lambda c: DynamoDirectory(c, "t").api_key("k")),
    "put_account": ("database", lambda c: DynamoDirectory(c, "t").put_account(account())),
    "put_user": ("database", lambda c: DynamoDirectory(c, "t").put_user(user())),
    "put_api_key": ("database", lambda c: DynamoDirectory(c, "t").put_api_key("k", KEY)),
    "delete_api_key": ("database", lambda c: DynamoDirectory(c, "t").delete_api_key("k")),
    "catalogue": ("database", lambda c: DynamoCatalogue(c, "t").catalogue()),
    "occupancy": ("database", lambda c: DynamoCatalogue(c, "t").occupancy([PDX])),
    "replace": ("database", lambda c: DynamoCatalogue(c, "t").replace(CATALOGUE)),
    "seal": ("encryption", lambda c: KmsCipher(c, "key").seal(b"x", account_id="1", cart_token="2")),
    "open": ("encryption", lambda c: KmsCipher(c, "key").open(b"Dx", account_id="1", cart_token="2")),
    "mark_news": ("database", lambda c: DynamoCarts(c, "t").mark_news("1", "2")),
    "clear_news": ("database", lambda c: DynamoCarts(c, "t").clear_news(new_cart())),
    "store_task_token": ("database", lambda c: DynamoCarts(c, "t").store_task_token("1", "2", "3")),
    "wake": ("workflow", lambda c: SfnWorkflow(c, "arn").wake("token")),
    "start": ("workflow", lambda c: SfnWorkflow(c, "arn").start(account_id="1", cart_token="2")),
}


@pytest.mark.parametrize("name", CALLS)
def test_no_error_of_the_sdk_leaves_an_adapter(name: str) -> None:
    service, call = CALLS[name]
    with pytest.raises(UnavailableError, match=f"^{service}_unavailable$"):
        call(StubClient(client_error("ThrottlingException")))
    with pytest.raises(MisconfiguredError, match=f"^{service}_denied$"):
        call(StubClient(client_error("AccessDeniedException")))
    with pytest.raises(UnavailableError, match=f"^{service}_unavailable$"):
        call(StubClient(sdk.EndpointConnectionError(endpoint_url="https://aws.example")))


def test_the_catalogues_own_write_is_translated_too() -> None:
    empty: Any = StubClient(client_error("ThrottlingException"))
    plain = CATALOGUE.__class__(version="1", plans={}, variants={}, locations={})
    with pytest.raises(UnavailableError):
        DynamoCatalogue(empty, "t").replace(plain)
    assert empty.calls == ["put_item"]


# --- cold starts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["get_cart", "get_order", "list_orders"])
def test_a_polling_handler_and_its_store_import_neither_sdk_nor_models(function: str) -> None:
    """Nor do they read settings: importing needs no environment. The SDK comes with the client."""
    handler = LAYER.parents[2] / "functions" / function / "handler.py"
    script = (
        "import runpy, sys; runpy.run_path(sys.argv[1]); import hostcart.adapters.dynamodb_carts;"
        "heavy = {'boto3', 'botocore', 'pydantic', 'stripe', 'jwt', 'urllib3', 'cryptography'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script, str(handler)],
        env={"PYTHONPATH": str(LAYER), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert found.stdout.strip() == "[]"
