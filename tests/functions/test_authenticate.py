"""The authorizer with the gateway's event: policies for the stage, ids in the context."""

from typing import Any

import pytest
from hostcart.domain.accounts import CredentialKind
from hostcart.ports import UnavailableError

from tests.functions.stack import Member, Stack

STAGE = "arn:aws:execute-api:eu-central-1:123456789012:api1/prod/*"


@pytest.mark.parametrize("kind", list(CredentialKind))
def test_each_kind_is_let_in(stack: Stack, ready: Member, kind: CredentialKind) -> None:
    answer = stack.authenticate(f"Bearer {ready.credentials[kind]}")
    of_account = kind is CredentialKind.ACCOUNT_KEY
    assert answer == {
        "principalId": ready.account_id if of_account else ready.user_id,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": STAGE}],
        },
        "context": {
            "kind": kind.value,
            "user_id": "" if of_account else ready.user_id,
            "accounts": ready.account_id,
            "scopes": "billing:read" if kind is CredentialKind.OAUTH else "",
        },
    }


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer hcu_unknown", "Basic eDp5", "Bearer a.b.c"])
def test_anything_else_is_denied_for_the_whole_stage(stack: Stack, header: str | None) -> None:
    answer = stack.authenticate(header)
    assert answer["principalId"] == "anonymous"
    assert answer["policyDocument"]["Statement"] == [
        {"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": STAGE}
    ]
    assert "context" not in answer


def test_the_two_issuers_do_not_vouch_for_each_other(stack: Stack, ready: Member) -> None:
    from local.sandboxes.login import mint_oauth_token, mint_session_token

    claims: dict[str, Any] = {"audience": "hostcart", "subject": ready.user_id}
    swapped = [
        mint_session_token(stack.login.keys, issuer="https://oauth.example", **claims),
        mint_oauth_token(stack.login.keys, issuer="https://login.example", scope="billing:read", **claims),
    ]
    for token in swapped:
        answer = stack.authenticate(f"Bearer {token}")
        assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"


def test_a_log_in_that_is_down_denies_nobody(stack: Stack, ready: Member) -> None:
    """A denial would be cached; an error is answered with 503 and tried again."""
    template = stack.template
    stack.template = template.changed({"SessionJwksUrl": "http://127.0.0.1:9/jwks.json"})
    try:
        with pytest.raises(UnavailableError):
            stack.authenticate(f"Bearer {ready.credentials[CredentialKind.SESSION]}")
        key = ready.credentials[CredentialKind.API_KEY]
        assert stack.authenticate(f"Bearer {key}")["context"]["kind"] == "api_key"
    finally:
        stack.template = template


def test_no_credential_is_logged(stack: Stack, ready: Member) -> None:
    credentials = [*ready.credentials.values(), "hcu_unknown-secret", "a.b.c-secret"]
    since = stack.logs.tell()
    for credential in credentials:
        stack.authenticate(f"Bearer {credential}")
    assert [line["message"] for line in stack.lines(since)] == ["unauthenticated"] * 2
    for credential in credentials:
        assert credential not in stack.logs.getvalue()
