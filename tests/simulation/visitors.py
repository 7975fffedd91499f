"""Who acts from outside: the client, the customer, the bank, the processor's webhooks, the scheduler."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final

from hostcart.adapters.stripe_events import API_VERSION
from hostcart.domain.accounts import Caller, CredentialKind
from hostcart.domain.payment_events import WORTH_A_LOOK
from hostcart.domain.tokens import order_id_of
from hostcart.entry.identity import context_of

from tests.simulation import scenarios
from tests.simulation.dynamo import Table
from tests.simulation.executions import Executions
from tests.simulation.kernel import Call, Json, Outcome, Timing
from tests.simulation.platform_model import SitesModel
from tests.simulation.registrar_model import RegistrarModel
from tests.simulation.scenarios import ACCOUNT, KEY, NAME, WEBHOOK_SECRET, Scenario
from tests.simulation.stripe_model import Processor
from tests.simulation.stripe_services import finish_late

_FAILED: Final = 500
_ACCEPTED: Final = 202
_MOST_POSTS: Final = 20
_MOST_VISITS: Final = 5
_HOUR: Final = 3600
_HOOK_PAUSES: Final = (60, 600, _HOUR, 6 * _HOUR, 24 * _HOUR)
_MOST_SWEEPS: Final = 16
_NETWORK: Final = "network"
_BANKS: Final = frozenset({"refund_returns", "disputed_won", "disputed_lost"})


class Visitors(Executions):
    """`posts` is what the client sent and was told; `alarmed`: an operator was, of an order paid in vain."""

    table: Table
    processor: Processor
    registrar: RegistrarModel
    sites: SitesModel

    def __init__(self, scenario: Scenario, timing: Timing) -> None:
        super().__init__(timing, scenario.parameters)
        self.scenario = scenario
        self.posts: Json = {"sent": 0, "status": 0, "token": None, "sweeps": 0, "last": False, "breaks": 0}
        self.posts["alarmed"] = False

    def pass_through(self, name: str, effect: Callable[[], Any], system: Any) -> Any:
        """See `Gate`."""
        raise NotImplementedError

    # --- the client -------------------------------------------------------------------------------

    def _on_post(self) -> None:
        self.posts["sent"] += 1
        if self.post() >= _FAILED and self.scenario.keyed and self.posts["sent"] < _MOST_POSTS:
            self.at(5, "post")

    def post(self) -> int:
        """The order's POST; the answer's status. Once accepted, it stays accepted."""
        folder = "order_site" if self.scenario.kind == "site" else "order_domain"
        state = "OrderSite" if folder == "order_site" else "OrderDomain"
        event = self._request(self.scenario.body(), KEY if self.scenario.keyed else None)

        def answered(outcome: Outcome) -> int:
            status, body = _answer(outcome)
            if status < _FAILED:
                if self.posts["status"] == _ACCEPTED != status:
                    self.violate("an accepted order was refused when it was sent again")
                token = body["cart"]["token"] if status == _ACCEPTED else None
                self.posts |= {"status": status, "token": token}
            return status

        return self.door(state, "post", folder, event, answered)

    def cancel(self) -> int:
        """DELETE of the order, once it can be seen; the answer's status."""
        token = self.token
        if token is None:
            return 404
        self.posts["asked"] = True
        event = self._request(None, None, {"id": order_id_of(token)})

        def answered(outcome: Outcome) -> int:
            status, _ = _answer(outcome)
            if status == _ACCEPTED:
                self.posts["cancelled"] = True
            return status

        return self.door("CancelOrder", "cancel", "cancel_order", event, answered)

    def _on_extra(self, action: str) -> None:
        """What a client or a customer does at some moment."""
        if action == "repeat" and self.scenario.keyed:
            self.post()
        elif action == "cancel" and self.cancel() >= _FAILED:
            self.at(5, "extra", "cancel")
        elif action == "sweep":
            self.sweep()
        elif action in {"pays", "pays_otherwise", "fails", *_BANKS}:
            self.visit(action)

    @property
    def token(self) -> str | None:
        """The one cart's token, once its order is open."""
        for key, item in self.table.items.items():
            if "|CART#" in key and "number" in item:
                return key.rpartition("#")[2]
        return None

    @staticmethod
    def _request(body: Json | None, key: str | None, path: Json | None = None) -> Json:
        """An API Gateway event of the account's user."""
        caller = Caller(kind=CredentialKind.API_KEY, user_id=scenarios.USER, account_ids=(ACCOUNT,))
        headers = {"X-Auth-Account": ACCOUNT, "Content-Type": "application/json"}
        return {
            "resource": "",
            "headers": headers | ({} if key is None else {"Idempotency-Key": key}),
            "pathParameters": path,
            "queryStringParameters": None,
            "requestContext": {"requestId": "request-1", "authorizer": context_of(caller)},
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }

    # --- the customer and the bank ----------------------------------------------------------------

    def _on_visit(self, action: str, tried: int) -> None:
        """A customer who finds nothing to pay looks again later."""
        if action == "sniped":
            self.registrar.snipe(NAME)
        elif action == "cheaper":
            self.registrar.cheapen()
        elif not self.visit(action) and tried < _MOST_VISITS:
            self.at(600, "visit", action, tried + 1)

    def visit(self, action: str) -> bool:
        """The customer on the hosted page of whatever invoice is there; whether it was open."""
        state, processor = self.processor.state, self.processor
        if action == "refund_returns":
            acts = [processor.return_refund(note) for note in list(state["notes"])]
        elif action in _BANKS:
            outcome = action.removeprefix("disputed_")
            acts = [processor.dispute(invoice, outcome) for invoice in list(state["invoices"])]
        else:
            acts = [processor.visit(invoice, action) for invoice in list(state["invoices"])]
        return any(acts)

    def schedule_stripe(self, seconds: float, kind: str, object_id: str) -> None:
        """The bank answers then."""
        self.at(seconds, "stripe", kind, object_id)

    def _on_stripe(self, kind: str, object_id: str) -> None:
        self.processor.timer(kind, object_id)

    def _on_late(self, held: Json) -> None:
        if "site" in held:
            self.sites.finish_late(held)
        else:
            finish_late(self.processor, held)

    # --- webhooks ---------------------------------------------------------------------------------

    def emitted(self, event: Json) -> None:
        """The processor has something to report: delivered soon, unless something happens to it."""
        if event["type"] in WORTH_A_LOOK:
            delay = 0.0
            if self.timing.seed is not None:
                delay = 20 * self.timing.chance(self.step_number * 7 + len(self.processor.state["events"]), 0)
            self.at(delay, "hook", event["id"], 0)

    def _on_hook(self, event_id: str, tried: int) -> None:
        call = Call(self.step_number, "Stripe", _NETWORK, lambda: None)
        self._stack.append(call)
        try:
            event = SimpleNamespace(id=event_id)
            self.pass_through("webhook.delivery", lambda: self._arrives(event_id, tried), event)
        finally:
            self._stack.pop()

    def _arrives(self, event_id: str, tried: int) -> None:
        status = self.hook(event_id)
        if status >= 300 and tried < len(_HOOK_PAUSES):
            self.at(_HOOK_PAUSES[tried], "hook", event_id, tried + 1)

    def hook(self, event_id: str) -> int:
        """One delivery of an event, signed over its bytes; the answer's status."""
        event = self.processor.state["events"][event_id]
        body = json.dumps({**event, "object": "event", "api_version": API_VERSION, "livemode": False})
        moment = int(self.now)
        digest = hmac.new(WEBHOOK_SECRET.encode(), f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()
        request = self._request(None, None)
        request |= {"body": body, "headers": {"Stripe-Signature": f"t={moment},v1={digest}"}}
        return self.door(
            "ReceiveStripeWebhook",
            "hook",
            "receive_stripe_webhook",
            request,
            lambda outcome: _answer(outcome)[0],
        )

    # --- the scheduler ----------------------------------------------------------------------------

    def _on_sweep(self) -> None:
        self.posts["sweeps"] += 1
        self._operate()
        self.sweep()

    def _operate(self) -> None:
        """The operator does what they are told to, and nothing else."""
        told = self.findings()
        gave_up = any(self.standing(name).error == "RefundFailedError" for name in self.runs)
        if gave_up or any(kind == "refund_returned" for kind in told):
            self.processor.pay_by_another_way()
        decided = all(
            entry["status"] != "needs_response" for entry in self.processor.state["disputes"].values()
        )
        if told.get("payment_disputed") == "broken" and decided:
            self.posts["answered"] = True
            for key, item in self.table.items.items():
                if "|FINDING#payment_disputed" in key:
                    item["accepted"] = {"BOOL": True}

    def findings(self) -> dict[str, str]:
        """What is remembered and not accepted: judgement by kind."""
        kept = [
            item for key, item in self.table.items.items() if "|FINDING#" in key and "accepted" not in item
        ]
        return {json.loads(item["facts"]["S"])["kind"]: item["judgement"]["S"] for item in kept}

    def sweep(self) -> int:
        """One run of the reconciler; how many breaks it tells of."""
        event = {"time": datetime.fromtimestamp(int(self.now), UTC).isoformat()}

        def answered(outcome: Outcome) -> int:
            kind, answer = outcome
            if kind == "ok":
                self.posts["breaks"] = sum(answer["breaks"].values())
            if kind != "ok" or answer["failed"]:
                self.posts["last"] = False  # the schedule comes round again
            return 0

        return self.door("Reconcile", "sweep", "reconcile", event, answered)

    def sweep_again(self) -> None:
        """The reconciler runs as long as something is open and nothing else is due, and once behind it."""
        if self.events or self._stack:
            return
        settled = self._settled
        done = settled and self.posts["last"] and not self.findings()
        if done or self.posts["sweeps"] >= _MOST_SWEEPS:
            return
        self.posts["last"] = settled
        self.at(6 * _HOUR, "sweep")

    @property
    def _settled(self) -> bool:
        return all(standing[3] == "succeeded" for standing in self.runs.values()) and all(
            item["terminal"]["BOOL"] for key, item in self.table.items.items() if "|CART#" in key
        )


def _answer(outcome: Outcome) -> tuple[int, Any]:
    """(status, body); a function that died is API Gateway's 502."""
    kind, answer = outcome
    if kind == "error":
        return 502, None
    return answer["statusCode"], json.loads(answer["body"])
