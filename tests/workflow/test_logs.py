"""Every log line of an order is JSON under the cart token; the metrics of a first version are there."""

import json
from typing import Any

from tests.workflow.cases import Outcome
from tests.workflow.promises import SECRETS
from tests.workflow.runs import Runs


def _lines(outcome: Outcome) -> list[dict[str, Any]]:
    return [json.loads(line) for line in outcome.logs.splitlines()]


def test_every_task_logs_under_the_cart_token(runs: Runs) -> None:
    outcome = runs.named("delivered")
    done = [line for line in _lines(outcome) if line.get("message") == "task_done"]
    assert {line["correlation_id"] for line in done} == {outcome.case.token}
    assert len(done) == len(outcome.states) - 2  # two choices
    (accepted,) = (line for line in _lines(outcome) if line.get("message") == "cart_accepted")
    assert accepted["correlation_id"] == outcome.case.token


def test_failures_are_logged_by_name_and_code(runs: Runs) -> None:
    (failed,) = (line for line in _lines(runs.named("site failed")) if line.get("message") == "task_failed")
    assert (failed["error"], failed["code"]) == ("SiteFailedError", "site_failed")


def test_metrics(runs: Runs) -> None:
    lines = [
        line for name in ("delivered", "callback gone", "site failed") for line in _lines(runs.named(name))
    ]
    metrics = {
        metric["Name"]
        for line in lines
        if "_aws" in line
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    }
    assert {
        "OrdersPlaced",
        "PaymentOutcome",
        "ProvisioningTime",
        "OrdersClosed",
        "CallbackFailures",
        "PaidUndelivered",
    } <= metrics


def test_no_secret_in_any_log_line_of_all_scenarios(runs: Runs) -> None:
    runs.all()
    everything = runs.world.lambdas.logs.getvalue()
    assert "task_done" in everything
    assert [secret for secret in SECRETS if secret in everything] == []
