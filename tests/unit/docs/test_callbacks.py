"""The verification that the documents show accepts what hostcart signs, and nothing else."""

import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hostcart.adapters.webhook_signature import account_secret, signed_headers
from standardwebhooks.webhooks import WebhookVerificationError

from tests.unit.docs import markdown
from tests.unit.docs.markdown import DOCS

MASTER = "whsec_" + base64.b64encode(b"m" * 32).decode()
BODY = json.dumps({"type": "order.completed"}).encode()

type Received = Callable[[bytes, Mapping[str, str], str], dict[str, Any]]


@pytest.fixture
def received() -> Received:
    """The function of the documents' example."""
    (block,) = markdown.python_blocks(DOCS / "api.md")
    names: dict[str, Any] = {}
    exec(block, names)  # noqa: S102 - our own document
    function: Received = names["received"]
    return function


def _headers(account: str = "10000001") -> dict[str, str]:
    return dict(
        signed_headers(
            [MASTER], account_id=account, message_id="msg_1", timestamp=int(time.time()), body=BODY
        )
    )


def test_the_example_accepts_a_callback(received: Received) -> None:
    assert received(BODY, _headers(), account_secret(MASTER, "10000001")) == {"type": "order.completed"}


def test_the_example_refuses_another_accounts_signature(received: Received) -> None:
    with pytest.raises(WebhookVerificationError):
        received(BODY, _headers("10000002"), account_secret(MASTER, "10000001"))


def test_the_example_refuses_a_changed_body(received: Received) -> None:
    with pytest.raises(WebhookVerificationError):
        received(BODY + b" ", _headers(), account_secret(MASTER, "10000001"))
