"""The payments adapter against the Stripe sandbox: a whole order, its refund, every way a payment can go."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import stripe
from hostcart.contract.statuses import MethodType
from hostcart.domain.payment import AttemptState, InvoiceStatus
from hostcart.domain.payment_events import CartRef
from hostcart.ports import DeclinedError, MisconfiguredError, RefusedError, UnavailableError

from local.sandboxes.stripe import StripeSandbox
from local.sandboxes.stripe.forms import decode
from local.sandboxes.stripe.params import check
from local.sandboxes.stripe.routes import router
from tests.contract.stripe_shop import DAY, LINES, ORDER, TOKEN, Control, Open, Shop, shops

SINCE = datetime.now(UTC)


@pytest.fixture
def shop(stripe_sandbox: StripeSandbox, client: stripe.StripeClient) -> Iterator[Open]:
    with shops(stripe_sandbox.url, client) as opener:
        yield opener


def whole_order_and_refund(given: Shop) -> None:
    given.finalized()
    given.pay()
    invoice = given.payments.get_invoice(given.invoice_id)
    assert given.payments.find_subscription(given.customer, order_id=ORDER, since=SINCE) is None
    given.subscribe()
    found = given.payments.find_subscription(given.customer, order_id=ORDER, since=SINCE)
    assert found is not None
    given.payments.cancel_subscription(found[0])
    given.payments.refund(invoice, cart_token=TOKEN)


def test_every_request_has_the_sdks_own_parameters(shop: Open) -> None:
    given = shop(balance=-500)
    whole_order_and_refund(given)
    voided = shop(token="e" * 32)
    voided.finalized()
    voided.payments.void(voided.invoice_id)
    voided.token = "f" * 32
    voided.open()
    voided.payments.discard_draft(voided.invoice_id)
    routes = router()
    seen = set()
    for method, path, form in given.recorder.sent + voided.recorder.sent:
        found = routes.find(method, path)
        assert found is not None
        check(found[0].params, decode(form))
        seen.add(found[0].params)
    assert seen == {
        "InvoiceCreateParams",
        "InvoiceAddLinesParams",
        "InvoiceFinalizeInvoiceParams",
        "InvoicePayParams",
        "InvoiceRetrieveParams",
        "InvoiceVoidInvoiceParams",
        "InvoiceDeleteParams",
        "SubscriptionListParams",
        "SubscriptionCreateParams",
        "SubscriptionCancelParams",
        "CreditNoteListParams",
        "CreditNoteCreateParams",
        "CustomerBalanceTransactionListParams",
        "CustomerBalanceTransactionCreateParams",
    }


def test_a_payment_leads_to_its_cart(shop: Open, client: stripe.StripeClient) -> None:
    given = shop(method="pm_sepa_success_late", currency="eur")
    given.finalized()
    given.pay()
    (intent,) = client.v1.payment_intents.list({"customer": given.customer}).data
    found = given.payments.cart_of_intent(intent.id)
    assert found == CartRef(account_id="17", cart_token=given.token)
    assert given.payments.cart_of_intent("pi_unknown") is None


def test_an_order_is_one_paid_invoice_and_one_subscription(shop: Open, control: Control) -> None:
    given = shop()
    opened = given.finalized()
    assert (opened.status, opened.total, opened.amount_due) == (InvoiceStatus.OPEN, 1300, 1300)
    assert opened.attempt is AttemptState.NONE
    assert opened.hosted_url is not None
    paid = given.pay()
    assert (paid.status, paid.amount_paid, paid.credit_applied) == (InvoiceStatus.PAID, 1300, 0)
    assert paid.attempt is AttemptState.SUCCEEDED
    assert paid.method_type is MethodType.CARD
    assert paid.paid_at is not None
    assert abs((datetime.now(UTC) - paid.paid_at).total_seconds()) < 60
    assert given.payments.get_invoice(given.invoice_id) == paid
    subscription_id, status = given.subscribe()
    assert given.payments.find_subscription(given.customer, order_id=ORDER, since=SINCE) == (
        subscription_id,
        status,
    )
    (seen,) = control("GET", "invoices")
    assert (seen["status"], seen["amount_paid"], seen["metadata"]["cart_token"]) == ("paid", 1300, TOKEN)
    assert [entry["id"] for entry in control("GET", "subscriptions")] == [subscription_id]


def test_every_step_repeated_happens_once(shop: Open, control: Control) -> None:
    given = shop(balance=-500)
    for _ in range(2):
        given.finalized()
        given.pay()
        given.subscribe()
    invoice = given.payments.get_invoice(given.invoice_id)
    assert (invoice.total, invoice.amount_paid, invoice.credit_applied) == (1300, 800, 500)
    first = given.payments.refund(invoice, cart_token=TOKEN)
    assert first == given.payments.refund(invoice, cart_token=TOKEN)
    assert (first.refunded, first.credited_back, first.settled) == (800, 500, True)
    (seen,) = control("GET", "invoices")
    assert (seen["amount_paid"], seen["amount_refunded"], seen["attempts"]) == (800, 800, 1)
    assert len(control("GET", "subscriptions")) == 1
    assert given.balance() == -500


def test_after_a_day_when_all_keys_are_forgotten_a_repeat_is_still_harmless(
    shop: Open, control: Control
) -> None:
    given = shop(balance=-500)
    given.finalized()
    invoice = given.pay()
    given.payments.refund(invoice, cart_token=TOKEN)
    control("POST", "clock", {"advance_seconds": 2 * DAY})
    assert given.payments.finalize(given.invoice_id, cart_token=TOKEN).status is InvoiceStatus.PAID
    assert given.pay().status is InvoiceStatus.PAID
    given.payments.refund(invoice, cart_token=TOKEN)
    (seen,) = control("GET", "invoices")
    assert (seen["amount_refunded"], given.balance()) == (800, -500)


def test_an_order_paid_by_credit_alone(shop: Open) -> None:
    given = shop(balance=-2000)
    paid = given.finalized()
    assert (paid.status, paid.amount_due, paid.amount_paid) == (InvoiceStatus.PAID, 0, 0)
    assert (paid.credit_applied, paid.method_type, given.balance()) == (1300, None, -700)
    assert given.pay().status is InvoiceStatus.PAID
    refund = given.payments.refund(paid, cart_token=TOKEN)
    assert (refund.refunded, refund.credited_back, given.balance()) == (0, 1300, -2000)


@pytest.mark.parametrize(
    ("method", "recoverable", "state"),
    [
        ("pm_card_authenticationRequired", True, AttemptState.REQUIRES_ACTION),
        ("pm_card_authenticationRequiredOnSetup", True, AttemptState.REQUIRES_ACTION),
        ("pm_card_chargeCustomerFail", True, AttemptState.DECLINED),
        ("pm_sandbox_insufficient_funds", True, AttemptState.DECLINED),
        ("pm_sandbox_expired_card", True, AttemptState.DECLINED),
        ("pm_sandbox_incorrect_cvc", True, AttemptState.DECLINED),
        ("pm_sandbox_processing_error", True, AttemptState.DECLINED),
        ("pm_sandbox_do_not_honor", True, AttemptState.DECLINED),
        ("pm_sandbox_lost_card", False, AttemptState.DECLINED),
        ("pm_sandbox_stolen_card", False, AttemptState.DECLINED),
        ("pm_sandbox_pickup_card", False, AttemptState.DECLINED),
        ("pm_sandbox_fraudulent", False, AttemptState.DECLINED),
    ],
)
def test_declines(shop: Open, method: str, recoverable: bool, state: AttemptState) -> None:  # noqa: FBT001
    given = shop(method)
    given.finalized()
    for _ in range(2):  # the second is the replay
        with pytest.raises(DeclinedError) as caught:
            given.pay()
        assert caught.value.recoverable is recoverable
    declined = given.payments.get_invoice(given.invoice_id)
    assert (declined.status, declined.attempt) == (InvoiceStatus.OPEN, state)
    assert declined.method_type is MethodType.CARD
    assert given.payments.void(given.invoice_id).status is InvoiceStatus.VOID


def test_the_customer_authenticates_and_the_replayed_decline_is_overruled(
    shop: Open, control: Control
) -> None:
    given = shop("pm_card_authenticationRequired")
    given.finalized()
    with pytest.raises(DeclinedError):
        given.pay()
    control("POST", "authenticate", {"invoice": given.invoice_id, "outcome": "pay"})
    assert given.pay().status is InvoiceStatus.PAID


def test_what_was_paid_otherwise_is_renewed_with_what_paid(shop: Open, control: Control) -> None:
    given = shop("pm_card_chargeCustomerFail")
    given.finalized()
    with pytest.raises(DeclinedError):
        given.pay()
    control("POST", "authenticate", {"invoice": given.invoice_id, "outcome": "pay"})
    paid = given.payments.get_invoice(given.invoice_id)
    assert paid.method_id not in {None, given.method}
    assert paid.method_id is not None
    assert given.payments.has_method(given.customer, paid.method_id)
    renewal, _ = given.subscribe(paid.method_id)
    assert given.client.v1.subscriptions.retrieve(renewal).default_payment_method == paid.method_id


def test_a_method_that_is_not_saved_is_not_used_again(shop: Open, client: stripe.StripeClient) -> None:
    given, other = shop(), shop()
    assert given.payments.has_method(given.customer, given.method)
    assert not given.payments.has_method(given.customer, other.method)
    client.v1.payment_methods.detach(given.method)
    assert not given.payments.has_method(given.customer, given.method)
    renewal, _ = given.subscribe(None)
    assert client.v1.subscriptions.retrieve(renewal).default_payment_method is None


def test_a_debit_is_under_way_for_days(shop: Open, control: Control) -> None:
    given = shop("pm_sepa_success", currency="eur")
    given.finalized()
    for _ in range(2):
        started = given.pay()
        assert (started.status, started.attempt) == (InvoiceStatus.OPEN, AttemptState.PROCESSING)
        assert started.method_type is MethodType.SEPA_DEBIT
    with pytest.raises(UnavailableError, match="payment_processing"):
        given.payments.void(given.invoice_id)
    control("POST", "clock", {"advance_seconds": DAY})
    settled = given.pay()
    assert (settled.status, settled.method_type) == (InvoiceStatus.PAID, MethodType.SEPA_DEBIT)
    assert given.payments.void(given.invoice_id).status is InvoiceStatus.PAID


def test_a_debit_that_fails_later(shop: Open, control: Control) -> None:
    given = shop("pm_sepa_fails", currency="eur")
    given.finalized()
    given.pay()
    control("POST", "clock", {"advance_seconds": DAY})
    assert given.payments.get_invoice(given.invoice_id).attempt is AttemptState.DECLINED
    assert given.payments.void(given.invoice_id).status is InvoiceStatus.VOID


def test_a_refund_that_takes_time(shop: Open, control: Control) -> None:
    given = shop("pm_card_pendingRefund")
    given.finalized()
    paid = given.pay()
    assert given.payments.refund(paid, cart_token=TOKEN).settled is False
    control("POST", "clock", {"advance_seconds": 2 * DAY})
    assert given.payments.refund(paid, cart_token=TOKEN).settled is True


def test_a_refund_that_the_bank_sends_back(shop: Open, control: Control) -> None:
    given = shop("pm_card_refundFail")
    given.finalized()
    paid = given.pay()
    assert given.payments.refund(paid, cart_token=TOKEN).settled is True
    control("POST", "clock", {"advance_seconds": 2 * DAY})
    returned = given.payments.refund(paid, cart_token=TOKEN)
    assert (returned.settled, returned.failed, returned.refunded) == (False, True, 0)


def test_voiding_gives_the_credit_back_and_a_draft_never_takes_it(shop: Open, control: Control) -> None:
    given = shop(balance=-500)
    given.open()
    given.payments.add_lines(given.invoice_id, LINES, cart_token=TOKEN)
    assert given.payments.void(given.invoice_id).status is InvoiceStatus.VOID
    assert given.payments.void(given.invoice_id).status is InvoiceStatus.VOID
    assert control("GET", "invoices") == []
    assert given.balance() == -500
    given.token = "f" * 32
    opened = given.finalized()
    assert (opened.credit_applied, given.balance()) == (500, 0)
    for _ in range(2):
        voided = given.payments.void(given.invoice_id)
        assert (voided.status, voided.credit_applied, given.balance()) == (InvoiceStatus.VOID, 0, -500)


def test_a_draft_that_was_discarded_is_not_revived_by_its_key(shop: Open, control: Control) -> None:
    given = shop()
    discarded = given.open()
    given.payments.discard_draft(discarded.id)
    given.payments.discard_draft(discarded.id)
    reopened = given.open()
    assert reopened.id != discarded.id
    assert given.open().id == reopened.id
    assert [entry["id"] for entry in control("GET", "invoices")] == [reopened.id]


def test_one_cart_opens_one_invoice_whoever_asks(shop: Open, control: Control) -> None:
    given = shop()

    def attempt(_: int) -> str:
        while True:
            try:
                return given.open().id
            except UnavailableError as busy:
                if busy.code != "idempotency_key_in_use":
                    raise

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(attempt, range(16)))
    assert ids == {entry["id"] for entry in control("GET", "invoices")}
    assert len(ids) == 1


def test_a_missing_customer_and_a_strangers_method_are_refused(shop: Open) -> None:
    given, other = shop(), shop()
    method = given.method
    given.method = other.method
    with pytest.raises(RefusedError):
        given.open()
    given.method, given.customer, given.token = method, "cus_unknown", "f" * 32
    with pytest.raises(RefusedError, match="resource_missing"):
        given.open()


def test_the_same_key_for_something_else_is_our_own_fault(shop: Open) -> None:
    given = shop()
    given.open()
    given.currency = "eur"
    with pytest.raises(MisconfiguredError, match="idempotency_mismatch"):
        given.open()


def test_a_wrong_api_key_is_forgotten(shop: Open) -> None:
    given = shop()
    given.secrets.members = {"api_key": "sk_test_wrong"}
    with pytest.raises(MisconfiguredError, match="payments_denied"):
        given.open()
    assert given.secrets.forgotten == 1
    given.secrets.members = {"api_key": "sk_test_contract"}
    assert given.open().status is InvoiceStatus.DRAFT
