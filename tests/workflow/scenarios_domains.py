"""Scenarios of domain orders: registrations and transfers, lost answers, refusals, rivals, late ends."""

from typing import Any, Final

from tests.workflow.cases import CONTACT, Scenario, mended
from tests.workflow.faults import (
    CHECK,
    LOOK,
    REGISTER,
    SUBSCRIBE,
    TRANSFER,
    all_of,
    aws,
    deaths,
    first_wait,
    impatient,
    loses_claim,
    lost,
    news_before_each_wait,
    registrar,
    stripe,
    wakes,
)

_RETRIES: Final = 11
_TASKS: Final = ("ChargePayment", "RegisterDomain", "ActivateSubscription", "CloseOrder", "SendCallback")
_DYING_BEFORE: Final = deaths(before=True, most=_RETRIES - 2)
_DYING_AFTER: Final = deaths(before=False, most=_RETRIES - 2)
# As long as contacts get: more than KMS seals directly.
_LONG: Final = {
    "organization": "O" * 255,
    "street_address": "S" * 255,
    "city": "C" * 100,
    "last_name": "L" * 100,
}


def _domain(name: str, domain: str, **more: Any) -> Scenario:
    return Scenario(name=name, domain=domain, **more)


def _failed(name: str, domain: str, failure: str, **more: Any) -> Scenario:
    return Scenario(name=name, domain=domain, failure=failure, payment="refunded", **more)


DOMAINS: Final = (
    _domain("registered", "reg-"),
    _domain(
        "registered with contacts of their own",
        "own-",
        contacts={
            "contact": {**CONTACT, **_LONG},
            "role_contacts": {
                role: {**CONTACT, **_LONG, "first_name": "R" * 100, "source": "new"}
                for role in ("admin", "billing", "tech")
            },
        },
    ),
    _domain("registered slowly", "slow-registration-"),
    _domain("registered late behind a 500", "late-registration-"),
    _domain(
        "the execution of a domain cannot be started once", "e-", arrange=aws("OrderDomain", "StartExecution")
    ),
    _domain(
        "the execution of a domain without key cannot be started once",
        "k-",
        key=False,
        arrange=aws("OrderDomain", "StartExecution"),
    ),
    _domain(
        "registration times out after its effect",
        "ta-",
        arrange=impatient(registrar("timeout_after", REGISTER)),
    ),
    _domain(
        "registration times out before its effect",
        "tb-",
        arrange=impatient(registrar("timeout_before", REGISTER)),
    ),
    _domain("registration answers 500 once", "five-", arrange=registrar("status:500", REGISTER)),
    _domain("registration is throttled once", "thr-", arrange=registrar("status:429", CHECK, REGISTER)),
    _domain("registration is denied once", "den-", arrange=registrar("status:403", REGISTER)),
    _domain("registration is dropped after its effect", "da-", arrange=registrar("drop_after", REGISTER)),
    _domain(
        "the registrar is silent for some time",
        "sil-",
        arrange=registrar("status:500", LOOK[0], LOOK[1], times=3),
    ),
    _domain("every answer about a domain is lost once", "lost-", arrange=lost(*_TASKS)),
    _domain(
        "functions of a domain die before each AWS call",
        "db-",
        arrange=_DYING_BEFORE,
        callbacks=2,
    ),
    _domain(
        "functions of a domain die after each AWS call",
        "de-",
        arrange=_DYING_AFTER,
    ),
    _domain("transferred", "tr-", transfer=True),
    _domain(
        "transferred, with news before a wait and in one",
        "tn-",
        transfer=True,
        arrange=news_before_each_wait(),
        on_wait=first_wait(wakes),
    ),
    _domain(
        "transferred while no token can be stored",
        "tt-",
        transfer=True,
        arrange=aws("WaitForDomain", "UpdateItem", 4),
    ),
    _domain(
        "transfer times out after its effect",
        "tra-",
        transfer=True,
        arrange=impatient(registrar("timeout_after", TRANSFER)),
    ),
    _domain(
        "registrar gone until its retries end, bought before",
        "gone-",
        arrange=all_of(registrar("drop_after", REGISTER), registrar("status:500", LOOK[0], times=_RETRIES)),
    ),
    _failed("registry refuses late", "late-refusal-", "domain_refused"),
    _failed("sniped", "sniped-", "domain_lost"),
    _failed("no credit at the registrar", "no-credit-", "domain_refused"),
    _failed("registry refuses the contact", "refused-contact-", "domain_contact_refused"),
    _failed("transfer of an unregistered name", "unregistered-", "domain_refused", transfer=True),
    _failed("transfer rejected", "reject-transfer-", "domain_transfer_rejected", transfer=True),
    _failed("transfer failed", "fail-transfer-", "domain_transfer_failed", transfer=True),
    _failed(
        "transfer never ends",
        "stuck-transfer-",
        "domain_transfer_expired",
        transfer=True,
        parameters={"DomainPollSeconds": "7200"},
    ),
    _failed(
        "refused, the compensation dies before each AWS call",
        "refused-contact-b-",
        "domain_contact_refused",
        arrange=_DYING_BEFORE,
        callbacks=2,
    ),
    _failed(
        "refused, the compensation dies after each AWS call",
        "refused-contact-a-",
        "domain_refused",  # after an attempt without a trace a refusal alone proves nothing
        arrange=_DYING_AFTER,
    ),
    Scenario(
        name="domain, stolen card",
        domain="st-",
        card="pm_sandbox_stolen_card",
        failure="payment_declined",
        payment="failed",
    ),
    Scenario(
        name="name lost before the payment",
        domain="lp-",
        card="pm_card_authenticationRequired",
        on_wait=first_wait(loses_claim),
        failure="domain_lost",
        payment="failed",
    ),
    *mended(
        (
            _domain(
                "domain refused its subscription",
                "sub-",
                arrange=stripe("error:parameter_invalid", SUBSCRIBE[1]),
                ends_first="ActivateDomainSubscription",
            ),
            _domain(
                "domain never subscribed",
                "nev-",
                arrange=aws("ActivateSubscription", "UpdateItem", 31),
                ends_first="ActivateDomainSubscription",
            ),
        )
    ),
)
