"""An invoice's way from draft to paid or void."""

from collections.abc import Mapping

from local.sandboxes.http import Json
from local.sandboxes.stripe.account import MINIMUM_CHARGE, Account
from local.sandboxes.stripe.customers import add_balance, own_method
from local.sandboxes.stripe.errors import StripeApiError, invalid
from local.sandboxes.stripe.objects import random_text
from local.sandboxes.stripe.payments import attempt, intent_of, invoice_payment, open_payment

_AUTHENTICATION_CODES = ("authentication_required", "invoice_payment_intent_requires_action")


def finalize_invoice(account: Account, params: Json, path: Mapping[str, str]) -> Json:
    """POST /v1/invoices/{id}/finalize."""
    invoice = account.store.get("invoice", path["id"])
    if invoice["status"] != "draft":
        message = "This invoice is already finalized, you can't re-finalize a non-draft invoice."
        raise invalid(message, code="invoice_not_editable")
    if "auto_advance" in params:
        invoice["auto_advance"] = params["auto_advance"]
    finalize(account, invoice)
    return invoice


def finalize(account: Account, invoice: Json) -> None:
    """Number the invoice, apply the customer's balance, open the payment; nothing due means paid at once."""
    customer = account.store.get("customer", invoice["customer"])
    now = account.store.now()
    invoice |= {
        "status": "open",
        "number": f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04}",
        "effective_at": now,
        "hosted_invoice_url": f"{account.base_url()}/hosted/{random_text(32)}",
    }
    invoice["invoice_pdf"] = f"{invoice['hosted_invoice_url']}/pdf"
    invoice["status_transitions"]["finalized_at"] = now
    customer["next_invoice_sequence"] += 1
    customer["currency"] = customer["currency"] or invoice["currency"]
    _apply_balance(account, invoice, customer)
    account.emit("invoice.finalized", invoice)
    if invoice["amount_due"] == 0:
        mark_paid(account, invoice)
    else:
        open_payment(account, invoice)


def _apply_balance(account: Account, invoice: Json, customer: Json) -> None:
    balance = customer["balance"] if customer["currency"] == invoice["currency"] else 0
    owed = invoice["total"] + balance
    due = max(owed, 0)
    kind = "applied_to_invoice"
    if 0 < due < MINIMUM_CHARGE.get(invoice["currency"], 50):
        due, kind = 0, "invoice_too_small"  # too little to charge: it becomes a debt on the balance
    ending = owed - due
    invoice |= {
        "starting_balance": balance,
        "ending_balance": ending,
        "amount_due": due,
        "amount_remaining": due,
    }
    if ending != balance:
        add_balance(account, customer, ending - balance, invoice["currency"], kind, invoice=invoice["id"])


def mark_paid(account: Account, invoice: Json) -> None:
    """Close the invoice as paid, with what its payment received."""
    now = account.store.now()
    paid = invoice["amount_due"]
    invoice |= {"status": "paid", "attempted": True, "amount_paid": paid, "amount_remaining": 0}
    invoice["next_payment_attempt"] = None
    invoice["status_transitions"]["paid_at"] = now
    payment = invoice_payment(account, invoice)
    if payment is not None:
        payment |= {"status": "paid", "amount_paid": paid}
        payment["status_transitions"]["paid_at"] = now
        account.emit("invoice_payment.paid", payment)
    account.emit("invoice.paid", invoice)
    account.emit("invoice.payment_succeeded", invoice)


def pay_invoice(account: Account, params: Json, path: Mapping[str, str]) -> Json:
    """POST /v1/invoices/{id}/pay; a draft is finalized first."""
    invoice = account.store.get("invoice", path["id"])
    _check_payable(account, invoice)
    if invoice["status"] == "draft":
        finalize(account, invoice)
        if invoice["status"] == "paid":
            return invoice
    if params.get("paid_out_of_band"):
        invoice["amount_due"] = 0
        mark_paid(account, invoice)
        return invoice
    method = method_for(account, invoice, params.get("payment_method"))
    collect(account, invoice, method, off_session=params.get("off_session", True))
    return invoice


def _check_payable(account: Account, invoice: Json) -> None:
    if invoice["status"] == "paid":
        raise invalid("Invoice is already paid")
    if invoice["status"] == "void":
        raise invalid("This invoice is void and can no longer be paid.")
    intent = intent_of(account, invoice)
    if intent is not None and intent["status"] == "processing":
        message = (
            "This invoice has a payment in process; it cannot be paid again before that payment has ended."
        )
        raise invalid(message, code="payment_intent_unexpected_state")


def method_for(account: Account, invoice: Json, given: str | None) -> Json:
    """What to charge: the given method, the invoice's, the customer's default; StripeApiError 400 if none."""
    if given is not None:
        return own_method(account, given, invoice["customer"], param="payment_method")
    customer = account.store.get("customer", invoice["customer"])
    method_id = invoice["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    if method_id is None:
        raise invalid(
            "There is no `default_payment_method` set on this Customer or Invoice. Please attach a payment "
            "method or provide one.",
            code="missing",
        )
    return own_method(account, method_id, invoice["customer"], param="payment_method")


def collect(
    account: Account, invoice: Json, method: Json, *, off_session: bool, authenticated: bool = False
) -> None:
    """Try to charge the amount due once; a debit leaves the invoice open and its intent processing.

    The 402 of a refusal is raised after the events were recorded.
    """
    intent = intent_of(account, invoice) or open_payment(account, invoice)
    invoice["attempted"] = True
    invoice["attempt_count"] = max(1, invoice["attempt_count"])
    invoice["_attempts"] += 1
    try:
        attempt(account, intent, method, off_session=off_session, authenticated=authenticated)
    except StripeApiError as refusal:
        if refusal.error.get("code") in _AUTHENTICATION_CODES:
            account.emit("invoice.payment_action_required", invoice)
        account.emit("invoice.payment_failed", invoice)
        raise
    if intent["status"] == "succeeded":
        mark_paid(account, invoice)


def void_invoice(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """POST /v1/invoices/{id}/void; applied credit goes back to the customer's balance."""
    invoice = account.store.get("invoice", path["id"])
    if invoice["status"] not in ("open", "uncollectible"):
        raise invalid(f"You can only void open or uncollectible invoices. This one is {invoice['status']}.")
    intent = intent_of(account, invoice)
    now = account.store.now()
    if intent is not None:
        if intent["status"] == "processing":
            raise invalid("You cannot void an invoice whose payment is in process.")
        intent |= {"status": "canceled", "canceled_at": now, "cancellation_reason": "void_invoice"}
        account.emit("payment_intent.canceled", intent)
    payment = invoice_payment(account, invoice)
    if payment is not None:
        payment["status"] = "canceled"
        payment["status_transitions"]["canceled_at"] = now
    invoice |= {"status": "void", "amount_remaining": 0}
    invoice["status_transitions"]["voided_at"] = now
    _return_balance(account, invoice)
    account.emit("invoice.voided", invoice)
    return invoice


def _return_balance(account: Account, invoice: Json) -> None:
    applied = invoice["ending_balance"] - invoice["starting_balance"]
    if applied != 0:
        customer = account.store.get("customer", invoice["customer"])
        add_balance(
            account, customer, -applied, invoice["currency"], "unapplied_from_invoice", invoice=invoice["id"]
        )


def mark_uncollectible(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """POST /v1/invoices/{id}/mark_uncollectible."""
    invoice = account.store.get("invoice", path["id"])
    if invoice["status"] != "open":
        raise invalid(f"You can only mark open invoices as uncollectible. This one is {invoice['status']}.")
    invoice["status"] = "uncollectible"
    invoice["status_transitions"]["marked_uncollectible_at"] = account.store.now()
    account.emit("invoice.marked_uncollectible", invoice)
    return invoice
