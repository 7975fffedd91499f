"""The error catalogue: every `code` a client can meet, with its HTTP status and title.

Bodies are RFC 9457 `application/problem+json`: {type, title, status, code, detail, request_id} plus
`errors: [{field, code, message}]` where fields are at fault. Codes are stable; details may be reworded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

CATALOGUE: Final[Mapping[str, tuple[int, str]]] = {
    "invalid_json": (400, "The body is not a JSON object"),
    "validation_failed": (400, "The request has invalid fields"),
    "unknown_variant": (400, "Unknown variant"),
    "unknown_location": (400, "Unknown location"),
    "unknown_plan": (400, "Unknown plan"),
    "unknown_term": (400, "Unknown term"),
    "variant_unavailable": (400, "Variant not available"),
    "missing_pricing": (400, "Missing pricing information"),
    "account_cannot_order": (400, "Account unable to create orders"),
    "no_default_payment_method": (400, "Billing account not ready to charge"),
    "account_required": (400, "X-Auth-Account header required"),
    "update_not_supported": (400, "Orders cannot be updated"),
    "invalid_pagination": (400, "Invalid page or per_page"),
    "invalid_idempotency_key": (400, "Invalid Idempotency-Key"),
    "invalid_action": (400, "Invalid action"),
    "invalid_domain": (400, "Invalid domain name"),
    "unsupported_tld": (400, "Unsupported TLD"),
    "pricing_unavailable": (400, "No orderable price"),
    "authcode_required": (400, "Auth code required"),
    "incomplete_contact": (400, "Incomplete contact"),
    "invalid_contact": (400, "Invalid contact"),
    "invalid_contact_source": (400, "Invalid contact source"),
    "webhook_signature_invalid": (400, "Signature not accepted"),
    "webhook_event_invalid": (400, "Not an event of this system"),
    "unauthenticated": (401, "Authentication required"),
    "user_required": (401, "User credential required"),
    "trial_account": (403, "Trial accounts cannot order domains"),
    "account_forbidden": (403, "Account not accessible with this credential"),
    "insufficient_scope": (403, "OAuth scope missing"),
    "oauth_not_allowed": (403, "Not available via OAuth"),
    "request_blocked": (403, "Request blocked"),
    "not_found": (404, "Not found"),
    "method_not_allowed": (405, "Method not allowed"),
    "price_changed": (409, "The price has changed"),
    "order_not_cancellable": (409, "Order cannot be cancelled"),
    "webhook_object_unknown": (409, "The event's object is not known yet"),
    "payload_too_large": (413, "Payload too large"),
    "unsupported_media_type": (415, "Unsupported media type"),
    "idempotency_key_reused": (422, "Idempotency-Key reused with another request"),
    "domain_unavailable": (422, "Domain not available"),
    "domain_add_failed": (422, "Domain cannot be ordered"),
    "domain_contact_invalid": (422, "Registrant contact rejected"),
    "domain_contact_needs_augmentation": (422, "Registrant contact incomplete for this TLD"),
    "cart_pay_failed": (422, "Payment could not be initiated"),
    "amount_below_minimum": (422, "Amount too small to charge"),
    "too_many_requests": (429, "Too many requests"),
    "internal_error": (500, "Internal error"),
    "feature_disabled": (503, "Domain registration is not enabled"),
    "temporarily_unavailable": (503, "Temporarily unavailable"),
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field at fault: dotted path in the request, snake_case code, a sentence."""

    field: str
    code: str
    message: str


class ApiError(Exception):
    """A refusal that the client sees. `code` must be in the CATALOGUE."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status, self.title = CATALOGUE[code]
        self.detail = detail or self.title + "."
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    def problem(self, request_id: str) -> dict[str, Any]:
        """The problem+json body as a dict."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "request_id": request_id,
            **self.extra,
        }
        if self.errors:
            body["errors"] = [{"field": e.field, "code": e.code, "message": e.message} for e in self.errors]
        return body
