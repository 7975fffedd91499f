"""Credit notes: what an invoice gives back, as refund, as credit on the balance, or off an open amount."""

from collections.abc import Mapping

from local.sandboxes.http import Json
from local.sandboxes.stripe.account import Account
from local.sandboxes.stripe.collection import mark_paid
from local.sandboxes.stripe.customers import add_balance
from local.sandboxes.stripe.errors import invalid
from local.sandboxes.stripe.objects import blank, list_object, merge_metadata, new_id
from local.sandboxes.stripe.payments import intent_of
from local.sandboxes.stripe.refunds import check_refundable, refund_charge

_UNSUPPORTED = ("refunds", "shipping_cost", "effective_at", "email_type")


def create_credit_note(account: Account, params: Json, _path: Mapping[str, str]) -> Json:
    """POST /v1/credit_notes: amount or lines; of a paid invoice also where the amount goes to."""
    unsupported = [name for name in _UNSUPPORTED if name in params]
    if unsupported:
        raise invalid(f"The sandbox makes no credit notes with {', '.join(unsupported)}.")
    invoice = account.store.get("invoice", params["invoice"], param="invoice")
    if invoice["status"] not in ("open", "paid"):
        raise invalid(
            f"Credit notes are for open or paid invoices. This one is {invoice['status']}.", param="invoice"
        )
    lines = [_line(invoice, index, data) for index, data in enumerate(params.get("lines", []))]
    amount = _amount(params, lines)
    note = _shell(account, invoice, params, amount, lines)
    if invoice["status"] == "open":
        _credit_open(account, invoice, note)
    else:
        _credit_paid(account, invoice, note, params)
    account.store.add(note)
    account.emit("credit_note.created", note)
    return note


def _amount(params: Json, lines: list[Json]) -> int:
    if lines and "amount" in params:
        raise invalid(
            "You may only specify one of these parameters: amount, lines.", code="parameters_exclusive"
        )
    parts = [params.get(name, 0) for name in ("refund_amount", "credit_amount", "out_of_band_amount")]
    amount: int = sum(line["amount"] for line in lines) if lines else params.get("amount", sum(parts))
    if amount <= 0:
        raise invalid("The credit note's amount must be greater than 0.", param="amount")
    return amount


def _credit_paid(account: Account, invoice: Json, note: Json, params: Json) -> None:
    left = (
        invoice["total"]
        - invoice["pre_payment_credit_notes_amount"]
        - invoice["post_payment_credit_notes_amount"]
    )
    amount = note["amount"]
    if amount > left:
        message = f"The credit note's amount ({amount}) is greater than what is left of the invoice ({left})."
        raise invalid(message, param="amount")
    refund_amount, credit_amount = params.get("refund_amount", 0), params.get("credit_amount", 0)
    out_of_band = params.get("out_of_band_amount", 0)
    if refund_amount + credit_amount + out_of_band != amount:
        raise invalid(
            f"The sum of credit amount, refund amount and out of band amount "
            f"({refund_amount + credit_amount + out_of_band}) must equal the credit note amount ({amount})."
        )
    if refund_amount:
        note["refunds"] = [_refund(account, invoice, refund_amount, params)]
    if credit_amount:
        customer = account.store.get("customer", invoice["customer"])
        transaction = add_balance(
            account, customer, -credit_amount, invoice["currency"], "credit_note", invoice=invoice["id"]
        )
        transaction["credit_note"] = note["id"]
        note["customer_balance_transaction"] = transaction["id"]
    invoice["post_payment_credit_notes_amount"] += amount
    note |= {"type": "post_payment", "post_payment_amount": amount, "out_of_band_amount": out_of_band or None}
    account.emit("invoice.updated", invoice)


def _refund(account: Account, invoice: Json, amount: int, params: Json) -> Json:
    intent = intent_of(account, invoice)
    if intent is None or intent["latest_charge"] is None:
        raise invalid("The invoice has no payment that could be refunded.", param="refund_amount")
    charge = account.store.get("charge", intent["latest_charge"])
    check_refundable(account, charge, amount)
    metadata = merge_metadata({}, params.get("metadata"))
    refund = refund_charge(account, charge, amount, reason="requested_by_customer", metadata=metadata)
    return {
        "amount_refunded": amount,
        "payment_record_refund": None,
        "refund": refund["id"],
        "type": "refund",
    }


def _credit_open(account: Account, invoice: Json, note: Json) -> None:
    amount = note["amount"]
    if amount > invoice["amount_remaining"]:
        message = (
            f"The credit note's amount ({amount}) is greater than the open ({invoice['amount_remaining']})."
        )
        raise invalid(message, param="amount")
    invoice["pre_payment_credit_notes_amount"] += amount
    invoice["amount_due"] -= amount
    invoice["amount_remaining"] -= amount
    note |= {"type": "pre_payment", "pre_payment_amount": amount}
    intent = intent_of(account, invoice)
    if intent is not None:
        intent["amount"] = invoice["amount_due"]
    if invoice["amount_due"] == 0:
        mark_paid(account, invoice)


def _shell(account: Account, invoice: Json, params: Json, amount: int, lines: list[Json]) -> Json:
    note_id = new_id("cn")
    count = sum(1 for _ in account.store.all("credit_note", invoice=invoice["id"]))
    return {
        **blank("CreditNote"),
        "id": note_id,
        "object": "credit_note",
        "amount": amount,
        "amount_shipping": 0,
        "created": account.store.now(),
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": account.store.now(),
        "invoice": invoice["id"],
        "lines": list_object(f"/v1/credit_notes/{note_id}/lines", lines),
        "livemode": False,
        "memo": params.get("memo"),
        "metadata": merge_metadata({}, params.get("metadata")),
        "number": f"{invoice['number']}-CN-{count + 1:02}",
        "pdf": f"{invoice['invoice_pdf']}/{note_id}",
        "post_payment_amount": 0,
        "pre_payment_amount": 0,
        "pretax_credit_amounts": [],
        "reason": params.get("reason"),
        "refunds": [],
        "status": "issued",
        "subtotal": amount,
        "subtotal_excluding_tax": amount,
        "total": amount,
        "total_excluding_tax": amount,
        "total_taxes": [],
    }


def _line(invoice: Json, index: int, data: Json) -> Json:
    quantity = data.get("quantity", 1)
    source, amount = None, data.get("amount")
    if data["type"] == "invoice_line_item":
        source = next(
            (line for line in invoice["lines"]["data"] if line["id"] == data.get("invoice_line_item")), None
        )
        if source is None:
            param = f"lines[{index}][invoice_line_item]"
            raise invalid("No such invoice line item on this invoice.", param=param, code="resource_missing")
        amount = source["amount"] if amount is None else amount
        if amount > source["amount"]:
            raise invalid("More is credited than the line's amount.", param=f"lines[{index}][amount]")
    elif amount is None:
        amount = data.get("unit_amount", 0) * quantity
    return {
        **blank("CreditNoteLineItem"),
        "id": new_id("cnli"),
        "object": "credit_note_line_item",
        "amount": amount,
        "description": data.get("description") or (source["description"] if source else None),
        "discount_amount": 0,
        "discount_amounts": [],
        "invoice_line_item": source["id"] if source else None,
        "livemode": False,
        "metadata": merge_metadata({}, data.get("metadata")),
        "pretax_credit_amounts": [],
        "quantity": quantity,
        "tax_rates": [],
        "taxes": [],
        "type": data["type"],
        "unit_amount": data.get("unit_amount"),
    }


def get_credit_note(account: Account, _params: Json, path: Mapping[str, str]) -> Json:
    """GET /v1/credit_notes/{id}."""
    return account.store.get("credit_note", path["id"])


def list_credit_notes(account: Account, params: Json, _path: Mapping[str, str]) -> list[Json]:
    """GET /v1/credit_notes, by invoice or customer."""
    wanted = {name: params.get(name) for name in ("invoice", "customer")}
    return account.store.newest_first("credit_note", **wanted)


def list_credit_note_lines(account: Account, _params: Json, path: Mapping[str, str]) -> list[Json]:
    """GET /v1/credit_notes/{id}/lines."""
    lines: list[Json] = account.store.get("credit_note", path["id"])["lines"]["data"]
    return lines
