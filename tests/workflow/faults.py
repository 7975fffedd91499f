"""What can go wrong, as arrangements of a scenario."""

import json
from collections.abc import Callable
from typing import Final

import urllib3
from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.adapters.sfn_workflow import SfnWorkflow
from hostcart.contract.errors import ApiError
from hostcart.domain.tokens import order_id_of
from hostcart.use_cases.cancel_order import CancelOrderPorts, cancel_order
from hostcart.use_cases.wake import WakePorts, wake

from local.sandboxes.stripe.render import public
from local.sandboxes.stripe.webhooks import signature
from tests.workflow.cases import AUTHORIZATION, E_MAIL, Case, FunctionFailedError, Json, request
from tests.workflow.lambdas import AwsFault, Deaths
from tests.workflow.world import SITE_PASSWORD, TABLE, WEBHOOK_SECRET, World

type Arrange = Callable[[Case], None]

CHARGE: Final = (
    "GET /v1/invoices/*",
    "POST /v1/invoices/*/add_lines",
    "POST /v1/invoices/*/finalize",
    "POST /v1/invoices/*/pay",
)
SUBSCRIBE: Final = ("GET /v1/subscriptions", "POST /v1/subscriptions")
PROVISION: Final = ("GET /sites/*", "PUT /sites/*")
GIVE_BACK: Final = (
    "GET /v1/credit_notes",
    "POST /v1/credit_notes",
    "GET /v1/customers/*/balance_transactions",
    "POST /v1/customers/*/balance_transactions",
    "DELETE /v1/subscriptions/*",
)
CHECK: Final = "POST /v4/domains:checkAvailability"
REGISTER: Final = "POST /v4/domains"
TRANSFER: Final = "POST /v4/transfers"
LOOK: Final = ("GET /v4/domains/*", "GET /v4/orders")
REMOVE_SITE: Final = ("DELETE /sites/*",)

TASKS: Final = ("ChargePayment", "ProvisionSite", "ActivateSubscription", "CloseOrder", "SendCallback")
_SECONDS: Final = 0.75


def stripe(action: str, *matches: str, times: int = 1) -> Arrange:
    """The payment processor misbehaves on these calls."""

    def arrange(case: Case) -> None:
        for match in matches:
            case.world.arm(case.world.stripe, match, action, times)

    return arrange


def sites(action: str, *matches: str, times: int = 1) -> Arrange:
    """The site provisioner misbehaves on these calls."""

    def arrange(case: Case) -> None:
        for match in matches:
            case.world.arm(case.world.sites, match, action, times)

    return arrange


def registrar(action: str, *matches: str, times: int = 1) -> Arrange:
    """The registrar misbehaves on these calls."""

    def arrange(case: Case) -> None:
        for match in matches:
            case.world.arm(case.world.registrar, match, action, times)

    return arrange


def registry(**settings: float) -> Arrange:
    """How long transfers and late registrations take."""
    return lambda case: case.world.call(case.world.registrar, "POST", "settings", settings)


def slow_sites(seconds: float) -> Arrange:
    """Sites take their time."""
    return lambda case: case.world.call(case.world.sites, "POST", "settings", {"provision_seconds": seconds})


def aws(state: str, operation: str, times: int = 1) -> Arrange:
    """AWS answers a function's calls with a server error."""
    return lambda case: case.world.lambdas.aws_faults.append(AwsFault(f"{state}Function", operation, times))


def lost(*states: str, times: int = 1) -> Arrange:
    """The functions do their work and their answers do not arrive."""
    return lambda case: case.world.lambdas.lost_answers.update({f"{s}Function": times for s in states})


def bug(target: str) -> Arrange:
    """A fault in our own code, once, whose text quotes what is private."""

    def arrange(case: Case) -> None:
        raised: list[str] = []
        case.world.patch_method(target, lambda: None if raised else _quote(raised))

    return arrange


def _quote(raised: list[str]) -> None:
    raised.append(AUTHORIZATION)
    raise RuntimeError(f"unexpected: {AUTHORIZATION} {SITE_PASSWORD} {E_MAIL}")


def deaths(*, before: bool, most: int = 1000) -> Arrange:
    """Every function dies at each of its AWS calls once, up to the first `most`."""

    def arrange(case: Case) -> None:
        case.world.lambdas.deaths = Deaths(before, most)

    return arrange


def all_of(*arrangements: Arrange) -> Arrange:
    """One after the other."""

    def arrange(case: Case) -> None:
        for each in arrangements:
            each(case)

    return arrange


def impatient(*patched: Arrange) -> Arrange:
    """Gives up on a silent service soon, so that a time-out does not take its seconds in a test."""

    def arrange(case: Case) -> None:
        case.world.patience(_SECONDS, urllib3.Timeout(total=_SECONDS))
        all_of(*patched)(case)

    return arrange


def first_wait(action: Arrange) -> Arrange:
    """The customer acts at the first Wait state, once."""

    def on_wait(case: Case) -> None:
        if len(case.world.waits) == 1:
            action(case)

    return on_wait


def pays(method: str | None = None) -> Arrange:
    """The customer authenticates, or pays with another card."""
    return lambda case: case.customer_visits("pay", method)


def wakes(case: Case) -> None:
    """Somebody has news of the cart."""
    world = case.world
    ports = WakePorts(
        carts=DynamoCarts(world.dynamodb, TABLE), workflow=SfnWorkflow(world.stepfunctions, "unused")
    )
    wake(case.account_id, case.token, ports=ports)


def tells(*kinds: str, times: int = 1) -> Arrange:
    """The processor sends all its events of these kinds about the case, each so many times."""

    def arrange(case: Case) -> None:
        events = [event for event in case.world.stripe.store.all("event") if event["type"] in kinds]
        mine = [event for event in events if _customer(event) == case.account.stripe_customer_id]
        assert mine, f"there is no event of {kinds}"
        for event in mine * times:
            status, answer = webhook(case.world, public(event))
            assert status == 200, answer

    return arrange


def _customer(event: Json) -> str:
    found: str = event["data"]["object"]["customer"]
    return found


def webhook(world: World, event: Json) -> tuple[int, Json]:
    """The answer to an event, signed."""
    body = json.dumps(event, separators=(",", ":"))
    moment = int(world.clock.now().timestamp())
    request = {
        "resource": "/webhooks/stripe",
        "headers": {"Stripe-Signature": signature(body.encode(), [WEBHOOK_SECRET], moment)},
        "requestContext": {"requestId": "request-1"},
        "body": body,
        "isBase64Encoded": False,
    }
    answer, failed = world.lambdas.invoke("ReceiveStripeWebhookFunction", json.dumps(request))
    assert not failed, answer
    response = json.loads(answer)
    return response["statusCode"], json.loads(response["body"])


def news_before_each_wait(times: int = 1) -> Arrange:
    """News arrives between a look and the wait after it."""

    def arrange(case: Case) -> None:
        left = [case] * times
        case.world.patch_method(
            "hostcart.adapters.dynamodb_waits.DynamoWaits.store_task_token",
            lambda: case.world.unseen(lambda: wakes(left.pop())) if left else None,
        )

    return arrange


def cancels(case: Case) -> None:
    """The customer cancels until there are two answers: a lost one is asked for again."""
    path = {"id": order_id_of(case.token)}
    answers = 0
    while answers < 2:
        try:
            status, answer = request(case, "CancelOrderFunction", path=path)
        except FunctionFailedError:
            continue
        assert status == 202, answer
        assert answer["orders"][0]["id"] == path["id"]
        answers += 1


def _cancel_aside(case: Case) -> bool:
    """The customer cancels while a function runs; whether it was accepted."""
    world = case.world
    ports = CancelOrderPorts(
        carts=DynamoCarts(world.dynamodb, TABLE),
        workflow=SfnWorkflow(world.stepfunctions, "unused"),
        clock=world.clock,
    )
    try:
        cancel_order(case.account_id, case.token, ports=ports)
    except ApiError as refused:
        if refused.code != "order_not_cancellable":
            raise
        return False
    return True


def cancels_at(target: str) -> Arrange:
    """The customer cancels right before the first call of `hostcart.module.Class.method`: accepted."""
    return lambda case: _cancels_at(case, target, accepted=True)


def cancels_too_late(target: str) -> Arrange:
    """The same: refused."""
    return lambda case: _cancels_at(case, target, accepted=False)


def _cancels_at(case: Case, target: str, *, accepted: bool) -> None:
    left = [case]

    def before() -> None:
        if not left:
            return
        left.pop()
        answers: list[bool] = []
        case.world.unseen(lambda: answers.append(_cancel_aside(case)))
        assert answers == [accepted]

    case.world.patch_method(target, before)


def returns_refund(case: Case) -> None:
    """Two days pass between the refund and the next step of the compensation."""
    left = [2 * 86_400]

    def before() -> None:
        if left:
            case.world.unseen(lambda: case.world.advance(left.pop()))

    case.world.patch_method("hostcart.adapters.http_sites.HttpSites.delete", before)


def settles_by_hand(case: Case) -> None:
    """The operator pays by another way and notes it on the refund, as the runbook says."""
    assert case.facts().payment.status == "refund_pending"
    (refund,) = case.world.stripe.store.all("refund", status="failed")
    refund["metadata"]["paid_by_another_way"] = "true"


def spends_credit(balance: int) -> Arrange:
    """Just before the invoice is finalised, the customer's balance becomes this."""

    def arrange(case: Case) -> None:
        def change() -> None:
            customer = case.account.stripe_customer_id
            assert customer is not None
            case.world.stripe.store.get("customer", customer)["balance"] = balance

        case.world.patch_method("hostcart.adapters.stripe_payments.StripePayments.finalize", change)

    return arrange


def loses_claim(case: Case) -> None:
    """The claim on the ordered name runs out, and whoever took it gave it back."""
    case.world.drop_claim(case.name)


def fails_authentication(case: Case) -> None:
    """The customer does not pass 3DS."""
    case.customer_visits("fail")
