"""Stripe's events: what is signed is what came, the moment is near, version and mode are ours."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import stripe
from hostcart.adapters import stripe_events
from hostcart.adapters.stripe_events import LARGEST_BYTES, TOLERANCE, StripeEvents
from hostcart.domain.payment_events import CartRef, PaymentEvent
from hostcart.ports import EventRefusedError, MisconfiguredError
from hostcart.settings import PaymentEventSettings

from local.sandboxes.stripe.webhooks import signature
from tests.unit.adapters.secret_stub import StubSecrets

NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECRET: Final = "whsec_current_of_the_tests"
PREVIOUS: Final = "whsec_previous_of_the_tests"
TOKEN: Final = "0b7c9f0e5a3d4c219f6e2d1a8b7c6e5f"
METADATA: Final = {"account_id": "10000001", "cart_token": TOKEN}


def event(**changes: Any) -> dict[str, Any]:
    return {
        "id": "evt_1Example",
        "object": "event",
        "api_version": stripe.api_version,
        "created": int(NOW.timestamp()) - 3,
        "livemode": False,
        "type": "invoice.paid",
        "data": {"object": {"id": "in_1", "object": "invoice", "metadata": METADATA}},
        **changes,
    }


def about(**members: Any) -> dict[str, Any]:
    return event(data={"object": members})


def raw(value: object) -> bytes:
    return json.dumps(value).encode()


def events(secrets: Mapping[str, str] | None = None, *, live: bool = False) -> StripeEvents:
    settings = PaymentEventSettings(secret_arn="arn:webhooks", live_mode=live)
    return StripeEvents(settings, StubSecrets(**(secrets or {"current": SECRET})))


def refused(body: bytes, header: str | None, taker: StripeEvents | None = None) -> str:
    with pytest.raises(EventRefusedError) as caught:
        (taker or events()).signed(body, header, now=NOW)
    return caught.value.reason


def header(body: bytes, *secrets: str, late: timedelta = timedelta(0)) -> str:
    return signature(body, secrets or [SECRET], int((NOW - late).timestamp()))


def test_a_signed_event_is_read() -> None:
    body = raw(event())
    assert events().signed(body, header(body), now=NOW) == PaymentEvent(
        id="evt_1Example",
        kind="invoice.paid",
        created_at=NOW - timedelta(seconds=3),
        cart=CartRef(account_id="10000001", cart_token=TOKEN),
        intent_id=None,
    )


def test_the_version_is_that_of_the_sdk() -> None:
    assert stripe.api_version == stripe_events.API_VERSION


def test_the_sdk_agrees_on_what_is_signed() -> None:
    body = raw(event())
    given = signature(body, [SECRET], int(datetime.now(UTC).timestamp()))
    assert stripe.Webhook.construct_event(body, given, SECRET).id == "evt_1Example"
    assert events().signed(body, given, now=datetime.now(UTC)).id == "evt_1Example"


@pytest.mark.parametrize("signing", [(SECRET,), (PREVIOUS,), (PREVIOUS, SECRET), ("whsec_other", PREVIOUS)])
def test_both_secrets_count_while_one_is_rolled(signing: tuple[str, ...]) -> None:
    taker = events({"current": SECRET, "previous": PREVIOUS})
    body = raw(event())
    assert taker.signed(body, header(body, *signing), now=NOW).id == "evt_1Example"


def test_a_secret_that_is_gone_counts_no_more() -> None:
    body = raw(event())
    assert refused(body, header(body, PREVIOUS)) == "signature_wrong"


@pytest.mark.parametrize(
    ("late", "reason"),
    [
        (TOLERANCE, None),
        (-TOLERANCE, None),
        (TOLERANCE + timedelta(seconds=1), "signature_old"),
        (-TOLERANCE - timedelta(seconds=1), "signature_future"),
    ],
)
def test_the_moment_is_near_on_both_sides(late: timedelta, reason: str | None) -> None:
    body = raw(event())
    given = header(body, late=late)
    if reason is None:
        assert events().signed(body, given, now=NOW).id == "evt_1Example"
    else:
        assert refused(body, given) == reason


def test_an_old_signature_does_not_tell_whether_it_was_right() -> None:
    body = raw(event())
    assert refused(body, header(body, "whsec_other", late=timedelta(days=1))) == "signature_wrong"


def test_the_same_event_written_otherwise_is_another() -> None:
    body = raw(event())
    again = json.dumps(json.loads(body), indent=1).encode()
    assert json.loads(again) == json.loads(body)
    assert refused(again, header(body)) == "signature_wrong"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (None, "signature_missing"),
        ("", "signature_missing"),
        ("v1=00", "signature_malformed"),
        ("t=1", "signature_malformed"),
        ("t=1,t=2,v1=00", "signature_malformed"),
        ("t=-1,v1=00", "signature_malformed"),
        ("t=١,v1=00", "signature_malformed"),  # noqa: RUF001 - a digit, but not one of ours
        ("t=1763726400,v0=00", "signature_malformed"),
        ("t=1763726400,v1=", "signature_wrong"),
        ("t=1763726400,v1=é", "signature_wrong"),
        ("nonsense", "signature_malformed"),
        ("t=1763726400," + "v1=00," * 5000, "signature_wrong"),
    ],
)
def test_what_is_no_signature(given: str | None, reason: str) -> None:
    assert refused(raw(event()), given) == reason


def test_the_sandboxes_v1_under_another_scheme_is_none() -> None:
    body = raw(event())
    assert refused(body, header(body).replace("v1=", "v0=")) == "signature_malformed"


def test_a_body_has_a_limit_before_anything_is_computed() -> None:
    body = b" " * (LARGEST_BYTES + 1)
    assert refused(body, header(body)) == "too_large"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"{", "not_json"),
        (b"[" * 60_000, "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"[]", "not_an_event"),
        (b"null", "not_an_event"),
        (raw(event(object="charge")), "not_an_event"),
        (raw(event(id=7)), "not_an_event"),
        (raw(event(id="evt_1/../2")), "not_an_event"),
        (raw(event(id="evt_" + "a" * 300)), "not_an_event"),
        (raw(event(type=None)), "not_an_event"),
        (raw(event(created="yesterday")), "not_an_event"),
        (raw(event(created=-1)), "not_an_event"),
        (raw(event(data=None)), "not_an_event"),
        (raw(event(data={"object": []})), "not_an_event"),
        (raw(event(api_version="2024-06-20")), "version"),
        (raw(event(api_version=None)), "version"),
        (raw(event(livemode=True)), "mode"),
        (raw(event(livemode="false")), "mode"),
        (raw({name: value for name, value in event().items() if name != "livemode"}), "mode"),
    ],
)
def test_what_is_signed_and_not_taken(value: bytes, reason: str) -> None:
    assert refused(value, header(value)) == reason


def test_a_live_system_takes_live_events_only() -> None:
    live, test = raw(event(livemode=True)), raw(event())
    assert events(live=True).signed(live, header(live), now=NOW).id == "evt_1Example"
    assert refused(test, header(test), events(live=True)) == "mode"


@pytest.mark.parametrize(
    ("value", "cart", "intent"),
    [
        (about(object="invoice", metadata={}), None, None),
        (about(object="invoice", metadata=None), None, None),
        (about(object="invoice", metadata={**METADATA, "cart_token": "../x"}), None, None),
        (about(object="invoice", metadata={**METADATA, "account_id": 7}), None, None),
        (about(object="invoice", metadata={"cart_token": TOKEN}), None, None),
        (about(id="pi_1", object="payment_intent", metadata={}), None, "pi_1"),
        (about(id="re_1", object="refund", payment_intent="pi_2"), None, "pi_2"),
        (about(id="dp_1", object="dispute", payment_intent={"id": "pi_3"}), None, "pi_3"),
        (about(id="re_1", object="refund", payment_intent="pi_2?x"), None, None),
        (about(object="invoice", metadata=METADATA), CartRef(account_id="10000001", cart_token=TOKEN), None),
    ],
)
def test_what_an_event_is_about(value: dict[str, Any], cart: CartRef | None, intent: str | None) -> None:
    found = events().trusted(value)
    assert (found.cart, found.intent_id) == (cart, intent)


@pytest.mark.parametrize("value", [event(api_version="2024-06-20"), event(livemode=True), [], "event", None])
def test_a_trusted_way_brings_only_our_events_too(value: object) -> None:
    with pytest.raises(EventRefusedError):
        events().trusted(value)


@pytest.mark.parametrize(
    "secrets", [{"previous": PREVIOUS}, {"current": "short"}, {"current": SECRET, "previous": "short"}]
)
def test_a_secret_that_is_none_is_an_operators_matter(secrets: dict[str, str]) -> None:
    body = raw(event())
    with pytest.raises(MisconfiguredError, match="webhook_secret_malformed"):
        events(secrets).signed(body, header(body), now=NOW)
