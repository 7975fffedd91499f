"""What scripts are handed for each account."""

from typing import Any

import jwt
import pytest
from jwt.algorithms import ECAlgorithm

from local.engine.lifecycle import StackError
from local.engine.parameters import AUDIENCE
from local.sandboxes.login import LoginKeys
from local.seed.history import ORDERS
from local.seed.seeding import _tokens, past_orders

LOGIN = "http://127.0.0.1:1"
MONTH = 30 * 86_400


@pytest.fixture(scope="module")
def keys() -> LoginKeys:
    return LoginKeys.generate()


@pytest.mark.parametrize(
    ("name", "kind", "scope"),
    [
        ("session_token", "session", None),
        ("oauth_read_token", "oauth", "billing:read"),
        ("oauth_other_token", "oauth", "sites:read"),
    ],
)
def test_a_token_says_who_and_what(keys: LoginKeys, name: str, kind: str, scope: str | None) -> None:
    token = _tokens(keys, LOGIN, "20000001")[name]
    jwk = getattr(keys, kind)
    private: Any = ECAlgorithm.from_jwk(jwk)
    claims = jwt.decode(
        token, private.public_key(), algorithms=["ES256"], audience=AUDIENCE, issuer=f"{LOGIN}/{kind}"
    )
    assert claims["sub"] == "20000001"
    assert claims.get("scope") == scope
    assert claims["exp"] - claims["iat"] == MONTH


@pytest.mark.parametrize(("given", "wanted"), [(None, ORDERS), ("0", 0), ("25", 25)])
def test_how_many_past_orders_are_wanted(given: str | None, wanted: int) -> None:
    assert past_orders({} if given is None else {"HOSTCART_PAST_ORDERS": given}) == wanted


@pytest.mark.parametrize("given", ["", "-1", "abc", "10001", "\u00b2", "9" * 5000])
def test_what_is_no_number_of_past_orders_is_named(given: str) -> None:
    with pytest.raises(StackError, match="HOSTCART_PAST_ORDERS"):
        past_orders({"HOSTCART_PAST_ORDERS": given})
