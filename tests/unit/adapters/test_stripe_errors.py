"""Every row of the error table, through the SDK's own parsing of the answer."""

import logging
import traceback

import pytest
from hostcart.ports import (
    DeclinedError,
    MisconfiguredError,
    OutcomeUnknownError,
    PortError,
    RefusedError,
    UnavailableError,
)
from urllib3 import HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, ProtocolError, ReadTimeoutError

from tests.unit.adapters.stripe_stub import (
    INVOICE,
    TOKEN,
    Answer,
    Scene,
    declined,
    error,
    invoice,
    lost,
    ok,
    scene,
)


def pay(given: Scene) -> PortError:
    with pytest.raises(PortError) as caught:
        given.payments.pay(INVOICE, method_id="pm_1", cart_token=TOKEN, attempt=1)
    return caught.value


POOL = HTTPSConnectionPool("stripe.example")
ROWS = [
    # timeout, dropped connection
    (
        lost(ReadTimeoutError(HTTPSConnectionPool("stripe.example"), "/", "late")),
        OutcomeUnknownError,
        "timeout",
    ),
    (lost(ConnectTimeoutError()), OutcomeUnknownError, "timeout"),
    (lost(ProtocolError()), OutcomeUnknownError, "connection_lost"),
    # 5xx, HTML body, and a 5xx that is kept under the key
    (error(500, type="api_error"), OutcomeUnknownError, "server_unavailable"),
    (Answer(502, "<html><body>Bad gateway</body></html>"), OutcomeUnknownError, "server_unavailable"),
    (Answer(503, {"message": "no error object"}), OutcomeUnknownError, "server_unavailable"),
    (error(500, type="api_error", replayed=True), OutcomeUnknownError, "server_error"),
    (Answer(200, "<html>a proxy's page</html>"), OutcomeUnknownError, "invalid_answer"),
    (Answer(200, {"object": "invoice"}), OutcomeUnknownError, "invalid_answer"),
    (Answer(404, "<html>not Stripe</html>"), OutcomeUnknownError, "invalid_answer"),
    # 409
    (
        error(409, type="idempotency_error", code="idempotency_key_in_use"),
        UnavailableError,
        "idempotency_key_in_use",
    ),
    # 429 and lock_timeout
    (error(429, code="rate_limit"), UnavailableError, "rate_limit"),
    (error(429, code="lock_timeout"), UnavailableError, "lock_timeout"),
    (error(400, code="lock_timeout"), UnavailableError, "lock_timeout"),
    (error(400, code="rate_limit"), UnavailableError, "rate_limit"),
    (error(429), UnavailableError, "payments_busy"),
    # the same key with other parameters
    (error(400, type="idempotency_error"), MisconfiguredError, "idempotency_mismatch"),
    # 401 and 403
    (error(401), MisconfiguredError, "payments_denied"),
    (error(403, code="secret_key_required"), MisconfiguredError, "payments_denied"),
    (Answer(403, "<html>blocked</html>"), MisconfiguredError, "payments_denied"),
]


@pytest.mark.parametrize(("answer", "kind", "code"), ROWS)
def test_what_is_no_decision_on_the_payment(
    answer: Answer | Exception, kind: type[PortError], code: str
) -> None:
    raised = pay(scene(answer, ok(invoice())))
    assert type(raised) is kind
    assert raised.code == code


RECOVERABLE = [
    declined("authentication_required", decline_code="authentication_required"),
    declined("invoice_payment_intent_requires_action"),
    declined("card_declined", decline_code="insufficient_funds"),
    declined("expired_card", decline_code="expired_card"),
    declined("incorrect_cvc", decline_code="incorrect_cvc"),
    declined("processing_error", decline_code="processing_error"),
    declined("card_declined", decline_code="generic_decline"),
    declined("card_declined", decline_code="do_not_honor"),
    declined("card_declined", decline_code="a_code_of_the_future"),
    declined("card_declined", decline_code="generic_decline", advice_code="try_again_later"),
    declined("card_declined"),
]
HARD = [
    declined("card_declined", decline_code="lost_card"),
    declined("card_declined", decline_code="stolen_card"),
    declined("card_declined", decline_code="pickup_card"),
    declined("card_declined", decline_code="fraudulent"),
    declined("card_declined", decline_code="do_not_honor", advice_code="do_not_try_again"),
]


@pytest.mark.parametrize("answer", RECOVERABLE + HARD)
def test_a_decline_says_whether_the_customer_can_still_pay(answer: Answer) -> None:
    raised = pay(scene(answer))
    assert isinstance(raised, DeclinedError)
    assert raised.recoverable is (answer in RECOVERABLE)
    details = answer.body["error"]
    assert raised.code == details.get("decline_code", details["code"])


@pytest.mark.parametrize("status", [400, 404])
def test_a_missing_customer_or_method_is_refused_at_initiation(status: int) -> None:
    given = scene(error(status, code="resource_missing", param="customer"))
    with pytest.raises(RefusedError) as caught:
        given.payments.open_invoice(
            customer_id="cus_0", method_id="pm_1", currency="usd", account_id="1", cart_token=TOKEN
        )
    assert type(caught.value) is RefusedError
    assert caught.value.code == "resource_missing"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("invoice_not_editable", "invoice_not_editable"),
        (None, "invalid_request"),
        ("No Code!", "invalid_request"),
    ],
)
def test_any_other_refusal_keeps_its_code_if_it_is_one(code: str | None, told: str) -> None:
    raised = pay(scene(error(400, code=code), ok(invoice())))
    assert type(raised) is RefusedError
    assert raised.code == told


def test_a_wrong_key_is_read_anew_the_next_time() -> None:
    given = scene(error(401), ok(invoice()))
    pay(given)
    assert given.secrets.forgotten == ["arn:stripe"]
    given.secrets.members = {"api_key": "sk_test_rotated"}
    given.payments.get_invoice(INVOICE)
    assert given.http.sent[-1].headers["Authorization"] == "Bearer sk_test_rotated"


def test_nothing_of_the_answer_or_the_key_is_told_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = {"client_secret": "pi_1_secret_hidden", "hosted_invoice_url": "https://pay.test/hidden"}
    for answer in (
        declined("card_declined", payment_intent=secret),
        Answer(500, {"oops": secret}),
        Answer(200, "<html>pi_1_secret_hidden"),
        Answer(200, {"object": "invoice", **secret}),
    ):
        told = "".join(traceback.format_exception(pay(scene(answer))))
        assert "hidden" not in told
        assert "sk_test" not in told
    assert "hidden" not in caplog.text
    assert "sk_test" not in caplog.text
    assert not [record for record in caplog.records if record.name == "stripe"]


def test_the_request_id_is_a_note_for_the_log() -> None:
    raised = pay(scene(error(409, code="idempotency_key_in_use")))
    assert raised.__notes__ == ["Stripe request req_1, HTTP 409"]
