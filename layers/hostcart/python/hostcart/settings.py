"""Settings, read from the environment when asked for: importing this needs no environment."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSettings:
    api_base: str
    api_key_secret_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEventSettings:
    """`live_mode` is whether the processor's account is asked for real money here."""

    secret_arn: str
    live_mode: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SitesSettings:
    base_url: str
    token_secret_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrarSettings:
    """The limits are those that the registrar names."""

    api_base: str
    credentials_secret_arn: str
    requests_per_second: int
    requests_per_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSettings:
    """AppConfig's names or ids."""

    application: str
    environment: str
    profile: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackSettings:
    signing_secret_arn: str
    allow_loopback: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    issuer: str
    audience: str
    jwks_url: str


def table_name() -> str:
    return os.environ["TABLE_NAME"]


def data_key() -> str:
    """The KMS key that seals secrets."""
    return os.environ["DATA_KEY_ID"]


def state_machine_arn() -> str:
    return os.environ["STATE_MACHINE_ARN"]


def payments() -> PaymentSettings:
    return PaymentSettings(
        api_base=os.environ["STRIPE_API_BASE"], api_key_secret_arn=os.environ["STRIPE_API_KEY_SECRET_ARN"]
    )


def payment_events() -> PaymentEventSettings:
    return PaymentEventSettings(
        secret_arn=os.environ["STRIPE_WEBHOOK_SECRET_ARN"],
        live_mode=os.environ["STRIPE_LIVE_MODE"] == "true",
    )


def sites() -> SitesSettings:
    return SitesSettings(
        base_url=os.environ["SITES_BASE_URL"], token_secret_arn=os.environ["SITES_TOKEN_SECRET_ARN"]
    )


def registrar() -> RegistrarSettings:
    return RegistrarSettings(
        api_base=os.environ["REGISTRAR_API_BASE"],
        credentials_secret_arn=os.environ["REGISTRAR_CREDENTIALS_SECRET_ARN"],
        requests_per_second=int(os.environ.get("REGISTRAR_REQUESTS_PER_SECOND", "20")),
        requests_per_hour=int(os.environ.get("REGISTRAR_REQUESTS_PER_HOUR", "3000")),
    )


def parking_address() -> str:
    """The IPv4 address that a new name points to."""
    return os.environ["PARKING_ADDRESS"]


def registrar_orders_with_sites() -> bool:
    """Whether orders of sites appear in the registrar API."""
    return os.environ.get("REGISTRAR_ORDERS_SITES", "show") == "show"


def features() -> FeatureSettings:
    return FeatureSettings(
        application=os.environ["FEATURES_APPLICATION"],
        environment=os.environ["FEATURES_ENVIRONMENT"],
        profile=os.environ["FEATURES_PROFILE"],
    )


def callbacks_allow_loopback() -> bool:
    return os.environ.get("CALLBACK_ALLOW_LOOPBACK") == "true"


def callbacks() -> CallbackSettings:
    return CallbackSettings(
        signing_secret_arn=os.environ["CALLBACK_SIGNING_SECRET_ARN"],
        allow_loopback=callbacks_allow_loopback(),
    )


def session_issuer() -> Issuer:
    return _issuer("SESSION")


def oauth_issuer() -> Issuer:
    return _issuer("OAUTH")


def _issuer(prefix: str) -> Issuer:
    return Issuer(
        issuer=os.environ[f"{prefix}_ISSUER"],
        audience=os.environ[f"{prefix}_AUDIENCE"],
        jwks_url=os.environ[f"{prefix}_JWKS_URL"],
    )


def seconds(name: str) -> int:
    """A waiting time or deadline of the template, in seconds."""
    return int(os.environ[name])
