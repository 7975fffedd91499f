"""The calculator: what is multiplied with what."""

from typing import Any

import pytest

from tools.cost import __main__ as command
from tools.cost.model import FULL_CORE_MB, Function, Model, load

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
            for name in ("authenticate", "order_site", "get_cart", "charge_payment", "receive_stripe_webhook")
        }
    },
    "memory_mb": {
        "authenticate": 512,
        "order_site": 512,
        "get_cart": 512,
        "charge_payment": 256,
        "receive_stripe_webhook": 256,
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


def test_every_poll_costs_the_same(small: Model) -> None:
    none, one, two = (sum(small.cost("site", polls).values()) for polls in (0, 1, 2))
    assert two - one == pytest.approx(one - none)
    assert one > none


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
    "wrong", [["--orders", "-1"], ["--polls", "nan"], ["--memory", "64"], ["--kind", "x"]]
)
def test_a_wrong_argument_is_named(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main(wrong)
    assert stopped.value.code == 2
    assert wrong[0] in capsys.readouterr().err
