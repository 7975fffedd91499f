"""What every CartStore does with the claims on domain names, and with what is sealed beside a domain order.

Inherit from these classes beside those of `store_contract` and give the same `bench` fixture.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from hostcart.contract.statuses import OrderStatus, PaymentStatus
from hostcart.domain.cart import (
    CLAIM_LEASE,
    CallbackStatus,
    Cart,
    close_order,
    fail_order,
    settle_failed_payment,
)
from hostcart.ports import CartExistsError, ClaimTakenError, ConflictError, Sealed
from hostcart.use_cases.opening import load_opened

from tests.fakes.platform import START, FakeClock
from tests.fakes.store_contract import NOTHING, STRANGER, Bench, at_once, token
from tests.fakes.world import ACCOUNT
from tests.unit.domain.carts import FAILURE, attempted, new_domain_cart, payment, registered

NAME = "example.com"
SECOND = timedelta(seconds=1)
LEASE_END = START + CLAIM_LEASE


def domain_cart(number: int, name: str = NAME, at: datetime = START) -> Cart:
    return new_domain_cart(token(number), name, created_at=at, updated_at=at)


def create(bench: Bench, number: int, name: str = NAME, at: datetime = START) -> Cart:
    """A stored domain cart that holds its name."""
    cart = domain_cart(number, name, at)
    bench.carts.create(cart, NOTHING)
    return cart


def open_domain(bench: Bench, number: int, name: str = NAME) -> Cart:
    create(bench, number, name)
    return load_opened(bench.carts, FakeClock(), ACCOUNT, token(number))


def firm(bench: Bench, number: int, name: str = NAME) -> Cart:
    """A paid order whose attempt at the registrar is stored: its claim has no end."""
    return bench.carts.save_claimed(attempted(open_domain(bench, number, name)))


def completed(bench: Bench, number: int, name: str = NAME) -> Cart:
    return bench.carts.save(close_order(registered(firm(bench, number, name)), START))


def refunded(cart: Cart) -> Cart:
    failing = fail_order(cart, FAILURE, START)
    settled = settle_failed_payment(failing, payment(failing, PaymentStatus.REFUNDED), START)
    return close_order(settled, START)


class ClaimsContract:
    """One writer at a time."""

    # --- taking ----------------------------------------------------------------------------------

    def test_a_new_cart_takes_its_name(self, bench: Bench) -> None:
        assert not bench.carts.is_claimed(NAME, START)
        cart = create(bench, 1)
        assert bench.carts.load(ACCOUNT, token(1)) == cart
        assert bench.carts.is_claimed(NAME, START)
        assert not bench.carts.is_claimed("other.com", START)

    def test_a_name_that_is_held_refuses_and_stores_nothing(self, bench: Bench) -> None:
        create(bench, 1)
        with pytest.raises(ClaimTakenError):
            create(bench, 2)
        assert bench.carts.load(ACCOUNT, token(2)) is None
        assert bench.carts.load_sealed(ACCOUNT, token(2)) == NOTHING

    def test_another_account_is_refused_too(self, bench: Bench) -> None:
        create(bench, 1)
        theirs = domain_cart(2)
        with pytest.raises(ClaimTakenError):
            bench.carts.create(replace(theirs, account=replace(theirs.account, id=STRANGER)), NOTHING)

    def test_a_repeat_is_a_repeat_although_it_holds_the_name(self, bench: Bench) -> None:
        create(bench, 1)
        with pytest.raises(CartExistsError):
            create(bench, 1)

    # --- the lease -------------------------------------------------------------------------------

    def test_a_lease_holds_to_its_last_second(self, bench: Bench) -> None:
        create(bench, 1)
        assert bench.carts.is_claimed(NAME, LEASE_END)
        with pytest.raises(ClaimTakenError):
            create(bench, 2, at=LEASE_END)

    def test_a_lease_that_is_over_is_taken_over(self, bench: Bench) -> None:
        first, late = create(bench, 1), LEASE_END + SECOND
        assert not bench.carts.is_claimed(NAME, late)
        second = create(bench, 2, at=late)
        assert bench.carts.is_claimed(NAME, late)
        with pytest.raises(ClaimTakenError):
            bench.carts.renew_claim(first, late + CLAIM_LEASE)
        bench.carts.renew_claim(second, late + CLAIM_LEASE)

    def test_a_renewed_lease_holds_longer(self, bench: Bench) -> None:
        cart = create(bench, 1)
        bench.carts.renew_claim(cart, LEASE_END + CLAIM_LEASE)
        with pytest.raises(ClaimTakenError):
            create(bench, 2, at=LEASE_END + SECOND)
        assert not bench.carts.is_claimed(NAME, LEASE_END + CLAIM_LEASE + SECOND)

    def test_a_lease_that_nobody_took_over_is_renewed_after_its_end(self, bench: Bench) -> None:
        cart = create(bench, 1)
        bench.carts.renew_claim(cart, LEASE_END + 5 * CLAIM_LEASE)
        assert bench.carts.is_claimed(NAME, LEASE_END + 4 * CLAIM_LEASE)

    # --- firm ------------------------------------------------------------------------------------

    def test_a_firm_claim_has_no_end(self, bench: Bench) -> None:
        firm(bench, 1)
        later = START + timedelta(days=3650)
        assert bench.carts.is_claimed(NAME, later)
        with pytest.raises(ClaimTakenError):
            create(bench, 2, at=later)

    def test_a_late_renewal_leaves_a_firm_claim_firm(self, bench: Bench) -> None:
        bench.carts.renew_claim(firm(bench, 1), LEASE_END)
        assert bench.carts.is_claimed(NAME, LEASE_END + SECOND)

    def test_the_attempt_is_stored_with_the_firm_claim_or_not_at_all(self, bench: Bench) -> None:
        cart = open_domain(bench, 1)
        create(bench, 2, at=LEASE_END + SECOND)  # the lease was taken over
        with pytest.raises(ClaimTakenError):
            bench.carts.save_claimed(attempted(cart))
        assert bench.carts.load(ACCOUNT, token(1)) == cart

    def test_a_stale_attempt_makes_nothing_firm(self, bench: Bench) -> None:
        stale = open_domain(bench, 1)
        bench.carts.save(stale)
        with pytest.raises(ConflictError):
            bench.carts.save_claimed(attempted(stale))
        assert not bench.carts.is_claimed(NAME, LEASE_END + SECOND)

    # --- giving up -------------------------------------------------------------------------------

    def test_a_discarded_cart_gives_its_name_back(self, bench: Bench) -> None:
        cart = create(bench, 1)
        bench.carts.discard(cart)
        assert not bench.carts.is_claimed(NAME, START)
        create(bench, 2)

    def test_a_cart_whose_fulfilment_began_keeps_its_name(self, bench: Bench) -> None:
        open_domain(bench, 1)
        with pytest.raises(ConflictError):
            bench.carts.discard(domain_cart(1))
        assert bench.carts.is_claimed(NAME, START)

    def test_a_failed_order_gives_its_name_back(self, bench: Bench) -> None:
        ended = bench.carts.save(refunded(firm(bench, 1)), drop_claim=True)
        assert bench.carts.load(ACCOUNT, token(1)) == ended
        assert not bench.carts.is_claimed(NAME, START)
        create(bench, 2)

    def test_a_save_without_leave_keeps_the_name(self, bench: Bench) -> None:
        bench.carts.save(firm(bench, 1))
        assert bench.carts.is_claimed(NAME, START)

    def test_a_stale_save_gives_nothing_back(self, bench: Bench) -> None:
        stale = firm(bench, 1)
        bench.carts.save(stale)
        with pytest.raises(ConflictError):
            bench.carts.save(refunded(stale), drop_claim=True)
        assert bench.carts.is_claimed(NAME, START)

    def test_a_name_that_somebody_else_holds_by_now_stays_theirs(self, bench: Bench) -> None:
        cart = open_domain(bench, 1)
        theirs = create(bench, 2, at=LEASE_END + SECOND)
        ended = bench.carts.save(refunded(cart), drop_claim=True)
        assert bench.carts.load(ACCOUNT, token(1)) == ended
        bench.carts.renew_claim(theirs, LEASE_END + CLAIM_LEASE)

    def test_a_name_is_given_back_once(self, bench: Bench) -> None:
        ended = bench.carts.save(refunded(firm(bench, 1)), drop_claim=True)
        bench.carts.save(ended, drop_claim=True)
        assert not bench.carts.is_claimed(NAME, START)

    # --- owned registrations ---------------------------------------------------------------------

    def test_a_completed_order_is_a_registration_under_its_number(self, bench: Bench) -> None:
        open_domain(bench, 8, "earlier.com")
        bench.carts.create(domain_cart(1), Sealed(item=b"contacts", callback=b"callback"))
        opened = load_opened(bench.carts, FakeClock(), ACCOUNT, token(1))
        claimed = bench.carts.save_claimed(attempted(opened))
        cart = bench.carts.save(close_order(registered(claimed), START))
        assert cart.opened.number == 2
        assert bench.carts.registration(ACCOUNT, 2) == (cart, Sealed(item=b"contacts", callback=b"callback"))

    def test_what_is_no_owned_registration(self, bench: Bench) -> None:
        """Open, failed, another account's, unknown."""
        open_domain(bench, 1)
        bench.carts.save(refunded(firm(bench, 2, "failed.com")), drop_claim=True)
        completed(bench, 3, "completed.com")
        found = [bench.carts.registration(ACCOUNT, number) is not None for number in range(5)]
        assert found == [False, False, False, True, False]
        assert bench.carts.registration(STRANGER, 3) is None

    # --- what is sealed --------------------------------------------------------------------------

    def test_the_sealed_contacts_stay_through_the_orders_life(self, bench: Bench) -> None:
        sealed = Sealed(item=b"contacts and auth code", callback=b"callback")
        bench.carts.create(replace(domain_cart(1), callback=CallbackStatus.PENDING), sealed)
        cart = load_opened(bench.carts, FakeClock(), ACCOUNT, token(1))
        assert bench.carts.load_sealed(ACCOUNT, token(1)) == sealed
        cart = bench.carts.save(close_order(registered(bench.carts.save_claimed(attempted(cart))), START))
        assert bench.carts.load_sealed(ACCOUNT, token(1)) == sealed
        for _ in range(2):
            bench.carts.forget_callback(cart)
            assert bench.carts.load_sealed(ACCOUNT, token(1)) == Sealed(item=sealed.item)

    @pytest.mark.parametrize("callback", [CallbackStatus.NONE, CallbackStatus.PENDING])
    def test_what_an_undelivered_order_needs_no_more_goes(
        self, bench: Bench, callback: CallbackStatus
    ) -> None:
        told = None if callback is CallbackStatus.NONE else b"callback"
        sealed = Sealed(item=b"contacts and auth code", callback=told)
        bench.carts.create(replace(domain_cart(1), callback=callback), sealed)
        cart = load_opened(bench.carts, FakeClock(), ACCOUNT, token(1))
        for _ in range(2):
            bench.carts.forget_contacts(cart)
            assert bench.carts.load_sealed(ACCOUNT, token(1)) == Sealed(callback=told)
        cart = bench.carts.save(refunded(bench.carts.save_claimed(attempted(cart))), drop_claim=True)
        assert cart.opened.status is OrderStatus.FAILED
        bench.carts.forget_callback(cart)
        assert bench.carts.load_sealed(ACCOUNT, token(1)) == NOTHING

    def test_no_view_carries_what_is_sealed(self, bench: Bench) -> None:
        bench.carts.create(domain_cart(1), Sealed(item=b"contacts and auth code"))
        load_opened(bench.carts, FakeClock(), ACCOUNT, token(1))
        for view in (
            bench.carts.cart_view(ACCOUNT, token(1)),
            bench.carts.order_view(ACCOUNT, token(1)),
        ):
            assert view is not None
            assert "auth code" not in view.body
            assert view.sealed_password is None


class ConcurrentClaimsContract:
    """Eight writers at once."""

    WRITERS = 8

    def test_of_many_orders_of_one_name_one_is_stored(self, bench: Bench) -> None:
        for round_ in range(10):
            name, first = f"name-{round_}.com", 100 * round_
            carts = [domain_cart(first + number, name) for number in range(self.WRITERS)]
            results = at_once([partial(bench.carts.create, cart, NOTHING) for cart in carts])
            assert results.count(None) == 1
            assert sum(isinstance(result, ClaimTakenError) for result in results) == self.WRITERS - 1
            stored = [bench.carts.load(ACCOUNT, cart.token) is not None for cart in carts]
            assert stored == [result is None for result in results]

    def test_of_many_who_take_an_old_lease_over_one_has_it(self, bench: Bench) -> None:
        create(bench, 99)
        late = LEASE_END + SECOND
        carts = [domain_cart(number, at=late) for number in range(self.WRITERS)]
        results = at_once([partial(bench.carts.create, cart, NOTHING) for cart in carts])
        assert results.count(None) == 1
        assert sum(isinstance(result, ClaimTakenError) for result in results) == self.WRITERS - 1

    def test_a_claim_becomes_firm_or_is_taken_over_never_both(self, bench: Bench) -> None:
        for round_ in range(10):
            name, number = f"race-{round_}.com", 10 * round_
            opened = open_domain(bench, number, name)
            rival = domain_cart(number + 1, name, LEASE_END + SECOND)
            made_firm, taken_over = at_once(
                [
                    partial(bench.carts.save_claimed, attempted(opened)),
                    partial(bench.carts.create, rival, NOTHING),
                ]
            )
            assert isinstance(made_firm, ClaimTakenError) != isinstance(taken_over, ClaimTakenError)

    def test_the_order_that_gives_up_and_the_one_that_follows(self, bench: Bench) -> None:
        """Whoever is first: the name is held by a stored order or by nobody, never by one that is gone."""
        for round_ in range(10):
            name, number = f"next-{round_}.com", 10 * round_
            ending = refunded(firm(bench, number, name))
            dropped, created = at_once(
                [
                    partial(bench.carts.save, ending, drop_claim=True),
                    partial(create, bench, number + 1, name),
                ]
            )
            assert isinstance(dropped, Cart)
            followed = not isinstance(created, ClaimTakenError)
            assert bench.carts.is_claimed(name, START) == followed
            assert (bench.carts.load(ACCOUNT, token(number + 1)) is not None) == followed
