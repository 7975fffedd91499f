"""Roles name exact actions on exact resources. That they are enough and not too much, the workflow proves."""

import re

import pytest

from tests.sam_template import Template, listed

TEMPLATE = Template()
OWNERS = [*TEMPLATE.functions, "FulfilOrder"]
# Route 53 names zones when it makes them: which they are, no policy can say.
UNNAMED = {"route53:CreateHostedZone", "route53:ListHostedZones", "route53:ListHostedZonesByName"}
ZONES = "arn:aws:route53:::hostedzone/*"
# Executions are named by the carts: which they are, no policy can say, but whose they are.
EXECUTIONS = ":execution:{'Fn::GetAtt': ['FulfilOrder', 'Name']}:*"


@pytest.mark.parametrize("owner", OWNERS)
def test_actions_are_exact(owner: str) -> None:
    for statement in TEMPLATE.statements(owner):
        assert statement["Effect"] == "Allow"
        assert set(statement) == {"Effect", "Action", "Resource"}
        for action in listed(statement["Action"]):
            assert re.fullmatch(r"[a-z0-9]+:[A-Z][A-Za-z0-9]+", action), action


@pytest.mark.parametrize("owner", OWNERS)
def test_resources_are_exact(owner: str) -> None:
    for statement in TEMPLATE.statements(owner):
        if set(listed(statement["Action"])) <= UNNAMED:
            continue
        for resource in listed(statement["Resource"]):
            assert isinstance(resource, dict), f"{resource} is not a reference"
            resolved = TEMPLATE.resolve(resource)
            assert resolved.startswith("arn:") or resource == {"Ref": "FulfilOrder"}
            assert "*" not in resolved or resolved == ZONES or resolved.endswith(EXECUTIONS)


@pytest.mark.parametrize("owner", OWNERS)
def test_no_managed_policy_is_asked_for(owner: str) -> None:
    policies = TEMPLATE.resources[owner]["Properties"].get("Policies", [])
    assert all(set(policy) == {"Statement"} for policy in policies)
    assert "Role" not in TEMPLATE.resources[owner]["Properties"]


@pytest.mark.parametrize("owner", OWNERS)
def test_nothing_is_allowed_twice(owner: str) -> None:
    allowed = [
        (action, str(resource))
        for statement in TEMPLATE.statements(owner)
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    ]
    assert len(allowed) == len(set(allowed))


def test_only_functions_that_need_a_secret_may_read_it() -> None:
    readers = {
        parameter: {
            name.removesuffix("Function")
            for name in TEMPLATE.functions
            for grant in TEMPLATE.grants(name)
            if grant.action == "secretsmanager:GetSecretValue"
            and grant.resource == TEMPLATE.parameters[parameter]
        }
        for parameter in TEMPLATE.parameters
        if parameter.endswith("SecretArn")
    }
    assert readers == {
        "StripeApiKeySecretArn": {
            "OrderSite",
            "OrderDomain",
            "ChargePayment",
            "ActivateSubscription",
            "RefundPayment",
            "ReceiveStripeWebhook",
            "Reconcile",
        },
        "StripeWebhookSecretArn": {"ReceiveStripeWebhook"},
        "SitesTokenSecretArn": {"ProvisionSite", "SuspendSite", "RefundPayment", "Reconcile"},
        "RegistrarCredentialsSecretArn": {
            "OrderDomain",
            "ChargePayment",
            "RegisterDomain",
            "RefundPayment",
            "Reconcile",
        },
        "CallbackSigningSecretArn": {"SendCallback"},
    }


def test_only_who_hands_a_secret_on_may_decrypt() -> None:
    may = {
        name
        for name in TEMPLATE.functions
        if any(grant.action == "kms:Decrypt" for grant in TEMPLATE.grants(name))
    }
    assert may == {
        "GetOrderFunction",
        "OrderDomainFunction",
        "RegisterDomainFunction",
        "SendCallbackFunction",
    }


def test_only_who_has_news_may_end_a_wait() -> None:
    grants = {name: TEMPLATE.grants(name) for name in OWNERS}
    may = {
        name: {grant.resource for grant in granted if grant.action.startswith("states:SendTask")}
        for name, granted in grants.items()
    }
    machine = {TEMPLATE.resolve({"Ref": "FulfilOrder"})}
    assert {name: resources for name, resources in may.items() if resources} == {
        "CancelOrderFunction": machine,
        "ReceiveStripeWebhookFunction": machine,
        "ReconcileFunction": machine,
    }
    assert {
        grant.action for granted in grants.values() for grant in granted if "SendTask" in grant.action
    } == {"states:SendTaskSuccess"}
