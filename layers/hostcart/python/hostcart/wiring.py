"""Builds each use case's ports from the settings: the one place that knows which adapter serves which port.

Everything is imported and built when first asked for, so that a route pays only for what it uses.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from hostcart import settings

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from hostcart.adapters.dynamodb_carts import DynamoCarts
    from hostcart.adapters.dynamodb_catalogue import DynamoCatalogue
    from hostcart.adapters.dynamodb_directory import DynamoDirectory
    from hostcart.adapters.http_sites import HttpSites
    from hostcart.adapters.kms_cipher import KmsCipher
    from hostcart.adapters.registrar_namecom import NamecomRegistrar
    from hostcart.adapters.route53_zones import Route53Zones
    from hostcart.adapters.secrets import Secrets
    from hostcart.adapters.sfn_workflow import SfnWorkflow
    from hostcart.entry.observability import EmfMetrics
    from hostcart.ports import Callbacks, Features, PaymentEvents, Payments, Tokens
    from hostcart.ports_reconcile import Billing, Executions, FindingStore
    from hostcart.use_cases.activate_subscription import ActivateSubscriptionPorts
    from hostcart.use_cases.authenticate import AuthenticatePorts
    from hostcart.use_cases.cancel_order import CancelOrderPorts
    from hostcart.use_cases.charge_payment import ChargePaymentPorts, PaymentTiming
    from hostcart.use_cases.close_order import CloseOrderPorts
    from hostcart.use_cases.domain_attempt import DomainTiming
    from hostcart.use_cases.order_domain import OrderDomainPorts
    from hostcart.use_cases.order_site import OrderSitePorts
    from hostcart.use_cases.placing import PlacingPorts
    from hostcart.use_cases.provision_site import ProvisionSitePorts
    from hostcart.use_cases.read_registrar_orders import RegistrarOrdersPorts
    from hostcart.use_cases.receive_payment_event import ReceivePaymentEventPorts
    from hostcart.use_cases.reconcile_run import ReconcilePorts, ReconcileTiming
    from hostcart.use_cases.refund_payment import RefundPaymentPorts
    from hostcart.use_cases.register_domain import RegisterDomainPorts
    from hostcart.use_cases.send_callback import SendCallbackPorts
    from hostcart.use_cases.suspend_site import SuspendSitePorts
    from hostcart.use_cases.waiting import WaitPorts


class SystemClock:
    """Port Clock."""

    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)


@cache
def carts() -> "DynamoCarts":
    from hostcart.adapters import aws
    from hostcart.adapters.dynamodb_carts import DynamoCarts

    return DynamoCarts(aws.dynamodb(), settings.table_name())


@cache
def directory() -> "DynamoDirectory":
    from hostcart.adapters import aws
    from hostcart.adapters.dynamodb_directory import DynamoDirectory

    return DynamoDirectory(aws.dynamodb(), settings.table_name())


@cache
def catalogue() -> "DynamoCatalogue":
    from hostcart.adapters import aws
    from hostcart.adapters.dynamodb_catalogue import DynamoCatalogue

    return DynamoCatalogue(aws.dynamodb(), settings.table_name())


@cache
def cipher() -> "KmsCipher":
    from hostcart.adapters import aws
    from hostcart.adapters.kms_cipher import KmsCipher

    return KmsCipher(aws.kms(), settings.data_key())


@cache
def secrets() -> "Secrets":
    from hostcart.adapters.secrets import Secrets

    return Secrets()


def _no_asyncio() -> "AbstractContextManager[None]":
    """The payment SDK imports it for its asynchronous half, which nothing here calls."""
    from hostcart.adapters.postponed import postponed

    return postponed("asyncio")


@cache
def payments() -> "Payments":
    with _no_asyncio():
        from hostcart.adapters.stripe_payments import StripePayments

    return StripePayments(settings.payments(), secrets())


@cache
def payment_events() -> "PaymentEvents":
    from hostcart.adapters.stripe_events import StripeEvents

    return StripeEvents(settings.payment_events(), secrets())


@cache
def sites() -> "HttpSites":
    from hostcart.adapters.http_sites import HttpSites

    return HttpSites(settings.sites(), secrets())


@cache
def registrar() -> "NamecomRegistrar":
    from hostcart.adapters import aws
    from hostcart.adapters.dynamodb_rate_limit import DynamoRateLimit, windows
    from hostcart.adapters.registrar_namecom import NamecomRegistrar

    chosen = settings.registrar()
    limits = windows(per_second=chosen.requests_per_second, per_hour=chosen.requests_per_hour)
    limit = DynamoRateLimit(aws.dynamodb(), settings.table_name(), "registrar", limits)
    return NamecomRegistrar(chosen, secrets(), limit)


@cache
def zones() -> "Route53Zones":
    from hostcart.adapters import aws
    from hostcart.adapters.route53_zones import Route53Zones

    return Route53Zones(aws.route53(), settings.parking_address())


@cache
def features() -> "Features":
    from hostcart.adapters.appconfig_features import AppConfigFeatures

    return AppConfigFeatures(settings.features())


@cache
def workflow() -> "SfnWorkflow":
    from hostcart.adapters import aws
    from hostcart.adapters.sfn_workflow import SfnWorkflow

    return SfnWorkflow(aws.stepfunctions(), settings.state_machine_arn())


@cache
def callbacks() -> "Callbacks":
    from hostcart.adapters.http_callbacks import HttpCallbacks

    return HttpCallbacks(settings.callbacks(), secrets())


@cache
def tokens() -> "Tokens":
    from hostcart.adapters.jwt_tokens import JwtTokens

    return JwtTokens(settings.session_issuer(), settings.oauth_issuer())


def metrics() -> "EmfMetrics":
    from hostcart.entry import observability

    return observability.metrics()


def callback_fault(url: str) -> str | None:
    """Why the address cannot be a callback, or None; the address itself is resolved when it is called."""
    from hostcart.adapters.addresses import check_callback_url

    return check_callback_url(url, allow_loopback=settings.callbacks_allow_loopback())


def cart_model() -> None:
    """What reading and writing a cart takes, built ahead."""
    from hostcart.adapters.dynamodb_carts import prepare

    prepare()


def for_authenticate() -> "AuthenticatePorts":
    from hostcart.use_cases.authenticate import AuthenticatePorts

    return AuthenticatePorts(directory=directory(), tokens=LazyTokens())


class LazyTokens:
    """Port Tokens: API keys never pay for the cryptography of tokens."""

    def verify(self, token: str) -> "VerifiedToken":
        return tokens().verify(token)


def for_placing() -> "PlacingPorts":
    from hostcart.use_cases.placing import PlacingPorts

    return PlacingPorts(
        directory=directory(),
        carts=carts(),
        payments=payments(),
        cipher=cipher(),
        workflow=workflow(),
        clock=SystemClock(),
        metrics=metrics(),
    )


def for_order_site() -> "OrderSitePorts":
    from hostcart.use_cases.order_site import OrderSitePorts

    return OrderSitePorts(placing=for_placing(), catalogue=catalogue())


def for_order_domain() -> "OrderDomainPorts":
    from hostcart.use_cases.order_domain import OrderDomainPorts

    return OrderDomainPorts(
        placing=for_placing(), catalogue=catalogue(), features=features(), registrar=registrar()
    )


def for_registrar_orders() -> "RegistrarOrdersPorts":
    from hostcart.use_cases.read_registrar_orders import RegistrarOrdersPorts

    with_sites = settings.registrar_orders_with_sites()
    return RegistrarOrdersPorts(carts=carts(), directory=directory(), with_sites=with_sites)


def for_cancel_order() -> "CancelOrderPorts":
    from hostcart.use_cases.cancel_order import CancelOrderPorts

    return CancelOrderPorts(carts=carts(), workflow=workflow(), clock=SystemClock())


def for_charge_payment() -> "ChargePaymentPorts":
    from hostcart.use_cases.charge_payment import ChargePaymentPorts

    return ChargePaymentPorts(
        carts=carts(), payments=payments(), registrar=registrar, clock=SystemClock(), metrics=metrics()
    )


def payment_timing() -> "PaymentTiming":
    from hostcart.use_cases.charge_payment import PaymentTiming

    return PaymentTiming(
        poll=timedelta(seconds=settings.seconds("PAYMENT_POLL_SECONDS")),
        longest=timedelta(seconds=settings.seconds("PAYMENT_POLL_MAX_SECONDS")),
        deadline=timedelta(seconds=settings.seconds("PAYMENT_DEADLINE_SECONDS")),
    )


def for_wait() -> "WaitPorts":
    from hostcart.use_cases.waiting import WaitPorts

    return WaitPorts(carts=carts())


def for_receive_payment_event() -> "ReceivePaymentEventPorts":
    from hostcart.use_cases.receive_payment_event import ReceivePaymentEventPorts

    return ReceivePaymentEventPorts(
        carts=carts(),
        payments=payments,
        findings=findings(),
        workflow=workflow(),
        clock=SystemClock(),
        metrics=metrics(),
    )


def for_provision_site() -> "ProvisionSitePorts":
    from hostcart.use_cases.provision_site import ProvisionSitePorts

    return ProvisionSitePorts(
        carts=carts(), sites=sites(), cipher=cipher(), clock=SystemClock(), metrics=metrics()
    )


def for_suspend_site() -> "SuspendSitePorts":
    from hostcart.use_cases.suspend_site import SuspendSitePorts

    return SuspendSitePorts(carts=carts(), sites=sites(), clock=SystemClock(), metrics=metrics())


def domain_timing() -> "DomainTiming":
    from hostcart.use_cases.domain_attempt import DomainTiming

    return DomainTiming(
        poll=timedelta(seconds=settings.seconds("DOMAIN_POLL_SECONDS")),
        longest=timedelta(seconds=settings.seconds("DOMAIN_POLL_MAX_SECONDS")),
        settle=timedelta(seconds=settings.seconds("DOMAIN_SETTLE_SECONDS")),
        late=timedelta(seconds=settings.seconds("DOMAIN_LATE_SECONDS")),
        registration_deadline=timedelta(seconds=settings.seconds("REGISTRATION_DEADLINE_SECONDS")),
        transfer_deadline=timedelta(seconds=settings.seconds("TRANSFER_DEADLINE_SECONDS")),
    )


def for_register_domain() -> "RegisterDomainPorts":
    from hostcart.use_cases.register_domain import RegisterDomainPorts

    return RegisterDomainPorts(
        carts=carts(),
        registrar=registrar(),
        zones=zones(),
        cipher=cipher(),
        clock=SystemClock(),
        metrics=metrics(),
    )


def for_activate_subscription() -> "ActivateSubscriptionPorts":
    from hostcart.use_cases.activate_subscription import ActivateSubscriptionPorts

    return ActivateSubscriptionPorts(carts=carts(), payments=payments(), clock=SystemClock())


def for_close_order() -> "CloseOrderPorts":
    from hostcart.use_cases.close_order import CloseOrderPorts

    return CloseOrderPorts(carts=carts(), clock=SystemClock(), metrics=metrics())


def for_refund_payment() -> "RefundPaymentPorts":
    from hostcart.use_cases.refund_payment import RefundPaymentPorts

    return RefundPaymentPorts(
        carts=carts(),
        payments=payments(),
        sites=sites(),
        registrar=registrar(),
        zones=zones(),
        clock=SystemClock(),
        metrics=metrics(),
    )


def executions() -> "Executions":
    from hostcart.adapters import aws
    from hostcart.adapters.sfn_executions import SfnExecutions

    return SfnExecutions(aws.stepfunctions(), settings.state_machine_arn())


def findings() -> "FindingStore":
    from hostcart.adapters import aws
    from hostcart.adapters.dynamodb_findings import DynamoFindings

    return DynamoFindings(aws.dynamodb(), settings.table_name())


def billing() -> "Billing":
    with _no_asyncio():
        from hostcart.adapters.stripe_ledger import StripeLedger

    return StripeLedger(settings.payments(), secrets())


def reconcile_timing() -> "ReconcileTiming":
    from hostcart.use_cases.reconcile_run import ReconcileTiming

    return ReconcileTiming(
        after=timedelta(seconds=settings.seconds("RECONCILE_AFTER_SECONDS")),
        drafts=timedelta(seconds=settings.seconds("RECONCILE_DRAFTS_AFTER_SECONDS")),
        payment=timedelta(seconds=settings.seconds("PAYMENT_DEADLINE_SECONDS")),
        site=timedelta(seconds=settings.seconds("SITE_DEADLINE_SECONDS")),
        transfer=timedelta(seconds=settings.seconds("TRANSFER_DEADLINE_SECONDS")),
    )


def for_reconcile() -> "ReconcilePorts":
    from hostcart.adapters import aws
    from hostcart.adapters.dynamodb_watch import DynamoWatch
    from hostcart.use_cases.reconcile_run import ReconcilePorts

    return ReconcilePorts(
        carts=carts(),
        work=DynamoWatch(aws.dynamodb(), settings.table_name()),
        findings=findings(),
        executions=executions(),
        workflow=workflow(),
        payments=payments(),
        billing=billing(),
        sites=sites(),
        registrar=registrar(),
        zones=zones(),
        clock=SystemClock(),
        metrics=metrics(),
    )


def for_send_callback() -> "SendCallbackPorts":
    from hostcart.use_cases.send_callback import SendCallbackPorts

    return SendCallbackPorts(
        carts=carts(), callbacks=callbacks(), cipher=cipher(), clock=SystemClock(), metrics=metrics()
    )


if TYPE_CHECKING:
    from hostcart.ports import VerifiedToken
