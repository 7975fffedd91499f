"""The customer on the hosted invoice page: authenticates, pays with another card, or gives up."""

from local.sandboxes.http import Json
from local.sandboxes.stripe.account import Account
from local.sandboxes.stripe.collection import collect, method_for
from local.sandboxes.stripe.customers import attach
from local.sandboxes.stripe.errors import StripeApiError, invalid
from local.sandboxes.stripe.payments import fail_authentication, intent_of

_OUTCOMES = ("pay", "fail")
_FRESH_CARD = "pm_card_visa"


def visit(account: Account, invoice: Json, outcome: str, payment_method: str | None = None) -> None:
    """Let the customer act on an open invoice.

    `pay` passes 3DS with the invoice's card; a card that is just declined is replaced by one that works, as
    a customer would. `payment_method`, an attached method or a test id, is tried instead as it is. `fail`
    fails 3DS.
    Raises StripeApiError: 400 when the invoice is not open or a payment is in process, 402 for a refusal.
    """
    if outcome not in _OUTCOMES:
        raise ValueError('outcome is "pay" or "fail"')
    if invoice["status"] != "open":
        raise invalid(f"The invoice cannot be paid: it is {invoice['status']}.")
    intent = intent_of(account, invoice)
    if intent is None or intent["status"] == "processing":
        raise invalid("The invoice has a payment in process.")
    method = _method(account, invoice, payment_method)
    if outcome == "fail":
        fail_authentication(account, intent, method)
        account.emit("invoice.payment_failed", invoice)
        return
    collect(account, invoice, method, off_session=False, authenticated=True)


def _method(account: Account, invoice: Json, given: str | None) -> Json:
    customer = account.store.get("customer", invoice["customer"])
    if given is not None:
        known = account.store.find(given)
        return known if known is not None else attach(account, given, customer)
    try:
        method = method_for(account, invoice, None)
    except StripeApiError:
        return attach(account, _FRESH_CARD, customer)
    if method["_declined"] and method["_authentication"] == "never":
        return attach(account, _FRESH_CARD, customer)
    return method
