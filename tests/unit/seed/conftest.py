"""The Stripe sandbox without a socket, and a table and a key in moto."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import stripe

from local.sandboxes.http import Request
from local.sandboxes.stripe import StripeSandbox
from local.seed.processor import Processor
from tests.fakes.table import moto_table, set_environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

API_KEY = "sk_test_seed"


class InProcess(stripe.HTTPClient):
    """Hands the SDK's requests to the sandbox and counts the writes among them."""

    name = "in_process"

    def __init__(self, sandbox: StripeSandbox) -> None:
        super().__init__()
        self._sandbox = sandbox
        self.writes: list[str] = []

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        target = urlsplit(url)
        if method.upper() == "POST":
            self.writes.append(target.path)
        answer = self._sandbox.respond(
            Request(
                method=method.upper(),
                path=target.path,
                query=target.query,
                headers={name.lower(): value for name, value in (headers or {}).items()},
                body=(post_data or "").encode(),
            )
        )
        return answer.body.decode(), answer.status, dict(answer.headers)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def sandbox() -> StripeSandbox:
    return StripeSandbox(api_key=API_KEY)


@pytest.fixture
def http(sandbox: StripeSandbox) -> InProcess:
    return InProcess(sandbox)


@pytest.fixture
def processor(http: InProcess) -> Processor:
    return Processor(API_KEY, "http://stripe.invalid", http_client=http)


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> "Iterator[DynamoDBClient]":
    set_environment(monkeypatch)
    with moto_table() as client:
        yield client
