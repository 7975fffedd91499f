"""The calculator: what is multiplied with what."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.bench import marks
from tests.sam_template import Template, folder_of
from tools.cost import __main__ as command
from tools.cost import model as model_module
from tools.cost.model import FULL_CORE_MB, MONTH_SECONDS, Function, Model, load
from tools.cost.monthly import kept, log_storage, monthly, standing, zones
from tools.cost.stack import log_days, memory_sizes

# Dollars for a million site orders with five polls: all that is counted, and what the waits add.
COUNTS_DOLLARS = 256
MEMORY_TIME_DOLLARS = 14

SMALL: dict[str, Any] = {
    "executions": {"site": {"transitions": 9, "invocations": {"ChargePayment": 1}}},
    "dynamodb": {
        "site": {"POST": {"write": 4, "read": 2}, "ChargePayment": {"write": 6, "read": 1}},
        "polls": {"site": {"read": 0.5}},
        "authorizer": {"read": 1},
        "webhook": {"write": 5, "read": 1},
    },
    "warm": {"poll": {"ours_ms": 2}, "post": {"ours_ms": 10}},
    "cold_start": {
        "functions": {
            name: {"cpu_ms": 500}
            for name in (
                *("authenticate", "order_site", "get_cart", "get_order", "charge_payment"),
                *("receive_stripe_webhook", "reconcile"),
            )
        }
    },
}


@pytest.fixture
def small() -> Model:
    return load(SMALL)


def test_each_service_is_its_count_times_its_price(small: Model) -> None:
    lines = small.cost("site", 4)
    prices = small.prices
    assert lines["Step Functions"] == pytest.approx(9 * prices["step_functions_transition"])
    assert lines["API Gateway"] == pytest.approx(6 * prices["api_request"])
    reads = 3 + 4 * 0.5 + 1 + small.assumed["authorizer_calls_per_order"]
    assert lines["DynamoDB"] == pytest.approx(
        15 * prices["dynamodb_write_unit"] + reads * prices["dynamodb_read_unit"]
    )
    assert min(lines.values()) > 0


def test_every_poll_costs_the_same_but_for_the_password_of_a_delivered_site(small: Model) -> None:
    two, three, four = (sum(small.cost("site", polls, 1).values()) for polls in (2, 3, 4))
    assert four - three == pytest.approx(three - two)
    assert three > two
    steps = small.assumed["kms_requests"]["site"]
    assert (small.kms_requests("site", 0), small.kms_requests("site", 5)) == (steps, steps + 1)
    assert small.kms_requests("domain", 5) == small.assumed["kms_requests"]["domain"]


def test_polls_are_of_the_cart_and_then_of_the_order(small: Model) -> None:
    times = {function.name: function.times for function in small.functions("site", 5)}
    assert times["get_cart"] + times["get_order"] == 5
    assert min(times["get_cart"], times["get_order"]) > 0


def _counted() -> Model:
    """The counts that other tests assert, the template's sizes, and starts and warm runs at the slow end."""
    template = Template()
    sizes = {
        folder_of(name): int({**template.common, **properties}["MemorySize"])
        for name, properties in template.functions.items()
    }
    tasks = ("ChargePayment", "ProvisionSite", "ActivateSubscription", "CloseOrder", "SendCallback")
    return load(
        {
            "executions": {
                "site": {"transitions": marks.STRAIGHT_TRANSITIONS, "invocations": dict.fromkeys(tasks, 1)}
            },
            "dynamodb": {
                "site": {"all": {"write": marks.WRITE_UNITS["site"], "read": 10}},
                "polls": {"site": {"read": 0.5}},
                "authorizer": {"read": 1},
                "webhook": {"write": 5, "read": 3},
            },
            "warm": {"poll": {"ours_ms": 2.5}, "post": {"ours_ms": 13}},
            "cold_start": {"functions": {name: {"cpu_ms": 1000} for name in sizes}},
        }
    )


def test_a_million_site_orders_stay_within_the_bound_that_follows_from_their_counts() -> None:
    model = _counted()
    functions = model.functions("site", 5)
    time = sum(map(model.gb_seconds, functions)) * model.prices["lambda_gb_second_x86_64"] * 1e6
    whole = sum(model.cost("site", 5).values()) * 1e6
    assert whole - time <= COUNTS_DOLLARS
    assert time <= MEMORY_TIME_DOLLARS
    assert COUNTS_DOLLARS + MEMORY_TIME_DOLLARS <= marks.DOLLARS_PER_MILLION


def test_a_month_costs_what_the_template_has() -> None:
    model, has = _counted(), standing()
    alarms = Template().of_type("AWS::CloudWatch::Alarm")
    assert (has.keys, has.secrets, has.reconciler_runs) == (1, 5, 730 * 12)
    assert has.alarm_metrics == len(alarms) + 2  # one looks at three
    lines = monthly(model)
    assert lines["secrets"] == 5 * model.monthly_prices["secret"]
    assert set(lines) == {"KMS key", "secrets", "alarms", "custom metrics", "reconciler"}
    assert min(lines.values()) > 0


def test_zones_beyond_the_first_cost_less() -> None:
    prices = load(SMALL).monthly_prices
    assert zones(prices, 25) == pytest.approx(12.5)
    assert zones(prices, 1025) == pytest.approx(112.5)


def test_the_command_prints_the_order_the_month_and_the_zones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = {**_counted().measured}
    for part in ("executions", "dynamodb"):
        measured[part] = {**measured[part], "domain": measured[part]["site"]}
    measured["dynamodb"]["polls"] = {"domain": {"read": 0.5}}
    path = tmp_path / "measured.json"
    path.write_text(json.dumps(measured))
    monkeypatch.setattr(model_module, "MEASURED", path)
    assert command.main(["--kind", "domain", "--orders", "1000"]) == 0
    said = capsys.readouterr().out
    assert "each month, whatever is ordered" in said
    assert "kept: each month that these orders stay" in said
    assert re.search(r"DynamoDB backup +0\.00 USD\nin all +0\.00 USD\n\nonce, until the logs", said)
    assert re.search(r"log storage +0\.00 USD", said)
    assert re.search(r"Route 53 zones +110\.00 USD", said)


def test_a_bench_that_was_cut_off_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "measured.json"
    path.write_text(json.dumps({"cold_start": {}}))
    monkeypatch.setattr(model_module, "MEASURED", path)
    with pytest.raises(SystemExit) as stopped:
        command.main([])
    assert stopped.value.code == 2
    assert "warm, dynamodb, executions: not measured yet" in capsys.readouterr().err


def test_computing_takes_longer_on_less_and_waiting_does_not(small: Model) -> None:
    waits = small.assumed["waits_ms"]["get_cart"]
    assert small.duration_ms("get_cart", FULL_CORE_MB) == waits + 2
    assert small.duration_ms("get_cart", 2 * FULL_CORE_MB) == waits + 2
    assert small.duration_ms("get_cart", FULL_CORE_MB // 2) == pytest.approx(waits + 4, rel=0.01)


def test_memory_is_paid_by_the_time(small: Model) -> None:
    one = small.gb_seconds(Function("charge_payment", 1, FULL_CORE_MB))
    assert small.gb_seconds(Function("charge_payment", 3, FULL_CORE_MB)) == pytest.approx(3 * one)
    assert small.gb_seconds(Function("charge_payment", 1, 2 * FULL_CORE_MB)) == pytest.approx(2 * one)


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            [option, text]
            for option in ("--orders", "--polls")
            for text in ("-1", "-0", "1_0", "٢٥", "+5", " 5")
        ),
        ["--orders", "²"],
        ["--orders", "9" * 400],
        ["--orders", "9" * 5000],
        ["--polls", "nan"],
        ["--polls", "1e300"],
        ["--polls", "1e3"],
        ["--polls", "1000000.5"],
        ["--polls", "5."],
        ["--memory", "64"],
        ["--memory", "٢٥٦"],
        ["--memory", "²56"],
        ["--kind", "x"],
    ],
)
def test_a_wrong_argument_is_named(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main(wrong)
    assert stopped.value.code == 2
    *_, said = capsys.readouterr().err.splitlines()
    assert wrong[0] in said
    assert len(said) < 150


@pytest.mark.parametrize(
    ("option", "bounds"),
    [("--orders", "0 to 1,000,000,000,000"), ("--polls", "0 to 1,000,000,"), ("--memory", "128 to 10,240")],
)
def test_bounds_are_told_as_they_are_read(
    option: str, bounds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        command.main([option, "x"])
    assert bounds in capsys.readouterr().err


@pytest.mark.parametrize(("polls", "told"), [("0", "0"), ("2.5", "2.5"), ("1000000", "1,000,000")])
def test_polls_are_told_as_they_were_given(polls: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--polls", polls]) == 0
    assert f", {told} polls each" in capsys.readouterr().out


def test_the_largest_numbers_are_worked_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--orders", str(command.MOST_ORDERS), "--polls", str(command.MOST_POLLS)]) == 0
    assert "in all" in capsys.readouterr().out


def test_memory_sizes_are_the_templates() -> None:
    template = Template()
    assert memory_sizes() == {
        folder_of(name): int({**template.common, **properties}["MemorySize"])
        for name, properties in template.functions.items()
    }
    changed = copy.deepcopy(template.document)
    changed["Resources"]["GetCartFunction"]["Properties"]["MemorySize"] = 1024
    assert memory_sizes(changed)["get_cart"] == 1024
    assert load({}).memory("get_cart") == memory_sizes()["get_cart"]
    assert load({}, memory_mb={"get_cart": 1024}).memory("get_cart") == 1024


def test_the_first_request_of_each_second_is_traced_and_few_beyond(small: Model) -> None:
    beyond = small.assumed["xray_share_beyond"]
    assert small.traced(0) == 1
    assert small.traced(10) == pytest.approx(1, abs=1e-4)
    assert small.traced(MONTH_SECONDS) == pytest.approx(0.632 + beyond * 0.368, abs=1e-3)
    assert small.traced(1000 * MONTH_SECONDS) == pytest.approx(beyond, abs=1e-3)
    few, many = (small.cost("site", 5, orders)["X-Ray"] for orders in (10, 1e9))
    assert few == pytest.approx(8 * small.prices["xray_trace"], rel=1e-3)
    assert many == pytest.approx(8 * beyond * small.prices["xray_trace"], rel=0.01)


@pytest.mark.parametrize("kind", command.KINDS)
def test_what_is_kept_grows_with_the_orders(kind: str) -> None:
    model = _counted()
    lines = kept(model, kind, 1e9)
    price, each = model.monthly_prices, model.assumed["kept_bytes"][kind]
    assert lines == {
        "DynamoDB storage": pytest.approx(each * price["dynamodb_gb"]),
        "DynamoDB backup": pytest.approx(each * price["dynamodb_backup_gb"]),
    }
    assert kept(model, kind, 2e9) == {name: pytest.approx(2 * line) for name, line in lines.items()}


def test_logs_are_paid_once_for_as_long_as_they_are_kept() -> None:
    model = _counted()
    calls = sum(function.times for function in model.functions("site", 5))
    a_month = calls * model.assumed["log_bytes"] / 1000 * model.monthly_prices["log_stored_gb"]
    assert log_storage(model, "site", 5, 1e6) == pytest.approx(a_month * log_days() / (730 / 24))
    assert log_storage(model, "site", 5, 2e6) == pytest.approx(2 * log_storage(model, "site", 5, 1e6))
