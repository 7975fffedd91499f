"""Definite failures of a task. Their class names are the state machine's contract, their text is a code.

A task raises one of these when trying again cannot help; anything else is retried and then compensated.
"""

from collections.abc import Mapping
from typing import Final

from hostcart.domain.cart import Failure


class TaskError(Exception):
    """Base; `code` is stable, snake_case and safe to show."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CartNotFoundError(TaskError):
    def __init__(self) -> None:
        super().__init__("cart_not_found")


class OrderCancelledError(TaskError):
    """The customer cancelled the order before its point of no return."""

    def __init__(self) -> None:
        super().__init__("order_cancelled")


class RefundFailedError(TaskError):
    """The bank sent the refund back: the money is with us and owed to the customer; an operator must act."""

    def __init__(self) -> None:
        super().__init__("refund_failed")


class PaymentFailedError(TaskError):
    """Declined for good, expired or not chargeable."""


class SiteFailedError(TaskError):
    """The provisioner refused the site, failed to make it or did not make it in time."""


class DomainFailedError(TaskError):
    """The name will not be ours: refused, taken by somebody else, or its transfer came to nothing."""


class SubscriptionFailedError(TaskError):
    """The renewal subscription was refused."""


class ObjectUnknownError(Exception):
    """An event is about a cart that is not there yet: it has to come again."""


class NewsArrivedError(TaskError):
    """Something was reported since the last look: there is nothing to wait for."""

    def __init__(self) -> None:
        super().__init__("news_arrived")


class CallbackUndeliveredError(TaskError):
    """The client's endpoint did not take the notification this time."""


_DETAILS: Final[Mapping[str, str]] = {
    "payment_declined": "The payment was declined.",
    "payment_expired": "The payment was not completed in time.",
    "payment_closed": "The invoice was closed before it was paid.",
    "amount_below_minimum": "The amount due is below the smallest amount that can be charged.",
    "site_refused": "The site could not be created as ordered.",
    "site_failed": "The site could not be created.",
    "site_deadline_passed": "The site was not created in time.",
    "domain_refused": "The domain could not be registered or transferred as ordered.",
    "domain_contact_refused": "The registry did not accept the contacts.",
    "domain_price_changed": "The registry asks another price than the one that was quoted.",
    "domain_lost": "The domain was taken by somebody else.",
    "domain_authcode_refused": "The auth code was not accepted.",
    "domain_registration_expired": "The domain was not registered in time.",
    "domain_transfer_rejected": "The transfer was rejected.",
    "domain_transfer_failed": "The transfer failed.",
    "domain_transfer_expired": "The transfer was not completed in time.",
    "subscription_refused": "The renewal subscription could not be created.",
}
_DOMAIN_FAILURES: Final[Mapping[str, str]] = {
    # what the registrar or the reconciliation says -> what the client is told
    "name_unavailable": "domain_lost",
    "name_lost": "domain_lost",
    "already_owned": "domain_lost",
    "price_refused": "domain_price_changed",
    "contact_refused": "domain_contact_refused",
    "auth_code_refused": "domain_authcode_refused",
    "registration_expired": "domain_registration_expired",
    "transfer_rejected": "domain_transfer_rejected",
    "transfer_failed": "domain_transfer_failed",
    "transfer_canceled": "domain_transfer_failed",
    "transfer_expired": "domain_transfer_expired",
}
_UNKNOWN: Final = Failure(
    code="fulfilment_failed", detail="The order could not be fulfilled. Any payment is given back."
)


def failure_of(code: str | None) -> Failure:
    """What the client is told: only codes of this table leave the system."""
    if code is None or code not in _DETAILS:
        return _UNKNOWN
    return Failure(code=code, detail=_DETAILS[code])


def domain_failure(reason: str) -> str:
    """The public code behind a registrar's refusal or a reconciliation's reason."""
    return _DOMAIN_FAILURES.get(reason, "domain_refused")
