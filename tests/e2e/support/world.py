"""Everything behind the API: what the sandboxes, the table and the state machine hold."""

import contextlib
import json
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.dynamodb_carts import texts_of
from hostcart.domain.payment_events import WORTH_A_LOOK

from local.engine import aws
from tests.e2e.support.patience import await_value
from tests.e2e.support.stack import LocalStack

type Json = dict[str, Any]
type Item = dict[str, Any]

_PASSING = (
    keys.reconciler_cursors()["pk"]["S"],  # its findings, too
    keys.rate_window("registrar", 900, 0)["pk"]["S"],
)

_SANDBOXES = ("stripe_url", "registrar_url", "sites_url", "callback_url")


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is of everything that an order makes; numbers are the last ones by account id."""

    items: int
    numbers: Mapping[str, int]
    invoices: int
    subscriptions: int
    sites: int
    taken: Mapping[str, int]
    executions: int


class World:
    """Views on one running stack."""

    def __init__(self, stack: LocalStack, http: httpx.Client) -> None:
        self.stack = stack
        self.http = http
        self.facts = stack.facts
        self.accounts: Mapping[str, Mapping[str, str]] = self.facts["accounts"]
        self._starts: Counter[str] = Counter()
        self._journal_read = 0

    # --- the sandboxes ----------------------------------------------------------------------------

    def invoices(self, token: str | None = None) -> list[Json]:
        """Of one cart, or all."""
        found = self._listed("stripe_url", "invoices")
        return [entry for entry in found if token in (None, entry["metadata"].get("cart_token"))]

    def subscriptions(self, token: str | None = None) -> list[Json]:
        found = self._listed("stripe_url", "subscriptions")
        wanted = None if token is None else order_id(token)
        return [entry for entry in found if wanted in (None, entry["metadata"].get("order_id"))]

    def sites(self, token: str | None = None) -> list[Json]:
        """Sites that exist: an id that was deleted is burnt and does not count."""
        wanted = None if token is None else order_id(token)
        found = self._listed("sites_url", "sites")
        return [entry for entry in found if entry["status"] != "deleted" and wanted in (None, entry["id"])]

    def bought(self) -> list[Json]:
        """The registrar's orders: id, status, items."""
        return self._listed("registrar_url", "orders")

    def deliveries(self) -> list[Json]:
        """The payment processor's events and how their delivery went."""
        return self._listed("stripe_url", "webhooks")

    def received(self, path: str | None = None) -> list[Json]:
        """What the callback sink got, in order."""
        return [entry for entry in self._listed("callback_url", "received") if path in (None, entry["path"])]

    def stripe(self, path: str) -> Json:
        """One object of the payment processor as its API shows it."""
        headers = {"Authorization": f"Bearer {self.stack.secrets['stripe_api_key']}"}
        answer = self.http.get(f"{self.facts['stripe_url']}/v1/{path}", headers=headers)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def set_balance(self, account: str, cents: int) -> None:
        """Bring the customer's balance at the payment processor to this; negative is credit."""
        customer = self.customer(account)
        change = cents - self.stripe(f"customers/{customer}")["balance"]
        if change:
            answer = self.http.post(
                f"{self.facts['stripe_url']}/v1/customers/{customer}/balance_transactions",
                headers={"Authorization": f"Bearer {self.stack.secrets['stripe_api_key']}"},
                data={"amount": str(change), "currency": "usd"},
            )
            answer.raise_for_status()

    def balance(self, account: str) -> int:
        """The customer's balance in cents; negative is credit."""
        return int(self.stripe(f"customers/{self.customer(account)}")["balance"])

    def customer(self, account: str) -> str:
        """The account's customer id at the payment processor."""
        key = {"pk": {"S": self._pk(account)}, "sk": {"S": "ACCOUNT"}}
        item = self.dynamodb.get_item(TableName=self.facts["table"], Key=key)["Item"]
        return str(json.loads(item["facts"]["S"])["stripe_customer_id"])

    def advance_clock(self, seconds: int) -> None:
        """Let the payment processor's time pass."""
        self._tell("stripe_url", "clock", {"advance_seconds": seconds})

    def stripe_clock(self) -> int:
        """The payment processor's present, in Unix seconds."""
        return int(self._tell("stripe_url", "clock", {"advance_seconds": 0}).json()["now"])

    def authenticate(self, token: str, outcome: str) -> httpx.Response:
        """The customer on the hosted invoice page."""
        (invoice,) = self.invoices(token)
        return self._tell("stripe_url", "authenticate", {"invoice": invoice["id"], "outcome": outcome})

    def bank(self, token: str, path: str, **more: str) -> httpx.Response:
        """The customer's bank: `return_refund`, or `dispute` (with an `outcome`: its decision)."""
        (invoice,) = self.invoices(token)
        return self._tell("stripe_url", path, {"invoice": invoice["id"], **more})

    def arm(self, sandbox: str, match: str, action: str, times: int = 1) -> None:
        """Arm a fault, e.g. `arm("stripe", "POST /v1/invoices", "drop")`."""
        self._tell(f"{sandbox}_url", "faults", {"match": match, "action": action, "times": times})

    def armed(self, sandbox: str) -> list[Json]:
        return self._listed(f"{sandbox}_url", "faults")

    def requests(self, sandbox: str, *, after: int = 0) -> list[Json]:
        """What a sandbox has answered, or its entries from number `after` on."""
        return self._listed(f"{sandbox}_url", f"requests?after={after}")

    def disarm(self) -> None:
        for name in _SANDBOXES:
            self.http.delete(f"{self.facts[name]}/_sandbox/faults").raise_for_status()

    def site_settings(self, **settings: float) -> None:
        """`provision_seconds`, `fail_next`."""
        self._tell("sites_url", "settings", settings)

    def sink(self, kind: str = "ok") -> dict[str, str]:
        """A callback of its own: url, path at the sink, an authorization that is a secret of its own."""
        path = f"/{kind}/{uuid.uuid4().hex}"
        return {
            "path": path,
            "url": f"{self.facts['callback_url']}{path}",
            "authorization": f"Bearer callback-{uuid.uuid4().hex}",
        }

    # --- the table --------------------------------------------------------------------------------

    def carts(self, account: str) -> list[Item]:
        """The cart items of an account, whole."""
        return self._items(account, "CART#")

    def sealed(self, account: str) -> list[Item]:
        """What an account's carts were ordered with and is sealed, whole."""
        return self._items(account, "SEALED#")

    def _items(self, account: str, prefix: str) -> list[Item]:
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.facts["table"],
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": {"S": self._pk(account)}, ":prefix": {"S": prefix}},
            ConsistentRead=True,
        )
        return [item for page in pages for item in page["Items"]]

    def items(self) -> int:
        """All items of the table but those that come at their own time: remembered events, the counters of
        the registrar's limit, the reconciler's notes.

        The engine counts them at once (AWS does every six hours).
        """
        while True:
            passing = self._passing()
            described = self.dynamodb.describe_table(TableName=self.facts["table"])
            if passing == self._passing():
                return int(described["Table"]["ItemCount"]) - passing

    def _passing(self) -> int:
        return self._events() + sum(map(self._under, _PASSING))

    def _under(self, pk: str) -> int:
        """How many items are under a partition key."""
        answer = self.dynamodb.query(
            TableName=self.facts["table"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            Select="COUNT",
            ConsistentRead=True,
        )
        return int(answer["Count"])

    def _events(self) -> int:
        """How many of the processor's events the table remembers."""
        told = [entry["id"] for entry in self.deliveries() if entry["type"] in WORTH_A_LOOK]
        wanted = [{"pk": {"S": f"EVENT#stripe#{name}"}, "sk": {"S": "EVENT"}} for name in told]
        table, found = self.facts["table"], 0
        for start in range(0, len(wanted), 100):
            some = {"Keys": wanted[start : start + 100], "ProjectionExpression": "pk", "ConsistentRead": True}
            answer = self.dynamodb.batch_get_item(RequestItems={table: some})
            found += len(answer["Responses"][table])
        return found

    def cart_item(self, account: str, token: str) -> Item | None:
        key = {"pk": {"S": self._pk(account)}, "sk": {"S": f"CART#{token}"}}
        found: Item | None = self.dynamodb.get_item(TableName=self.facts["table"], Key=key).get("Item")
        return found

    def last_number(self, account: str) -> int:
        """The account's order counter."""
        key = {"pk": {"S": self._pk(account)}, "sk": {"S": "COUNTER"}}
        found = self.dynamodb.get_item(TableName=self.facts["table"], Key=key).get("Item")
        return 0 if found is None else int(found["last_number"]["N"])

    def taken(self) -> dict[str, int]:
        """Capacity in use by `location/variant`."""
        slots = [
            {"pk": {"S": f"SLOT#{location}#{variant}"}, "sk": {"S": "SLOT"}}
            for location in ("pdx", "fra", "tiny")
            for variant in ("vanilla", "extendify")
        ]
        answer = self.dynamodb.batch_get_item(RequestItems={self.facts["table"]: {"Keys": slots}})
        return {
            "/".join(item["pk"]["S"].split("#")[1:]): int(item["taken"]["N"])
            for item in answer["Responses"][self.facts["table"]]
        }

    def free(self, location: str, variant: str) -> None:
        """Give all of a slot's capacity back."""
        self.dynamodb.update_item(
            TableName=self.facts["table"],
            Key={"pk": {"S": f"SLOT#{location}#{variant}"}, "sk": {"S": "SLOT"}},
            UpdateExpression="SET taken = :none",
            ExpressionAttributeValues={":none": {"N": "0"}},
        )

    # --- the functions ----------------------------------------------------------------------------

    @contextlib.contextmanager
    def environment(self, function: str, **variables: str) -> Iterator[None]:
        """Run a function with other variables, as a template parameter would set them."""
        client = aws.client("lambda", self.facts["aws_endpoint"])
        name = self.facts["functions"][function]
        before = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        client.update_function_configuration(FunctionName=name, Environment={"Variables": before | variables})
        try:
            yield
        finally:
            client.update_function_configuration(FunctionName=name, Environment={"Variables": before})

    @contextlib.contextmanager
    def throttled(self) -> Iterator[None]:
        """Let the gateway take one request a second."""
        gateway = aws.client("apigateway", self.facts["aws_endpoint"])
        stage = {"restApiId": self.facts["api_id"], "stageName": self.facts["stage"]}
        path = "/*/*/throttling"
        before = gateway.get_stage(**stage)["methodSettings"]["*/*"]

        def limit(rate: float, burst: int) -> None:
            values = {"rateLimit": rate, "burstLimit": burst}
            operations = [
                {"op": "replace", "path": f"{path}/{name}", "value": str(value)}
                for name, value in values.items()
            ]
            gateway.update_stage(**stage, patchOperations=operations)

        limit(1, 1)
        try:
            yield
        finally:
            limit(before["throttlingRateLimit"], before["throttlingBurstLimit"])

    # --- the state machine ------------------------------------------------------------------------

    def executions(self, **wanted: str) -> list[Json]:
        """All executions, or those of `statusFilter`: name, executionArn, status."""
        pages = self.stepfunctions.get_paginator("list_executions").paginate(
            stateMachineArn=self.facts["state_machine_arn"], **wanted
        )
        return [entry for page in pages for entry in page["executions"]]

    def history(self, token: str) -> list[Json]:
        """All events of the execution of a cart."""
        pages = self.stepfunctions.get_paginator("get_execution_history").paginate(
            executionArn=self._execution(token)
        )
        return [entry for page in pages for entry in page["events"]]

    def outcome(self, token: str, *, seconds: float = 30) -> Json:
        """The execution of a cart, once it has ended."""

        def ended() -> Json | None:
            arn = self._execution(token)
            found: Json = self.stepfunctions.describe_execution(executionArn=arn)
            return None if found["status"] == "RUNNING" else found

        return await_value(ended, seconds=seconds)

    def started(self) -> int:
        """How many executions were ever started."""
        return self._started().total()

    def stop(self, token: str) -> None:
        """End the execution of a cart from outside."""
        self.stepfunctions.stop_execution(executionArn=self._execution(token))
        self.outcome(token)

    def settle(self, *, seconds: float = 90) -> None:
        """Wait until no execution runs any more."""
        await_value(lambda: not self.executions(statusFilter="RUNNING"), seconds=seconds)

    # --- all at once ------------------------------------------------------------------------------

    def counts(self) -> Counts:
        return Counts(
            items=self.items(),
            numbers=self._numbers(),
            invoices=len(self.invoices()),
            subscriptions=len(self.subscriptions()),
            sites=len(self.sites()),
            taken=self.taken(),
            executions=self._started().total(),
        )

    @contextlib.contextmanager
    def nothing_created(self) -> Iterator[None]:
        """What is done inside must leave no cart, invoice, subscription, site, slot, execution.

        Orders that were placed before may go on meanwhile: what they make or give back is theirs.
        """
        before, traces = self.counts(), self._traces()
        yield
        after = self.counts()
        assert after.executions == before.executions
        # What was sealed with them goes meanwhile, too.
        assert after.items - len(after.numbers) <= before.items - len(before.numbers)
        assert self._traces() <= traces
        assert all(count <= before.taken[slot] for slot, count in after.taken.items())

    def _traces(self) -> set[str]:
        """The cart tokens that invoices, subscriptions and sites were made for."""
        carts = {entry["metadata"].get("cart_token", "") for entry in self.invoices()}
        orders = [entry["metadata"].get("order_id", "") for entry in self.subscriptions()]
        orders += [entry["id"] for entry in self.sites()]
        return carts | {order.replace("-", "") for order in orders}

    def delivered_once(self, token: str, *, amount: int) -> None:
        """One paid invoice, one charge, one live subscription, one site, one execution."""
        (invoice,) = self.invoices(token)
        assert (invoice["status"], invoice["total"]) == ("paid", amount)
        assert invoice["amount_paid"] + invoice["credit_applied"] == amount
        assert invoice["amount_refunded"] == 0
        assert [entry["status"] for entry in self.subscriptions(token)] == ["active"]
        assert [entry["status"] for entry in self.sites(token)] == ["ready"]
        assert self._started()[token] == 1

    @cached_property
    def dynamodb(self) -> Any:
        return aws.client("dynamodb", self.facts["aws_endpoint"])

    @cached_property
    def stepfunctions(self) -> Any:
        return aws.client("stepfunctions", self.facts["stepfunctions_endpoint"])

    def _listed(self, sandbox: str, view: str) -> list[Json]:
        answer = self.http.get(f"{self.facts[sandbox]}/_sandbox/{view}")
        answer.raise_for_status()
        found: list[Json] = answer.json()
        return found

    def _tell(self, sandbox: str, view: str, order: Mapping[str, Any]) -> httpx.Response:
        answer = self.http.post(f"{self.facts[sandbox]}/_sandbox/{view}", json=order)
        answer.raise_for_status()
        return answer

    def _pk(self, account: str) -> str:
        return f"ACCOUNT#{self.accounts[account]['id']}"

    def _numbers(self) -> dict[str, int]:
        """Order counters by account id."""
        wanted = [{"pk": {"S": self._pk(name)}, "sk": {"S": "COUNTER"}} for name in self.accounts]
        answer = self.dynamodb.batch_get_item(RequestItems={self.facts["table"]: {"Keys": wanted}})
        return {
            item["pk"]["S"].removeprefix("ACCOUNT#"): int(item["last_number"]["N"])
            for item in answer["Responses"][self.facts["table"]]
        }

    def _started(self) -> Counter[str]:
        """How often an execution of each name was started, from the journal: much faster than the API."""
        path = self.stack.workspace.state / "executions.jsonl"
        size = path.stat().st_size if path.exists() else 0
        if size < self._journal_read:  # a restart keeps the ended ones only
            self._journal_read = 0
        if size:
            self._read_journal(path)
        return self._starts

    def _read_journal(self, path: Path) -> None:
        with path.open("rb") as journal:
            journal.seek(self._journal_read)
            for line in journal:
                if not line.endswith(b"\n"):
                    break
                self._journal_read += len(line)
                if line.startswith(b'{"started"'):
                    self._starts[json.loads(line)["started"]["name"]] += 1

    def _execution(self, token: str) -> str:
        return f"{self.facts['state_machine_arn'].replace(':stateMachine:', ':execution:')}:{token}"


def order_id(token: str) -> str:
    """The id of a cart's order."""
    return str(uuid.UUID(token))


def facts_of(item: Item) -> Json:
    """The stored facts of a cart item."""
    facts: Json = json.loads(texts_of(item).facts)
    return facts
