"""What an order uses of Step Functions and Lambda: state transitions and task invocations, counted."""

from collections.abc import Mapping

import pytest

from tests.bench import marks
from tests.bench.executions import STRAIGHT, counted, under_defaults
from tests.workflow.runs import Runs

TASKS = ("ChargePayment", "ActivateSubscription", "CloseOrder", "SendCallback")


@pytest.mark.parametrize(("kind", "delivery"), [("site", "ProvisionSite"), ("domain", "RegisterDomain")])
def test_a_straight_order_takes_few_transitions_and_each_task_once(
    runs: Runs, kind: str, delivery: str
) -> None:
    found = counted(runs.named(STRAIGHT[kind]))
    assert found["transitions"] == marks.STRAIGHT_TRANSITIONS <= marks.TRANSITIONS[kind]
    wanted: Mapping[str, int] = dict.fromkeys((*TASKS, delivery), 1)
    assert found["invocations"] == wanted


def test_an_order_that_is_told_to_nobody_takes_as_many(runs: Runs) -> None:
    found = counted(runs.named("delivered without callback"))
    assert found["transitions"] == marks.STRAIGHT_TRANSITIONS


def test_a_retry_is_counted(runs: Runs) -> None:
    straight, disturbed = runs.named("delivered"), runs.named("everything answers 503 once")
    assert len(disturbed.retries) > 0
    assert counted(disturbed)["transitions"] == counted(straight)["transitions"] + len(disturbed.retries)


def test_a_transfer_of_days_takes_a_bounded_number(runs: Runs) -> None:
    found = counted(under_defaults(runs.world, "transfer"))
    assert found["days"] > 4
    assert found["transitions"] <= marks.TRANSITIONS["transfer"]
