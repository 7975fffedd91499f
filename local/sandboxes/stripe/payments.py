"""Payment intents, charges and their link to an invoice: how an attempt to collect money ends."""

from collections.abc import Mapping
from typing import Literal, NoReturn

from local.sandboxes.http import Json
from local.sandboxes.stripe.account import Account
from local.sandboxes.stripe.cards import needs_authentication
from local.sandboxes.stripe.errors import StripeApiError, card_declined, invalid
from local.sandboxes.stripe.objects import blank, new_id, random_text
from local.sandboxes.stripe.render import public

_ACTION_MESSAGE = (
    "This payment requires additional user action before it can be completed successfully. "
    "Payment can be completed using the PaymentIntent associated with the invoice."
)
_AUTHENTICATION_MESSAGE = (
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new "
    "PaymentMethod to attempt to fulfill this PaymentIntent again."
)
_DEBIT_MESSAGE = "The customer's account has insufficient funds to cover this payment."

type ChargeStatus = Literal["succeeded", "pending", "failed"]


def open_payment(account: Account, invoice: Json) -> Json:
    """The payment intent of a finalized invoice that has an amount due, and its invoice payment."""
    now = account.store.now()
    intent_id = new_id("pi")
    intent = {
        **blank("PaymentIntent"),
        "id": intent_id,
        "object": "payment_intent",
        "amount": invoice["amount_due"],
        "amount_capturable": 0,
        "amount_received": 0,
        "capture_method": "automatic",
        "client_secret": f"{intent_id}_secret_{random_text(25)}",
        "confirmation_method": "automatic",
        "created": now,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "description": "Payment for Invoice",
        "livemode": False,
        "metadata": {},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "_invoice": invoice["id"],
    }
    payment = {
        **blank("InvoicePayment"),
        "id": new_id("inpay"),
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": invoice["amount_due"],
        "created": now,
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"type": "payment_intent", "payment_intent": intent_id},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }
    account.store.add(intent)
    account.store.add(payment)
    invoice["_payment"] = payment["id"]
    account.emit("payment_intent.created", intent)
    return intent


def invoice_payment(account: Account, invoice: Json) -> Json | None:
    """The invoice's payment; None when nothing was due."""
    payment_id = invoice["_payment"]
    return account.store.get("invoice_payment", payment_id) if payment_id else None


def intent_of(account: Account, invoice: Json) -> Json | None:
    """The payment intent of an invoice; None when nothing was due."""
    payment = invoice_payment(account, invoice)
    return account.store.get("payment_intent", payment["payment"]["payment_intent"]) if payment else None


def attempt(
    account: Account, intent: Json, method: Json, *, off_session: bool, authenticated: bool = False
) -> None:
    """Charge `method` once: the intent is `succeeded` afterwards, or `processing` for a debit.

    Raises StripeApiError 402 when the card is declined or the customer has to authenticate; the intent then
    carries `last_payment_error`.
    """
    if method["type"] == "sepa_debit" and intent["currency"] != "eur":
        raise invalid(f"The currency provided ({intent['currency']}) is invalid for sepa_debit: use eur.")
    intent |= {"payment_method": method["id"], "payment_method_types": [method["type"]]}
    if not authenticated and needs_authentication(method, off_session=off_session):
        _require_authentication(account, intent, method, off_session=off_session)
    if authenticated:
        method["_set_up"] = True
    if method["_declined"]:
        _decline(account, intent, method, method["_declined"])
    if method["_settles_after"]:
        _process(account, intent, method)
    else:
        charge = _charge(account, intent, method, "succeeded")
        succeed(account, intent, charge)
        if method["_disputed"]:
            account.store.schedule(0, "charge_dispute", charge["id"])


def _process(account: Account, intent: Json, method: Json) -> None:
    charge = _charge(account, intent, method, "pending")
    intent |= {
        "status": "processing",
        "latest_charge": charge["id"],
        "last_payment_error": None,
        "next_action": None,
    }
    account.store.schedule(method["_settles_after"], "charge_settle", charge["id"])
    account.emit("charge.pending", charge)
    account.emit("payment_intent.processing", intent)


def succeed(account: Account, intent: Json, charge: Json) -> None:
    """The money is here."""
    charge |= {"status": "succeeded", "paid": True, "captured": True, "amount_captured": charge["amount"]}
    charge["outcome"] = {"network_status": "approved_by_network", "reason": None, "type": "authorized"}
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "latest_charge": charge["id"],
        "last_payment_error": None,
        "next_action": None,
        "processing": None,
    }
    account.emit("charge.succeeded", charge)
    account.emit("payment_intent.succeeded", intent)


def fail_debit(account: Account, intent: Json, method: Json, charge: Json) -> None:
    """The bank refused a debit, days after the charge."""
    error = card_declined("insufficient_funds")
    error.error |= {"message": _DEBIT_MESSAGE, "code": "insufficient_funds", "charge": charge["id"]}
    charge |= {"status": "failed", "failure_code": "insufficient_funds", "failure_message": _DEBIT_MESSAGE}
    account.emit("charge.failed", charge)
    _fail(account, intent, method, error)


def fail_authentication(account: Account, intent: Json, method: Json) -> None:
    """The customer did not pass 3DS."""
    error = StripeApiError(
        402, _AUTHENTICATION_MESSAGE, kind="card_error", code="payment_intent_authentication_failure"
    )
    _fail(account, intent, method, error)


def _decline(account: Account, intent: Json, method: Json, code: str) -> NoReturn:
    charge = _charge(account, intent, method, "failed", declined=code)
    intent["latest_charge"] = charge["id"]
    account.emit("charge.failed", charge)
    error = card_declined(code, {"charge": charge["id"]})
    _fail(account, intent, method, error)
    raise error


def _require_authentication(account: Account, intent: Json, method: Json, *, off_session: bool) -> NoReturn:
    if off_session:
        _decline(account, intent, method, "authentication_required")
    action = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    intent |= {"status": "requires_action", "next_action": action}
    account.emit("payment_intent.requires_action", intent)
    raise StripeApiError(
        402,
        _ACTION_MESSAGE,
        kind="card_error",
        code="invoice_payment_intent_requires_action",
        extra={"payment_intent": public(intent), "payment_method": public(method)},
    )


def _fail(account: Account, intent: Json, method: Json, error: StripeApiError) -> None:
    """Put the intent back to where another method may be tried, and complete the error."""
    intent |= {
        "status": "requires_payment_method",
        "next_action": None,
        "payment_method": None,
        "processing": None,
    }
    intent["last_payment_error"] = {**error.error, "payment_method": public(method)}
    account.emit("payment_intent.payment_failed", intent)
    error.error |= {"payment_intent": public(intent), "payment_method": public(method)}


def _charge(
    account: Account, intent: Json, method: Json, status: ChargeStatus, *, declined: str | None = None
) -> Json:
    error = card_declined(declined).error if declined else {}
    paid = status == "succeeded"
    charge = {
        **blank("Charge"),
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "billing_details": dict(method["billing_details"]),
        "captured": paid,
        "created": account.store.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "disputed": False,
        "failure_code": error.get("code"),
        "failure_message": error.get("message"),
        "livemode": False,
        "metadata": {},
        "outcome": _outcome(declined, error) if declined else None,
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"type": method["type"], method["type"]: public(method[method["type"]])},
        "refunded": False,
        "status": status,
    }
    return account.store.add(charge)


def _outcome(declined: str, error: Json) -> Json:
    return {
        "advice_code": error.get("advice_code"),
        "network_status": "declined_by_network",
        "reason": declined,
        "type": "issuer_declined",
    }


def get_intent(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """GET /v1/payment_intents/{id}."""
    return account.store.get("payment_intent", path["id"])


def list_intents(account: Account, params: Json, _path: Mapping[str, str]) -> list[Json]:
    """GET /v1/payment_intents."""
    return account.store.newest_first("payment_intent", customer=params.get("customer"))


def get_charge(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """GET /v1/charges/{id}."""
    return account.store.get("charge", path["id"])


def list_charges(account: Account, params: Json, _path: Mapping[str, str]) -> list[Json]:
    """GET /v1/charges."""
    wanted = {name: params.get(name) for name in ("customer", "payment_intent")}
    return account.store.newest_first("charge", **wanted)


def list_invoice_payments(account: Account, params: Json, _path: Mapping[str, str]) -> list[Json]:
    """GET /v1/invoice_payments, by invoice, status or payment intent."""
    payments = account.store.newest_first(
        "invoice_payment", invoice=params.get("invoice"), status=params.get("status")
    )
    intent = params.get("payment", {}).get("payment_intent")
    return [payment for payment in payments if intent in (None, payment["payment"]["payment_intent"])]


def get_invoice_payment(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """GET /v1/invoice_payments/{id}."""
    return account.store.get("invoice_payment", path["id"])
