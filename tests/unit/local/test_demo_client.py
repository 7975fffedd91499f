"""`make run` says that a callback was signed and came once: neither may be said of one where it is not so."""

from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from local.engine import demo_client
from local.engine.demo_client import DemoFailed

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ANOTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
RAW = '{"type": "order.completed"}'
HOOK = "/orders-demo/1"

type Json = dict[str, Any]


def received(secret: str = SECRET, raw: str = RAW, path: str = HOOK) -> Json:
    """What the sink remembers of a callback whose body was signed under the secret."""
    now = datetime.now(UTC)
    signature = Webhook(secret).sign("msg_1", now, RAW)
    headers = {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": signature,
    }
    return {"path": path, "headers": headers, "raw": raw}


def test_a_right_signature_is_shown() -> None:
    assert demo_client.verified_signature(received(), SECRET).startswith("v1,")


@pytest.mark.parametrize("wrong", [{"secret": ANOTHER}, {"raw": f"{RAW} "}], ids=["secret", "body"])
def test_a_wrong_signature_fails_the_run(wrong: dict[str, str]) -> None:
    with pytest.raises(DemoFailed, match=r"signature is wrong: No matching signature"):
        demo_client.verified_signature(received(**wrong), SECRET)


def test_no_signature_fails_the_run() -> None:
    with pytest.raises(DemoFailed, match=r"signature is wrong: Missing required headers"):
        demo_client.verified_signature(received() | {"headers": {}}, SECRET)


@pytest.mark.parametrize("came", [0, 2])
def test_any_number_of_callbacks_but_one_fails_the_run(monkeypatch: pytest.MonkeyPatch, came: int) -> None:
    listed = [received(path="/orders-demo/2"), *(received() for _ in range(came))]
    monkeypatch.setattr(demo_client, "listed", lambda *_: listed)
    with pytest.raises(DemoFailed, match=f"{came} callbacks came"):
        demo_client.require_one_callback({}, HOOK)


def test_one_callback_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_client, "listed", lambda *_: [received(), received(path="/orders-demo/2")])
    demo_client.require_one_callback({}, HOOK)
