"""Feature flags on AppConfig (port Features), by the rules of Powertools' feature flags."""

from typing import TYPE_CHECKING, Final

from hostcart.ports import UnavailableError
from hostcart.settings import FeatureSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.feature_flags import FeatureFlags

    from hostcart.domain.accounts import Account

_FRESH_SECONDS: Final = 30


class AppConfigFeatures:
    """Rules see `account_id`, `billing_plan` and the account's `features`."""

    def __init__(self, settings: FeatureSettings) -> None:
        self._settings = settings
        self._flags: FeatureFlags | None = None

    def domain_registration(self, account: "Account") -> bool:
        from aws_lambda_powertools.utilities.feature_flags.exceptions import StoreClientError

        context = {
            "account_id": account.snapshot.id,
            "billing_plan": account.snapshot.billing_plan,
            "features": list(account.features),
        }
        try:
            return bool(self._store().evaluate(name="domain_registration", context=context, default=False))
        except StoreClientError:
            raise UnavailableError("features_unavailable") from None

    def _store(self) -> "FeatureFlags":
        if self._flags is None:
            from aws_lambda_powertools.utilities.feature_flags import AppConfigStore, FeatureFlags

            self._flags = FeatureFlags(
                AppConfigStore(
                    environment=self._settings.environment,
                    application=self._settings.application,
                    name=self._settings.profile,
                    max_age=_FRESH_SECONDS,
                )
            )
        return self._flags
