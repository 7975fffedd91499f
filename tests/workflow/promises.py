"""What must hold after every order, whatever went wrong: delivered or given back, once, and nobody told."""

import json
from typing import Any, Final

from hostcart.adapters.webhook_signature import account_secret
from hostcart.contract.responses import CartEnvelope, OrderEntry, OrderNotification, OrderView
from hostcart.domain.cart import CallbackStatus
from standardwebhooks import Webhook

from tests.workflow.cases import AUTH_CODE, AUTHORIZATION, CONTACT, E_MAIL, NAME, Outcome
from tests.workflow.world import (
    REGISTRAR_TOKEN,
    SIGNING_SECRET,
    SITE_PASSWORD,
    SITES_TOKEN,
    STRIPE_KEY,
    WEBHOOK_SECRET,
)

SECRETS: Final = (
    AUTHORIZATION,
    AUTH_CODE,
    *(CONTACT[name] for name in ("first_name", "last_name", "street_address", "email", "phone")),
    E_MAIL,
    NAME,
    REGISTRAR_TOKEN,
    SIGNING_SECRET,
    SITE_PASSWORD,
    SITES_TOKEN,
    STRIPE_KEY,
    WEBHOOK_SECRET,
)


def check(outcome: Outcome) -> None:
    """All of it."""
    scenario = outcome.case.scenario
    assert outcome.states[-1] == scenario.ends
    assert outcome.status == ("SUCCEEDED" if scenario.succeeds else "FAILED")
    assert outcome.armed == [], "a fault that no call met proves nothing"
    _check_secrets(outcome)
    _check_callbacks(outcome)
    if outcome.cart is None:
        assert not outcome.invoices
        return
    _check_contract(outcome)
    if scenario.order == "completed":
        _check_delivered(outcome)
    else:
        _check_given_back(outcome)


def _check_secrets(outcome: Outcome) -> None:
    history, endpoint = json.dumps(outcome.history, default=str), outcome.case.world.sink.url
    for secret in (*SECRETS, endpoint):
        assert secret not in history, f"{secret} is in the execution's history"
        assert secret not in outcome.logs, f"{secret} is in a log line"


def _check_contract(outcome: Outcome) -> None:
    scenario = outcome.case.scenario
    CartEnvelope.model_validate_json(json.dumps(outcome.cart_view))
    OrderView.model_validate_json(json.dumps(outcome.order_view))
    (entry,) = outcome.listed
    OrderEntry.model_validate_json(json.dumps(entry))
    assert outcome.cart is not None
    assert outcome.cart.opened.number == 1
    status = outcome.order_view["order"]["status"]
    assert entry["status"] == outcome.cart_view["cart"]["rollup_status"] == status
    assert outcome.order_view["payment"]["status"] == scenario.payment
    assert outcome.cart_view["payment"]["status"] == scenario.payment
    assert outcome.order_view.get("failure", {}).get("code") == scenario.failure
    assert len(outcome.invoices) == 1


def _check_delivered(outcome: Outcome) -> None:
    scenario, view = outcome.case.scenario, outcome.order_view
    price = scenario.price
    (invoice,) = outcome.invoices
    assert invoice["status"] == "paid"
    assert invoice["total"] == price == invoice["amount_paid"] + invoice["credit_applied"]
    assert invoice["amount_refunded"] == 0
    assert outcome.balance == scenario.balance + invoice["credit_applied"]
    (subscription,) = outcome.subscriptions
    # Stripe takes no anchor beyond one period: a name that is paid for longer is on trial until then.
    assert subscription["status"] == ("trialing" if scenario.transfer else "active")
    assert subscription["metadata"]["order_id"] == view["order"]["id"]
    if scenario.domain is None:
        _check_site(outcome)
    else:
        _check_domain(outcome)
    assert view["order"]["status"] == "completed"
    assert outcome.cart_view["cart"]["status"] == "checked_out"
    assert view["subscription"]["stripe_id"] == subscription["id"]
    assert view["payment"]["amount_charged_cents"] == invoice["amount_paid"]
    assert view["payment"]["credit_applied_cents"] == invoice["credit_applied"]
    assert {task["status"] for task in view["tasks"]} == {"completed"}


def _check_site(outcome: Outcome) -> None:
    assert [site["status"] for site in outcome.sites] == ["ready"]
    assert outcome.slot_taken == 1
    assert outcome.order_view["site"]["ssh_data"]["password"] == SITE_PASSWORD
    assert (outcome.purchases, outcome.zones, outcome.claim) == ([], [], None)


def _check_domain(outcome: Outcome) -> None:
    view, name = outcome.order_view, outcome.case.name
    (purchase,) = (order for order in outcome.purchases if order["refund"] == 0)
    assert [item["type"] for item in purchase["items"]] == [
        "transfer" if outcome.case.scenario.transfer else "registration"
    ]
    (registered,) = outcome.registered
    assert (registered["status"], registered["order"]) == ("active", purchase["id"])
    assert registered["contacts"]["registrant"]["firstName"] == CONTACT["first_name"]
    (zone,) = outcome.zones
    domain = view["domain"]
    assert (domain["name"], domain["status"], domain["registration_id"]) == (name, "active", 1)
    assert zone["Id"].endswith(domain["zone_id"])
    assert registered["nameservers"] == domain["nameservers"] != []
    assert domain["expires_at"] is not None
    assert view["order"]["location"] is None
    assert outcome.claim is not None
    assert "lease_until" not in outcome.claim
    assert outcome.sites == []


def _check_given_back(outcome: Outcome) -> None:
    (invoice,), view = outcome.invoices, outcome.order_view
    kept = invoice["amount_paid"] - invoice["amount_refunded"]
    assert kept == outcome.case.scenario.kept, "money was kept for an order that is not delivered"
    assert invoice["status"] == ("paid" if outcome.case.scenario.payment == "refunded" else "void")
    assert outcome.balance == outcome.case.scenario.balance, "credit was not given back"
    assert {entry["status"] for entry in outcome.subscriptions} <= {"canceled"}
    if outcome.case.scenario.domain is None:
        assert {site["status"] for site in outcome.sites} == {"deleted"}
    assert all(order["refund"] == order["total"] for order in outcome.purchases), "a name was paid for"
    assert (outcome.registered, outcome.zones, outcome.claim) == ([], [], None)
    assert outcome.slot_taken == 0, "capacity was not given back"
    assert view["order"]["status"] == outcome.case.scenario.order
    assert outcome.cart_view["cart"]["status"] == "checked_out"
    assert "site" not in view
    statuses = [task["status"] for task in view["tasks"]]
    if outcome.case.scenario.cancelled:
        assert view["cancellation"]["status"] == "accepted"
        assert set(statuses) <= {"completed", "cancelled"}
        assert statuses[-1] == "cancelled"
        return
    if outcome.case.scenario.plan == "basic":  # one step after the other
        assert statuses == sorted(statuses, key=["completed", "failed", "skipped"].index)
        assert statuses.count("failed") == 1
    else:  # the charge and the delivery at the same time
        assert statuses in (["failed", "completed", "skipped"], ["failed", "failed", "skipped"])


def _check_callbacks(outcome: Outcome) -> None:
    scenario, case = outcome.case.scenario, outcome.case
    assert len(outcome.callbacks) == scenario.callbacks
    for received in outcome.callbacks:
        assert received["method"] == "POST"
        assert received["headers"]["authorization"] == AUTHORIZATION
        verifier = Webhook(account_secret(SIGNING_SECRET, case.account_id))
        body: Any = verifier.verify(received["raw"], received["headers"])
        OrderNotification.model_validate(body, strict=False)
        assert body["type"] == f"order.{scenario.order}"
        assert body["data"]["order"]["id"] == outcome.order_view["order"]["id"]
        assert SITE_PASSWORD not in received["raw"]
    assert len({received["headers"]["webhook-id"] for received in outcome.callbacks}) <= 1
    assert len({received["raw"] for received in outcome.callbacks}) <= 1
    if outcome.cart is not None:
        assert outcome.cart.callback is _settled(outcome)


def _settled(outcome: Outcome) -> CallbackStatus:
    scenario = outcome.case.scenario
    if scenario.callback is None:
        return CallbackStatus.NONE
    if not scenario.succeeds:
        return CallbackStatus.PENDING
    return CallbackStatus.FAILED if scenario.callback.startswith("/status/410") else CallbackStatus.DELIVERED
