"""Every scenario: what is ordered, what goes wrong, how it ends. A branch that none takes fails a test."""

from typing import Any, Final

from hostcart.contract.statuses import PaymentStatus

from tests.workflow.cases import Case, Scenario, mended
from tests.workflow.faults import (
    CHARGE,
    GIVE_BACK,
    PROVISION,
    REMOVE_SITE,
    SUBSCRIBE,
    TASKS,
    all_of,
    aws,
    bug,
    deaths,
    fails_authentication,
    first_wait,
    impatient,
    lost,
    news_before_each_wait,
    pays,
    sites,
    slow_sites,
    spends_credit,
    stripe,
    tells,
    wakes,
)
from tests.workflow.scenarios_cancel import CANCELLED, CANCELLED_DOMAINS
from tests.workflow.scenarios_domains import DOMAINS

# A task's attempts: the first and as many more as its retrier allows.
_RETRIES: Final = 31
_SITE_RETRIES: Final = 11
_CALLBACK_RETRIES: Final = 21
# Nothing is left of a subscription in our facts, and everything is there to be undone.
_UNSTORED_SUBSCRIPTION: Final = aws("ActivateSubscription", "UpdateItem", _RETRIES)

# A plan that is delivered while a debit is under way.
_TRUSTED: Final[dict[str, Any]] = {"card": None, "currency": "eur", "plan": "business"}


def _suspended(case: Case) -> bool:
    site = case.facts().opened.site
    return site is not None and site.suspended


def _pays_by_card_once_asked(case: Case) -> None:
    if case.facts().payment.status is PaymentStatus.AWAITING_AUTHENTICATION:
        case.customer_visits("pay", "pm_card_visa")


DELIVERED: Final = (
    Scenario(name="delivered"),
    Scenario(name="delivered without callback", callback=None, callbacks=0),
    Scenario(name="slow site", arrange=slow_sites(700)),
    Scenario(name="the execution cannot be started once", arrange=aws("OrderSite", "StartExecution")),
    Scenario(
        name="the execution of an order without key cannot be started once",
        key=False,
        arrange=aws("OrderSite", "StartExecution"),
    ),
    Scenario(name="credit pays a part", balance=-500),
    Scenario(name="credit pays all", balance=-5000),
    Scenario(name="authenticates", card="pm_card_authenticationRequired", on_wait=first_wait(pays())),
    Scenario(
        name="authenticates at the second attempt",
        card="pm_card_authenticationRequired",
        on_wait=lambda case: (
            case.customer_visits("fail")
            if len(case.world.waits) == 1
            else case.customer_visits("pay")
            if len(case.world.waits) == 2
            else None
        ),
    ),
    Scenario(
        name="declined, pays with another card",
        card="pm_card_chargeCustomerFail",
        on_wait=first_wait(pays("pm_card_visa")),
    ),
    Scenario(
        name="authenticates and the execution is woken",
        card="pm_card_authenticationRequired",
        on_wait=first_wait(all_of(pays(), wakes)),
    ),
    Scenario(
        name="authenticates and the processor tells so, twice",
        card="pm_card_authenticationRequired",
        on_wait=first_wait(all_of(pays(), tells("invoice.paid", times=2))),
    ),
    Scenario(
        name="declined, pays by debit",
        card="pm_card_chargeCustomerFail",
        currency="eur",
        on_wait=first_wait(all_of(pays("pm_sepa_success"), tells("payment_intent.processing"))),
    ),
    Scenario(
        name="authenticates before the wait begins",
        card="pm_card_authenticationRequired",
        arrange=news_before_each_wait(),
        on_wait=first_wait(pays()),
    ),
    Scenario(
        name="authenticates while no token can be stored",
        card="pm_card_authenticationRequired",
        arrange=aws("WaitForPayment", "UpdateItem", 4),
        on_wait=first_wait(pays()),
    ),
    Scenario(name="debit settles", card=None, iban="DE89370400440532013000", currency="eur"),
    Scenario(name="delivered before the debit settled", **_TRUSTED, iban="DE89370400440532013000"),
    Scenario(
        name="delivered before the debit failed, then paid by card",
        **_TRUSTED,
        iban="DE62370400440532013001",
        on_wait=lambda case: case.customer_visits("pay", "pm_card_visa") if _suspended(case) else None,
    ),
    Scenario(
        name="the provisioner is away when a site has to be suspended",
        **_TRUSTED,
        iban="DE62370400440532013001",
        arrange=sites("status:500", "PUT /sites/*/suspension", times=_SITE_RETRIES + 3),
        on_wait=lambda case: case.customer_visits("pay", "pm_card_visa") if _suspended(case) else None,
    ),
    Scenario(
        name="no answer about a suspension arrives, then paid by card",
        **_TRUSTED,
        iban="DE62370400440532013001",
        arrange=impatient(
            sites("timeout_after", "PUT /sites/*/suspension"),
            sites("drop_after", "PUT /sites/*/suspension", times=_SITE_RETRIES - 1),
        ),
        on_wait=_pays_by_card_once_asked,
    ),
    Scenario(name="callback at the third attempt", callback="/flaky/2/hook", callbacks=3),
    Scenario(name="callback gone", callback="/status/410/hook"),
    Scenario(
        name="everything answers 503 once",
        arrange=all_of(stripe("status:503", *CHARGE, *SUBSCRIBE), sites("status:503", *PROVISION)),
    ),
    Scenario(
        name="everything answers 500 once",
        arrange=all_of(stripe("status:500", *CHARGE, *SUBSCRIBE), sites("status:500", *PROVISION)),
    ),
    Scenario(
        name="every 500 is repeated under its key",
        arrange=stripe("replay:500", "POST /v1/invoices", *CHARGE[1:], SUBSCRIBE[1]),
    ),
    Scenario(
        name="everything is throttled once",
        arrange=all_of(
            stripe("error:rate_limit", *CHARGE, *SUBSCRIBE), sites("error:too_many_requests", *PROVISION)
        ),
    ),
    Scenario(name="locked once", arrange=stripe("error:lock_timeout", *CHARGE, *SUBSCRIBE)),
    Scenario(
        name="every request is dropped once",
        arrange=all_of(stripe("drop", *CHARGE, *SUBSCRIBE), sites("drop", *PROVISION)),
    ),
    Scenario(
        name="every answer is dropped once",
        arrange=all_of(stripe("drop_after", *CHARGE, *SUBSCRIBE), sites("drop_after", *PROVISION)),
    ),
    Scenario(
        name="charge times out before its effect", arrange=impatient(stripe("timeout_before", CHARGE[3]))
    ),
    Scenario(name="charge times out after its effect", arrange=impatient(stripe("timeout_after", CHARGE[3]))),
    Scenario(
        name="subscription times out after its effect",
        arrange=impatient(stripe("timeout_after", SUBSCRIBE[1])),
    ),
    Scenario(name="site times out after its effect", arrange=impatient(sites("timeout_after", PROVISION[1]))),
    Scenario(name="every function's answer is lost once", arrange=lost(*TASKS), callbacks=1),
    Scenario(name="functions die before each AWS call", arrange=deaths(before=True), callbacks=2),
    Scenario(name="functions die after each AWS call", arrange=deaths(before=False)),
    Scenario(
        name="a fault of our own in each task once",
        arrange=all_of(
            bug("hostcart.adapters.stripe_payments.StripePayments.get_invoice"),
            bug("hostcart.adapters.stripe_payments.StripePayments.find_subscription"),
            bug("hostcart.adapters.http_sites.HttpSites.put"),
            bug("hostcart.adapters.http_callbacks.HttpCallbacks.deliver"),
        ),
    ),
    Scenario(name="the password cannot be sealed once", arrange=aws("ProvisionSite", "Encrypt")),
    Scenario(name="the callback cannot be opened once", arrange=aws("SendCallback", "Decrypt")),
    Scenario(
        name="the table refuses each task once",
        arrange=all_of(*(aws(task, operation) for task in TASKS for operation in ("GetItem", "UpdateItem"))),
        callbacks=2,
    ),
)

FAILED: Final = (
    Scenario(name="stolen card", card="pm_sandbox_stolen_card", failure="payment_declined", payment="failed"),
    Scenario(
        name="never authenticates",
        card="pm_card_authenticationRequired",
        parameters={"PaymentPollSeconds": "3600"},
        failure="payment_expired",
        payment="failed",
    ),
    Scenario(
        name="fails the authentication",
        card="pm_card_authenticationRequired",
        on_wait=first_wait(fails_authentication),
        failure="payment_expired",
        payment="failed",
    ),
    Scenario(
        name="declined and never mended",
        card="pm_card_chargeCustomerFail",
        balance=-300,
        failure="payment_expired",
        payment="failed",
    ),
    Scenario(
        name="debit fails",
        card=None,
        iban="DE62370400440532013001",
        currency="eur",
        parameters={"PaymentDeadlineSeconds": "172800"},
        failure="payment_expired",
        payment="failed",
    ),
    Scenario(
        name="too little to charge since the order was placed",
        balance=-1270,
        arrange=spends_credit(-1270),
        placed_balance=0,
        failure="amount_below_minimum",
        payment="refunded",
    ),
    Scenario(
        name="the processor cannot charge",
        arrange=stripe("status:503", CHARGE[3], times=_RETRIES),
        failure="fulfilment_failed",
        payment="failed",
    ),
    Scenario(
        name="delivered before the debit failed, never paid",
        **_TRUSTED,
        iban="DE62370400440532013001",
        parameters={"PaymentDeadlineSeconds": "172800"},
        failure="payment_expired",
        payment="failed",
    ),
    Scenario(
        name="a site fails while its debit is under way",
        **_TRUSTED,
        site="fail-provision",
        iban="DE89370400440532013000",
        failure="site_failed",
        payment="refunded",
    ),
    Scenario(name="site refused", site="refuse-provision", failure="site_refused", payment="refunded"),
    Scenario(name="site failed", site="fail-provision", failure="site_failed", payment="refunded"),
    Scenario(
        name="site in time for nothing",
        arrange=slow_sites(1_000_000),
        failure="site_deadline_passed",
        payment="refunded",
    ),
    Scenario(
        name="the provisioner is down",
        arrange=sites("status:500", PROVISION[0], times=_SITE_RETRIES),
        failure="fulfilment_failed",
        payment="refunded",
    ),
    Scenario(
        name="the provisioner refuses our token",
        arrange=sites("error:unauthenticated", PROVISION[0], times=_SITE_RETRIES),
        failure="fulfilment_failed",
        payment="refunded",
    ),
    Scenario(
        name="the password cannot be sealed",
        arrange=aws("ProvisionSite", "Encrypt", _SITE_RETRIES),
        failure="fulfilment_failed",
        payment="refunded",
    ),
    Scenario(
        name="subscription refused",
        balance=-500,
        arrange=stripe("error:parameter_invalid", SUBSCRIBE[1]),
        failure="subscription_refused",
        payment="refunded",
    ),
    Scenario(
        name="the processor cannot subscribe",
        arrange=stripe("status:503", SUBSCRIBE[1], times=_RETRIES),
        failure="fulfilment_failed",
        payment="refunded",
    ),
    Scenario(
        name="everything undone",
        balance=-500,
        arrange=_UNSTORED_SUBSCRIPTION,
        failure="fulfilment_failed",
        payment="refunded",
    ),
    *(
        Scenario(
            name=f"everything undone, each call meeting {action} once",
            balance=-500,
            arrange=all_of(_UNSTORED_SUBSCRIPTION, stripe(action, *GIVE_BACK), sites(action, *REMOVE_SITE)),
            failure="fulfilment_failed",
            payment="refunded",
        )
        for action in ("status:500", "status:503", "status:429", "drop", "drop_after")
    ),
    Scenario(
        name="everything undone, each 500 repeated under its key",
        balance=-500,
        arrange=all_of(_UNSTORED_SUBSCRIPTION, stripe("replay:500", GIVE_BACK[1], GIVE_BACK[3])),
        failure="fulfilment_failed",
        payment="refunded",
    ),
    Scenario(
        name="refund times out after its effect",
        site="fail-provision",
        arrange=impatient(stripe("timeout_after", "POST /v1/credit_notes")),
        failure="site_failed",
        payment="refunded",
    ),
    Scenario(
        name="void times out after its effect",
        card="pm_sandbox_stolen_card",
        arrange=impatient(stripe("timeout_after", "POST /v1/invoices/*/void")),
        failure="payment_declined",
        payment="failed",
    ),
    Scenario(
        name="the compensation's answers are lost",
        site="fail-provision",
        arrange=lost("RefundPayment", "CloseOrder", times=2),
        failure="site_failed",
        payment="refunded",
    ),
    Scenario(
        name="the compensation dies before each AWS call",
        site="fail-provision",
        arrange=deaths(before=True),
        callbacks=2,
        failure="site_failed",
        payment="refunded",
    ),
    Scenario(
        name="the compensation dies after each AWS call",
        site="fail-provision",
        arrange=deaths(before=False),
        failure="site_failed",
        payment="refunded",
    ),
    Scenario(
        name="refund pending",
        site="fail-provision",
        card="pm_card_pendingRefund",
        failure="site_failed",
        payment="refunded",
    ),
    Scenario(
        name="failed without callback",
        site="fail-provision",
        callback=None,
        callbacks=0,
        failure="site_failed",
        payment="refunded",
    ),
)

STUCK: Final = (
    Scenario(
        name="no such cart", placed=False, ends="CartNotFound", succeeds=False, payment=None, callbacks=0
    ),
    Scenario(
        name="callback undelivered",
        callback="/status/500/hook",
        succeeds=False,
        callbacks=_CALLBACK_RETRIES,
    ),
)

# Ended where no compensation is left; each goes on as a redrive and as a new execution from the start.
_LEFT: Final = (
    Scenario(
        name="not refunded",
        site="fail-provision",
        arrange=stripe("status:503", "GET /v1/credit_notes", times=_RETRIES),
        ends_first="RefundPayment",
        failure="site_failed",
        payment="refunded",
    ),
    Scenario(
        name="neither charged nor voided",
        arrange=all_of(
            stripe("status:503", CHARGE[3], times=_RETRIES),
            stripe("status:503", "POST /v1/invoices/*/void", times=_RETRIES),
        ),
        ends_first="RefundPayment",
        failure="fulfilment_failed",
        payment="failed",
    ),
    Scenario(
        name="not closed",
        arrange=aws("CloseOrder", "UpdateItem", _RETRIES),
        ends_first="CloseOrder",
    ),
    Scenario(
        name="callback undelivered once",
        callback=f"/flaky/{_CALLBACK_RETRIES}/hook",
        callbacks=_CALLBACK_RETRIES + 1,
        ends_first="SendCallback",
    ),
)
MENDED: Final = (
    *mended(_LEFT),
    Scenario(name="delivered, then started again", ends_first="SendCallback"),
)

ALL: Final = (*DELIVERED, *FAILED, *STUCK, *MENDED, *DOMAINS, *CANCELLED, *CANCELLED_DOMAINS)
