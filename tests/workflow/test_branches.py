"""The scenarios together walk every branch of the definition; a new branch needs a scenario."""

import copy
from typing import Any

import pytest

from tests.sam_template import Template
from tests.workflow.branches import Branch, all_branches, taken
from tests.workflow.runs import Runs


def test_every_branch_is_walked(runs: Runs) -> None:
    walked: set[Branch] = set()
    for outcome in runs.all():
        walked |= taken(outcome.definition, outcome.history)
    missing = all_branches(Template().definition()) - walked
    assert missing == set(), "no scenario takes: " + "; ".join(map(str, sorted(missing)))


def test_the_branches_are_those_of_the_definition() -> None:
    definition = Template().definition()
    kinds = [branch.clause.partition("[")[0] for branch in all_branches(definition)]
    states = definition["States"].values()
    assert kinds.count("state") == len(states)
    assert kinds.count("Default") == sum("Default" in state for state in states)
    assert kinds.count("Choices") == sum(len(state.get("Choices", [])) for state in states)
    assert kinds.count("Catch") == sum(
        len(catcher["ErrorEquals"]) for state in states for catcher in state.get("Catch", [])
    )


def _with_another_catch(definition: dict[str, Any]) -> None:
    catcher = {"ErrorEquals": ["SomethingNewError"], "Next": "CartNotFound"}
    definition["States"]["ProvisionSite"]["Catch"].append(catcher)


def _with_another_choice(definition: dict[str, Any]) -> None:
    choice = {"Variable": "$.charge.status", "StringEquals": "cancelled", "Next": "CartNotFound"}
    definition["States"]["SiteOutcome"]["Choices"].append(choice)


def _with_another_retry(definition: dict[str, Any]) -> None:
    retrier = {"ErrorEquals": ["SomethingNewError"], "MaxAttempts": 1}
    definition["States"]["CloseOrder"]["Retry"].append(retrier)


def _with_another_end(definition: dict[str, Any]) -> None:
    definition["States"]["Elsewhere"] = {"Type": "Fail"}


@pytest.mark.parametrize(
    ("change", "branches"),
    [
        (_with_another_catch, 1),
        (_with_another_choice, 1),
        (_with_another_retry, 2),
        (_with_another_end, 1),
    ],
)
def test_a_new_branch_would_be_missed(runs: Runs, change: Any, branches: int) -> None:
    definition = Template().definition()
    changed = copy.deepcopy(definition)
    change(changed)
    added = all_branches(changed) - all_branches(definition)
    assert len(added) == branches
    for name in ("delivered", "not closed, then started again"):
        assert not added & taken(changed, runs.named(name).history)


def test_a_history_that_leaves_the_definition_is_noticed(runs: Runs) -> None:
    history = runs.named("stolen card").history
    definition = Template().definition()
    definition["States"]["ChargePayment"]["Catch"][-1]["Next"] = "CloseOrder"
    with pytest.raises(AssertionError, match="went on to RefundPayment"):
        taken(definition, history)
