"""The reconciler on the running stack: what died goes on, what is left over goes, what is wrong is told."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from local.engine import aws
from tests.e2e.support.commands import tool
from tests.e2e.support.patience import await_value
from tests.e2e.support.reconciler import (
    Reconciler,
    charge_a_stranger,
    draft,
    processor,
    provisioner,
)
from tests.e2e.support.shop import PRICE, Shop, site_body
from tests.e2e.support.world import World

type Json = dict[str, Any]
type Shops = Callable[..., Shop]


@pytest.fixture
def reconciler(world: World) -> Reconciler:
    return Reconciler(world)


def test_an_order_whose_execution_was_stopped_goes_on_and_is_delivered_once(
    world: World, shop: Shops, reconciler: Reconciler
) -> None:
    world.site_settings(provision_seconds=3)
    client, sink = shop("ready"), world.sink()
    token = client.place(site_body(callback={"url": sink["url"], "authorization": sink["authorization"]}))
    client.until(token, lambda cart: bool(world.sites(token)))
    world.stop(token)
    assert client.order(token)["order"]["status"] == "processing"
    assert reconciler.run()["repairs"]["execution_resumed"] >= 1
    assert client.finish(token)["order"]["status"] == "completed"
    assert world.outcome(token)["status"] == "SUCCEEDED"
    world.delivered_once(token, amount=PRICE)
    assert len(world.received(sink["path"])) == 1
    resumed = [event["type"] for event in world.history(token)].count("ExecutionRedriven")
    reconciler.run()
    assert [event["type"] for event in world.history(token)].count("ExecutionRedriven") == resumed == 1


def test_what_no_order_knows_is_told_until_it_is_mended(world: World, reconciler: Reconciler) -> None:
    left, paid, site = draft(world, "child"), charge_a_stranger(world, "child"), str(uuid.uuid4())
    spec = {"name": "Stray", "variant": "vanilla", "location": "pdx", "plan": "basic", "term": "monthly"}
    body = {"account_id": "1", **spec}
    assert provisioner(world, "PUT", site, body) == 202
    planted = {("payment_unknown", paid), ("site_without_order", site)}

    report = reconciler.run()
    assert report["repairs"]["draft_deleted"] >= 1
    assert left not in {invoice["id"] for invoice in world.invoices()}
    assert planted <= reconciler.findings()
    assert report["breaks"]["payment_unknown"] >= 1
    assert report["breaks"]["site_without_order"] >= 1
    assert sum(report["breaks"].values()) == len(reconciler.findings())
    _await_told(world, reconciler)

    shown = tool(world, "findings")
    assert shown.returncode == 1
    assert paid in shown.stdout
    accepted = tool(world, "findings", "--accept", "site_without_order", site)
    assert ("site_without_order", site) not in reconciler.findings(), accepted.stderr

    processor(world, "credit_notes", {"invoice": paid, "amount": "900", "refund_amount": "900"})
    assert provisioner(world, "DELETE", site) == 204
    reconciler.run()
    assert not planted & reconciler.findings()
    _await_told(world, reconciler)


def test_the_ledger_of_a_day_names_what_breaks_it(world: World, shop: Shops) -> None:
    client = shop("child")
    token = client.place()
    client.finish(token)
    day = f"{datetime.fromtimestamp(world.stripe_clock(), UTC):%Y-%m-%d}"
    paid = charge_a_stranger(world, "child")
    shown = tool(world, "ledger", "--day", day)
    assert shown.returncode == 1, shown.stderr
    assert paid in shown.stdout
    assert token not in shown.stdout
    processor(world, "credit_notes", {"invoice": paid, "amount": "900", "refund_amount": "900"})
    assert paid not in tool(world, "ledger", "--day", day).stdout


def test_the_schedule_runs_it(world: World) -> None:
    """The rule and its target are there; the engine fires it as AWS does."""
    events = aws.client("events", world.facts["aws_endpoint"])
    (rule,) = [rule for rule in events.list_rules()["Rules"] if rule.get("ScheduleExpression")]
    (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    assert rule["State"] == "ENABLED"
    assert target["Arn"].rpartition(":")[2] == world.facts["functions"]["ReconcileFunction"]


def _await_told(world: World, reconciler: Reconciler) -> None:
    """The metric counts the findings: the engine shows a late line of a function's log with its next call."""

    def told() -> bool:
        reconciler.run()
        return _told(world, "LedgerBreaks") == len(reconciler.findings())

    await_value(told, seconds=30)


def _told(world: World, metric: str) -> float:
    """The newest value of a metric in the function's log."""
    lines = _log(world).splitlines()
    values = [json.loads(line)[metric] for line in lines if f'"{metric}":' in line]
    return float(values[-1][0])


def _log(world: World) -> str:
    (path,) = (world.stack.workspace.logs / "functions").glob("*Reconcile*.log")
    return path.read_text()
