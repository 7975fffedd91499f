"""What a caller may do: denied by default."""

import pytest
from hostcart.contract.errors import ApiError
from hostcart.domain.accounts import Caller, CredentialKind
from hostcart.entry.http import Request
from hostcart.entry.identity import caller_of, context_of, may_read, may_write

ACCOUNT = "10000001"
KINDS = list(CredentialKind)


def caller(kind: CredentialKind, *scopes: str, accounts: tuple[str, ...] = (ACCOUNT, "10000002")) -> Caller:
    user = None if kind is CredentialKind.ACCOUNT_KEY else "20000001"
    return Caller(kind=kind, user_id=user, account_ids=accounts, scopes=scopes)


def request(authorizer: dict[str, object], account: str | None = ACCOUNT) -> Request:
    return Request(
        request_id="req-1",
        resource="/api/orders",
        headers={} if account is None else {"x-auth-account": account},
        path={},
        query={},
        authorizer=authorizer,
        body=b"",
    )


def by(who: Caller, account: str | None = ACCOUNT) -> Request:
    return request(dict(context_of(who)), account)


@pytest.mark.parametrize("kind", KINDS)
def test_the_authorizers_context_is_the_caller(kind: CredentialKind) -> None:
    who = caller(kind, "billing:read", "other")
    assert caller_of(by(who)) == who
    assert all(isinstance(value, str) for value in context_of(who).values())


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_reads(kind: CredentialKind) -> None:
    who = caller(kind, "billing:read")
    assert may_read(by(who)) == (who, ACCOUNT)
    assert may_read(by(who, " 10000002 ")) == (who, "10000002")


def refusal(check: object, sent: Request) -> tuple[int, str]:
    assert callable(check)
    with pytest.raises(ApiError) as caught:
        check(sent)
    return caught.value.status, caught.value.code


@pytest.mark.parametrize("scopes", [(), ("billing",), ("billing:write",), ("BILLING:READ",)])
def test_oauth_reads_with_its_scope_only(scopes: tuple[str, ...]) -> None:
    assert refusal(may_read, by(caller(CredentialKind.OAUTH, *scopes))) == (403, "insufficient_scope")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not CredentialKind.OAUTH])
def test_scopes_bind_no_other_kind(kind: CredentialKind) -> None:
    assert may_read(by(caller(kind)))[1] == ACCOUNT
    assert may_write(by(caller(kind)))[1] == ACCOUNT


@pytest.mark.parametrize(
    "scopes", [(), ("billing:read",), ("billing:write",), ("billing:read", "billing:write")]
)
def test_oauth_never_writes(scopes: tuple[str, ...]) -> None:
    assert refusal(may_write, by(caller(CredentialKind.OAUTH, *scopes))) == (403, "oauth_not_allowed")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("check", [may_read, may_write])
def test_the_account_must_be_named_and_the_callers(kind: CredentialKind, check: object) -> None:
    if kind is CredentialKind.OAUTH and check is may_write:
        return  # refused before
    who = caller(kind, "billing:read")
    for account in (None, "", "   "):
        assert refusal(check, by(who, account)) == (400, "account_required")
    for account in ("10000003", "1000000", "10000001 10000002", "*", "10000001\t"[:7]):
        assert refusal(check, by(who, account)) == (403, "account_forbidden")
    assert refusal(check, by(caller(kind, "billing:read", accounts=()))) == (403, "account_forbidden")


@pytest.mark.parametrize(
    "context",
    [{}, {"kind": ""}, {"kind": "root"}, {"kind": None}, {"user_id": "1", "accounts": ACCOUNT}, {"kind": 1}],
)
@pytest.mark.parametrize("check", [may_read, may_write])
def test_without_an_authorizer_nobody_is_anybody(context: dict[str, object], check: object) -> None:
    assert refusal(check, request(context)) == (401, "unauthenticated")


def test_a_context_without_accounts_has_none() -> None:
    assert caller_of(request({"kind": "session", "user_id": "1"})).account_ids == ()
    assert caller_of(request({"kind": "session", "accounts": 7})).account_ids == ()


def test_an_empty_user_is_none() -> None:
    assert caller_of(request({"kind": "account_key", "user_id": ""})).user_id is None
