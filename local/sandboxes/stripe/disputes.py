"""Disputes: the customer's bank takes a payment back, and decides later who has the money."""

from collections.abc import Mapping

from local.sandboxes.http import Json
from local.sandboxes.stripe.account import Account
from local.sandboxes.stripe.errors import invalid
from local.sandboxes.stripe.objects import blank, created_bounds, new_id, within

OUTCOMES = ("won", "lost")


def open_dispute(account: Account, charge: Json) -> Json:
    """The customer takes a payment back; StripeApiError 400 for a charge that cannot be, or is already."""
    if not charge["paid"] or charge["disputed"]:
        raise invalid(f"Charge {charge['id']} cannot be disputed: it is not paid, or is disputed already.")
    charge["disputed"] = True
    debit = charge["payment_method_details"]["type"] == "sepa_debit"
    dispute = {
        **blank("Dispute"),
        "id": new_id("dp"),
        "object": "dispute",
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": account.store.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": "debit_not_authorized" if debit else "fraudulent",
        "status": "needs_response",
    }
    account.store.add(dispute)
    account.emit("charge.dispute.created", dispute)
    return dispute


def close_dispute(account: Account, dispute: Json, outcome: str) -> Json:
    """The bank's decision: `won` (the money stays with the merchant) or `lost`; StripeApiError 400 twice."""
    if outcome not in OUTCOMES:
        raise ValueError('outcome is "won" or "lost"')
    if dispute["status"] in OUTCOMES:
        raise invalid(f"The dispute is {dispute['status']} already.")
    dispute["status"] = outcome
    account.emit("charge.dispute.closed", dispute)
    return dispute


def forbids_refund(account: Account, charge: Json) -> bool:
    """Whether a dispute that is not won stands against a refund."""
    found = account.store.all("dispute", charge=charge["id"])
    return any(dispute["status"] != "won" for dispute in found)


def get_dispute(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """GET /v1/disputes/{id}."""
    return account.store.get("dispute", path["id"])


def list_disputes(account: Account, params: Json, _path: Mapping[str, str]) -> list[Json]:
    """GET /v1/disputes, by charge or payment intent."""
    wanted = {name: params.get(name) for name in ("charge", "payment_intent")}
    bounds = created_bounds(params)
    return [
        dispute
        for dispute in account.store.newest_first("dispute", **wanted)
        if within(dispute["created"], bounds)
    ]
