"""Every fault of the line or of Stripe, at every step: the repeat succeeds, and the step happened once."""

from collections.abc import Callable, Iterator

import pytest
import stripe
from hostcart.domain.payment import AttemptState, InvoiceStatus
from hostcart.ports import OutcomeUnknownError, PortError, UnavailableError

from local.sandboxes.stripe import StripeSandbox
from tests.contract.stripe_shop import LINES, TOKEN, Control, Open, Shop, shops


@pytest.fixture
def shop(stripe_sandbox: StripeSandbox, client: stripe.StripeClient) -> Iterator[Open]:
    with shops(stripe_sandbox.url, client) as opener:
        yield opener


def refund_current(given: Shop) -> object:
    return given.payments.refund(given.payments.get_invoice(given.invoice_id), cart_token=TOKEN)


STEPS: list[tuple[Callable[[Shop], object], list[str]]] = [
    (lambda given: given.open(), ["POST /v1/invoices"]),
    (
        lambda given: given.payments.add_lines(given.invoice_id, LINES, cart_token=TOKEN),
        ["POST /v1/invoices/*/add_lines"],
    ),
    (
        lambda given: given.payments.finalize(given.invoice_id, cart_token=TOKEN),
        ["POST /v1/invoices/*/finalize"],
    ),
    (lambda given: given.pay(), ["POST /v1/invoices/*/pay"]),
    (lambda given: given.subscribe(), ["POST /v1/subscriptions"]),
    (refund_current, ["POST /v1/credit_notes", "POST /v1/customers/*/balance_transactions"]),
]
FAULTS = {
    "timeout_before": (OutcomeUnknownError, "timeout"),
    "timeout_after": (OutcomeUnknownError, "timeout"),
    "drop": (OutcomeUnknownError, "connection_lost"),
    "drop_after": (OutcomeUnknownError, "connection_lost"),
    "status:500": (OutcomeUnknownError, "server_unavailable"),
    "status:503": (OutcomeUnknownError, "server_unavailable"),
    "error:idempotency_key_in_use": (UnavailableError, "idempotency_key_in_use"),
    "error:rate_limit": (UnavailableError, "rate_limit"),
    "error:lock_timeout": (UnavailableError, "lock_timeout"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("faulty", [route for _, routes in STEPS for route in routes])
def test_a_step_that_failed_is_repeated_and_happens_once(
    shop: Open, control: Control, faulty: str, fault: str
) -> None:
    given = shop(balance=-500)
    kind, code = FAULTS[fault]
    for call, routes in STEPS:
        if faulty in routes:
            control("POST", "faults", {"match": faulty, "action": fault})
            with pytest.raises(PortError) as caught:
                call(given)
            assert (type(caught.value), caught.value.code) == (kind, code)
        call(given)
    (invoice,) = control("GET", "invoices")
    assert (invoice["total"], invoice["amount_paid"], invoice["amount_refunded"]) == (1300, 800, 800)
    assert invoice["attempts"] == 1
    assert len(control("GET", "subscriptions")) == 1
    assert given.balance() == -500


def test_a_server_error_that_is_kept_is_told_apart(shop: Open, control: Control) -> None:
    given = shop()
    given.finalized()
    control("POST", "faults", {"match": "POST /v1/invoices/*/pay", "action": "replay:500"})
    for code in ("server_unavailable", "server_error", "server_error"):
        with pytest.raises(OutcomeUnknownError) as caught:
            given.pay()
        assert caught.value.code == code
    assert given.payments.get_invoice(given.invoice_id).attempt is AttemptState.NONE
    assert given.pay(attempt=2).status is InvoiceStatus.PAID
