"""Webhooks: signed so that the SDK accepts them, retried until taken, redelivered on demand."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe
import urllib3

from local.sandboxes.callbacks import CallbackSink
from local.sandboxes.stripe import StripeSandbox
from local.sandboxes.stripe.webhooks import signature
from tests.contract.conftest import API_KEY, stripe_client

_SECRET = "whsec_contract"


@pytest.fixture
def received(sink: CallbackSink, http: urllib3.PoolManager) -> Callable[[int], list[Any]]:
    """Waits until the sink has got that many requests and returns them."""

    def wait(count: int) -> list[Any]:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            taken: list[Any] = http.request("GET", f"{sink.url}/_sandbox/received").json()
            if len(taken) >= count:
                return taken
            time.sleep(0.02)
        raise AssertionError(f"{count} requests did not arrive")

    return wait


@pytest.fixture(params=["/hook"])
def sending(sink: CallbackSink, request: pytest.FixtureRequest) -> Iterator[StripeSandbox]:
    url = sink.url + request.param
    with StripeSandbox(api_key=API_KEY, webhook_url=url, webhook_secret=_SECRET) as sandbox:
        yield sandbox


def test_the_sdk_accepts_the_signature(sending: StripeSandbox, received: Callable[[int], list[Any]]) -> None:
    with stripe_client(sending.url) as client:
        customer = client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k"})
    delivery = received(1)[0]
    event = stripe.Webhook.construct_event(delivery["raw"], delivery["headers"]["stripe-signature"], _SECRET)
    assert (event.type, event.data.object["id"]) == ("customer.created", customer.id)
    assert event.api_version == stripe.api_version
    assert event.request is not None
    assert event.request.idempotency_key == "k"
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(
            delivery["raw"], delivery["headers"]["stripe-signature"], "whsec_other"
        )


@pytest.mark.parametrize("sending", ["/flaky/1/hook"], indirect=True)
def test_a_refused_delivery_is_retried(sending: StripeSandbox, received: Callable[[int], list[Any]]) -> None:
    with stripe_client(sending.url) as client:
        client.v1.customers.create({"name": "Ada"})
    first, second = received(2)
    assert first["body"]["id"] == second["body"]["id"]


def test_an_event_is_redelivered_on_demand(
    sending: StripeSandbox, received: Callable[[int], list[Any]], http: urllib3.PoolManager
) -> None:
    with stripe_client(sending.url) as client:
        client.v1.customers.create({"name": "Ada"})
        event = client.v1.events.list().data[0]
    received(1)
    http.request("POST", f"{sending.url}/_sandbox/events/{event.id}/redeliver")
    assert {delivery["body"]["id"] for delivery in received(2)} == {event.id}


def test_the_endpoint_is_set_while_running(
    stripe_sandbox: StripeSandbox,
    sink: CallbackSink,
    client: stripe.StripeClient,
    control: Callable[..., Any],
    received: Callable[[int], list[Any]],
) -> None:
    client.v1.customers.create({"name": "before"})
    control("POST", "webhook_endpoint", {"url": f"{sink.url}/hook", "secret": _SECRET})
    client.v1.customers.create({"name": "after"})
    assert [delivery["body"]["data"]["object"]["name"] for delivery in received(1)] == ["after"]
    assert [entry["type"] for entry in control("GET", "webhooks")] == ["customer.created"] * 2


def test_two_secrets_make_two_signatures() -> None:
    payload, now = b'{"object":"event"}', int(time.time())
    header = signature(payload, ["whsec_old", "whsec_new"], now)
    for secret in ("whsec_old", "whsec_new"):
        assert stripe.Webhook.construct_event(payload, header, secret)


def test_paying_tells_the_story(client: stripe.StripeClient, place: Callable[..., Any]) -> None:
    order = place()
    client.v1.invoices.pay(order.invoice.id)
    kinds = [event.type for event in client.v1.events.list({"limit": 100}).data][::-1]
    story = ["invoice.created", "invoice.finalized", "payment_intent.succeeded", "invoice.paid"]
    assert [kind for kind in kinds if kind in story] == story
