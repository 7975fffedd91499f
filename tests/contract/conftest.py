"""Sandboxes started in this process, each on a free port and with a state of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import stripe
import urllib3

from local.sandboxes.callbacks import CallbackSink
from local.sandboxes.sites import SitesSandbox
from local.sandboxes.stripe import StripeSandbox
from tests.contract.past import past, stored_past

__all__ = ["past", "stored_past"]

API_KEY = "sk_test_contract"
SITES_TOKEN = "sites-token"


@pytest.fixture
def http() -> Iterator[urllib3.PoolManager]:
    pool = urllib3.PoolManager(retries=False, timeout=5)
    yield pool
    pool.clear()


@pytest.fixture
def stripe_sandbox() -> Iterator[StripeSandbox]:
    with StripeSandbox(api_key=API_KEY) as sandbox:
        yield sandbox


@pytest.fixture
def sites() -> Iterator[SitesSandbox]:
    with SitesSandbox(token=SITES_TOKEN, provision_seconds=0.05) as sandbox:
        yield sandbox


@pytest.fixture
def sink() -> Iterator[CallbackSink]:
    with CallbackSink() as sandbox:
        yield sandbox


@contextmanager
def stripe_client(url: str, *, api_key: str = API_KEY, timeout: float = 5) -> Iterator[stripe.StripeClient]:
    transport = stripe.RequestsClient(timeout=timeout)
    try:
        yield stripe.StripeClient(
            api_key, base_addresses={"api": url}, max_network_retries=0, http_client=transport
        )
    finally:
        transport.close()  # type: ignore[no-untyped-call] # the SDK's


@pytest.fixture
def client(stripe_sandbox: StripeSandbox) -> Iterator[stripe.StripeClient]:
    with stripe_client(stripe_sandbox.url) as connected:
        yield connected


@pytest.fixture
def control(stripe_sandbox: StripeSandbox, http: urllib3.PoolManager) -> Callable[..., Any]:
    """Calls a `/_sandbox` endpoint of the Stripe sandbox: control("GET", "invoices")."""

    def call(method: str, path: str, body: object = None) -> Any:
        response = http.request(method, f"{stripe_sandbox.url}/_sandbox/{path}", json=body)
        assert response.status < 300, response.data
        return response.json() if response.data else None

    return call


@dataclass(frozen=True)
class Order:
    customer: str
    method: str
    invoice: stripe.Invoice


@pytest.fixture
def place(client: stripe.StripeClient) -> Callable[..., Order]:
    """A customer with a payment method, an optional balance, and a finalized invoice of one line."""

    def place_order(
        method: str = "pm_card_visa", *, currency: str = "usd", amount: int = 1300, balance: int = 0
    ) -> Order:
        customer = client.v1.customers.create({"email": "ada@example.com"}).id
        attached = client.v1.payment_methods.attach(method, {"customer": customer}).id
        if balance:
            client.v1.customers.balance_transactions.create(
                customer, {"amount": balance, "currency": currency}
            )
        draft = client.v1.invoices.create(
            {
                "customer": customer,
                "currency": currency,
                "collection_method": "charge_automatically",
                "auto_advance": False,
                "pending_invoice_items_behavior": "exclude",
                "default_payment_method": attached,
                "metadata": {"order": "o-1"},
            }
        )
        client.v1.invoices.add_lines(
            draft.id, {"lines": [{"amount": amount, "description": "Site", "metadata": {"item": "i-1"}}]}
        )
        return Order(
            customer, attached, client.v1.invoices.finalize_invoice(draft.id, {"auto_advance": False})
        )

    return place_order
