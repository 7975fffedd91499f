"""Payment intents, charges and their link to an invoice: how an attempt to collect money ends."""

from collections.abc import Mapping
from typing import NoReturn

from local.sandboxes.http import Json
from local.sandboxes.stripe.account import Account
from local.sandboxes.stripe.cards import needs_authentication
from local.sandboxes.stripe.errors import StripeApiError, card_declined
from local.sandboxes.stripe.objects import blank, new_id, random_text
from local.sandboxes.stripe.render import public

_ACTION_MESSAGE = (
    "This payment requires additional user action before it can be completed successfully. "
    "Payment can be completed using the PaymentIntent associated with the invoice."
)


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


def attempt(account: Account, intent: Json, method: Json, *, off_session: bool, authenticated: bool = False) -> Json:
    """Charge `method` once. Returns the succeeded charge.

    Raises StripeApiError 402 when the card is declined or the customer has to authenticate; the intent then
    carries `last_payment_error`.
    """
    intent["payment_method"] = method["id"]
    if not authenticated and needs_authentication(method, off_session=off_session):
        _require_authentication(account, intent, method, off_session=off_session)
    if method["_declined"]:
        charge = _charge(account, intent, method, declined=method["_declined"])
        decline(account, intent, method, method["_declined"], charge)
    if authenticated:
        method["_set_up"] = True
    charge = _charge(account, intent, method)
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
    return charge


def decline(account: Account, intent: Json, method: Json, code: str, charge: Json | None) -> NoReturn:
    """Record a definite refusal on the intent and raise it."""
    if charge is not None:
        intent["latest_charge"] = charge["id"]
        account.emit("charge.failed", charge)
    intent |= {"status": "requires_payment_method", "next_action": None, "payment_method": None, "processing": None}
    error = card_declined(code, {"charge": charge["id"]} if charge else {})
    _fail(account, intent, method, error)


def _require_authentication(account: Account, intent: Json, method: Json, *, off_session: bool) -> NoReturn:
    if off_session:
        charge = _charge(account, intent, method, declined="authentication_required")
        decline(account, intent, method, "authentication_required", charge)
    secret = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    intent |= {"status": "requires_action", "next_action": secret}
    account.emit("payment_intent.requires_action", intent)
    raise StripeApiError(
        402,
        _ACTION_MESSAGE,
        kind="card_error",
        code="invoice_payment_intent_requires_action",
        extra={"payment_intent": public(intent), "payment_method": public(method)},
    )


def _fail(account: Account, intent: Json, method: Json, error: StripeApiError) -> NoReturn:
    intent["last_payment_error"] = {**error.error, "payment_method": public(method)}
    account.emit("payment_intent.payment_failed", intent)
    error.error |= {"payment_intent": public(intent), "payment_method": public(method)}
    raise error


def _charge(account: Account, intent: Json, method: Json, *, declined: str | None = None) -> Json:
    failed = declined is not None
    error = card_declined(declined).error if declined else {}
    charge = {
        **blank("Charge"),
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0 if failed else intent["amount"],
        "amount_refunded": 0,
        "billing_details": dict(method["billing_details"]),
        "captured": not failed,
        "created": account.store.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "disputed": False,
        "failure_code": error.get("code"),
        "failure_message": error.get("message"),
        "livemode": False,
        "metadata": {},
        "outcome": _outcome(declined, error),
        "paid": not failed,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"type": method["type"], method["type"]: public(method[method["type"]])},
        "refunded": False,
        "status": "failed" if failed else "succeeded",
    }
    return account.store.add(charge)


def _outcome(declined: str | None, error: Json) -> Json:
    if declined is None:
        return {"network_status": "approved_by_network", "reason": None, "type": "authorized"}
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
