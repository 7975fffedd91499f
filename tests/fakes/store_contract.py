"""What every CartStore does, whether in memory, on moto or on DynamoDB Local.

Inherit from these classes and give a `bench` fixture.
"""

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

import pytest
from hostcart.domain import views
from hostcart.domain.cart import Cart, open_order
from hostcart.domain.catalogue import Slot
from hostcart.ports import (
    CapacityExhaustedError,
    CartExistsError,
    CartStore,
    CatalogueStore,
    ClaimTakenError,
    ConflictError,
    Sealed,
    StoredView,
    UnknownCartError,
)
from hostcart.use_cases.opening import load_opened

from tests.fakes.platform import START, FakeClock
from tests.fakes.world import ACCOUNT, PDX
from tests.unit.domain.carts import STEPS, TOKEN, new_cart

NOTHING = Sealed()
STRANGER = "10000099"


@dataclass(frozen=True)
class Bench:
    """A store with the sample catalogue: slot PDX holds 2."""

    carts: CartStore
    catalogue: CatalogueStore

    def taken(self, slot: Slot = PDX) -> int:
        (occupancy,) = self.catalogue.occupancy([slot])
        return occupancy.taken


def token(number: int) -> str:
    return f"{number:032x}"


def unlimited(number: int) -> Cart:
    """A cart that takes no slot."""
    return new_cart(token(number), slot=None)


def opened(bench: Bench, number: int) -> Cart:
    """A stored cart with its order open."""
    bench.carts.create(unlimited(number), NOTHING)
    return load_opened(bench.carts, FakeClock(), ACCOUNT, token(number))


def at_once(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """The results, errors among them, of tasks that start together."""
    start = threading.Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        start.wait(timeout=60)
        try:
            return task()
        except (CartExistsError, CapacityExhaustedError, ClaimTakenError, ConflictError) as error:
            return error

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


class StoreContract:
    """One writer at a time."""

    def test_a_new_cart_is_stored_and_takes_its_slot(self, bench: Bench) -> None:
        bench.carts.create(new_cart(), Sealed(callback=b"sealed"))
        assert bench.carts.load(ACCOUNT, TOKEN) == new_cart()
        assert bench.carts.load_sealed(ACCOUNT, TOKEN) == Sealed(callback=b"sealed")
        assert bench.taken() == 1
        assert bench.carts.last_number(ACCOUNT) == 0

    def test_a_cart_without_a_slot(self, bench: Bench) -> None:
        bench.carts.create(unlimited(1), NOTHING)
        assert bench.carts.load(ACCOUNT, token(1)) == unlimited(1)
        assert bench.taken() == 0

    @pytest.mark.parametrize("slot", [None, PDX])
    def test_a_taken_token_is_a_repeat(self, bench: Bench, slot: Slot | None) -> None:
        bench.carts.create(new_cart(slot=slot), NOTHING)
        taken = bench.taken()
        with pytest.raises(CartExistsError):
            bench.carts.create(new_cart(slot=slot, fingerprint="other"), NOTHING)
        assert bench.carts.load(ACCOUNT, TOKEN) == new_cart(slot=slot)
        assert bench.taken() == taken

    def test_a_full_slot_refuses(self, bench: Bench) -> None:
        for number in (1, 2):
            bench.carts.create(new_cart(token(number)), NOTHING)
        with pytest.raises(CapacityExhaustedError):
            bench.carts.create(new_cart(token(3)), NOTHING)
        assert bench.carts.load(ACCOUNT, token(3)) is None
        assert bench.taken() == 2

    def test_a_repeat_that_meets_a_full_slot_is_a_repeat(self, bench: Bench) -> None:
        for number in (1, 2):
            bench.carts.create(new_cart(token(number)), NOTHING)
        with pytest.raises(CartExistsError):
            bench.carts.create(new_cart(token(1)), NOTHING)

    def test_one_token_in_two_accounts_is_two_carts(self, bench: Bench) -> None:
        other = unlimited(1)
        other = replace(other, account=replace(other.account, id=STRANGER))
        bench.carts.create(unlimited(1), NOTHING)
        bench.carts.create(other, NOTHING)
        assert bench.carts.load(STRANGER, token(1)) == other
        assert bench.carts.load(ACCOUNT, token(1)) == unlimited(1)

    def test_what_is_foreign_or_unknown_is_not_there(self, bench: Bench) -> None:
        opened(bench, 1)
        for account, name in ((STRANGER, token(1)), (ACCOUNT, token(2))):
            assert bench.carts.load(account, name) is None
            assert bench.carts.cart_view(account, name) is None
            assert bench.carts.order_view(account, name) is None
            assert bench.carts.load_sealed(account, name) == NOTHING
        assert bench.carts.list_orders(STRANGER, page=1, per_page=50).orders == ()
        assert bench.carts.last_number(STRANGER) == 0

    # --- discarding ------------------------------------------------------------------------------

    @pytest.mark.parametrize("slot", [None, PDX])
    def test_a_discarded_cart_is_gone_and_its_slot_free(self, bench: Bench, slot: Slot | None) -> None:
        cart = new_cart(slot=slot)
        bench.carts.create(cart, Sealed(callback=b"sealed"))
        bench.carts.discard(cart)
        assert bench.carts.load_sealed(cart.account.id, cart.token) == NOTHING
        assert bench.carts.load(ACCOUNT, TOKEN) is None
        assert bench.taken() == 0
        with pytest.raises(ConflictError):
            bench.carts.discard(cart)
        assert bench.taken() == 0

    def test_a_cart_whose_fulfilment_began_is_not_discarded(self, bench: Bench) -> None:
        bench.carts.create(new_cart(), NOTHING)
        bench.carts.open_order(open_order(new_cart(), 1, START))
        with pytest.raises(ConflictError):
            bench.carts.discard(new_cart())
        assert bench.carts.load(ACCOUNT, TOKEN) is not None
        assert bench.taken() == 1

    # --- opening ---------------------------------------------------------------------------------

    def test_an_order_opens_under_the_next_number_only(self, bench: Bench) -> None:
        bench.carts.create(unlimited(1), NOTHING)
        for number in (0, 2, 7):
            with pytest.raises(ConflictError):
                bench.carts.open_order(open_order(unlimited(1), number, START))
        assert bench.carts.last_number(ACCOUNT) == 0
        stored = bench.carts.open_order(open_order(unlimited(1), 1, START))
        assert stored.version == 2
        assert bench.carts.load(ACCOUNT, token(1)) == stored
        assert bench.carts.last_number(ACCOUNT) == 1

    def test_a_number_is_given_once_and_none_is_left_out(self, bench: Bench) -> None:
        for number in (1, 2):
            bench.carts.create(unlimited(number), NOTHING)
        bench.carts.open_order(open_order(unlimited(1), 1, START))
        for number in (1, 3, 9):
            with pytest.raises(ConflictError):
                bench.carts.open_order(open_order(unlimited(2), number, START))
        assert bench.carts.load(ACCOUNT, token(2)) == unlimited(2)

    def test_an_order_opens_once(self, bench: Bench) -> None:
        opened(bench, 1)
        with pytest.raises(ConflictError):
            bench.carts.open_order(open_order(unlimited(1), 2, START))
        assert bench.carts.last_number(ACCOUNT) == 1

    def test_each_account_counts_for_itself(self, bench: Bench) -> None:
        opened(bench, 1)
        other = replace(unlimited(9), account=replace(unlimited(9).account, id=STRANGER))
        bench.carts.create(other, NOTHING)
        assert load_opened(bench.carts, FakeClock(), STRANGER, token(9)).opened.number == 1

    # --- saving ----------------------------------------------------------------------------------

    def test_only_the_newest_version_is_written_over(self, bench: Bench) -> None:
        first = opened(bench, 1)
        second = bench.carts.save(replace(first, updated_at=START))
        assert second.version == first.version + 1
        for stale in (first, replace(first, version=99)):
            with pytest.raises(ConflictError):
                bench.carts.save(stale)
        assert bench.carts.load(ACCOUNT, token(1)) == second

    def test_a_cart_that_is_not_there_is_not_written(self, bench: Bench) -> None:
        with pytest.raises(ConflictError):
            bench.carts.save(unlimited(1))
        assert bench.carts.load(ACCOUNT, token(1)) is None

    def test_what_is_sealed_stays(self, bench: Bench) -> None:
        bench.carts.create(new_cart(), Sealed(callback=b"callback"))
        cart = bench.carts.save(new_cart(), sealed_password=b"password")
        bench.carts.save(cart)
        assert bench.carts.load_sealed(ACCOUNT, TOKEN) == Sealed(callback=b"callback")

    # --- waiting ---------------------------------------------------------------------------------

    def test_a_wait_is_stored_until_there_is_news(self, bench: Bench) -> None:
        cart = opened(bench, 1)
        assert bench.carts.store_task_token(ACCOUNT, token(1), "task-1")
        assert bench.carts.store_task_token(ACCOUNT, token(1), "task-2")
        assert bench.carts.mark_news(ACCOUNT, token(1)) == "task-2"
        assert not bench.carts.store_task_token(ACCOUNT, token(1), "task-3")
        assert bench.carts.mark_news(ACCOUNT, token(1)) == "task-2"
        marked = bench.carts.load(ACCOUNT, token(1))
        assert marked == replace(cart, news=True)
        assert marked is not None
        assert bench.carts.clear_news(marked) == cart
        assert bench.carts.load(ACCOUNT, token(1)) == cart
        assert bench.carts.mark_news(ACCOUNT, token(1)) is None  # the wait is over
        bench.carts.clear_news(marked)
        assert bench.carts.store_task_token(ACCOUNT, token(1), "task-3")

    def test_an_event_is_news_once(self, bench: Bench) -> None:
        cart = opened(bench, 1)
        told = partial(bench.carts.mark_news_once, ACCOUNT, token(1), until=START)
        assert bench.carts.task_token_with_news(ACCOUNT, token(1)) is None
        assert told(event_id="evt_1")
        assert bench.carts.task_token_with_news(ACCOUNT, token(1)) is None  # nothing waits
        assert bench.carts.clear_news(replace(cart, news=True)) == cart
        assert bench.carts.store_task_token(ACCOUNT, token(1), "task-1")
        assert not told(event_id="evt_1")
        assert bench.carts.load(ACCOUNT, token(1)) == cart
        assert bench.carts.task_token_with_news(ACCOUNT, token(1)) is None
        assert told(event_id="evt_2")
        assert bench.carts.task_token_with_news(ACCOUNT, token(1)) == "task-1"

    def test_an_event_of_an_unknown_cart_is_not_remembered(self, bench: Bench) -> None:
        with pytest.raises(UnknownCartError):
            bench.carts.mark_news_once(ACCOUNT, token(1), event_id="evt_1", until=START)
        assert bench.carts.load(ACCOUNT, token(1)) is None
        opened(bench, 1)
        assert bench.carts.mark_news_once(ACCOUNT, token(1), event_id="evt_1", until=START)

    def test_a_writer_of_facts_neither_makes_nor_takes_news(self, bench: Bench) -> None:
        cart = opened(bench, 1)
        assert bench.carts.mark_news(ACCOUNT, token(1)) is None
        saved = bench.carts.save(cart)
        loaded = bench.carts.load(ACCOUNT, token(1))
        assert loaded == replace(saved, news=True)
        assert loaded is not None
        bench.carts.clear_news(loaded)
        bench.carts.save(loaded)  # read while there was news
        found = bench.carts.load(ACCOUNT, token(1))
        assert found is not None
        assert not found.news

    def test_a_cart_that_is_not_there_has_neither_news_nor_a_wait(self, bench: Bench) -> None:
        assert bench.carts.mark_news(ACCOUNT, token(1)) is None
        assert not bench.carts.store_task_token(ACCOUNT, token(1), "task-1")
        bench.carts.clear_news(unlimited(1))
        assert bench.carts.load(ACCOUNT, token(1)) is None

    def test_a_slot_is_given_back_exactly_once(self, bench: Bench) -> None:
        for number in (1, 2):
            bench.carts.create(new_cart(token(number)), NOTHING)
        cart = new_cart(token(1))
        bench.carts.save(cart, release=PDX)
        assert bench.taken() == 1
        for _ in range(2):
            with pytest.raises(ConflictError):
                bench.carts.save(cart, release=PDX)
        assert bench.taken() == 1
        bench.carts.create(new_cart(token(3)), NOTHING)
        assert bench.taken() == 2

    # --- views -----------------------------------------------------------------------------------

    def test_the_stored_view_is_the_rendered_one_after_every_step(self, bench: Bench) -> None:
        """Through a whole life: what a poll reads is what the facts say."""
        bench.carts.create(new_cart(), NOTHING)
        stored = new_cart()
        self._check_views(bench, stored)
        for name, step in STEPS.items():
            changed = replace(step, version=stored.version)
            stored = bench.carts.open_order(changed) if stored.order is None else bench.carts.save(changed)
            assert bench.carts.load(ACCOUNT, TOKEN) == stored, name
            self._check_views(bench, stored)

    def _check_views(self, bench: Bench, cart: Cart) -> None:
        ended = cart.order is not None and cart.order.status.terminal
        self._check_view(bench.carts.cart_view(ACCOUNT, TOKEN), views.cart_view(cart), cart, ended=ended)
        found = bench.carts.order_view(ACCOUNT, TOKEN)
        if cart.order is None:
            assert found is None
            assert bench.carts.list_orders(ACCOUNT, page=1, per_page=1).orders == ()
            return
        self._check_view(found, views.order_view(cart), cart, ended=ended)
        (entry,) = bench.carts.list_orders(ACCOUNT, page=1, per_page=1).orders
        assert entry == json.loads(json.dumps(views.list_entry(cart)))

    @staticmethod
    def _check_view(found: StoredView | None, rendered: views.View, cart: Cart, *, ended: bool) -> None:
        assert found is not None
        assert json.loads(found.body) == json.loads(json.dumps(rendered))
        assert (found.version, found.terminal) == (cart.version, ended)

    def test_the_sealed_password_is_read_beside_the_order_only(self, bench: Bench) -> None:
        cart = opened(bench, 1)
        bench.carts.save(cart, sealed_password=b"sealed")
        order, seen = bench.carts.order_view(ACCOUNT, token(1)), bench.carts.cart_view(ACCOUNT, token(1))
        assert order is not None
        assert seen is not None
        assert (order.sealed_password, seen.sealed_password) == (b"sealed", None)

    # --- the list --------------------------------------------------------------------------------

    @pytest.mark.parametrize("per_page", [1, 3, 7, 100])
    def test_every_order_is_on_exactly_one_page(self, bench: Bench, per_page: int) -> None:
        expected = [opened(bench, number).opened.id for number in range(7)][::-1]
        assert self._ids(bench, per_page) == expected

    def test_an_empty_list_and_a_page_past_the_end(self, bench: Bench) -> None:
        empty = bench.carts.list_orders(ACCOUNT, page=1, per_page=50)
        assert (empty.orders, empty.total) == ((), 0)
        opened(bench, 1)
        past = bench.carts.list_orders(ACCOUNT, page=10**9, per_page=100)
        assert (past.orders, past.total) == ((), 1)

    def test_carts_whose_order_is_not_open_are_not_listed(self, bench: Bench) -> None:
        bench.carts.create(unlimited(1), NOTHING)
        opened(bench, 2)
        assert len(self._ids(bench, 50)) == 1

    def test_orders_that_arrive_while_one_pages_push_none_out(self, bench: Bench) -> None:
        """Paging is by number, newest first: what arrives shows what was seen again, but hides nothing."""
        before = [opened(bench, number).opened.id for number in range(9)][::-1]
        seen: list[str] = []
        for page in range(1, 7):
            seen += self._page(bench, page, 3)
            opened(bench, 100 + page)
        assert list(dict.fromkeys(seen))[: len(before)] == before

    def _page(self, bench: Bench, page: int, per_page: int) -> list[str]:
        return [
            order["id"] for order in bench.carts.list_orders(ACCOUNT, page=page, per_page=per_page).orders
        ]

    def _ids(self, bench: Bench, per_page: int) -> list[str]:
        pages = -(-bench.carts.last_number(ACCOUNT) // per_page)
        return [found for page in range(1, pages + 1) for found in self._page(bench, page, per_page)]


class ConcurrentStoreContract:
    """Eight writers at once."""

    THREADS = 8

    def test_numbers_are_dense_whoever_opens(self, bench: Bench) -> None:
        orders = 40
        for number in range(orders):
            bench.carts.create(unlimited(number), NOTHING)

        def work(worker: int) -> list[int]:
            mine = range(worker, orders, self.THREADS)
            return [
                load_opened(bench.carts, FakeClock(), ACCOUNT, token(number)).opened.number for number in mine
            ]

        given = at_once([partial(work, worker) for worker in range(self.THREADS)])
        assert sorted(chain(*given)) == list(range(1, orders + 1))
        assert bench.carts.last_number(ACCOUNT) == orders

    def test_one_order_opened_by_all_has_one_number(self, bench: Bench) -> None:
        bench.carts.create(unlimited(1), NOTHING)

        def work() -> int:
            return load_opened(bench.carts, FakeClock(), ACCOUNT, token(1)).opened.number

        assert at_once([work] * self.THREADS) == [1] * self.THREADS
        assert bench.carts.last_number(ACCOUNT) == 1

    def test_a_slot_never_holds_more_than_its_total(self, bench: Bench) -> None:
        carts = [new_cart(token(number)) for number in range(self.THREADS)]
        results = at_once([partial(bench.carts.create, cart, NOTHING) for cart in carts])
        assert results.count(None) == 2 == bench.taken()
        assert sum(isinstance(result, CapacityExhaustedError) for result in results) == self.THREADS - 2

    @pytest.mark.parametrize("slot", [None, PDX])
    def test_one_cart_of_twins(self, bench: Bench, slot: Slot | None) -> None:
        twins = [new_cart(slot=slot, fingerprint=str(number)) for number in range(self.THREADS)]
        results = at_once([partial(bench.carts.create, cart, NOTHING) for cart in twins])
        assert results.count(None) == 1
        assert sum(isinstance(result, CartExistsError) for result in results) == self.THREADS - 1
        assert bench.carts.load(ACCOUNT, TOKEN) == twins[results.index(None)]
        assert bench.taken() == (0 if slot is None else 1)

    def test_one_event_of_many(self, bench: Bench) -> None:
        opened(bench, 1)
        told = at_once(
            [partial(bench.carts.mark_news_once, ACCOUNT, token(1), event_id="evt_1", until=START)] * 12
        )
        assert sorted(told) == [False] * 11 + [True]

    def test_one_release_of_many(self, bench: Bench) -> None:
        bench.carts.create(new_cart(), NOTHING)
        bench.carts.create(new_cart(token(2)), NOTHING)

        def work() -> Cart:
            return bench.carts.save(new_cart(), release=PDX)

        results = at_once([work] * self.THREADS)
        assert sum(isinstance(result, ConflictError) for result in results) == self.THREADS - 1
        assert bench.taken() == 1
