"""The payment processor: invoices, credit, charges, debits on the clock, refunds, subscriptions, events.

All of it is plain JSON in `state`, so that a world can be put aside and taken up again. What is refused
raises the SDK's own exceptions.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import stripe

type Json = dict[str, Any]

DAY: Final = 86_400
KEY_SECONDS: Final = DAY
MINIMUM: Final = 50
# How a saved method behaves; what follows the colon is the code of its refusal.
CARD, SEPA, SEPA_FAILS, SLOW_REFUND = "card", "sepa", "sepa_fails", "slow_refund"
REFUND_RETURNS: Final = "refund_returns"
AUTHENTICATION, DECLINED, STOLEN = (
    "refused:authentication_required",
    "refused:generic_decline",
    "refused:stolen_card",
)
OTHER: Final = "pm_other"
_ACTIONS: Final = frozenset({"authentication_required"})
_ENDED: Final = frozenset({"canceled", "incomplete_expired"})


def new_state() -> Json:
    """An account of no customers."""
    return {
        "made": 0,
        "balances": {},
        "methods": {},
        "invoices": {},
        "charges": {},
        "notes": {},
        "entries": [],
        "subscriptions": {},
        "keys": {},
        "events": {},
        "refusals": {},
        "disputes": {},
    }


class Processor:
    """The rules. `schedule(seconds, kind, id)` asks for a call of `timer` later."""

    def __init__(
        self,
        now: Callable[[], float],
        schedule: Callable[[float, str, str], None],
        emit: Callable[[Json], None],
    ) -> None:
        self._now = now
        self._schedule = schedule
        self._tell = emit
        self.state: Json = new_state()

    @property
    def now(self) -> int:
        return int(self._now())

    # --- what a scenario arranges, and what happens outside -----------------------------------------

    def add_customer(self, customer: str, *, method: str, balance: int = 0) -> None:
        """`balance` as Stripe counts it: credit is negative."""
        self.state["balances"][customer] = balance
        self.state["methods"][f"pm_{customer}"] = method

    def visit(self, invoice_id: str, action: str) -> bool:
        """The customer on the hosted page: `pays`, `pays_otherwise`, `fails`. False when it was not open."""
        invoice = self.state["invoices"].get(invoice_id)
        if invoice is None or invoice["status"] != "open" or _processing(invoice):
            return False
        if action == "fails":
            invoice["intent"] = self._intent(invoice, "requires_payment_method", "authentication_failure")
            self._emit("invoice.payment_failed", invoice)
            return True
        if action == "pays_otherwise":
            invoice["paid_with"] = OTHER
            self.state["methods"][OTHER] = CARD  # the page saves it
        self._succeed(invoice)
        return True

    def return_refund(self, note_id: str) -> bool:
        """The customer's bank sends a refund back, once; whether it did."""
        note = self.state["notes"][note_id]
        if note["refund"] not in {"pending", "succeeded"}:
            return False
        note["refund"] = "failed"
        for kind in ("charge.refund.updated", "refund.updated", "refund.failed"):
            self._emit_about(kind, note["invoice"], {"id": f"re_{note_id}", "object": "refund"})
        return True

    def pay_by_another_way(self) -> None:
        """The operator pays what came back, and says so."""
        for note in self.state["notes"].values():
            note["by_hand"] = note["by_hand"] or note["refund"] == "failed"

    def dispute(self, invoice_id: str, outcome: str) -> bool:
        """The customer's bank takes what was paid back, once, and decides a week later; whether it did."""
        invoice = self.state["invoices"].get(invoice_id)
        known = any(entry["invoice"] == invoice_id for entry in self.state["disputes"].values())
        if invoice is None or invoice["status"] != "paid" or not invoice["paid"] or known:
            return False
        dispute_id = self._id("dp")
        self.state["disputes"][dispute_id] = {
            "id": dispute_id,
            "invoice": invoice_id,
            "payment_intent": f"pi_{invoice_id}",
            "amount": invoice["paid"],
            "status": "needs_response",
            "created": self.now,
        }
        self._emit_about("charge.dispute.created", invoice_id, {"id": dispute_id, "object": "dispute"})
        self._schedule(7 * DAY, outcome, dispute_id)
        return True

    def timer(self, kind: str, object_id: str) -> None:
        """What was scheduled comes due; a second time it finds nothing to do."""
        if kind in {"won", "lost"}:
            dispute = self.state["disputes"][object_id]
            if dispute["status"] == "needs_response":
                dispute["status"] = kind
                about = {"id": object_id, "object": "dispute"}
                self._emit_about("charge.dispute.closed", dispute["invoice"], about)
            return
        if kind == "returns":
            self.return_refund(object_id)
            return
        if kind == "debit":
            invoice = self.state["invoices"].get(object_id)
            if invoice is None or not _processing(invoice):
                return
            if self.state["methods"][invoice["method"]] == SEPA_FAILS:
                invoice["intent"] = self._intent(invoice, "requires_payment_method", "insufficient_funds")
                self._emit("invoice.payment_failed", invoice)
                return
            self._succeed(invoice)
        elif self.state["notes"][object_id]["refund"] == "pending":
            self.state["notes"][object_id]["refund"] = "succeeded"

    def expire_keys(self) -> None:
        """A day has passed for the keys, save those whose request is still under way."""
        kept = self.state["keys"]
        self.state["keys"] = {key: entry for key, entry in kept.items() if entry["answer"] is None}

    # --- requests ---------------------------------------------------------------------------------

    def perform(self, operation: str, ids: tuple[str, ...], params: Json) -> Json:
        """The answer's JSON; raises stripe.StripeError."""
        handler: Any = getattr(self, "_" + operation.replace(".", "_"))
        answer: Json = handler(*ids, params)
        if answer.get("object") == "invoice":
            return _expanded(answer, params.get("expand", ()))
        return answer

    def _invoices_create(self, params: Json) -> Json:
        method = params["default_payment_method"]
        if method not in self.state["methods"]:
            raise missing(method)
        invoice_id = self._id("in")
        self.state["invoices"][invoice_id] = {
            "id": invoice_id,
            "customer": params["customer"],
            "currency": params["currency"],
            "status": "draft",
            "total": 0,
            "due": 0,
            "paid": 0,
            "start": self.state["balances"][params["customer"]],
            "end": None,
            "url": None,
            "paid_at": None,
            "created": self.now,
            "method": method,
            "paid_with": method,
            "metadata": dict(params["metadata"]),
            "intent": None,
        }
        return self._answer(self.state["invoices"][invoice_id])

    def _invoices_retrieve(self, invoice_id: str, _params: Json) -> Json:
        return self._answer(self._invoice(invoice_id))

    def _invoices_list(self, params: Json) -> Json:
        found = [
            self._answer(invoice)
            for invoice in reversed(self.state["invoices"].values())
            if params.get("customer") in {None, invoice["customer"]}
            and params.get("status") in {None, invoice["status"]}
            and _within(invoice["created"], params.get("created"))
        ]
        return {"data": found, "has_more": False}

    def _invoices_delete(self, invoice_id: str, _params: Json) -> Json:
        if self._invoice(invoice_id)["status"] != "draft":
            raise invalid("You can only delete draft invoices.", code="invoice_not_editable")
        del self.state["invoices"][invoice_id]
        return {"id": invoice_id, "deleted": True}

    def _invoices_add_lines(self, invoice_id: str, params: Json) -> Json:
        invoice = self._invoice(invoice_id)
        if invoice["status"] != "draft":
            raise invalid("Lines can be added to drafts only.", code="invoice_not_editable")
        invoice["total"] += sum(line["amount"] for line in params["lines"])
        invoice["due"] = invoice["total"]
        return self._answer(invoice)

    def _invoices_finalize_invoice(self, invoice_id: str, _params: Json) -> Json:
        invoice = self._invoice(invoice_id)
        if invoice["status"] != "draft":
            raise invalid("This invoice is already finalized.", code="invoice_not_editable")
        balance = self.state["balances"][invoice["customer"]]
        owed = invoice["total"] + balance
        due = max(owed, 0) if not 0 < owed < MINIMUM else 0
        self.state["balances"][invoice["customer"]] = owed - due
        invoice |= {
            "status": "open",
            "start": balance,
            "end": owed - due,
            "due": due,
            "url": f"https://invoice.example/{invoice_id}",
        }
        self._emit("invoice.finalized", invoice)
        if due:
            invoice["intent"] = self._intent(invoice, "requires_payment_method", None)
        else:
            self._mark_paid(invoice)
        return self._answer(invoice)

    def _invoices_pay(self, invoice_id: str, params: Json) -> Json:
        invoice = self._invoice(invoice_id)
        if invoice["status"] == "paid":
            raise invalid("Invoice is already paid")
        if invoice["status"] != "open":
            raise invalid("This invoice can no longer be paid.")
        if _processing(invoice):
            raise invalid("A payment is in process.", code="payment_intent_unexpected_state")
        behaviour = self.state["refusals"].pop(invoice_id, self.state["methods"][params["payment_method"]])
        if behaviour.startswith("refused:"):
            raise self._refused(invoice, behaviour.partition(":")[2])
        if behaviour in {SEPA, SEPA_FAILS}:
            invoice["intent"] = self._intent(invoice, "processing", None)
            self._schedule(DAY, "debit", invoice_id)
            self._emit("payment_intent.processing", invoice)
        else:
            self._succeed(invoice)
        return self._answer(invoice)

    def _refused(self, invoice: Json, code: str) -> stripe.CardError:
        invoice["intent"] = self._intent(invoice, "requires_payment_method", code)
        if code in _ACTIONS:
            self._emit("invoice.payment_action_required", invoice)
        self._emit("invoice.payment_failed", invoice)
        return declined(code)

    def _invoices_void_invoice(self, invoice_id: str, _params: Json) -> Json:
        invoice = self._invoice(invoice_id)
        if invoice["status"] not in {"open", "uncollectible"}:
            raise invalid(f"You can only void open invoices. This one is {invoice['status']}.")
        if _processing(invoice):
            raise invalid("You cannot void an invoice whose payment is in process.")
        self.state["balances"][invoice["customer"]] -= invoice["end"] - invoice["start"]
        invoice |= {"status": "void", "intent": None}
        self._emit("invoice.voided", invoice)
        return self._answer(invoice)

    def _credit_notes_list(self, params: Json) -> Json:
        notes = [note for note in self.state["notes"].values() if note["invoice"] == params["invoice"]]
        return {"data": [_note_answer(note) for note in notes], "has_more": False}

    def _credit_notes_create(self, params: Json) -> Json:
        invoice = self._invoice(params["invoice"])
        left = invoice["paid"] - sum(
            note["amount"] for note in self.state["notes"].values() if note["invoice"] == invoice["id"]
        )
        if invoice["status"] != "paid" or params["amount"] > left:
            raise invalid("The credit note's amount is greater than what is left of the invoice.")
        if any(
            entry["invoice"] == invoice["id"] and entry["status"] != "won"
            for entry in self.state["disputes"].values()
        ):
            raise invalid("The charge has been charged back.", code="charge_disputed")
        note_id = self._id("cn")
        behaviour = self.state["methods"].get(invoice["paid_with"])
        slow = behaviour == SLOW_REFUND
        self.state["notes"][note_id] = {
            "id": note_id,
            "invoice": invoice["id"],
            "amount": params["refund_amount"],
            "refund": "pending" if slow else "succeeded",
            "metadata": dict(params["metadata"]),
            "by_hand": False,
        }
        if slow:
            self._schedule(DAY, "refund", note_id)
        if behaviour == REFUND_RETURNS:
            self._schedule(DAY, "returns", note_id)
        return _note_answer(self.state["notes"][note_id])

    def _customers_balance_transactions_list(self, customer: str, _params: Json) -> Json:
        entries = [entry for entry in self.state["entries"] if entry["customer"] == customer]
        return {"data": list(reversed(entries)), "has_more": False}

    def _customers_balance_transactions_create(self, customer: str, params: Json) -> Json:
        self.state["balances"][customer] += params["amount"]
        entry = {
            "id": self._id("cbtxn"),
            "customer": customer,
            "amount": params["amount"],
            "metadata": dict(params["metadata"]),
        }
        self.state["entries"].append(entry)
        return entry

    def _subscriptions_list(self, params: Json) -> Json:
        found = [
            subscription
            for subscription in reversed(self.state["subscriptions"].values())
            if params.get("customer") in {None, subscription["customer"]}
            and _within(subscription["created"], params.get("created"))
        ]
        return {"data": found, "has_more": False}

    def _subscriptions_create(self, params: Json) -> Json:
        interval = params["items"][0]["price_data"]["recurring"]["interval"]
        longest = (31 if interval == "month" else 366) * DAY
        anchor, trial = params.get("billing_cycle_anchor"), params.get("trial_end")
        first = anchor if anchor is not None else trial
        if first is None or first <= self.now:
            raise invalid("Timestamp must be in the future.", param="billing_cycle_anchor")
        if anchor is not None and anchor > self.now + longest:
            raise invalid("Later than the next natural billing date.", param="billing_cycle_anchor")
        subscription = {
            "id": self._id("sub"),
            "customer": params["customer"],
            "status": "trialing" if trial else "active",
            "created": self.now,
            "first": first,
            "amount": params["items"][0]["price_data"]["unit_amount"],
            "method": params.get("default_payment_method"),
            "metadata": dict(params["metadata"]),
        }
        self.state["subscriptions"][subscription["id"]] = subscription
        return subscription

    def _customers_payment_methods_retrieve(self, customer: str, method: str, _params: Json) -> Json:
        if method not in self.state["methods"] or customer not in self.state["balances"]:
            raise missing(method)
        return {**self._method(method), "customer": customer}

    def _subscriptions_cancel(self, subscription_id: str, _params: Json) -> Json:
        subscription = self.state["subscriptions"].get(subscription_id)
        if subscription is None or subscription["status"] in _ENDED:
            raise missing(subscription_id)
        subscription["status"] = "canceled"
        found: Json = subscription
        return found

    def _subscriptions_retrieve(self, subscription_id: str, _params: Json) -> Json:
        if subscription_id not in self.state["subscriptions"]:
            raise missing(subscription_id)
        found: Json = self.state["subscriptions"][subscription_id]
        return found

    def _events_list(self, params: Json) -> Json:
        found = [
            event
            for event in reversed(self.state["events"].values())
            if event["type"] in params.get("types", [params.get("type")])
            and _within(event["created"], params.get("created"))
        ]
        return {"data": found, "has_more": False}

    def _refunds_list(self, params: Json) -> Json:
        found = [
            {
                "id": f"re_{note['id']}",
                "amount": note["amount"],
                "payment_intent": f"pi_{note['invoice']}",
                "status": note["refund"],
            }
            for note in self.state["notes"].values()
            if params.get("payment_intent") in {None, f"pi_{note['invoice']}"}
        ]
        return {"data": found, "has_more": False}

    def _disputes_list(self, params: Json) -> Json:
        found = [
            entry
            for entry in reversed(self.state["disputes"].values())
            if params.get("payment_intent") in {None, entry["payment_intent"]}
            and _within(entry["created"], params.get("created"))
        ]
        return {"data": found, "has_more": False}

    def _invoice_payments_list(self, params: Json) -> Json:
        invoice = self.state["invoices"].get(params["payment"]["payment_intent"].removeprefix("pi_"))
        return {"data": [] if invoice is None else [{"invoice": self._answer(invoice)}], "has_more": False}

    # --- the rules --------------------------------------------------------------------------------

    def _id(self, prefix: str) -> str:
        self.state["made"] += 1
        return f"{prefix}_{self.state['made']}"

    def _invoice(self, invoice_id: str) -> Json:
        if invoice_id not in self.state["invoices"]:
            raise missing(invoice_id)
        found: Json = self.state["invoices"][invoice_id]
        return found

    def _intent(self, invoice: Json, status: str, error: str | None) -> Json:
        return {"status": status, "error": error, "method": invoice["paid_with"], "created": self.now}

    def _succeed(self, invoice: Json) -> None:
        charge_id = self._id("ch")
        self.state["charges"][charge_id] = {"invoice": invoice["id"], "amount": invoice["due"]}
        invoice["intent"] = self._intent(invoice, "succeeded", None)
        self._mark_paid(invoice)

    def _mark_paid(self, invoice: Json) -> None:
        invoice |= {"status": "paid", "paid": invoice["due"], "paid_at": self.now}
        self._emit("invoice.paid", invoice)

    def _emit(self, kind: str, invoice: Json) -> None:
        about = self._answer(invoice)
        if kind.startswith("payment_intent"):
            about = {"id": f"pi_{invoice['id']}", "object": "payment_intent", "metadata": {}}
        self._report(kind, about)

    def _emit_about(self, kind: str, invoice_id: str, about: Json) -> None:
        """About what names its payment alone."""
        self._report(kind, {**about, "payment_intent": f"pi_{invoice_id}", "metadata": {}})

    def _report(self, kind: str, about: Json) -> None:
        event = {"id": self._id("evt"), "type": kind, "created": self.now, "data": {"object": about}}
        self.state["events"][event["id"]] = event
        self._tell(event)

    def _answer(self, invoice: Json) -> Json:
        return {
            "id": invoice["id"],
            "object": "invoice",
            "status": invoice["status"],
            "currency": invoice["currency"],
            "total": invoice["total"],
            "amount_due": invoice["due"],
            "amount_paid": invoice["paid"],
            "starting_balance": invoice["start"],
            "ending_balance": invoice["end"],
            "customer": invoice["customer"],
            "created": invoice["created"],
            "metadata": invoice["metadata"],
            "hosted_invoice_url": invoice["url"],
            "post_payment_credit_notes_amount": sum(
                note["amount"] for note in self.state["notes"].values() if note["invoice"] == invoice["id"]
            ),
            "default_payment_method": self._method(invoice["method"]),
            "status_transitions": {"paid_at": invoice["paid_at"]},
            "payments": {"data": self._payments(invoice)},
        }

    def _payments(self, invoice: Json) -> list[Json]:
        intent = invoice["intent"]
        if intent is None:
            return []
        error = None if intent["error"] is None else {"code": intent["error"]}
        details = {
            "id": f"pi_{invoice['id']}",
            "status": intent["status"],
            "payment_method": self._method(intent["method"]),
            "payment_method_types": [self._type(intent["method"])],
            "last_payment_error": error,
        }
        status = "paid" if intent["status"] == "succeeded" else "open"
        return [{"status": status, "created": intent["created"], "payment": {"payment_intent": details}}]

    def _method(self, method: str) -> Json:
        return {"id": method, "type": self._type(method)}

    def _type(self, method: str) -> str:
        sepa = self.state["methods"].get(method) in {SEPA, SEPA_FAILS}
        return "sepa_debit" if sepa else "card"


def _expanded(invoice: Json, expand: Sequence[str]) -> Json:
    """What is not asked for is an id, or is not there."""
    if any(path.endswith("payment_intent") for path in expand):
        return invoice
    method = invoice["default_payment_method"]["id"]
    payments = None
    if "payments" in expand:
        payments = {"data": [_with_intents_id(payment) for payment in invoice["payments"]["data"]]}
    return {**invoice, "default_payment_method": method, "payments": payments}


def _with_intents_id(payment: Json) -> Json:
    return {**payment, "payment": {"payment_intent": payment["payment"]["payment_intent"]["id"]}}


def _processing(invoice: Json) -> bool:
    return bool(invoice["intent"] is not None and invoice["intent"]["status"] == "processing")


def _within(created: int, bounds: Json | None) -> bool:
    bounds = bounds or {}
    low, high = bounds.get("gte", created), bounds.get("lte", created)
    return bool(low <= created <= high and created < bounds.get("lt", created + 1))


def _note_answer(note: Json) -> Json:
    by_hand = {"paid_by_another_way": "true"} if note["by_hand"] else {}
    refund = {"id": f"re_{note['id']}", "status": note["refund"], "metadata": by_hand}
    return {
        "id": note["id"],
        "status": "issued",
        "invoice": note["invoice"],
        "amount": note["amount"],
        "refunds": [{"amount_refunded": note["amount"], "refund": refund}],
        "metadata": note["metadata"],
    }


# --- errors as the SDK raises them ----------------------------------------------------------------


# The SDK's exceptions carry no types.
_request_error: Final[Callable[..., stripe.InvalidRequestError]] = stripe.InvalidRequestError
_card_error: Final[Callable[..., stripe.CardError]] = stripe.CardError


def _body(kind: str, code: str | None, **more: str) -> Json:
    return {"error": {"type": kind, "message": "", **({} if code is None else {"code": code}), **more}}


def invalid(message: str, *, code: str | None = None, param: str | None = None) -> stripe.InvalidRequestError:
    """A 400 about the request."""
    return _request_error(
        message, param, code, http_status=400, json_body=_body("invalid_request_error", code), headers={}
    )


def missing(object_id: str) -> stripe.InvalidRequestError:
    """A 404."""
    body = _body("invalid_request_error", "resource_missing")
    return _request_error(
        f"No such object: {object_id}", "id", "resource_missing", http_status=404, json_body=body, headers={}
    )


def declined(code: str) -> stripe.CardError:
    """A 402."""
    own = code if code in {"authentication_required", "expired_card"} else "card_declined"
    body = _body("card_error", own, decline_code=code)
    return _card_error("Declined.", "", own, http_status=402, json_body=body, headers={})


def fingerprint(operation: str, ids: tuple[str, ...], params: Json) -> str:
    """What two requests under one key must have in common."""
    return json.dumps([operation, ids, params], sort_keys=True, default=str)
