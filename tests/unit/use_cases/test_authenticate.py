"""Who is calling, for every kind of credential."""

import pytest
from hostcart.domain.accounts import ApiKey, Caller, CredentialKind
from hostcart.ports import UnavailableError, VerifiedToken
from hostcart.use_cases.authenticate import (
    AuthenticatePorts,
    UnauthenticatedError,
    authenticate_basic,
    authenticate_bearer,
)

from tests.fakes.platform import FakeDirectory, FakeTokens
from tests.fakes.world import ACCOUNT, USER, user

USER_KEY, ACCOUNT_KEY = "hcu_" + "a" * 32, "hca_" + "b" * 32


@pytest.fixture
def ports() -> AuthenticatePorts:
    key, account = CredentialKind.API_KEY, CredentialKind.ACCOUNT_KEY
    directory = FakeDirectory(
        users={USER: user()},
        keys={
            USER_KEY: ApiKey(kind=key, name="client", user_id=USER, account_id=None),
            ACCOUNT_KEY: ApiKey(kind=account, name="example", user_id=None, account_id=ACCOUNT),
            "hcu_orphan": ApiKey(kind=key, name="gone", user_id="404", account_id=None),
            "hcu_nobody": ApiKey(kind=key, name="nobody", user_id=None, account_id=None),
            "hca_nothing": ApiKey(kind=account, name="nothing", user_id=None, account_id=None),
        },
    )
    tokens = FakeTokens(
        known={
            "session.jwt": VerifiedToken(oauth=False, subject=USER, scopes=()),
            "oauth.jwt": VerifiedToken(oauth=True, subject=USER, scopes=("billing:read", "other")),
            "orphan.jwt": VerifiedToken(oauth=False, subject="404", scopes=()),
        }
    )
    return AuthenticatePorts(directory=directory, tokens=tokens)


def caller(kind: CredentialKind, *scopes: str) -> Caller:
    return Caller(kind=kind, user_id=USER, account_ids=(ACCOUNT,), scopes=scopes)


OF_ACCOUNT = Caller(kind=CredentialKind.ACCOUNT_KEY, user_id=None, account_ids=(ACCOUNT,))


@pytest.mark.parametrize(
    ("credential", "expected"),
    [
        (USER_KEY, caller(CredentialKind.API_KEY)),
        (ACCOUNT_KEY, OF_ACCOUNT),
        ("session.jwt", caller(CredentialKind.SESSION)),
        ("oauth.jwt", caller(CredentialKind.OAUTH, "billing:read", "other")),
    ],
)
@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER   "])
def test_each_kind_of_credential(
    ports: AuthenticatePorts, credential: str, expected: Caller, scheme: str
) -> None:
    assert authenticate_bearer(f"{scheme}{credential} ", ports) == expected


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer    ",
        USER_KEY,
        f"Basic {USER_KEY}",
        f"Token {USER_KEY}",
        f"Bearer{USER_KEY}",
        "Bearer hcu_unknown",
        "Bearer hca_unknown",
        "Bearer hcu_orphan",
        "Bearer hcu_nobody",
        "Bearer hca_nothing",
        "Bearer unknown.jwt",
        "Bearer orphan.jwt",
        f"Bearer {USER_KEY} {USER_KEY}",
        "Bearer session.jwt" + " " + "x" * 9000,
    ],
)
def test_nothing_else_is_accepted(ports: AuthenticatePorts, header: str) -> None:
    with pytest.raises(UnauthenticatedError):
        authenticate_bearer(header, ports)


def test_the_longest_credential(ports: AuthenticatePorts) -> None:
    tokens = ports.tokens
    assert isinstance(tokens, FakeTokens)
    longest = "j" * 8192
    known = VerifiedToken(oauth=False, subject=USER, scopes=())
    tokens.known |= {longest: known, longest + "j": known}
    assert authenticate_bearer(f"Bearer {longest}", ports).kind is CredentialKind.SESSION
    with pytest.raises(UnauthenticatedError):
        authenticate_bearer(f"Bearer {longest}j", ports)


def test_a_key_never_reaches_the_token_verifier(ports: AuthenticatePorts) -> None:
    tokens = ports.tokens
    assert isinstance(tokens, FakeTokens)
    tokens.failure = UnavailableError("jwks_unavailable")
    assert authenticate_bearer(f"Bearer {USER_KEY}", ports).user_id == USER


def test_keys_that_cannot_be_fetched_refuse_nobody(ports: AuthenticatePorts) -> None:
    tokens = ports.tokens
    assert isinstance(tokens, FakeTokens)
    tokens.failure = UnavailableError("jwks_unavailable")
    with pytest.raises(UnavailableError):
        authenticate_bearer("Bearer session.jwt", ports)


def test_leaving_an_account_takes_effect_at_once(ports: AuthenticatePorts) -> None:
    directory = ports.directory
    assert isinstance(directory, FakeDirectory)
    del directory.users[USER]
    with pytest.raises(UnauthenticatedError):
        authenticate_bearer("Bearer session.jwt", ports)


@pytest.mark.parametrize(
    ("name", "key", "expected"),
    [("client", USER_KEY, caller(CredentialKind.API_KEY)), ("example", ACCOUNT_KEY, OF_ACCOUNT)],
)
def test_basic_credentials(ports: AuthenticatePorts, name: str, key: str, expected: Caller) -> None:
    assert authenticate_basic(name, key, ports.directory) == expected


@pytest.mark.parametrize(
    ("name", "key"),
    [("other", USER_KEY), ("", USER_KEY), ("client", "hcu_unknown"), ("client", ""), ("gone", "hcu_orphan")],
)
def test_basic_credentials_that_do_not_belong_together(ports: AuthenticatePorts, name: str, key: str) -> None:
    with pytest.raises(UnauthenticatedError):
        authenticate_basic(name, key, ports.directory)
