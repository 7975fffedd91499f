"""What only the sandbox has: views on the account, the clock, the customer on the hosted page.

GET  /_sandbox/invoices, /_sandbox/subscriptions
GET  /_sandbox/charges                          paid ones: [{id, invoice, amount, amount_refunded}]
GET  /_sandbox/webhooks                         every event and how its delivery went
POST /_sandbox/webhook_endpoint                 {"url": null | str, "secret"}: where events go from now on
POST /_sandbox/events/<id>/redeliver            post an event once more
POST /_sandbox/clock                            {"advance_seconds": n}
POST /_sandbox/authenticate                     {"invoice", "outcome": "pay" | "fail", "payment_method"?}
POST /_sandbox/return_refund                    {"invoice"}: the customer's bank sends its refund back
POST /_sandbox/dispute                          {"invoice", "outcome"?: "won" | "lost"}: opened, or decided
"""

import html
from collections import Counter
from collections.abc import Callable
from urllib.parse import parse_qs

from local.sandboxes.http import Json, Request, Response, Router, json_response, text_response
from local.sandboxes.stripe.account import Account
from local.sandboxes.stripe.disputes import close_dispute, open_dispute
from local.sandboxes.stripe.errors import StripeApiError, invalid
from local.sandboxes.stripe.hosted import visit
from local.sandboxes.stripe.refunds import settle_refund
from local.sandboxes.stripe.timers import advance
from local.sandboxes.stripe.webhooks import Endpoint, Webhooks

_FORM = (
    '<form method="post"><button name="outcome" value="pay">Authenticate and pay</button> '
    '<button name="outcome" value="fail">Fail the authentication</button></form>'
)


class Views:
    """The `/_sandbox` endpoints and the hosted invoice page; called with the sandbox's lock held."""

    def __init__(self, account: Account, webhooks: Webhooks) -> None:
        self._account = account
        self._store = account.store
        self._webhooks = webhooks
        self._router: Router[Callable[[Request, dict[str, str]], Response]] = Router()
        self._router.add("GET /_sandbox/invoices", self._invoices)
        self._router.add("GET /_sandbox/subscriptions", self._subscriptions)
        self._router.add("GET /_sandbox/charges", self._charges)
        self._router.add("GET /_sandbox/webhooks", self._deliveries)
        self._router.add("POST /_sandbox/webhook_endpoint", self._point_webhooks)
        self._router.add("POST /_sandbox/events/{id}/redeliver", self._redeliver)
        self._router.add("POST /_sandbox/clock", self._advance)
        self._router.add("POST /_sandbox/authenticate", self._authenticate)
        self._router.add("POST /_sandbox/return_refund", self._return_refund)
        self._router.add("POST /_sandbox/dispute", self._dispute)

    def answer(self, request: Request) -> Response | None:
        """The answer, or None for an unknown path."""
        found = self._router.find(request.method, request.path)
        return found[0](request, found[1]) if found else None

    def _invoices(self, _request: Request, _path: dict[str, str]) -> Response:
        refunded: Counter[str] = Counter()
        for charge in self._store.all("charge", paid=True):
            intent = self._store.get("payment_intent", charge["payment_intent"])
            refunded[intent["_invoice"]] += charge["amount_refunded"]
        return json_response(
            200, [_invoice(entry, refunded[entry["id"]]) for entry in self._store.all("invoice")]
        )

    def _subscriptions(self, _request: Request, _path: dict[str, str]) -> Response:
        names = ("id", "customer", "status", "metadata")
        entries = self._store.all("subscription")
        return json_response(200, [{name: entry[name] for name in names} for entry in entries])

    def _charges(self, _request: Request, _path: dict[str, str]) -> Response:
        entries = [
            {
                "id": charge["id"],
                "invoice": self._store.get("payment_intent", charge["payment_intent"])["_invoice"],
                "amount": charge["amount"],
                "amount_refunded": charge["amount_refunded"],
            }
            for charge in self._store.all("charge", paid=True)
        ]
        return json_response(200, entries)

    def _deliveries(self, _request: Request, _path: dict[str, str]) -> Response:
        return json_response(200, [_delivery(event) for event in self._store.all("event")])

    def _point_webhooks(self, request: Request, _path: dict[str, str]) -> Response:
        order = request.json()
        self._webhooks.endpoint = Endpoint(order["url"], order["secret"])
        return Response(204)

    def _redeliver(self, _request: Request, path: dict[str, str]) -> Response:
        self._webhooks.redeliver(path["id"])
        return Response(202)

    def _advance(self, request: Request, _path: dict[str, str]) -> Response:
        advance(self._account, request.json()["advance_seconds"])
        return json_response(200, {"now": self._store.now()})

    def _authenticate(self, request: Request, _path: dict[str, str]) -> Response:
        order = request.json()
        invoice = self._store.get("invoice", order["invoice"])
        visit(self._account, invoice, order["outcome"], order.get("payment_method"))
        return json_response(200, {"id": invoice["id"], "status": invoice["status"]})

    def _return_refund(self, request: Request, _path: dict[str, str]) -> Response:
        charge = self._paid_charge(request.json()["invoice"])
        refund = next(
            (
                entry
                for entry in self._store.newest_first("refund", charge=charge["id"])
                if entry["status"] in ("pending", "succeeded")
            ),
            None,
        )
        if refund is None:
            raise invalid(f"Charge {charge['id']} has no refund that could come back.")
        settle_refund(self._account, refund, failed=True)
        return json_response(200, {name: refund[name] for name in ("id", "status", "failure_reason")})

    def _dispute(self, request: Request, _path: dict[str, str]) -> Response:
        order = request.json()
        charge = self._paid_charge(order["invoice"])
        if "outcome" in order:
            opened = next(iter(self._store.newest_first("dispute", charge=charge["id"])), None)
            if opened is None:
                raise invalid(f"Charge {charge['id']} is not disputed.")
            dispute = close_dispute(self._account, opened, order["outcome"])
        else:
            dispute = open_dispute(self._account, charge)
        return json_response(200, {name: dispute[name] for name in ("id", "status", "amount")})

    def _paid_charge(self, invoice: str) -> Json:
        for charge in self._store.all("charge", paid=True):
            if self._store.get("payment_intent", charge["payment_intent"])["_invoice"] == invoice:
                return charge
        raise invalid(f"Nothing was charged for the invoice {invoice}.")

    def hosted_page(self, request: Request) -> Response:
        """The page behind `hosted_invoice_url`; its form is what a customer would do there."""
        url = f"{self._account.base_url()}{request.path}"
        invoice = next(self._store.all("invoice", hosted_invoice_url=url), None)
        if invoice is None:
            return text_response(404, _page("No such invoice", ""))
        note = self._submit(request, invoice) if request.method == "POST" else ""
        status = f"<p>{invoice['amount_remaining']} {invoice['currency']} due, status {invoice['status']}</p>"
        form = _FORM if invoice["status"] == "open" else ""
        return text_response(200, _page(f"Invoice {invoice['number']}", f"{status}<p>{note}</p>{form}"))

    def _submit(self, request: Request, invoice: Json) -> str:
        outcome = parse_qs(request.body.decode()).get("outcome", [""])[0]
        try:
            visit(self._account, invoice, outcome)
        except (StripeApiError, ValueError) as error:
            return html.escape(str(error))
        return "Thank you." if invoice["status"] == "paid" else "The authentication failed."


def _page(title: str, body: str) -> str:
    return f"<!doctype html><title>{title}</title><h1>{title}</h1>{body}"


def _invoice(invoice: Json, refunded: int) -> Json:
    applied = (invoice["ending_balance"] or 0) - invoice["starting_balance"]
    has_credit = invoice["starting_balance"] < 0 and invoice["status"] in ("open", "paid", "uncollectible")
    return {
        **{name: invoice[name] for name in ("id", "customer", "status", "total", "amount_paid")},
        "amount_refunded": refunded,
        "credit_applied": applied if has_credit else 0,
        "metadata": invoice["metadata"],
        "attempts": invoice["_attempts"],
    }


def _delivery(event: Json) -> Json:
    return {
        "id": event["id"],
        "type": event["type"],
        "object": event["data"]["object"].get("id"),
        "attempts": event["_attempts"],
        "last_status": event["_last_status"],
        "statuses": event.get("_statuses", []),  # an older state has none
        "pending": event["pending_webhooks"] > 0,
    }
