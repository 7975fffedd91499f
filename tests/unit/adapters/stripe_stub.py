"""An HTTP client for the SDK that answers from a list and records what was sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe
from hostcart.adapters.stripe_payments import StripePayments
from hostcart.settings import PaymentSettings
from requests.structures import CaseInsensitiveDict

from tests.unit.adapters.secret_stub import StubSecrets

TOKEN = "0123456789abcdef0123456789abcdef"
INVOICE = "in_1"


@dataclass(frozen=True)
class Sent:
    method: str
    path: str
    params: dict[str, str]
    headers: Mapping[str, str]

    @property
    def key(self) -> str | None:
        return self.headers.get("Idempotency-Key")

    @property
    def route(self) -> str:
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    replayed: bool = False


@dataclass
class StubHttp(stripe.HTTPClient):
    """Answers in order; an exception is raised instead of returned."""

    answers: list[Answer | Exception]
    sent: list[Sent] = field(default_factory=list)
    name = "stub"

    def __post_init__(self) -> None:
        super().__init__()

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        parts = urlsplit(url)
        params = dict(parse_qsl(post_data or parts.query, keep_blank_values=True))
        self.sent.append(Sent(method, parts.path, params, headers or {}))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        body = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        extra = {"Idempotent-Replayed": "true"} if answer.replayed else {}
        return body, answer.status, CaseInsensitiveDict({"Request-Id": "req_1", **extra})

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Scene:
    """The adapter over the stub."""

    payments: StripePayments
    http: StubHttp
    secrets: StubSecrets

    @property
    def routes(self) -> list[str]:
        return [sent.route for sent in self.http.sent]


def scene(*answers: Answer | Exception) -> Scene:
    http, secrets = StubHttp(list(answers)), StubSecrets(api_key="sk_test_secret")
    settings = PaymentSettings(api_base="https://stripe.test/", api_key_secret_arn="arn:stripe")
    return Scene(StripePayments(settings, secrets, http_client=http), http, secrets)


def invoice(status: str = "open", **changes: Any) -> dict[str, Any]:
    """An invoice answer as the pinned API version sends it, as far as we read it."""
    return {
        "id": INVOICE,
        "object": "invoice",
        "status": status,
        "currency": "usd",
        "total": 1300,
        "amount_due": 1300,
        "amount_paid": 1300 if status == "paid" else 0,
        "starting_balance": 0,
        "ending_balance": None if status == "draft" else 0,
        "customer": "cus_1",
        "hosted_invoice_url": None if status == "draft" else "https://invoice.test/1",
        "default_payment_method": {"id": "pm_1", "object": "payment_method", "type": "card"},
        "status_transitions": {"paid_at": 1_800_000_000 if status == "paid" else None},
        **changes,
    }


def paying(status: str, **intent: Any) -> dict[str, Any]:
    """The `payments` of an invoice whose one payment intent stands as given."""
    payment_intent = {"id": "pi_1", "object": "payment_intent", "status": status, **intent}
    payment = {
        "id": "inpay_1",
        "object": "invoice_payment",
        "status": "paid" if status == "succeeded" else "open",
        "created": 1,
        "payment": {"type": "payment_intent", "payment_intent": payment_intent},
    }
    return {"object": "list", "data": [payment], "has_more": False}


def lost(cause: Exception) -> stripe.APIConnectionError:
    """As the SDK's HTTP client raises it."""
    failure = stripe.APIConnectionError("No connection.", should_retry=True)  # type: ignore[no-untyped-call]
    failure.__cause__ = cause
    return failure


def ok(body: Any, *, replayed: bool = False) -> Answer:
    return Answer(200, body, replayed)


def error(status: int, *, replayed: bool = False, **fields: Any) -> Answer:
    return Answer(status, {"error": {"type": "invalid_request_error", "message": "No.", **fields}}, replayed)


def declined(code: str, **fields: Any) -> Answer:
    return error(402, type="card_error", code=code, **fields)


MISSING = error(404, code="resource_missing")
EMPTY: dict[str, Any] = {"object": "list", "data": [], "has_more": False, "url": "/v1/x"}


def listing(*entries: dict[str, Any], more: bool = False) -> dict[str, Any]:
    return {**EMPTY, "data": list(entries), "has_more": more}
