"""What Stripe's errors mean to us. Codes come from the error object: the SDK leaves `e.code` None on some."""

import re
from typing import Final

import stripe
from urllib3.exceptions import TimeoutError as TimedOutError

from hostcart.ports import (
    DeclinedError,
    MisconfiguredError,
    OutcomeUnknownError,
    PortError,
    RefusedError,
    UnavailableError,
)

_BUSY: Final = frozenset({"idempotency_key_in_use", "lock_timeout", "rate_limit"})
_SERVER_ERROR: Final = 500
_BUSY_STATUSES: Final = frozenset({409, 429})
_DENIED: Final = frozenset({401, 403})
# Lost for good: no other attempt with this card may follow, and the order ends.
_HARD_DECLINES: Final = frozenset({"lost_card", "stolen_card", "pickup_card", "fraudulent"})
_DO_NOT_TRY_AGAIN: Final = "do_not_try_again"
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


def port_error(error: stripe.StripeError) -> PortError:
    """The port's error for an SDK's, with Stripe's request id as a note for whoever reads the log."""
    translated = _translate(error)
    if error.request_id:
        translated.add_note(f"Stripe request {error.request_id}, HTTP {error.http_status}")
    return translated


def is_replay(headers: object) -> bool:
    """True when the answer was kept under our idempotency key: it tells how things were, not how they are."""
    return hasattr(headers, "get") and headers.get("Idempotent-Replayed") == "true"


def error_code(error: stripe.StripeError) -> str | None:
    """Stripe's own code, if it sent one."""
    code = error.error.code if error.error is not None else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else None


def _translate(error: stripe.StripeError) -> PortError:
    code = error_code(error)
    if isinstance(error, stripe.CardError):
        return _decline(error)
    if isinstance(error, stripe.IdempotencyError):
        return MisconfiguredError("idempotency_mismatch")
    if isinstance(error, stripe.APIConnectionError):
        return OutcomeUnknownError("timeout" if _timed_out(error) else "connection_lost")
    if error.http_status in _DENIED:
        return MisconfiguredError("payments_denied")
    if code in _BUSY or error.http_status in _BUSY_STATUSES:
        return UnavailableError(code or "payments_busy")
    return _refused_or_unknown(error, code)


def _refused_or_unknown(error: stripe.StripeError, code: str | None) -> PortError:
    if isinstance(error, stripe.InvalidRequestError):
        return RefusedError(code or "invalid_request")
    if (error.http_status or 0) < _SERVER_ERROR:
        return OutcomeUnknownError("invalid_answer")
    return OutcomeUnknownError("server_error" if is_replay(error.headers) else "server_unavailable")


def _timed_out(error: stripe.APIConnectionError) -> bool:
    """The SDK keeps what its HTTP client raised as the cause."""
    return isinstance(error.__cause__, TimedOutError)


def _decline(error: stripe.CardError) -> DeclinedError:
    details = error.error
    decline = details.decline_code if details is not None else None
    advice = details.advice_code if details is not None else None
    code = decline if isinstance(decline, str) and _CODE.fullmatch(decline) else error_code(error)
    hard = code in _HARD_DECLINES or error_code(error) in _HARD_DECLINES or advice == _DO_NOT_TRY_AGAIN
    return DeclinedError(code or "card_declined", recoverable=not hard)
