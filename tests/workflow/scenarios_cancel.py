"""Scenarios in which the customer cancels: in every state, too late, and with the compensation failing."""

from typing import Any, Final

from tests.workflow.cases import Scenario
from tests.workflow.faults import (
    GIVE_BACK,
    REMOVE_SITE,
    all_of,
    aws,
    cancels,
    cancels_at,
    cancels_too_late,
    deaths,
    first_wait,
    lost,
    registrar,
    returns_refund,
    settles_by_hand,
    sites,
    slow_sites,
    stripe,
)

_NEEDS_CUSTOMER: Final = "pm_card_authenticationRequired"
_STOP: Final = "POST /v4/transfers/*:cancel"
_STORE_TOKEN: Final = "hostcart.adapters.dynamodb_waits.DynamoWaits.store_task_token"


def _cancelled(name: str, payment: str, **more: Any) -> Scenario:
    return Scenario(name=f"cancelled {name}", cancelled=True, payment=payment, **more)


_SLOW: Final[dict[str, Any]] = {"balance": -500, "on_wait": first_wait(cancels)}

CANCELLED: Final = (
    _cancelled("while the customer must act", "cancelled", card=_NEEDS_CUSTOMER, on_wait=first_wait(cancels)),
    _cancelled(
        "while the customer must act, with credit",
        "cancelled",
        card=_NEEDS_CUSTOMER,
        balance=-500,
        on_wait=first_wait(cancels),
    ),
    _cancelled("before a wait begins", "cancelled", card=_NEEDS_CUSTOMER, arrange=cancels_at(_STORE_TOKEN)),
    _cancelled(
        "while no token can be stored",
        "cancelled",
        card=_NEEDS_CUSTOMER,
        arrange=aws("WaitForPayment", "UpdateItem", 4),
        on_wait=first_wait(cancels),
    ),
    _cancelled(
        "while the bank works",
        "refunded",
        card=None,
        iban="DE89370400440532013000",
        currency="eur",
        on_wait=first_wait(cancels),
    ),
    _cancelled(
        "while the bank works, which then refuses",
        "cancelled",
        card=None,
        iban="DE62370400440532013001",
        currency="eur",
        on_wait=first_wait(cancels),
    ),
    _cancelled(
        "during the charge",
        "refunded",
        balance=-500,
        arrange=cancels_at("hostcart.adapters.stripe_payments.StripePayments.pay"),
    ),
    _cancelled(
        "while the site is asked for",
        "refunded",
        arrange=cancels_at("hostcart.adapters.http_sites.HttpSites.put"),
    ),
    _cancelled("while the site is made", "refunded", arrange=slow_sites(700), **_SLOW),
    _cancelled(
        "with a refund that takes a day",
        "refunded",
        card="pm_card_pendingRefund",
        arrange=slow_sites(700),
        on_wait=first_wait(cancels),
    ),
    *(
        _cancelled(
            f"each call of the compensation meeting {action} once",
            "refunded",
            arrange=all_of(
                slow_sites(700),
                stripe(action, GIVE_BACK[0], GIVE_BACK[1], GIVE_BACK[2], GIVE_BACK[3]),
                sites(action, *REMOVE_SITE),
            ),
            **_SLOW,
        )
        for action in ("status:500", "status:429", "drop", "drop_after")
    ),
    _cancelled(
        "and the compensation's answers are lost",
        "refunded",
        arrange=all_of(slow_sites(700), lost("RefundPayment", "CloseOrder", times=2)),
        **_SLOW,
    ),
    _cancelled(
        "while functions die before each AWS call",
        "refunded",
        arrange=all_of(slow_sites(700), deaths(before=True)),
        callbacks=2,
        **_SLOW,
    ),
    _cancelled(
        "while functions die after each AWS call",
        "refunded",
        arrange=all_of(slow_sites(700), deaths(before=False)),
        **_SLOW,
    ),
    Scenario(
        name="cancelled too late for a site",
        arrange=cancels_too_late("hostcart.adapters.stripe_payments.StripePayments.find_subscription"),
    ),
    Scenario(
        name="a refund that the bank returns, then paid by hand",
        site="fail-provision",
        card="pm_card_refundFail",
        arrange=all_of(sites("status:503", *REMOVE_SITE), returns_refund),
        ends_first="RefundPayment",
        between=settles_by_hand,
        kept=1300,
        failure="site_failed",
        payment="refunded",
    ),
)

CANCELLED_DOMAINS: Final = (
    _cancelled(
        "before the registrar is asked",
        "refunded",
        domain="cb-",
        arrange=cancels_at("hostcart.adapters.route53_zones.Route53Zones.ensure"),
    ),
    Scenario(
        name="cancelled too late for a registration",
        domain="slow-registration-ctl-",
        arrange=cancels_too_late("hostcart.adapters.registrar_namecom.NamecomRegistrar.register"),
    ),
    _cancelled(
        "while a transfer is under way", "refunded", domain="ct-", transfer=True, on_wait=first_wait(cancels)
    ),
    _cancelled(
        "while a transfer is under way, the answer lost",
        "refunded",
        domain="cl-",
        transfer=True,
        arrange=registrar("drop_after", _STOP),
        on_wait=first_wait(cancels),
    ),
    _cancelled(
        "while a transfer is under way and functions die after each AWS call",
        "refunded",
        domain="cd-",
        transfer=True,
        arrange=deaths(before=False, most=9),
        on_wait=first_wait(cancels),
    ),
    Scenario(
        name="cancelled too late for a transfer",
        domain="cr-",
        transfer=True,
        arrange=registrar("status:409", _STOP),
        on_wait=first_wait(cancels),
    ),
)
