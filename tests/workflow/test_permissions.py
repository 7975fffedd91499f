"""Each role allows what its function calls, and nothing that it never calls."""

import pytest

from tests.sam_template import Template
from tests.workflow.runs import Runs

WALKED = (
    "OrderSite",
    "OrderDomain",
    "GetCart",
    "GetOrder",
    "ListOrders",
    "CancelOrder",
    "ReceiveStripeWebhook",
    "ChargePayment",
    "WaitForPayment",
    "ProvisionSite",
    "SuspendSite",
    "RegisterDomain",
    "WaitForDomain",
    "ActivateSubscription",
    "CloseOrder",
    "RefundPayment",
    "SendCallback",
)


@pytest.mark.parametrize("name", WALKED)
def test_a_role_is_exact(runs: Runs, name: str) -> None:
    outcomes = runs.all()
    runs.reuse()
    machines = {outcome.case.template.resolve({"Ref": "FulfilOrder"}) for outcome in outcomes}
    template = outcomes[0].case.template.changed(physical={"FulfilOrder": ("machine", "machine")})
    used = {
        (grant.action, "machine" if grant.resource in machines else grant.resource)
        for grant in runs.world.lambdas.used[f"{name}Function"]
    }
    allowed = {
        (grant.action, grant.resource)
        for grant in template.grants(f"{name}Function")
        if not grant.action.startswith("appconfig:")  # the tests stand in for it
    }
    assert used - allowed == set(), "the function calls what its role does not allow"
    assert allowed - used == set(), "the role allows what the function never calls"


def test_the_functions_of_every_state_are_walked() -> None:
    states = Template().definition()["States"].values()
    called = {state["Parameters"]["FunctionName"] for state in states if state["Type"] == "Task"}
    assert called <= {Template().resolve({"Fn::GetAtt": [f"{name}Function", "Arn"]}) for name in WALKED}
