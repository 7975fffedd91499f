"""`python -m tools.callback_secret`."""

import base64
import json

import boto3
import pytest
from hostcart.adapters import aws
from hostcart.adapters.webhook_signature import account_secret
from moto import mock_aws

from tools import callback_secret

MASTER = "whsec_" + base64.b64encode(b"m" * 32).decode()


def test_the_accounts_secret_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    aws.secretsmanager.cache_clear()
    with mock_aws():
        made = boto3.client("secretsmanager").create_secret(
            Name="callbacks", SecretString=json.dumps({"current": MASTER})
        )
        assert callback_secret.main(["10000001", "--secret", made["ARN"]]) == 0
        printed = capsys.readouterr().out.strip()
        assert printed == account_secret(MASTER, "10000001")
        assert printed != account_secret(MASTER, "10000002")

        assert callback_secret.main(["10000001", "--secret", "other"]) == 2
        assert capsys.readouterr().err == "The master secret cannot be used: secret_missing.\n"
    aws.secretsmanager.cache_clear()


def test_what_is_missing_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CALLBACK_SIGNING_SECRET_ARN", raising=False)
    assert callback_secret.main(["10000001"]) == 2
    assert "CALLBACK_SIGNING_SECRET_ARN" in capsys.readouterr().err
    assert callback_secret.main(["Example", "--secret", "callbacks"]) == 2
    assert capsys.readouterr().err == "An account's id is a number.\n"
