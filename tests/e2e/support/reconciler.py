"""The reconciler as its schedule runs it, at a moment of the test's choice."""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from local.engine import aws
from tests.e2e.support.world import World

type Json = dict[str, Any]

CURSORS = {"pk": {"S": "RECONCILER"}, "sk": {"S": "CURSORS"}}


class Reconciler:
    """What was planted in the sandboxes is old enough to be looked at, as of every run's moment."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._runs = 0
        # the processor's clock may be days ahead, and an earlier run's windows with it
        world.dynamodb.delete_item(TableName=world.facts["table"], Key=CURSORS)

    def run(self) -> Json:
        """One run, later than the one before; what it reports."""
        self._runs += 1
        as_of = self._now() + timedelta(hours=2 * self._runs)
        answer = aws.client("lambda", self._world.facts["aws_endpoint"]).invoke(
            FunctionName=self._world.facts["functions"]["ReconcileFunction"],
            Payload=json.dumps({"time": as_of.isoformat()}),
        )
        payload = answer["Payload"].read()
        assert "FunctionError" not in answer, payload
        report: Json = json.loads(payload)
        assert report["failed"] == []
        return report

    def findings(self) -> set[tuple[str, str]]:
        """(kind, id) of what counts as a break."""
        items = self._world.dynamodb.query(
            TableName=self._world.facts["table"],
            KeyConditionExpression="pk = :pk AND begins_with(sk, :finding)",
            ExpressionAttributeValues={":pk": {"S": "RECONCILER"}, ":finding": {"S": "FINDING#"}},
        )["Items"]
        broken = [item for item in items if item["judgement"]["S"] == "broken" and "accepted" not in item]
        facts = [json.loads(item["facts"]["S"]) for item in broken]
        return {(fact["kind"], fact["id"]) for fact in facts}

    def _now(self) -> datetime:
        told = self._world.stripe_clock()
        return max(datetime.now(UTC), datetime.fromtimestamp(told, UTC))


def charge_a_stranger(world: World, account: str) -> str:
    """A paid invoice for a cart that does not exist; its id."""
    invoice = draft(world, account)
    processor(world, f"invoices/{invoice}/add_lines", {"lines[0][amount]": "900"})
    processor(world, f"invoices/{invoice}/finalize")
    assert processor(world, f"invoices/{invoice}/pay")["status"] == "paid"
    return invoice


def draft(world: World, account: str) -> str:
    """A draft invoice for a cart that does not exist; its id."""
    answer = processor(
        world,
        "invoices",
        {
            "customer": world.customer(account),
            "metadata[cart_token]": uuid.uuid4().hex,
            "metadata[account_id]": world.accounts[account]["id"],
            "auto_advance": "false",
        },
    )
    return str(answer["id"])


def processor(world: World, path: str, form: Mapping[str, str] | None = None) -> Json:
    """A POST to the payment processor, as somebody else's."""
    answer = world.http.post(
        f"{world.facts['stripe_url']}/v1/{path}",
        headers={"Authorization": f"Bearer {world.stack.secrets['stripe_api_key']}"},
        data=dict(form or {}),
    )
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def provisioner(world: World, method: str, site_id: str, body: Json | None = None) -> int:
    """A request to the site provisioner, as somebody else's; the answer's status."""
    answer = world.http.request(
        method,
        f"{world.facts['sites_url']}/sites/{site_id}",
        headers={"Authorization": f"Bearer {world.stack.secrets['sites_token']}"},
        json=body,
    )
    return answer.status_code
