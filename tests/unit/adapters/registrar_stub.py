"""The registrar's adapter over a pool that answers from a list and records what was sent."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any, cast

import urllib3
from hostcart.adapters.registrar_namecom import NamecomRegistrar
from hostcart.domain.contacts import Contact, ResolvedContacts
from hostcart.settings import RegistrarSettings

from tests.unit.adapters.secret_stub import StubSecrets

TOKEN = "registrar-secret"
BASIC = "Basic " + base64.b64encode(f"shop-test:{TOKEN}".encode()).decode()
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


class StubLimit:
    def __init__(self, error: Exception | None = None) -> None:
        self.taken = 0
        self.error = error

    def acquire(self) -> None:
        if self.error is not None:
            raise self.error
        self.taken += 1


class StubAnswer:
    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body

    def read(self, amount: int) -> bytes:
        return self.body[:amount]

    def release_conn(self) -> None:
        """Nothing to release."""

    close = release_conn


def answer(body: object = None, status: int = 200) -> StubAnswer:
    raw = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    return StubAnswer(status, raw)


@dataclass
class Scene:
    """The adapter with everything around it; `sent` holds (method, path and query, JSON body, headers)."""

    answers: list[StubAnswer | Exception]
    sent: list[tuple[str, str, Any, dict[str, str]]] = field(default_factory=list)
    limit: StubLimit = field(default_factory=StubLimit)
    secrets: StubSecrets = field(default_factory=lambda: StubSecrets(username="shop-test", token=TOKEN))

    def request(self, method: str, url: str, **options: Any) -> StubAnswer:
        assert options["redirect"] is False
        path = url.removeprefix("https://registrar.test")
        query = "&".join(f"{name}={value}" for name, value in (options.get("fields") or {}).items())
        target = f"{path}?{query}" if query else path
        self.sent.append((method, target, options.get("json"), options["headers"]))
        given = self.answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    @property
    def routes(self) -> list[str]:
        return [f"{method} {target}" for method, target, _, _ in self.sent]

    @property
    def registrar(self) -> NamecomRegistrar:
        settings = RegistrarSettings(
            api_base="https://registrar.test/",
            credentials_secret_arn="arn:registrar",
            requests_per_second=20,
            requests_per_hour=3000,
        )
        return NamecomRegistrar(settings, self.secrets, self.limit, pool=cast("urllib3.PoolManager", self))


def scene(*answers: StubAnswer | Exception) -> Scene:
    return Scene(list(answers))
