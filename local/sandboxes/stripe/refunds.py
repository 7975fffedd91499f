"""Refunds of charges: at once for most cards, pending or failing for Stripe's two refund test cards."""

from collections.abc import Mapping

from local.sandboxes.http import Json
from local.sandboxes.stripe.account import Account
from local.sandboxes.stripe.disputes import forbids_refund
from local.sandboxes.stripe.errors import StripeApiError, invalid
from local.sandboxes.stripe.objects import blank, merge_metadata, new_id

_SETTLES_AFTER_SECONDS = 86_400


def create_refund(account: Account, params: Json, _path: Mapping[str, str]) -> Json:
    """POST /v1/refunds, of a payment intent or a charge."""
    charge = _charge_of(account, params)
    amount = params.get("amount", charge["amount"] - charge["amount_refunded"])
    metadata = merge_metadata({}, params.get("metadata"))
    return refund_charge(account, charge, amount, reason=params.get("reason"), metadata=metadata)


def _charge_of(account: Account, params: Json) -> Json:
    if "charge" in params:
        return account.store.get("charge", params["charge"], param="charge")
    if "payment_intent" not in params:
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise invalid(message, code="parameter_missing")
    intent = account.store.get("payment_intent", params["payment_intent"], param="payment_intent")
    if intent["latest_charge"] is None:
        raise invalid(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
    return account.store.get("charge", intent["latest_charge"])


def refund_charge(
    account: Account, charge: Json, amount: int, *, reason: str | None, metadata: dict[str, str]
) -> Json:
    """Give `amount` of a charge back; StripeApiError 400 when that is more than is left."""
    check_refundable(account, charge, amount)
    behaviour = account.store.get("payment_method", charge["payment_method"])["_refunds"]
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    refund = {
        **blank("Refund"),
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "charge": charge["id"],
        "created": account.store.now(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": reason,
        "status": "pending" if behaviour == "pending" else "succeeded",
    }
    if behaviour == "pending":
        refund["pending_reason"] = "processing"
    if behaviour != "succeed":
        account.store.schedule(_SETTLES_AFTER_SECONDS, f"refund_{behaviour}", refund["id"])
    account.store.add(refund)
    account.emit("refund.created", refund)
    account.emit("charge.refunded", charge)
    return refund


def check_refundable(account: Account, charge: Json, amount: int) -> None:
    """Refuse what Stripe refuses: an unpaid charge, nothing left, more than is left."""
    if not charge["paid"]:
        raise invalid(
            f"Charge {charge['id']} is not paid and cannot be refunded.", code="charge_not_refundable"
        )
    if forbids_refund(account, charge):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise StripeApiError(400, message, code="charge_disputed")
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise StripeApiError(400, message, code="charge_already_refunded")
    if not 0 < amount <= left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise invalid(message if amount > 0 else "Invalid positive integer", param="amount")


def settle_refund(account: Account, refund: Json, *, failed: bool) -> None:
    """End a pending refund, or take a succeeded one back because the bank refused it; at its end, nothing."""
    if refund["status"] not in ("pending", "succeeded"):
        return
    if not failed:
        refund |= {"status": "succeeded", "pending_reason": None}
        _report(account, refund)
        return
    refund |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    charge = account.store.get("charge", refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    _report(account, refund)
    account.emit("refund.failed", refund)


def _report(account: Account, refund: Json) -> None:
    """Stripe reports a refund's change under two names."""
    account.emit("charge.refund.updated", refund)
    account.emit("refund.updated", refund)


def get_refund(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """GET /v1/refunds/{id}."""
    return account.store.get("refund", path["id"])


def list_refunds(account: Account, params: Json, _path: Mapping[str, str]) -> list[Json]:
    """GET /v1/refunds, by charge or payment intent."""
    wanted = {name: params.get(name) for name in ("charge", "payment_intent")}
    return account.store.newest_first("refund", **wanted)


def update_refund(account: Account, params: Json, path: Mapping[str, str]) -> Json:
    """POST /v1/refunds/{id}: metadata only."""
    refund = account.store.get("refund", path["id"])
    refund["metadata"] = merge_metadata(refund["metadata"], params.get("metadata"))
    account.emit("refund.updated", refund)
    return refund
