"""Stripe's error shape and the errors that a test may ask for by code."""

from local.sandboxes.http import Json, Response, json_response

_DOCS = "https://stripe.com/docs/error-codes/"

# code: (status, type) of the errors that are no card errors
_REQUEST_ERRORS = {
    "rate_limit": (429, "invalid_request_error"),
    "lock_timeout": (429, "invalid_request_error"),
    "idempotency_key_in_use": (409, "idempotency_error"),
    "idempotency_error": (400, "idempotency_error"),
    "resource_missing": (404, "invalid_request_error"),
    "api_key_expired": (401, "invalid_request_error"),
    "secret_key_required": (403, "invalid_request_error"),
    "testmode_charges_only": (403, "invalid_request_error"),
    "invoice_payment_intent_requires_action": (402, "card_error"),
    "authentication_required": (402, "card_error"),
    "api_error": (500, "api_error"),
}

# decline code: the error's own code, where the two differ
_CODE_OF_DECLINE = {
    "expired_card": "expired_card",
    "incorrect_cvc": "incorrect_cvc",
    "processing_error": "processing_error",
    "authentication_required": "authentication_required",
}

DECLINE_MESSAGES = {
    "generic_decline": "Your card was declined.",
    "do_not_honor": "Your card was declined.",
    "card_declined": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "lost_card": "Your card was declined.",
    "stolen_card": "Your card was declined.",
    "pickup_card": "Your card was declined.",
    "fraudulent": "Your card was declined.",
    "card_velocity_exceeded": "Your card was declined for making repeated attempts too frequently "
    "or exceeding its amount limit.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
}

# What the issuer advises to do next, where it says so.
_ADVICE = {
    "insufficient_funds": "try_again_later",
    "processing_error": "try_again_later",
    "generic_decline": "try_again_later",
    "do_not_honor": "try_again_later",
    "expired_card": "confirm_card_data",
    "incorrect_cvc": "confirm_card_data",
    "lost_card": "do_not_try_again",
    "stolen_card": "do_not_try_again",
    "pickup_card": "do_not_try_again",
    "fraudulent": "do_not_try_again",
}


class StripeApiError(Exception):
    """An answer in Stripe's error shape; `stored`: an idempotency key keeps it when it is injected."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        extra: Json | None = None,
        stored: bool = True,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.stored = stored
        self.error: Json = {"message": message, "type": kind}
        if code is not None:
            self.error |= {"code": code, "doc_url": _DOCS + code.replace("_", "-")}
        if param is not None:
            self.error["param"] = param
        self.error |= extra or {}

    def response(self) -> Response:
        """The HTTP answer."""
        return json_response(self.status, {"error": self.error})


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> StripeApiError:
    """A 400 about the request."""
    return StripeApiError(400, message, param=param, code=code)


def missing(kind: str, object_id: str, *, param: str = "id", status: int = 404) -> StripeApiError:
    """The error for an object that does not exist; 400 when it was named by a parameter."""
    label = kind.replace("_", "") if kind in ("payment_method", "payment_intent") else kind.replace("_", " ")
    label = {"paymentmethod": "PaymentMethod", "paymentintent": "payment_intent"}.get(label, label)
    return StripeApiError(status, f"No such {label}: '{object_id}'", code="resource_missing", param=param)


def card_declined(decline_code: str, extra: Json | None = None) -> StripeApiError:
    """The 402 of a declined card; `extra` carries charge, payment_intent and payment_method."""
    code = _CODE_OF_DECLINE.get(decline_code, "card_declined")
    details: Json = {"decline_code": decline_code}
    if decline_code in _ADVICE:
        details["advice_code"] = _ADVICE[decline_code]
    message = DECLINE_MESSAGES.get(decline_code, "Your card was declined.")
    return StripeApiError(402, message, kind="card_error", code=code, extra={**details, **(extra or {})})


def by_code(code: str) -> StripeApiError:
    """The error that a fault `error:<code>` asks for."""
    if code in DECLINE_MESSAGES and code != "authentication_required":
        return card_declined("generic_decline" if code == "card_declined" else code)
    status, kind = _REQUEST_ERRORS.get(code, (400, "invalid_request_error"))
    extra: Json = {"decline_code": code} if code == "authentication_required" else {}
    message = DECLINE_MESSAGES.get(code, f"Injected error {code}.")
    return StripeApiError(status, message, kind=kind, code=code, extra=extra, stored=kind == "card_error")
