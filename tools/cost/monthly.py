"""What a month costs whatever is ordered, and what stays with a domain. Counted in template.yaml."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.cost.model import MONTH_HOURS, Function, Model
from tools.cost.stack import log_days, template

_LOG_MONTH_DAYS: Final = MONTH_HOURS / 24
_MINUTES: Final = {"minute": 1, "hour": 60}
_ALARM: Final = "AWS::CloudWatch::Alarm"
_KEY: Final = "AWS::KMS::Key"

type Json = dict[str, Any]


@dataclass(frozen=True)
class Standing:
    """What the stack has in it, and how often its reconciler runs."""

    keys: int
    secrets: int
    alarm_metrics: int
    reconciler_runs: float


def standing(document: Json | None = None) -> Standing:
    """Counted in the template, with the parameters' defaults."""
    given = document or template()
    parameters, resources = given["Parameters"], given["Resources"].values()
    return Standing(
        keys=sum(entry["Type"] == _KEY for entry in resources),
        secrets=sum(name.endswith("SecretArn") for name in parameters),
        alarm_metrics=sum(_metrics(entry["Properties"]) for entry in resources if entry["Type"] == _ALARM),
        reconciler_runs=MONTH_HOURS * 60 / _every_minutes(parameters["ReconcileSchedule"]["Default"]),
    )


def monthly(model: Model, stack: Standing | None = None) -> dict[str, float]:
    """US dollars by line for a month in which nothing is ordered."""
    has = stack or standing()
    price = model.monthly_prices
    reconciler = Function("reconcile", has.reconciler_runs, model.memory("reconcile"))
    logs = has.reconciler_runs * model.assumed["log_bytes"] / 1e9 * model.prices["log_gb"]
    return {
        "KMS key": has.keys * price["kms_key"],
        "secrets": has.secrets * price["secret"],
        "alarms": has.alarm_metrics * price["alarm"],
        "custom metrics": model.assumed["custom_metrics"] * price["metric"],
        "reconciler": model.lambda_dollars([reconciler])
        + has.reconciler_runs * model.assumed["reconciler_reads"] * model.prices["dynamodb_read_unit"]
        + logs,
    }


def kept(model: Model, kind: str, orders: float) -> dict[str, float]:
    """US dollars by line for each month that so many delivered orders stay in the table."""
    price = model.monthly_prices
    stored = orders * model.assumed["kept_bytes"][kind] / 1e9
    return {
        "DynamoDB storage": stored * price["dynamodb_gb"],
        "DynamoDB backup": stored * price["dynamodb_backup_gb"],
    }


def log_storage(model: Model, kind: str, polls: float, orders: float) -> float:
    """US dollars, once, for keeping the logs of so many orders until they expire. Logs are billed compressed,
    this is the most that they can be."""
    calls = orders * sum(function.times for function in model.functions(kind, polls))
    logged = calls * model.assumed["log_bytes"] / 1e9
    return float(logged * model.monthly_prices["log_stored_gb"] * log_days() / _LOG_MONTH_DAYS)


def zones(prices: Mapping[str, float], count: float) -> float:
    """US dollars for so many hosted zones, each month that they stay."""
    first = min(count, prices["zones_in_first_tier"])
    return first * prices["zone"] + (count - first) * prices["zone_beyond"]


def _metrics(alarm: Json) -> int:
    """An alarm is paid for by the metrics that it looks at."""
    return sum("MetricStat" in entry for entry in alarm.get("Metrics", ())) or 1


def _every_minutes(schedule: str) -> int:
    """`rate(5 minutes)` -> 5."""
    found = re.fullmatch(r"rate\((\d+) (minute|hour)s?\)", schedule)
    if found is None:
        raise ValueError(f"not a rate: {schedule}")
    return int(found[1]) * _MINUTES[found[2]]
