"""Stripe's events (port PaymentEvents): the signature over the bytes as they came, then what we need of them.

The SDK's own check takes any API version and a time-stamp of the future, and costs the import of the SDK.
https://docs.stripe.com/webhooks#verify-manually
"""

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hostcart.adapters.secrets import Secrets
from hostcart.domain.payment_events import CartRef, PaymentEvent
from hostcart.ports import EventRefusedError, MisconfiguredError
from hostcart.settings import PaymentEventSettings

API_VERSION: Final = "2026-10-28.endive"  # the one that the SDK in our lock speaks
TOLERANCE: Final = timedelta(minutes=5)
LARGEST_BYTES: Final = 256 * 1024
_LONGEST_HEADER: Final = 1024
_SHORTEST_SECRET: Final = 16
_EVENT_ID: Final = re.compile(r"evt_[A-Za-z0-9_]{1,250}")
_IDS: Final = {"account_id": re.compile(r"[0-9]{1,20}"), "cart_token": re.compile(r"[0-9a-f]{32}")}


class StripeEvents:
    """The secret is {"current": "whsec_...", "previous"?: "whsec_..."}; both count while it is rolled."""

    def __init__(self, settings: PaymentEventSettings, secrets: Secrets) -> None:
        self._settings = settings
        self._secrets = secrets

    def signed(self, body: bytes, signature: str | None, *, now: datetime) -> PaymentEvent:
        if len(body) > LARGEST_BYTES:
            raise EventRefusedError("too_large")
        if not signature:
            raise EventRefusedError("signature_missing")
        moment, given = _parts(signature)
        content = str(moment).encode() + b"." + body
        if not any(_matches(secret, content, given) for secret in self._signing_secrets()):
            raise EventRefusedError("signature_wrong")
        if abs(now.timestamp() - moment) > TOLERANCE.total_seconds():
            raise EventRefusedError("signature_old" if moment < now.timestamp() else "signature_future")
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):  # invalid UTF-8, or nested beyond all measure
            raise EventRefusedError("not_json") from None
        return self.trusted(event)

    def trusted(self, event: object) -> PaymentEvent:
        if not isinstance(event, dict) or event.get("object") != "event":
            raise EventRefusedError("not_an_event")
        if event.get("api_version") != API_VERSION:
            raise EventRefusedError("version")
        if event.get("livemode") is not self._settings.live_mode:
            raise EventRefusedError("mode")
        return _event(event)

    def _signing_secrets(self) -> list[str]:
        members = self._secrets.get(self._settings.secret_arn)
        found = [members[name] for name in ("current", "previous") if members.get(name)]
        if not members.get("current") or any(len(secret) < _SHORTEST_SECRET for secret in found):
            raise MisconfiguredError("webhook_secret_malformed")
        return found


def _parts(signature: str) -> tuple[int, Sequence[str]]:
    """The time-stamp (Unix seconds) and every `v1` of `t=...,v1=...,v1=...`."""
    pairs = [part.partition("=") for part in signature[:_LONGEST_HEADER].split(",")]
    moments = [value for name, _, value in pairs if name.strip() == "t"]
    given = [value for name, _, value in pairs if name.strip() == "v1"]
    if len(moments) != 1 or not re.fullmatch(r"[0-9]{1,12}", moments[0]) or not given:
        raise EventRefusedError("signature_malformed")
    return int(moments[0]), given


def _matches(secret: str, content: bytes, given: Sequence[str]) -> bool:
    expected = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest().encode()
    return any(hmac.compare_digest(expected, candidate.encode()) for candidate in given)


def _event(event: dict[str, Any]) -> PaymentEvent:
    event_id, kind, created = event.get("id"), event.get("type"), event.get("created")
    data = event.get("data")
    about = data.get("object") if isinstance(data, dict) else None
    if not (isinstance(event_id, str) and _EVENT_ID.fullmatch(event_id) and isinstance(kind, str)):
        raise EventRefusedError("not_an_event")
    if not isinstance(created, int) or not 0 <= created < 1 << 40 or not isinstance(about, dict):
        raise EventRefusedError("not_an_event")
    return PaymentEvent(
        id=event_id,
        kind=kind,
        created_at=datetime.fromtimestamp(min(created, 1 << 37), UTC),
        cart=_cart(about.get("metadata")),
        intent_id=_intent(about),
    )


def _cart(metadata: object) -> CartRef | None:
    """Our own names in an invoice's metadata; whatever else somebody wrote there is not ours."""
    if not isinstance(metadata, dict):
        return None
    found = {name: metadata.get(name) for name in _IDS}
    if not all(isinstance(value, str) and _IDS[name].fullmatch(value) for name, value in found.items()):
        return None
    return CartRef(account_id=str(found["account_id"]), cart_token=str(found["cart_token"]))


def _intent(about: dict[str, Any]) -> str | None:
    intent = about.get("id") if about.get("object") == "payment_intent" else about.get("payment_intent")
    if isinstance(intent, dict):
        intent = intent.get("id")
    return intent if isinstance(intent, str) and re.fullmatch(r"pi_[A-Za-z0-9_]{1,250}", intent) else None
