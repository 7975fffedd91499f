"""Signatures verify with the reference library of the specification, for the account's own secret only."""

import base64
import time

import pytest
from hostcart.adapters.webhook_signature import account_secret, signed_headers
from hostcart.ports import MisconfiguredError
from standardwebhooks import Webhook, WebhookVerificationError

CURRENT = "whsec_" + base64.b64encode(b"c" * 32).decode()
PREVIOUS = "whsec_" + base64.b64encode(b"p" * 32).decode()
BODY = b'{"type":"order.completed"}'


def headers(*masters: str) -> dict[str, str]:
    return dict(
        signed_headers(masters, account_id="17", message_id="msg_1", timestamp=int(time.time()), body=BODY)
    )


def test_the_accounts_own_secret_verifies() -> None:
    assert Webhook(account_secret(CURRENT, "17")).verify(BODY, headers(CURRENT)) == {
        "type": "order.completed"
    }


def test_while_a_secret_is_rolling_both_verify() -> None:
    rolling = headers(CURRENT, PREVIOUS)
    assert rolling["webhook-signature"].count("v1,") == 2
    for master in (CURRENT, PREVIOUS):
        Webhook(account_secret(master, "17")).verify(BODY, rolling)


def test_neither_another_accounts_secret_nor_the_master_verifies() -> None:
    for secret in (account_secret(CURRENT, "18"), account_secret(PREVIOUS, "17"), CURRENT):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(BODY, headers(CURRENT))


def test_id_time_and_body_are_signed() -> None:
    verifier = Webhook(account_secret(CURRENT, "17"))
    for name in ("webhook-id", "webhook-timestamp"):
        forged = headers(CURRENT)
        forged[name] = str(int(time.time()) - 1) if name == "webhook-timestamp" else "msg_2"
        with pytest.raises(WebhookVerificationError):
            verifier.verify(BODY, forged)
    with pytest.raises(WebhookVerificationError):
        verifier.verify(BODY + b" ", headers(CURRENT))


@pytest.mark.parametrize(
    "master", ["", "whsec_", "whsec_!!", "whsec_c2hvcnQ=", CURRENT.removeprefix("whsec_")]
)
def test_a_malformed_master_is_refused_without_quoting_it(master: str) -> None:
    with pytest.raises(MisconfiguredError) as caught:
        account_secret(master, "17")
    assert str(caught.value) == "signing_secret_malformed"
