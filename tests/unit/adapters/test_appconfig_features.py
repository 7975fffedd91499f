"""The flag of domain orders: the template's own rule, and what happens when it cannot be read."""

import io
import json
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hostcart.adapters import aws
from hostcart.adapters.appconfig_features import AppConfigFeatures
from hostcart.ports import MisconfiguredError, UnavailableError
from hostcart.settings import FeatureSettings

from local.engine import cloudformation_yaml
from local.engine.workspace import ROOT
from tests.fakes.world import ACCOUNT, account

SETTINGS: Final = FeatureSettings(application="app", environment="env", profile="features")
CONTENT: Final = cloudformation_yaml.load(ROOT / "template.yaml")["Resources"]["FeaturesVersion"][
    "Properties"
]["Content"]


class AppConfig:
    """The part of AppConfig's data plane that a reader needs; `content` may be an error."""

    def __init__(self, content: str | Exception) -> None:
        self.content = content
        self.reads = 0

    def start_configuration_session(self, **_: str) -> dict[str, str]:
        return {"InitialConfigurationToken": "1"}

    def get_latest_configuration(self, **_: str) -> dict[str, Any]:
        self.reads += 1
        if isinstance(self.content, Exception):
            raise self.content
        return {
            "NextPollConfigurationToken": str(self.reads),
            "Configuration": io.BytesIO(self.content.encode()),
        }


@pytest.fixture
def features(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> AppConfigFeatures:
    served = AppConfig(getattr(request, "param", CONTENT))
    monkeypatch.setattr(aws, "appconfigdata", lambda: served)
    return AppConfigFeatures(SETTINGS)


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        (("domain_registration",), True),
        (("other", "domain_registration"), True),
        (("other",), False),
        (("domain_registration_beta",), False),
        ((), False),
    ],
)
def test_the_templates_rule_is_the_accounts_feature(
    features: AppConfigFeatures, given: tuple[str, ...], *, allowed: bool
) -> None:
    assert features.domain_registration(account(features=given)) is allowed


ONE_ACCOUNT: Final = json.dumps(
    {
        "domain_registration": {
            "default": False,
            "rules": {
                "this account": {
                    "when_match": True,
                    "conditions": [{"action": "EQUALS", "key": "account_id", "value": ACCOUNT}],
                }
            },
        }
    }
)


@pytest.mark.parametrize("features", [ONE_ACCOUNT], indirect=True)
def test_a_rule_may_name_accounts(features: AppConfigFeatures) -> None:
    assert features.domain_registration(account(features=()))
    assert not features.domain_registration(account(id="10000002", features=("domain_registration",)))


@pytest.mark.parametrize("features", ['{"domain_registration": {"default": false}}'], indirect=True)
def test_without_a_rule_it_is_off(features: AppConfigFeatures) -> None:
    assert not features.domain_registration(account())


DENIED: Final = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetLatestConfiguration")
MISSING: Final = ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetLatestConfiguration")
UNREACHABLE: Final = EndpointConnectionError(endpoint_url="https://appconfigdata.example")


@pytest.mark.parametrize("features", [DENIED, MISSING, UNREACHABLE, "not json"], indirect=True)
def test_what_cannot_be_read_is_not_off(features: AppConfigFeatures) -> None:
    with pytest.raises(UnavailableError, match="features_unavailable"):
        features.domain_registration(account())


@pytest.mark.parametrize(
    "features", ['{"domain_registration": {"default": "yes", "rules": 1}}'], indirect=True
)
def test_a_document_that_makes_no_sense_is_an_operators(features: AppConfigFeatures) -> None:
    with pytest.raises(MisconfiguredError, match="features_invalid"):
        features.domain_registration(account())
