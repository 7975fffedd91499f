import string
import uuid

import pytest
from hostcart.domain.tokens import is_token, order_id_of, token_of
from hypothesis import assume, given
from hypothesis import strategies as st

TOKENS = st.text("0123456789abcdef", min_size=32, max_size=32)


@given(TOKENS)
def test_the_order_finds_its_cart(token: str) -> None:
    assert is_token(token)
    assert token_of(order_id_of(token)) == token


@given(TOKENS)
def test_an_order_id_is_a_canonical_uuid(token: str) -> None:
    order_id = order_id_of(token)
    assert str(uuid.UUID(order_id)) == order_id


@given(st.text(string.hexdigits + "-{} \n", max_size=40) | st.text(max_size=40))
def test_anything_else_finds_nothing(text: str) -> None:
    assume(not _canonical(text))
    assert token_of(text) is None


def _canonical(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0b7c9f0e5a3d4c219f6e2d1a8b7c6e5f",
        "0B7C9F0E-5A3D-4C21-9F6E-2D1A8B7C6E5F",
        "0b7c9f0e-5a3d-4c21-9f6e-2d1a8b7c6e5f\n",
        "{0b7c9f0e-5a3d-4c21-9f6e-2d1a8b7c6e5f}",
        "0b7c9f0e5a3d-4c21-9f6e-2d1a8b7c6e5f",
        "urn:uuid:0b7c9f0e-5a3d-4c21-9f6e-2d1a8b7c6e5f",
    ],
)
def test_other_spellings_of_a_uuid_find_nothing(text: str) -> None:
    assert token_of(text) is None


@pytest.mark.parametrize(
    "text", ["", "0" * 31, "0" * 33, "G" * 32, "A" * 32, "0" * 32 + "\n", "\N{ARABIC-INDIC DIGIT ZERO}" * 32]
)
def test_what_is_no_token(text: str) -> None:
    assert not is_token(text)
