"""What only the sandbox has: views on the account, the clock, the customer on the hosted page."""

from collections import Counter

from local.sandboxes.http import Json, Request, Response, json_response, text_response
from local.sandboxes.stripe.account import Account
from local.sandboxes.stripe.subscriptions import renew_due
from local.sandboxes.stripe.webhooks import Endpoint, Webhooks


class Views:
    """The `/_sandbox` endpoints and the hosted invoice page; called with the sandbox's lock held."""

    def __init__(self, account: Account, webhooks: Webhooks) -> None:
        self._account = account
        self._store = account.store
        self._webhooks = webhooks

    def answer(self, request: Request) -> Response | None:
        """The answer, or None for an unknown path."""
        match request.method, request.path.removeprefix("/_sandbox/").split("/"):
            case "GET", ["invoices"]:
                refunded = self._refunded()
                shown = [_invoice(invoice, refunded[invoice["id"]]) for invoice in self._store.all("invoice")]
                return json_response(200, shown)
            case "GET", ["subscriptions"]:
                names = ("id", "customer", "status", "metadata")
                return json_response(200, _table(list(self._store.all("subscription")), names))
            case "POST", ["clock"]:
                return self._advance(request.json())
            case "GET", ["webhooks"]:
                return json_response(200, [_delivery(event) for event in self._store.all("event")])
            case "POST", ["webhook_endpoint"]:
                order = request.json()
                self._webhooks.endpoint = Endpoint(order["url"], order["secret"])
                return Response(204)
            case "POST", ["events", event_id, "redeliver"]:
                self._webhooks.redeliver(event_id)
                return Response(202)
        return None

    def _advance(self, order: Json) -> Response:
        self._store.advance(order["advance_seconds"])
        renew_due(self._account)
        return json_response(200, {"now": self._store.now()})

    def _refunded(self) -> Counter[str]:
        refunded: Counter[str] = Counter()
        for charge in self._store.all("charge", paid=True):
            intent = self._store.get("payment_intent", charge["payment_intent"])
            refunded[intent["_invoice"]] += charge["amount_refunded"]
        return refunded

    def hosted_page(self, request: Request) -> Response:
        """The page behind `hosted_invoice_url`."""
        invoice = next(self._store.all("invoice", hosted_invoice_url=f"{self._account.base_url()}{request.path}"), None)
        if invoice is None:
            return text_response(404, "<h1>No such invoice</h1>")
        return text_response(200, f"<h1>Invoice {invoice['number']}</h1><p>Status: {invoice['status']}</p>")


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


def _table(values: list[Json], names: tuple[str, ...]) -> list[Json]:
    return [{name: value[name] for name in names} for value in values]


def _delivery(event: Json) -> Json:
    return {
        "id": event["id"],
        "type": event["type"],
        "object": event["data"]["object"].get("id"),
        "attempts": event["_attempts"],
        "last_status": event["_last_status"],
        "pending": event["pending_webhooks"] > 0,
    }
