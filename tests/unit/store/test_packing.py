"""Packed texts come back as they were, are small, and stay readable."""

import hashlib
import json
import zlib

import pytest
from hostcart.adapters import packing
from hostcart.adapters.dynamodb_carts import cart_item, texts_of
from hostcart.adapters.packing import pack, unpack
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.world import World

DIGESTS = {1: "be21eb737fa4d7f32a8196ed2b73377f1e01a0a94af0d0c4131f5b005f4a43ea"}


@given(st.lists(st.recursive(st.text(), st.lists), min_size=1, max_size=4))
def test_json_texts_come_back_as_they_were(values: list[object]) -> None:
    texts = [json.dumps(value, ensure_ascii=False) for value in values]
    assert unpack(pack(texts)) == texts


@pytest.mark.parametrize("packed", [b"", b"\x00", b"\x02abc", b"\x63", b"{}", b"\x01\xff\xff\xff"])
def test_what_was_not_packed_is_an_error(packed: bytes) -> None:
    with pytest.raises(ValueError, match="not packed"):
        unpack(packed)


def test_a_half_is_no_whole() -> None:
    with pytest.raises(ValueError, match="not packed"):
        unpack(pack(['{"a": 1}'] * 9)[:-3])


@pytest.mark.parametrize("number", DIGESTS)
def test_a_dictionary_that_records_were_written_with_never_changes(number: int) -> None:
    assert hashlib.sha256(packing._dictionary(number)).hexdigest() == DIGESTS[number]
    assert number <= packing._NEWEST


def test_the_dictionary_is_worth_its_while() -> None:
    world = World()
    world.order()
    world.charge()
    item = cart_item(world.cart)
    texts = texts_of(item)
    assert texts.order_view is not None
    plain = "".join(filter(None, texts)).encode()
    assert len(item["texts"]["B"]) < len(zlib.compress(plain, 9)) / 2
