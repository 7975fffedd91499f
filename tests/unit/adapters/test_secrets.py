"""Secrets: cached for five minutes, forgotten on demand, errors without the secret's text."""

from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, NoCredentialsError
from hostcart.adapters.secrets import KEPT_SECONDS, Secrets
from hostcart.ports import MisconfiguredError, UnavailableError

ARN = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:stripe"


class FakeManager:
    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.calls = 0

    def get_secret_value(self, **params: str) -> dict[str, Any]:
        assert params == {"SecretId": ARN}
        answer = self.answers[min(self.calls, len(self.answers) - 1)]
        self.calls += 1
        if isinstance(answer, Exception):
            raise answer
        return {"SecretString": answer} if answer is not None else {"SecretBinary": b"x"}


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def secrets(manager: FakeManager, time: Time | None = None) -> Secrets:
    return Secrets(lambda: cast("Any", manager), time or Time())


def client_error(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "GetSecretValue")


def test_a_rotation_reaches_a_warm_process_within_five_minutes() -> None:
    manager, time = FakeManager('{"api_key": "one"}', '{"api_key": "two"}'), Time()
    subject = secrets(manager, time)
    assert subject.member(ARN, "api_key") == "one"
    time.now += KEPT_SECONDS - 1
    assert subject.member(ARN, "api_key") == "one"
    assert manager.calls == 1
    time.now += 1
    assert subject.member(ARN, "api_key") == "two"
    assert KEPT_SECONDS == 300


def test_a_forgotten_secret_is_read_anew() -> None:
    manager = FakeManager('{"token": "one"}', '{"token": "two"}')
    subject = secrets(manager)
    assert subject.member(ARN, "token") == "one"
    subject.forget(ARN)
    assert subject.member(ARN, "token") == "two"


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (client_error("ResourceNotFoundException"), MisconfiguredError, "secret_missing"),
        (client_error("AccessDeniedException"), MisconfiguredError, "secret_denied"),
        (client_error("DecryptionFailure"), MisconfiguredError, "secret_denied"),
        (client_error("ThrottlingException"), UnavailableError, "secrets_unavailable"),
        (client_error("InternalServiceError", 500), UnavailableError, "secrets_unavailable"),
        (client_error("Whatever", 503), UnavailableError, "secrets_unavailable"),
        (ConnectTimeoutError(endpoint_url="x"), UnavailableError, "secrets_unavailable"),
        (NoCredentialsError(), MisconfiguredError, "secret_denied"),
        ("sk_live_not_json", MisconfiguredError, "secret_not_json"),
        ('["sk_live_list"]', MisconfiguredError, "secret_not_json"),
        (None, MisconfiguredError, "secret_not_json"),
        ('{"other": "sk_live_x"}', MisconfiguredError, "secret_without_api_key"),
        ('{"api_key": ""}', MisconfiguredError, "secret_without_api_key"),
        ('{"api_key": 7}', MisconfiguredError, "secret_without_api_key"),
    ],
)
def test_failures_are_the_ports_and_never_quote_the_secret(
    answer: object, kind: type[Exception], code: str
) -> None:
    with pytest.raises(kind) as caught:
        secrets(FakeManager(answer)).member(ARN, "api_key")
    assert type(caught.value) is kind
    assert str(caught.value) == code
    assert caught.value.__cause__ is None or "sk_live" not in repr(caught.value.__cause__)


def test_a_failure_is_not_kept() -> None:
    manager = FakeManager(client_error("ThrottlingException"), '{"api_key": "one"}')
    subject = secrets(manager)
    with pytest.raises(UnavailableError):
        subject.member(ARN, "api_key")
    assert subject.member(ARN, "api_key") == "one"
