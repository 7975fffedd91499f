"""Feature flags on AppConfig (port Features), by the rules of Powertools' feature flags."""

from typing import TYPE_CHECKING, Final

from hostcart.adapters import aws
from hostcart.ports import MisconfiguredError, UnavailableError
from hostcart.settings import FeatureSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.feature_flags import FeatureFlags

    from hostcart.domain.accounts import Account

_FRESH_SECONDS: Final = 30
_FLAG: Final = "domain_registration"


class AppConfigFeatures:
    """Rules see `account_id`, `billing_plan` and the account's `features`."""

    def __init__(self, settings: FeatureSettings) -> None:
        self._settings = settings
        self._flags: FeatureFlags | None = None

    def domain_registration(self, account: "Account") -> bool:
        """Raises UnavailableError when the flags cannot be read: that is not the same as off."""
        context = {
            "account_id": account.snapshot.id,
            "billing_plan": account.snapshot.billing_plan,
            "features": list(account.features),
        }
        return bool(self._read().evaluate(name=_FLAG, context=context, default=False))

    def _read(self) -> "FeatureFlags":
        """The flags as they are now; `evaluate` alone answers its default when there are none to read."""
        from aws_lambda_powertools.utilities.feature_flags.exceptions import (
            ConfigurationStoreError,
            SchemaValidationError,
            StoreClientError,
        )

        flags = self._store()
        try:
            flags.get_configuration()
        except SchemaValidationError:
            raise MisconfiguredError("features_invalid") from None
        except (ConfigurationStoreError, StoreClientError):
            raise UnavailableError("features_unavailable") from None
        return flags

    def _store(self) -> "FeatureFlags":
        if self._flags is None:
            from aws_lambda_powertools.utilities.feature_flags import AppConfigStore, FeatureFlags

            self._flags = FeatureFlags(
                AppConfigStore(
                    environment=self._settings.environment,
                    application=self._settings.application,
                    name=self._settings.profile,
                    max_age=_FRESH_SECONDS,
                    boto3_client=aws.appconfigdata(),
                )
            )
        return self._flags
