"""The payments adapter with a customer of the Stripe sandbox, as the contract tests use it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import stripe
from hostcart.adapters.secrets import Secrets
from hostcart.adapters.stripe_http import Urllib3Client
from hostcart.adapters.stripe_payments import StripePayments
from hostcart.domain.money import Line
from hostcart.domain.payment import Invoice
from hostcart.settings import PaymentSettings

TOKEN = "0123456789abcdef0123456789abcdef"
ORDER = "01234567-89ab-cdef-0123-456789abcdef"
LINES = [
    Line(id="site", description="WordPress site", amount=1000),
    Line(id="backup", description="Backups", amount=300),
]
SETTINGS_ARN = "arn:stripe"
DAY = 86_400

type Control = Callable[..., Any]


class FixedSecrets(Secrets):
    def __init__(self, **members: str) -> None:
        super().__init__()
        self.members = members
        self.forgotten = 0

    def get(self, arn: str) -> Mapping[str, str]:
        return self.members

    def forget(self, arn: str) -> None:
        self.forgotten += 1


class Recorder(Urllib3Client):
    """The product's client, with an impatience that tests can afford; keeps what was sent."""

    def __init__(self) -> None:
        super().__init__(connect_seconds=1.0, read_seconds=0.6)
        self.sent: list[tuple[str, str, str]] = []

    def request_with_retries(self, method: str, url: str, *rest: Any, **options: Any) -> Any:
        parts = urlsplit(url)
        self.sent.append((method.upper(), parts.path, (rest[1] if len(rest) > 1 else None) or parts.query))
        return super().request_with_retries(method, url, *rest, **options)


@dataclass
class Shop:
    """The adapter with a customer of the sandbox."""

    payments: StripePayments
    client: stripe.StripeClient
    recorder: Recorder
    secrets: FixedSecrets
    customer: str = ""
    method: str = ""
    product: str = ""
    currency: str = "usd"
    token: str = TOKEN
    paid_through: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(days=30))
    invoice_id: str = field(default="", init=False)

    def open(self) -> Invoice:
        invoice = self.payments.open_invoice(
            customer_id=self.customer,
            method_id=self.method,
            currency=self.currency,
            account_id="17",
            cart_token=self.token,
        )
        self.invoice_id = invoice.id
        return invoice

    def finalized(self) -> Invoice:
        self.open()
        self.payments.add_lines(self.invoice_id, LINES, cart_token=self.token)
        return self.payments.finalize(self.invoice_id, cart_token=self.token)

    def pay(self, attempt: int = 1) -> Invoice:
        return self.payments.pay(
            self.invoice_id, method_id=self.method, cart_token=self.token, attempt=attempt
        )

    def subscribe(self, method_id: str | None = "the pinned one") -> tuple[str, str]:
        return self.payments.create_subscription(
            customer_id=self.customer,
            method_id=self.method if method_id == "the pinned one" else method_id,
            product_id=self.product,
            currency=self.currency,
            amount=1300,
            interval="month",
            paid_through=self.paid_through,
            order_id=ORDER,
            account_id="17",
        )

    def balance(self) -> int:
        return self.client.v1.customers.retrieve(self.customer).balance or 0


type Open = Callable[..., Shop]


@contextmanager
def shops(url: str, client: stripe.StripeClient) -> Iterator[Open]:
    """Opens shops on the sandbox; their connections are closed at the end."""
    made: list[Recorder] = []

    def open_shop(
        method: str = "pm_card_visa", *, balance: int = 0, currency: str = "usd", token: str = TOKEN
    ) -> Shop:
        customer = client.v1.customers.create({"email": "owner@client.example", "balance": balance})
        recorder, secrets = Recorder(), FixedSecrets(api_key="sk_test_contract")
        made.append(recorder)
        settings = PaymentSettings(api_base=url, api_key_secret_arn=SETTINGS_ARN)
        return Shop(
            payments=StripePayments(settings, secrets, http_client=recorder),
            client=client,
            recorder=recorder,
            secrets=secrets,
            customer=customer.id,
            method=client.v1.payment_methods.attach(method, {"customer": customer.id}).id,
            product=client.v1.products.create({"name": "basic"}).id,
            currency=currency,
            token=token,
        )

    yield open_shop
    for recorder in made:
        recorder.close()
