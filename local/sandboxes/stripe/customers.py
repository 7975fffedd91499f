"""Customers, their payment methods and their credit balance."""

from collections.abc import Mapping

from local.sandboxes.http import Json
from local.sandboxes.stripe.account import Account
from local.sandboxes.stripe.cards import CARDS, card_method
from local.sandboxes.stripe.errors import card_declined, invalid, missing
from local.sandboxes.stripe.objects import blank, merge_metadata, new_id, random_text
from local.sandboxes.stripe.sepa import IBANS, sepa_method

_PLAIN_FIELDS = (
    "email",
    "name",
    "phone",
    "description",
    "address",
    "shipping",
    "preferred_locales",
    "tax_exempt",
)


def create_customer(account: Account, params: Json, _path: Mapping[str, str]) -> Json:
    """POST /v1/customers."""
    customer = {
        **blank("Customer"),
        "id": new_id("cus"),
        "object": "customer",
        "balance": 0,
        "created": account.store.now(),
        "delinquent": False,
        "invoice_prefix": random_text(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    }
    account.store.add(customer)
    if "payment_method" in params:
        attach(account, params["payment_method"], customer)
    _apply(account, customer, params)
    if params.get("balance"):
        add_balance(account, customer, params["balance"], "usd", "initial")
    account.emit("customer.created", customer)
    return customer


def get_customer(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """GET /v1/customers/{id}; a deleted customer is still found, as a stub."""
    customer = account.store.get("customer", path["id"])
    return _stub(customer) if customer.get("deleted") else customer


def update_customer(account: Account, params: Json, path: Mapping[str, str]) -> Json:
    """POST /v1/customers/{id}."""
    customer = account.store.get("customer", path["id"])
    if customer.get("deleted"):
        raise missing("customer", path["id"])
    _apply(account, customer, params)
    if "balance" in params:
        difference = params["balance"] - customer["balance"]
        add_balance(account, customer, difference, customer["currency"] or "usd", "adjustment")
    account.emit("customer.updated", customer)
    return customer


def delete_customer(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """DELETE /v1/customers/{id}: the object stays as a stub, its methods are detached."""
    customer = account.store.get("customer", path["id"])
    customer["deleted"] = True
    for method in account.store.all("payment_method", customer=customer["id"]):
        method["customer"] = None
    account.emit("customer.deleted", customer)
    return _stub(customer)


def list_customers(account: Account, params: Json, _path: Mapping[str, str]) -> list[Json]:
    """GET /v1/customers."""
    customers = account.store.newest_first("customer", email=params.get("email"))
    return [customer for customer in customers if not customer.get("deleted")]


def _stub(customer: Json) -> Json:
    return {"id": customer["id"], "object": "customer", "deleted": True}


def _apply(account: Account, customer: Json, params: Json) -> None:
    for name in _PLAIN_FIELDS:
        if name in params:
            customer[name] = params[name] or None
    customer["metadata"] = merge_metadata(customer["metadata"], params.get("metadata"))
    settings = params.get("invoice_settings", {})
    if "default_payment_method" in settings:
        method_id = settings["default_payment_method"] or None
        if method_id is not None:
            own_method(account, method_id, customer["id"], param="invoice_settings[default_payment_method]")
        customer["invoice_settings"]["default_payment_method"] = method_id


def own_method(account: Account, method_id: str, customer_id: str, *, param: str) -> Json:
    """The payment method, which must be attached to this customer."""
    method = account.store.get("payment_method", method_id, param=param)
    if method["customer"] != customer_id:
        message = (
            f"The customer does not have a payment method with the ID {method_id}. "
            "The payment method must be attached to the customer."
        )
        raise invalid(message, param=param, code="resource_missing")
    return method


def get_method(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """GET /v1/payment_methods/{id}."""
    return account.store.get("payment_method", path["id"])


def get_customer_method(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """GET /v1/customers/{id}/payment_methods/{method}."""
    method = account.store.get("payment_method", path["method"])
    if method["customer"] != path["id"]:
        raise missing("payment_method", path["method"])
    return method


def list_customer_methods(account: Account, params: Json, path: Mapping[str, str]) -> list[Json]:
    """GET /v1/customers/{id}/payment_methods."""
    account.store.get("customer", path["id"])
    return account.store.newest_first("payment_method", customer=path["id"], type=params.get("type"))


def list_methods(account: Account, params: Json, _path: Mapping[str, str]) -> list[Json]:
    """GET /v1/payment_methods."""
    return account.store.newest_first("payment_method", customer=params["customer"], type=params.get("type"))


def attach_method(account: Account, params: Json, path: Mapping[str, str]) -> Json:
    """POST /v1/payment_methods/{id}/attach; a test id becomes a real method."""
    return attach(account, path["id"], account.live_customer(params["customer"]))


def attach(account: Account, method_id: str, customer: Json) -> Json:
    """Attach a method, or a copy of a test method; the refused ones raise the 402."""
    if method_id in CARDS:
        method = card_method(CARDS[method_id], account.store.now())
    elif method_id in IBANS:
        method = sepa_method(IBANS[method_id], account.store.now())
    else:
        method = account.store.get("payment_method", method_id)
    if method["_refused"]:
        raise card_declined(method["_refused"])
    if method["customer"] not in (None, customer["id"]):
        raise invalid("The payment method you provided has already been attached to a customer.")
    method["customer"] = customer["id"]
    account.store.add(method)
    account.emit("payment_method.attached", method)
    return method


def detach_method(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """POST /v1/payment_methods/{id}/detach; the customer's default goes with it."""
    method = account.store.get("payment_method", path["id"])
    if method["customer"] is None:
        raise invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible."
        )
    settings = account.store.get("customer", method["customer"])["invoice_settings"]
    if settings["default_payment_method"] == method["id"]:
        settings["default_payment_method"] = None
    method["customer"] = None
    account.emit("payment_method.detached", method)
    return method


def create_balance_transaction(account: Account, params: Json, path: Mapping[str, str]) -> Json:
    """POST /v1/customers/{id}/balance_transactions; a negative amount is a credit."""
    customer = account.live_customer(path["id"], param="id")
    currency = params["currency"].lower()
    if customer["currency"] not in (None, currency):
        raise invalid(f"The customer's balance is kept in {customer['currency']}.", param="currency")
    transaction = add_balance(account, customer, params["amount"], currency, "adjustment")
    transaction["description"] = params.get("description") or None
    transaction["metadata"] = merge_metadata({}, params.get("metadata"))
    return transaction


def list_balance_transactions(account: Account, _params: Json, path: Mapping[str, str]) -> list[Json]:
    """GET /v1/customers/{id}/balance_transactions."""
    account.store.get("customer", path["id"])
    return account.store.newest_first("customer_balance_transaction", customer=path["id"])


def add_balance(
    account: Account, customer: Json, amount: int, currency: str, kind: str, *, invoice: str | None = None
) -> Json:
    """Change the balance (negative = credit for the customer) and keep the transaction."""
    customer["balance"] += amount
    customer["currency"] = currency
    transaction = {
        **blank("CustomerBalanceTransaction"),
        "id": new_id("cbtxn"),
        "object": "customer_balance_transaction",
        "amount": amount,
        "created": account.store.now(),
        "currency": currency,
        "customer": customer["id"],
        "ending_balance": customer["balance"],
        "invoice": invoice,
        "livemode": False,
        "metadata": {},
        "type": kind,
    }
    return account.store.add(transaction)
