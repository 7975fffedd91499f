"""Every scenario keeps the promise: delivered or given back, exactly once."""

from collections import Counter

import pytest

from tests.workflow import promises
from tests.workflow.cases import Scenario
from tests.workflow.runs import Runs
from tests.workflow.scenarios import ALL


@pytest.mark.parametrize("scenario", ALL, ids=str)
def test_scenario(runs: Runs, scenario: Scenario) -> None:
    promises.check(runs.outcome(scenario))


def test_scenarios_have_names_of_their_own() -> None:
    assert [name for name, count in Counter(str(scenario) for scenario in ALL).items() if count > 1] == []


@pytest.mark.parametrize(
    "name", ["no such cart", "stolen card", "site refused", "site failed", "subscription refused"]
)
def test_a_definite_failure_is_not_tried_again(runs: Runs, name: str) -> None:
    assert runs.named(name).retries == []


def test_a_payment_that_waits_is_looked_at_a_few_times_and_at_its_deadline(runs: Runs) -> None:
    outcome = runs.named("never authenticates")
    deadline = float(outcome.case.template.parameters["PaymentDeadlineSeconds"])
    assert len(outcome.waits) < 10
    # The clock runs on while functions run: the waits are that much shorter.
    assert deadline - 600 < sum(outcome.waits) < deadline + 60


def test_news_ends_a_wait_before_its_time(runs: Runs) -> None:
    outcome = runs.named("authenticates and the execution is woken")
    assert outcome.states.count("ChargePayment") == 2
    assert not any(event["type"] == "TaskTimedOut" for event in outcome.history)
    slept = runs.named("authenticates")
    assert any(event["type"] == "TaskTimedOut" for event in slept.history)


def test_news_before_a_wait_is_looked_into_at_once(runs: Runs) -> None:
    outcome = runs.named("authenticates before the wait begins")
    errors = [event["error"] for event in _failures(outcome.history)]
    assert errors.count("NewsArrivedError") == 1
    assert outcome.states.count("ChargePayment") == 3


def test_a_site_that_does_not_come_is_given_up_at_its_deadline(runs: Runs) -> None:
    outcome = runs.named("site in time for nothing")
    deadline = float(outcome.case.template.parameters["SiteDeadlineSeconds"])
    assert deadline <= sum(outcome.waits) < deadline + 300


def test_a_pending_refund_is_looked_at_until_it_has_arrived(runs: Runs) -> None:
    outcome = runs.named("refund pending")
    assert sum(outcome.waits) >= 86_400
    assert outcome.states.count("RefundPayment") == len(outcome.waits) + 1


def test_a_callback_is_tried_for_about_three_days(runs: Runs) -> None:
    outcome = runs.named("callback undelivered")
    assert 2.5 < sum(outcome.retries) / 86_400 < 3.5
    assert outcome.retries == sorted(outcome.retries)


@pytest.mark.parametrize(
    ("name", "failure"),
    [("not refunded", "site_failed"), ("not closed", None)],
)
def test_an_order_that_is_stuck_is_still_processing(runs: Runs, name: str, failure: str | None) -> None:
    interim = runs.named(f"{name}, then started again").interim
    assert interim["order"]["status"] == "processing"
    assert interim["payment"]["status"] == "succeeded"
    assert interim.get("failure", {}).get("code") == failure


def test_an_undelivered_callback_leaves_the_order_as_it_is(runs: Runs) -> None:
    assert runs.named("callback undelivered").order_view["order"]["status"] == "completed"


def test_a_second_execution_of_a_closed_order_changes_nothing(runs: Runs) -> None:
    outcome = runs.named("delivered, then started again")
    assert outcome.states.count("ChargePayment") == 2
    assert outcome.states.count("SendCallback") == 2
    assert len(outcome.callbacks) == 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_every_function_has_died_at_several_calls(runs: Runs, moment: str) -> None:
    outcome = runs.named(f"functions die {moment} each AWS call")
    died = Counter(event["error"] for event in _failures(outcome.history))
    assert died.keys() == {"Runtime.ExitError"}
    assert died.total() >= 15


def _failures(history: list[dict[str, dict[str, str]]]) -> list[dict[str, str]]:
    return [event["taskFailedEventDetails"] for event in history if "taskFailedEventDetails" in event]
