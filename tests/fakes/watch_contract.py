"""What every OpenWork and FindingStore on a table does. Inherit and give `client` and `table`."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hostcart.adapters import dynamodb_findings
from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.adapters.dynamodb_findings import DynamoFindings
from hostcart.adapters.dynamodb_watch import DynamoWatch
from hostcart.domain.cart import CLAIM_LEASE, CallbackStatus, Cart
from hostcart.domain.findings import Finding, FindingKind, Judgement, Subject
from hostcart.ports import Sealed
from hostcart.ports_reconcile import Holder, OpenCart

from tests.fakes.platform import START
from tests.fakes.world import ACCOUNT, World
from tests.unit.domain.carts import STEPS, new_cart

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

LATER = START + timedelta(hours=1)
SUBJECT = Subject(kind=FindingKind.PAYMENT_UNKNOWN, id="in_1", account_id=ACCOUNT, cart_token="0" * 32)


class WatchContract:
    """The index of open work."""

    @pytest.fixture
    def carts(self, client: "DynamoDBClient", table: str) -> DynamoCarts:
        return DynamoCarts(client, table)

    @pytest.fixture
    def watch(self, client: "DynamoDBClient", table: str) -> DynamoWatch:
        return DynamoWatch(client, table)

    def test_a_cart_is_listed_until_nothing_is_owed(self, carts: DynamoCarts, watch: DynamoWatch) -> None:
        carts.create(new_cart(slot=None), Sealed())
        expected = [OpenCart(account_id=ACCOUNT, token=new_cart().token)]
        version = 1
        for name, cart in sorted(STEPS.items(), key=lambda step: step[0] == "notified"):
            carts.save(replace(cart, version=version, slot=None))
            version += 1
            assert _all(watch) == ([] if name == "notified" else expected), name

    def test_a_cart_without_a_callback_leaves_with_the_terminal_write(
        self, carts: DynamoCarts, watch: DynamoWatch
    ) -> None:
        quiet = new_cart(slot=None, callback=CallbackStatus.NONE)
        carts.create(quiet, Sealed())
        carts.save(replace(STEPS["active"], slot=None, callback=CallbackStatus.NONE))
        assert len(_all(watch)) == 1
        carts.save(replace(STEPS["completed"], version=2, slot=None, callback=CallbackStatus.NONE))
        assert _all(watch) == []

    def test_pages_show_everything_once(self, carts: DynamoCarts, watch: DynamoWatch) -> None:
        tokens = {f"{number:x}".rjust(1, "0") + f"{number:031x}" for number in range(16)}
        for token in tokens:
            carts.create(new_cart(token, slot=None), Sealed())
        for limit in (1, 5, 100):
            assert sorted(found.token for found in _all(watch, limit)) == sorted(tokens)

    def test_what_is_younger_is_not_listed(self, carts: DynamoCarts, watch: DynamoWatch) -> None:
        carts.create(new_cart(slot=None), Sealed())
        assert watch.page(None, before=START, limit=10).entries == ()
        assert len(watch.page(None, before=START + timedelta(seconds=1), limit=10).entries) == 1

    def test_a_discarded_cart_is_not_listed(self, carts: DynamoCarts, watch: DynamoWatch) -> None:
        carts.create(new_cart(slot=None), Sealed())
        carts.discard(new_cart(slot=None))
        assert _all(watch) == []

    def test_a_forgotten_cart_is_not_listed_and_not_changed(
        self, carts: DynamoCarts, watch: DynamoWatch
    ) -> None:
        carts.create(new_cart(slot=None), Sealed())
        (cart,) = _all(watch)
        watch.forget(cart)
        assert _all(watch) == []
        assert carts.load(cart.account_id, cart.token) == new_cart(slot=None)

    def test_a_claim_leads_to_its_order(self, carts: DynamoCarts, watch: DynamoWatch) -> None:
        assert watch.holder("example.com") is None
        cart = _named(carts)
        leased = watch.holder("example.com")
        carts.save_claimed(cart)
        assert leased == watch.holder("example.com") == Holder(account_id=ACCOUNT, cart_token=cart.token)

    def test_the_table_clears_a_lease_away_long_after_its_end(
        self, carts: DynamoCarts, client: "DynamoDBClient", table: str
    ) -> None:
        def expiry() -> datetime | None:
            item = client.get_item(TableName=table, Key=keys.claim("example.com"))["Item"]
            moment = item.get("expires_at")
            return None if moment is None else datetime.fromtimestamp(int(moment["N"]), UTC)

        cart = _named(carts)
        assert expiry() == START + CLAIM_LEASE + timedelta(days=30)
        carts.renew_claim(cart, START + timedelta(days=9))
        assert expiry() == START + timedelta(days=39)
        carts.save_claimed(cart)
        assert expiry() is None  # never a firm one

    def test_findings_are_kept_until_they_are_dropped(self, client: "DynamoDBClient", table: str) -> None:
        store = DynamoFindings(client, table)
        assert store.findings() == []
        store.put(SUBJECT, Judgement.PENDING, START)
        store.put(SUBJECT, Judgement.BROKEN, LATER)
        finding = Finding(subject=SUBJECT, judgement=Judgement.BROKEN, since=START, judged_at=LATER)
        assert store.findings() == [finding]
        assert store.accept(SUBJECT, accepted=True)
        store.put(SUBJECT, Judgement.BROKEN, LATER)
        assert store.findings() == [replace(finding, accepted=True)]
        store.drop(SUBJECT)
        assert store.findings() == []
        assert not store.accept(SUBJECT, accepted=True)

    def test_findings_are_all_read_however_many(
        self, client: "DynamoDBClient", table: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dynamodb_findings, "_PAGE", 2)
        store = DynamoFindings(client, table)
        for number in range(5):
            store.put(replace(SUBJECT, id=f"in_{number}"), Judgement.BROKEN, START)
        assert [finding.subject.id for finding in store.findings()] == [f"in_{n}" for n in range(5)]

    def test_cursors_are_kept_beside_the_findings(self, client: "DynamoDBClient", table: str) -> None:
        store = DynamoFindings(client, table)
        assert store.cursors() == {}
        store.save_cursors({"sites": "0"})
        store.put(SUBJECT, Judgement.BROKEN, START)
        store.save_cursors({"drafts": "in_1"})
        assert store.cursors() == {"drafts": "in_1"}


def _all(watch: DynamoWatch, limit: int = 100) -> list[OpenCart]:
    return list(_pages(watch, limit))


def _pages(watch: DynamoWatch, limit: int) -> Iterator[OpenCart]:
    cursor: str | None = None
    while True:
        page = watch.page(cursor, before=LATER, limit=limit)
        assert len(page.entries) <= limit
        yield from page.entries
        cursor = page.after
        if cursor is None:
            return


def _named(carts: DynamoCarts) -> Cart:
    """A stored cart that claims example.com."""
    world = World()
    cart = world.order_domain()
    carts.create(cart, Sealed())
    return cart
