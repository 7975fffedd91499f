"""The template's parameters on one machine: sandboxes for the outside systems, seconds for the waits."""

from collections.abc import Mapping

AUDIENCE = "hostcart"


def build(ports: Mapping[str, int], secret_arns: Mapping[str, str]) -> dict[str, str]:
    """Every parameter that differs from the template's default. The template need not declare all of them."""
    login = f"{url(ports['login'])}"
    return {
        "StripeApiBase": url(ports["stripe"]),
        "StripeApiKeySecretArn": secret_arns["stripe"],
        "StripeWebhookSecretArn": secret_arns["stripe-webhook"],
        "StripeLiveMode": "false",
        "SitesBaseUrl": url(ports["sites"]),
        "SitesTokenSecretArn": secret_arns["sites"],
        "RegistrarApiBase": url(ports["registrar"]),
        "RegistrarCredentialsSecretArn": secret_arns["registrar"],
        "RegistrarRequestsPerHour": "1000000",
        "ParkingAddress": "192.0.2.1",
        "CallbackSigningSecretArn": secret_arns["callback-signing"],
        "CallbackAllowLoopback": "true",
        "SessionIssuer": f"{login}/session",
        "SessionAudience": AUDIENCE,
        "SessionJwksUrl": f"{login}/session/jwks.json",
        "OauthIssuer": f"{login}/oauth",
        "OauthAudience": AUDIENCE,
        "OauthJwksUrl": f"{login}/oauth/jwks.json",
        "PaymentPollSeconds": "3",
        "PaymentPollMaxSeconds": "10",
        "PaymentDeadlineSeconds": "120",
        "SitePollSeconds": "1",
        "SiteDeadlineSeconds": "120",
        "DomainPollSeconds": "1",
        "DomainPollMaxSeconds": "2",
        "DomainSettleSeconds": "3",
        "DomainLateSeconds": "12",
        "RegistrationDeadlineSeconds": "120",
        "TransferDeadlineSeconds": "120",
        "RefundPollSeconds": "1",
        "CallbackRetrySeconds": "1",
        "CallbackRetryMaxSeconds": "2",
        "RetrySeconds": "1",
        "RetryMaxSeconds": "2",
    }


def url(port: int) -> str:
    """The loopback address of a port."""
    return f"http://127.0.0.1:{port}"
