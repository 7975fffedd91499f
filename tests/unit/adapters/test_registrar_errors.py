"""What each answer of the registrar means, and that none gives away a contact, a code or a credential."""

import logging
import traceback
from typing import Any, cast

import pytest
import urllib3
from hostcart.domain.registration import RegistrationRequest, TransferRequest
from hostcart.ports import (
    MisconfiguredError,
    OutcomeUnknownError,
    PortError,
    RefusedError,
    UnavailableError,
)

from tests.unit.adapters.registrar_stub import CONTACTS, TOKEN, answer, scene

NAME = "example.com"
REQUEST = RegistrationRequest(name=NAME, years=1, contacts=CONTACTS, nameservers=(), price=1299)


def refused(details: str | None) -> tuple[int, object]:
    return 400, {"message": "Invalid Argument", "details": details}


ANSWERS: list[tuple[tuple[int, object], type[PortError], str]] = [
    (refused("Domain is not available"), RefusedError, "name_unavailable"),
    (refused("Purchase price is required for premium domains"), RefusedError, "price_refused"),
    (refused("contacts.registrant.phone: +44.2079460123"), RefusedError, "contact_refused"),
    (refused("Nameserver check failed"), RefusedError, "nameservers_refused"),
    (refused("tldRequirements.language is required"), RefusedError, "requirements_refused"),
    (refused("An auth code is needed"), RefusedError, "auth_code_refused"),
    (refused("years must be 1 to 10"), RefusedError, "invalid_argument"),
    (refused(None), RefusedError, "invalid_argument"),
    ((400, b"<html>"), RefusedError, "invalid_argument"),
    ((404, {"message": "Not Found"}), RefusedError, "not_found"),
    ((408, b"<html>"), OutcomeUnknownError, "timeout"),
    ((409, {}), RefusedError, "conflict"),
    ((415, {}), RefusedError, "registrar_http_415"),
    ((499, {}), RefusedError, "registrar_http_499"),
    ((401, {}), MisconfiguredError, "registrar_denied"),
    ((403, {"message": "Permission Denied"}), MisconfiguredError, "registrar_denied"),
    ((402, {}), MisconfiguredError, "registrar_no_credit"),
    ((302, {}), MisconfiguredError, "registrar_redirected"),
    ((429, {}), UnavailableError, "registrar_busy"),
    ((429, b""), UnavailableError, "registrar_busy"),
    ((500, {"message": "Internal Error"}), OutcomeUnknownError, "server_unavailable"),
    ((502, b"<html>"), OutcomeUnknownError, "server_unavailable"),
    ((504, {}), OutcomeUnknownError, "server_unavailable"),
    ((204, b""), OutcomeUnknownError, "invalid_answer"),
    ((200, b"<html>"), OutcomeUnknownError, "invalid_answer"),
    ((200, b"[" * 100_000), OutcomeUnknownError, "invalid_answer"),
    ((200, []), OutcomeUnknownError, "invalid_answer"),
    ((200, {"order": "ada@example.com"}), OutcomeUnknownError, "invalid_answer"),
    ((200, {"order": 1, "totalPaid": 1e300}), OutcomeUnknownError, "invalid_answer"),
    ((200, b'{"totalPaid": NaN}'), OutcomeUnknownError, "invalid_answer"),
    ((200, {"padding": "x" * 4_100_000}), OutcomeUnknownError, "invalid_answer"),
]


@pytest.mark.parametrize(("given", "kind", "code"), ANSWERS)
def test_what_an_answer_to_a_purchase_means(
    given: tuple[int, object], kind: type[PortError], code: str
) -> None:
    status, body = given
    with pytest.raises(PortError) as caught:
        scene(answer(body, status)).registrar.register(REQUEST)
    assert (type(caught.value), caught.value.code) == (kind, code)
    told = "".join(traceback.format_exception(caught.value))
    assert not any(secret in told for secret in ("2079460123", "ada@example.com", TOKEN))


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (urllib3.exceptions.ReadTimeoutError(cast("Any", None), "/", "slow"), "timeout"),
        (urllib3.exceptions.ConnectTimeoutError(), "timeout"),
        (urllib3.exceptions.NewConnectionError(cast("Any", None), "refused"), "connection_lost"),
        (urllib3.exceptions.ProtocolError("Connection aborted."), "connection_lost"),
    ],
)
def test_a_lost_answer_is_an_unknown_outcome_and_never_sent_again(failure: Exception, code: str) -> None:
    stage = scene(failure)
    with pytest.raises(OutcomeUnknownError) as caught:
        stage.registrar.start_transfer(TransferRequest(name=NAME, price=1, auth_code="s3cret"))
    assert caught.value.code == code
    assert len(stage.sent) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_read_anew_and_never_told(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stage = scene(answer({"message": "Permission Denied"}, status))
    with pytest.raises(MisconfiguredError) as caught:
        stage.registrar.domain(NAME)
    assert stage.secrets.forgotten == ["arn:registrar"]
    assert TOKEN not in "".join(traceback.format_exception(caught.value)) + caplog.text


def test_two_refusals_share_nothing() -> None:
    stage = scene(answer(status=404), answer(status=404))
    errors = []
    for _ in range(2):
        with pytest.raises(RefusedError) as caught:
            stage.registrar.cancel_transfer(NAME)
        errors.append(caught.value)
    assert errors[0] is not errors[1]
