"""Stripe's documented test cards, and a few of the sandbox's own for what Stripe's cannot show.

`pm_sandbox_<decline code>` attaches like any card and is declined with that code on every charge: Stripe's
own `pm_card_visa_chargeDeclined*` are refused at attach already.
"""

from dataclasses import dataclass
from typing import Literal

from local.sandboxes.http import Json
from local.sandboxes.stripe.errors import DECLINE_MESSAGES
from local.sandboxes.stripe.objects import blank, new_id, random_text

type Authentication = Literal["never", "always", "until_set_up", "on_session"]


@dataclass(frozen=True, slots=True)
class TestCard:
    """How a test card behaves: refused at attach, declined at charge, asking for 3DS."""

    last4: str
    brand: str = "visa"
    refused: str | None = None  # decline code at attach
    declined: str | None = None  # decline code at charge
    authentication: Authentication = "never"
    refunds: Literal["succeed", "pending", "fail"] = "succeed"
    disputed: bool = False  # as soon as it is charged


CARDS = {
    "pm_card_visa": TestCard("4242"),
    "pm_card_visa_debit": TestCard("5556"),
    "pm_card_mastercard": TestCard("4444", "mastercard"),
    "pm_card_amex": TestCard("8431", "amex"),
    "pm_card_authenticationRequired": TestCard("3184", authentication="always"),
    # Attached without a SetupIntent it is not set up: it asks until the customer has authenticated once.
    "pm_card_authenticationRequiredOnSetup": TestCard("3155", authentication="until_set_up"),
    "pm_card_authenticationRequiredSetupForOffSession": TestCard("0446", authentication="on_session"),
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": TestCard(
        "3178", declined="insufficient_funds", authentication="always"
    ),
    "pm_card_pendingRefund": TestCard("7726", refunds="pending"),
    "pm_card_refundFail": TestCard("5126", refunds="fail"),
    "pm_card_createDispute": TestCard("0259", disputed=True),
    "pm_card_chargeCustomerFail": TestCard("0341", declined="generic_decline"),
    "pm_card_visa_chargeDeclined": TestCard("0002", refused="generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": TestCard("9995", refused="insufficient_funds"),
    "pm_card_visa_chargeDeclinedLostCard": TestCard("9987", refused="lost_card"),
    "pm_card_visa_chargeDeclinedStolenCard": TestCard("9979", refused="stolen_card"),
    "pm_card_visa_chargeDeclinedFraudulent": TestCard("0019", refused="fraudulent"),
    "pm_card_visa_chargeDeclinedVelocityLimitExceeded": TestCard("6975", refused="card_velocity_exceeded"),
    "pm_card_chargeDeclinedExpiredCard": TestCard("0069", refused="expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": TestCard("0127", refused="incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": TestCard("0119", refused="processing_error"),
    **{
        f"pm_sandbox_{code}": TestCard("0000", declined=code)
        for code in DECLINE_MESSAGES
        if code not in ("card_declined", "authentication_required")
    },
}

_EMPTY_BILLING_DETAILS = {"address": None, "email": None, "name": None, "phone": None, "tax_id": None}


def card_method(card: TestCard, created: int) -> Json:
    """A new, unattached payment method of this card."""
    return {
        **method_shell("card", created),
        "card": {
            "brand": card.brand,
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": "pass",
            },
            "country": "US",
            "display_brand": card.brand,
            "exp_month": 8,
            "exp_year": 2040,
            "fingerprint": random_text(16),
            "funding": "credit",
            "generated_from": None,
            "last4": card.last4,
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "_refused": card.refused,
        "_declined": card.declined,
        "_authentication": card.authentication,
        "_refunds": card.refunds,
        "_disputed": card.disputed,
    }


def method_shell(kind: str, created: int) -> Json:
    """The fields that payment methods of every kind have."""
    nullable = dict.fromkeys(("allow_redisplay", "customer", "customer_account", "radar_options"))
    return {
        **{name: value for name, value in blank("PaymentMethod").items() if name in nullable},
        "id": new_id("pm"),
        "object": "payment_method",
        "type": kind,
        "billing_details": dict(_EMPTY_BILLING_DETAILS),
        "created": created,
        "livemode": False,
        "metadata": {},
        "_refused": None,
        "_declined": None,
        "_authentication": "never",
        "_set_up": False,
        "_refunds": "succeed",
        "_settles_after": 0,
        "_disputed": False,
    }


def needs_authentication(method: Json, *, off_session: bool) -> bool:
    """Whether the issuer asks for 3DS before it lets this payment pass."""
    match method["_authentication"]:
        case "always":
            return True
        case "until_set_up":
            return not method["_set_up"]
        case "on_session":
            return not off_session
    return False
