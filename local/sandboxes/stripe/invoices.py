"""Invoices as documents: create, read, add lines, update, delete."""

from collections.abc import Mapping

from local.sandboxes.http import Json
from local.sandboxes.stripe.account import DEFAULT_CURRENCY, Account
from local.sandboxes.stripe.catalogue import new_price
from local.sandboxes.stripe.customers import own_method
from local.sandboxes.stripe.errors import invalid
from local.sandboxes.stripe.objects import blank, created_bounds, list_object, merge_metadata, new_id, within

_PLAIN_FIELDS = ("description", "footer", "statement_descriptor", "auto_advance", "due_date")


def create_invoice(account: Account, params: Json, _path: Mapping[str, str]) -> Json:
    """POST /v1/invoices: a draft without lines."""
    if "customer" not in params:
        raise invalid("Missing required param: customer.", param="customer", code="parameter_missing")
    customer = account.live_customer(params["customer"])
    if params.get("subscription"):
        raise invalid("The sandbox makes no invoices for subscriptions by hand.", param="subscription")
    currency = (params.get("currency") or customer["currency"] or DEFAULT_CURRENCY).lower()
    invoice = new_draft(account, customer, currency, billing_reason="manual")
    _apply(account, invoice, params)
    account.emit("invoice.created", invoice)
    return invoice


def new_draft(account: Account, customer: Json, currency: str, *, billing_reason: str) -> Json:
    """A draft of no lines, kept in the store."""
    now = account.store.now()
    invoice_id = new_id("in")
    invoice = {
        **blank("Invoice"),
        "id": invoice_id,
        "object": "invoice",
        "account_country": "US",
        "account_name": "hostcart local",
        "amount_due": 0,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_paid_off_stripe": 0,
        "amount_remaining": 0,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": False,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "billing_reason": billing_reason,
        "collection_method": "charge_automatically",
        "created": now,
        "currency": currency,
        "customer": customer["id"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_address": customer["address"],
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "discounts": [],
        "issuer": {"type": "self"},
        "lines": list_object(f"/v1/invoices/{invoice_id}/lines", []),
        "livemode": False,
        "metadata": {},
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": now,
        "period_start": now,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": customer["balance"],
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": 0,
        "subtotal_excluding_tax": 0,
        "total": 0,
        "total_discount_amounts": [],
        "total_excluding_tax": 0,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "_attempts": 0,
        "_payment": None,
    }
    return account.store.add(invoice)


def get_invoice(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """GET /v1/invoices/{id}."""
    return account.store.get("invoice", path["id"])


def list_invoices(account: Account, params: Json, _path: Mapping[str, str]) -> list[Json]:
    """GET /v1/invoices, by customer, status, collection_method, created."""
    wanted = {name: params.get(name) for name in ("customer", "status", "collection_method")}
    bounds = created_bounds(params)
    return [
        invoice
        for invoice in account.store.newest_first("invoice", **wanted)
        if within(invoice["created"], bounds)
    ]


def update_invoice(account: Account, params: Json, path: Mapping[str, str]) -> Json:
    """POST /v1/invoices/{id}: everything of a draft, only metadata and auto_advance later."""
    invoice = account.store.get("invoice", path["id"])
    if invoice["status"] != "draft" and set(params) - {"metadata", "auto_advance"}:
        raise invalid("Finalized invoices can't be updated in this way", code="invoice_not_editable")
    _apply(account, invoice, params)
    account.emit("invoice.updated", invoice)
    return invoice


def delete_invoice(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """DELETE /v1/invoices/{id}: drafts only."""
    invoice = account.store.get("invoice", path["id"])
    if invoice["status"] != "draft":
        raise invalid("You can only delete draft invoices.", code="invoice_not_editable")
    account.store.remove(invoice)
    account.emit("invoice.deleted", invoice)
    return {"id": invoice["id"], "object": "invoice", "deleted": True}


def _apply(account: Account, invoice: Json, params: Json) -> None:
    for name in _PLAIN_FIELDS:
        if name in params:
            invoice[name] = params[name]
    if "collection_method" in params:
        invoice["collection_method"] = params["collection_method"]
    invoice["metadata"] = merge_metadata(invoice["metadata"], params.get("metadata"))
    if "default_payment_method" in params:
        method_id = params["default_payment_method"] or None
        if method_id is not None:
            own_method(account, method_id, invoice["customer"], param="default_payment_method")
        invoice["default_payment_method"] = method_id


def list_lines(account: Account, _params: Json, path: Mapping[str, str]) -> list[Json]:
    """GET /v1/invoices/{id}/lines."""
    lines: list[Json] = account.store.get("invoice", path["id"])["lines"]["data"]
    return lines


def add_lines(account: Account, params: Json, path: Mapping[str, str]) -> Json:
    """POST /v1/invoices/{id}/add_lines: drafts only."""
    invoice = account.store.get("invoice", path["id"])
    if invoice["status"] != "draft":
        raise invalid(
            "The invoice is not editable: lines can be added to drafts only.", code="invoice_not_editable"
        )
    added = [_line(account, invoice, data) for data in params["lines"]]
    for line in added:
        append_line(invoice, line)
    invoice["metadata"] = merge_metadata(invoice["metadata"], params.get("invoice_metadata"))
    account.emit("invoice.updated", invoice)
    return invoice


def _line(account: Account, invoice: Json, data: Json) -> Json:
    if "invoice_item" in data:
        raise invalid("The sandbox keeps no pending invoice items.", param="lines")
    quantity = data.get("quantity", 1)
    amount, pricing = data.get("amount"), None
    if amount is None:
        price = _price(account, invoice, data)
        amount, pricing = price["unit_amount"] * quantity, pricing_of(price)
    return new_line(
        account,
        invoice,
        amount=amount,
        quantity=quantity,
        description=data.get("description"),
        metadata=merge_metadata({}, data.get("metadata")),
        period=data.get("period"),
        pricing=pricing,
    )


def _price(account: Account, invoice: Json, data: Json) -> Json:
    if "price_data" in data:
        product = data["price_data"].get("product")
        if product is None:
            raise invalid("The sandbox needs price_data[product].", param="lines[0][price_data][product]")
        price = new_price(account, {"currency": invoice["currency"], **data["price_data"]})
    elif "price" in data.get("pricing", {}):
        price = account.store.get("price", data["pricing"]["price"], param="lines[0][pricing][price]")
    else:
        raise invalid("A line needs amount, price_data or pricing.", param="lines", code="parameter_missing")
    if price["currency"] != invoice["currency"]:
        raise invalid(f"The price's currency is not the invoice's: {invoice['currency']}.", param="lines")
    return price


def pricing_of(price: Json) -> Json:
    """The `pricing` of a line with this price."""
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }


def new_line(
    account: Account,
    invoice: Json,
    *,
    amount: int,
    quantity: int,
    description: str | None,
    metadata: dict[str, str],
    period: Json | None,
    pricing: Json | None,
) -> Json:
    """A line item, not yet on the invoice."""
    now = account.store.now()
    return {
        **blank("InvoiceLineItem"),
        "id": new_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": invoice["currency"],
        "description": description,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": invoice["id"],
        "livemode": False,
        "metadata": metadata,
        "period": period or {"start": now, "end": now},
        "pretax_credit_amounts": [],
        "pricing": pricing,
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subtotal": amount,
        "taxes": [],
    }


def append_line(invoice: Json, line: Json) -> None:
    """Put a line on a draft and add it up."""
    invoice["lines"]["data"].append(line)
    total = invoice["total"] + line["amount"]
    for name in ("subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax"):
        invoice[name] = total
    invoice["amount_due"] = invoice["amount_remaining"] = max(total, 0)
