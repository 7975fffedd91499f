"""The registrar's sandbox with the adapter that production uses, as the contract tests want them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import urllib3
from hostcart.adapters.registrar_namecom import NamecomRegistrar
from hostcart.domain.contacts import Contact, ResolvedContacts
from hostcart.domain.registration import RegistrationRequest, TransferRequest
from hostcart.settings import RegistrarSettings

from local.sandboxes.registrar import RegistrarSandbox
from tests.contract.stripe_shop import FixedSecrets

USER, TOKEN = "hostcart-test", "registrar-token"
NAMESERVERS = ("ns-1.example.net", "ns-2.example.org")
ADA = Contact(
    first_name="Ada",
    last_name="Lovelace",
    organization=None,
    street_address="12 St James Square",
    post_code="SW1Y 4JH",
    city="London",
    state=None,
    country="GB",
    email="ada@example.com",
    phone="+442079460123",
)
CONTACTS = ResolvedContacts(owner=ADA, admin=ADA, billing=ADA, tech=ADA)

type Control = Callable[..., Any]


class Unlimited:
    """Port RateLimit."""

    def acquire(self) -> None:
        """Always."""


def registration(name: str, *, price: int = 1299, **changes: Any) -> RegistrationRequest:
    wanted: dict[str, Any] = {"years": 1, "contacts": CONTACTS, "nameservers": NAMESERVERS, **changes}
    return RegistrationRequest(name=name, price=price, **wanted)


def transfer(name: str, *, price: int = 1299, auth_code: str | None = "Auth0-code") -> TransferRequest:
    return TransferRequest(name=name, price=price, auth_code=auth_code)


@contextmanager
def adapter(url: str, *, token: str = TOKEN) -> Iterator[NamecomRegistrar]:
    settings = RegistrarSettings(
        api_base=url, credentials_secret_arn="arn:registrar", requests_per_second=20, requests_per_hour=3000
    )
    pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=2))
    yield NamecomRegistrar(settings, FixedSecrets(username=USER, token=token), Unlimited(), pool=pool)
    pool.clear()


@pytest.fixture
def sandbox() -> Iterator[RegistrarSandbox]:
    """Without the rate limit, which has a test of its own."""
    with RegistrarSandbox(username=USER, token=TOKEN) as started:
        started.store.settings.update(requests_per_second=0, transfer_seconds=400_000)
        yield started


@pytest.fixture
def registrar(sandbox: RegistrarSandbox) -> Iterator[NamecomRegistrar]:
    with adapter(sandbox.url) as built:
        yield built


@pytest.fixture
def control(sandbox: RegistrarSandbox, http: urllib3.PoolManager) -> Control:
    """Calls a `/_sandbox` endpoint: control("POST", "clock", {"advance_seconds": 1})."""

    def call(method: str, path: str, body: object = None) -> Any:
        response = http.request(method, f"{sandbox.url}/_sandbox/{path}", json=body)
        assert response.status < 300, response.data
        return response.json() if response.data else None

    return call
