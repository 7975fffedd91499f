"""What happens as the account's clock moves on: debits settle, refunds end, disputes open, periods begin."""

from local.sandboxes.http import Json
from local.sandboxes.stripe.account import Account
from local.sandboxes.stripe.billing import renew_due
from local.sandboxes.stripe.collection import mark_paid
from local.sandboxes.stripe.disputes import open_dispute
from local.sandboxes.stripe.payments import fail_debit, succeed
from local.sandboxes.stripe.refunds import settle_refund
from local.sandboxes.stripe.sepa import DISPUTE_SECONDS


def run_due(account: Account) -> None:
    """Do everything whose time has come."""
    for action, object_id in account.store.due():
        subject = account.store.find(object_id)
        if subject is None:
            continue
        match action:
            case "charge_settle":
                _settle(account, subject)
            case "charge_dispute":
                open_dispute(account, subject)
            case "refund_pending":
                settle_refund(account, subject, failed=False)
            case "refund_fail":
                settle_refund(account, subject, failed=True)


def advance(account: Account, seconds: float) -> None:
    """Move the clock and let everything happen that was due on the way."""
    account.store.advance(seconds)
    run_due(account)
    renew_due(account)


def _settle(account: Account, charge: Json) -> None:
    method = account.store.get("payment_method", charge["payment_method"])
    intent = account.store.get("payment_intent", charge["payment_intent"])
    invoice = account.store.get("invoice", intent["_invoice"])
    if method["_fails"]:
        fail_debit(account, intent, method, charge)
        account.emit("invoice.payment_failed", invoice)
        return
    succeed(account, intent, charge)
    mark_paid(account, invoice)
    if method["_disputed"]:
        account.store.schedule(DISPUTE_SECONDS - method["_settles_after"], "charge_dispute", charge["id"])
