"""What an order leaves in the table is as large as the calculator says."""

from typing import Any

import pytest

from tests.bench import counts
from tests.fakes.platform import FakeCipher
from tests.fakes.table import moto_table, set_environment
from tests.fakes.units import stored_bytes
from tools.cost.model import load

_TABLE = "kept"
_SEALED_LONGER = 150  # by KMS: its key's name, nonce and tag, and our first byte

type Items = dict[tuple[str, str], Any]


class _LongCipher(FakeCipher):
    """As long as KMS makes it."""

    def seal(self, plaintext: bytes, *, account_id: str, cart_token: str) -> bytes:
        return bytes(_SEALED_LONGER) + plaintext

    def open(self, sealed: bytes, *, account_id: str, cart_token: str) -> bytes:
        return sealed[_SEALED_LONGER:]


def _items(client: Any) -> Items:
    found = client.scan(TableName=_TABLE)["Items"]
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in found}


def _left_by(kind: str) -> Items:
    """What is there after the order and was not before; what expires is not kept."""
    with moto_table() as client, counts.table(client, _TABLE) as here:
        before, world = _items(client), here.world()
        world.cipher = _LongCipher()
        for _, step in counts.LIVES[kind](world):
            world.clock.advance(seconds=2)
            step()
        after = _items(client)
    return {key: item for key, item in after.items() if key not in before and "expires_at" not in item}


@pytest.mark.parametrize(
    ("kind", "records"),
    [("site", ["CART", "COUNTER"]), ("domain", ["CART", "CLAIM", "COUNTER", "SEALED"])],
)
def test_an_order_leaves_as_much_as_is_assumed(
    monkeypatch: pytest.MonkeyPatch, kind: str, records: list[str]
) -> None:
    set_environment(monkeypatch)
    left = _left_by(kind)
    assert sorted(sort.partition("#")[0] for _, sort in left) == records
    size = sum(stored_bytes(item) for (_, sort), item in left.items() if sort != "COUNTER")  # an account's
    assert load({}).assumed["kept_bytes"][kind] == pytest.approx(size, rel=0.1), size
