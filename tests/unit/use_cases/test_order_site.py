"""POST /api/orders: every refusal in its order, repeats, and what a failing dependency leaves behind."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hostcart.contract.errors import ApiError
from hostcart.contract.statuses import CartStatus, MethodType, PaymentStatus
from hostcart.domain.cart import CallbackStatus, Cart
from hostcart.domain.payment import InvoiceStatus
from hostcart.domain.tokens import is_token
from hostcart.ports import (
    ConflictError,
    MisconfiguredError,
    OutcomeUnknownError,
    RefusedError,
    Sealed,
    UnavailableError,
)
from hostcart.use_cases.order_site import SiteOrder
from hostcart.use_cases.placing import Placement, cart_token

from tests.fakes.platform import START
from tests.fakes.world import ACCOUNT, CALLBACK, CATALOGUE, PDX, World, account, site_order


def refuse_account(world: World, **changes: Any) -> None:
    world.directory.accounts[ACCOUNT] = account(**changes)


def nothing_happened(world: World) -> None:
    assert world.carts.items == {}
    assert world.payments.invoices == {}
    assert world.workflow.starts == 0
    assert world.carts.taken[PDX] == 0


def placement(key: str | None, account_id: str = ACCOUNT) -> Placement:
    return Placement(account_id=account_id, user_id=None, idempotency_key=key, fingerprint="f", callback=None)


def refused(world: World, order: SiteOrder | None = None) -> ApiError:
    with pytest.raises(ApiError) as caught:
        world.order(order)
    return caught.value


# --- what an accepted order leaves ----------------------------------------------------------------


def test_an_accepted_order_is_a_cart_with_a_draft_and_an_execution(world: World) -> None:
    cart = world.order(site_order(callback=CALLBACK))
    assert world.cart == cart
    assert (cart.status, cart.order, cart.version) == (CartStatus.ACTIVE, None, 1)
    assert (cart.created_at, cart.updated_at) == (START, START)
    assert cart.account == world.directory.accounts[ACCOUNT].snapshot
    assert cart.user == world.directory.users["20000001"].snapshot
    assert [(line.id, line.amount) for line in cart.lines] == [("site", 1300)]
    assert cart.usd_rate is None
    assert cart.lines[0].description == "WordPress site My blog: basic, monthly"
    assert (cart.currency, cart.slot, world.carts.taken[PDX]) == ("usd", PDX, 1)
    assert cart.payment.status is PaymentStatus.PROCESSING
    assert (cart.payment.customer_id, cart.payment.method_id) == ("cus_1", "pm_1")
    assert cart.payment.method_type is MethodType.CARD
    assert world.payments.invoice.id == cart.payment.invoice_id
    assert world.payments.invoice.status is InvoiceStatus.DRAFT
    assert world.payments.charges == []
    assert world.workflow.executions == {(ACCOUNT, cart.token)}
    assert world.metrics.counted == [("OrdersPlaced", {"kind": "site"})]


def test_an_order_in_another_currency_keeps_the_day_s_rate(world: World) -> None:
    refuse_account(world, currency="eur")
    cart = world.order(site_order())
    assert (cart.currency, cart.usd_rate) == ("eur", "0.92")
    world.catalogue.current = replace(CATALOGUE, usd_rates={"eur": "0.95"})
    assert world.cart.usd_rate == "0.92"


def test_the_callback_is_kept_sealed(world: World) -> None:
    cart = world.order(site_order(callback=CALLBACK))
    sealed = world.carts.load_sealed(ACCOUNT, cart.token).callback
    assert cart.callback is CallbackStatus.PENDING
    assert sealed is not None
    assert json.loads(world.cipher.open(sealed, account_id=ACCOUNT, cart_token=cart.token)) == CALLBACK
    assert not any("client.example" in text for text in world.carts.items.values())


def test_without_a_callback_nothing_is_sealed(world: World) -> None:
    cart = world.order()
    assert cart.callback is CallbackStatus.NONE
    assert world.carts.load_sealed(ACCOUNT, cart.token) == Sealed()


def test_an_account_key_has_no_user(world: World) -> None:
    assert world.order(replace(site_order(), user_id=None)).user is None
    assert world.order(replace(site_order("key-2"), user_id="unknown")).user is None


@pytest.mark.parametrize(
    ("kept", "shown"), [("sepa_debit", MethodType.SEPA_DEBIT), ("link", None), (None, None)]
)
def test_a_method_type_that_is_not_ours_is_not_shown(
    world: World, kept: str | None, shown: MethodType | None
) -> None:
    refuse_account(world, payment_method_type=kept)
    assert world.order().payment.method_type is shown


def test_a_location_without_a_limit_takes_no_slot(world: World) -> None:
    assert world.order(site_order(location="ams")).slot is None
    assert world.carts.taken[PDX] == 0


def test_the_expected_total_may_be_right(world: World) -> None:
    assert world.order(site_order(expected_total_cents=1300)).lines[0].amount == 1300


# --- refusals, in the documented order ------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """`arrange` changes the world, `order` the request; each spoils one thing."""

    code: str
    arrange: Callable[[World], object] = lambda _: None
    order: dict[str, Any] | None = None
    field: str | None = None


def full(world: World) -> None:
    world.carts.taken[PDX] = 2


def unpriced(world: World) -> None:
    plans = {"basic": replace(CATALOGUE.plans["basic"], prices={})}
    world.catalogue.current = replace(CATALOGUE, plans=plans)


# In the order of the contract: catalogue, capacity, price, account rules, payment gate, initiation.
FAULTS = [
    Fault("unknown_variant", order={"variant": "hugo"}, field="site.variant"),
    Fault("unknown_location", order={"location": "xxx"}, field="site.location"),
    Fault("unknown_plan", order={"plan": "gold"}, field="site.plan"),
    Fault("unknown_term", order={"term": "weekly"}, field="site.term"),
    Fault("variant_unavailable", arrange=full),
    Fault("missing_pricing", arrange=unpriced),
    Fault("account_cannot_order", arrange=lambda world: refuse_account(world, may_order=False)),
    Fault(
        "no_default_payment_method",
        arrange=lambda world: refuse_account(
            world, payment_method_id=None, may_order=world.directory.accounts[ACCOUNT].may_order
        ),
        field="account.default_payment_method",
    ),
    Fault("cart_pay_failed", arrange=lambda world: world.payments.fail("open_invoice", RefusedError("no"))),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.code)
def test_each_refusal_leaves_nothing(world: World, fault: Fault) -> None:
    fault.arrange(world)
    taken = dict(world.carts.taken)
    error = refused(world, site_order(**(fault.order or {})))
    assert error.code == fault.code
    assert error.status == (422 if fault.code == "cart_pay_failed" else 400)
    assert [found.field for found in error.errors] == ([fault.field] if fault.field else [])
    assert world.carts.taken == taken
    assert (world.carts.items, world.payments.invoices, world.workflow.starts) == ({}, {}, 0)


@pytest.mark.parametrize("first", range(len(FAULTS)), ids=lambda n: FAULTS[n].code)
def test_of_several_faults_the_first_is_told(world: World, first: int) -> None:
    """Every later fault is there too."""
    changes: dict[str, Any] = {}
    for fault in FAULTS[first:]:
        fault.arrange(world)
        changes |= fault.order or {}
    assert refused(world, site_order(**changes)).code == FAULTS[first].code


def test_an_account_that_is_not_loaded(world: World) -> None:
    world.directory.accounts.clear()
    assert refused(world).code == "account_forbidden"
    nothing_happened(world)


def test_a_variant_that_is_not_offered_in_a_location(world: World) -> None:
    assert refused(world, site_order(location="ams", variant="extendify")).code == "variant_unavailable"
    assert refused(world, site_order(location="pdx", variant="extendify")).code == "variant_unavailable"


def test_a_slot_that_was_never_counted_is_full(world: World) -> None:
    world.carts.taken.clear()
    assert refused(world).code == "variant_unavailable"


@pytest.mark.parametrize("expected", [0, 1299, 1301])
def test_a_price_that_changed_is_told(world: World, expected: int) -> None:
    error = refused(world, site_order(expected_total_cents=expected))
    assert (error.code, error.status) == ("price_changed", 409)
    assert error.extra == {"total_cents": 1300, "currency": "usd"}
    assert "13.00 USD" in error.detail
    nothing_happened(world)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"stripe_customer_id": None}, ["account.stripe_customer"]),
        ({"payment_method_id": None}, ["account.default_payment_method"]),
        (
            {"billing_contact_missing": ("email", "country")},
            ["account.billing_contact.email", "account.billing_contact.country"],
        ),
        (
            {"stripe_customer_id": "", "payment_method_id": "", "billing_contact_missing": ("email",)},
            ["account.stripe_customer", "account.default_payment_method", "account.billing_contact.email"],
        ),
    ],
)
def test_the_gate_names_everything_that_is_missing(
    world: World, changes: dict[str, Any], missing: list[str]
) -> None:
    refuse_account(world, **changes)
    error = refused(world)
    assert (error.code, error.status) == ("no_default_payment_method", 400)
    assert [found.field for found in error.errors] == missing
    nothing_happened(world)


# --- repeats --------------------------------------------------------------------------------------


def test_a_repeat_is_the_same_cart(world: World) -> None:
    first = world.order()
    world.clock.advance(minutes=3)
    assert world.order() == first
    assert len(world.payments.invoices) == len(world.carts.items) == len(world.workflow.executions) == 1
    assert world.carts.taken[PDX] == 1
    assert world.metrics.counted == [("OrdersPlaced", {"kind": "site"})]


def test_a_repeat_starts_an_execution_that_the_first_try_did_not(world: World) -> None:
    world.workflow.failures = [UnavailableError("workflow_unavailable")]
    with pytest.raises(UnavailableError):
        world.order()
    assert len(world.carts.items) == 1
    assert world.workflow.executions == set()
    assert world.order().version == 1
    assert len(world.workflow.executions) == 1


def test_a_repeat_of_an_opened_order_starts_nothing(ordered: World) -> None:
    ordered.charge()
    starts = ordered.workflow.starts
    cart = ordered.order()
    assert cart.order is not None
    assert ordered.workflow.starts == starts


def test_a_repeat_is_answered_though_the_account_may_order_no_more(ordered: World) -> None:
    refuse_account(ordered, may_order=False)
    assert ordered.order() == ordered.cart


@pytest.mark.parametrize(
    "other",
    [
        site_order(name="Another"),
        site_order(term="annual"),
        site_order(expected_total_cents=1300),
        site_order(callback=CALLBACK),
        site_order(callback={**CALLBACK, "authorization": "Bearer other"}),
    ],
)
def test_a_key_belongs_to_one_body(ordered: World, other: SiteOrder) -> None:
    error = refused(ordered, other)
    assert (error.code, error.status) == ("idempotency_key_reused", 422)
    assert len(ordered.carts.items) == len(ordered.payments.invoices) == 1


def test_a_key_names_the_token_for_one_account() -> None:
    first, again = cart_token(placement("k")), cart_token(placement("k"))
    assert first == again
    assert is_token(first)
    assert cart_token(placement("k2")) != first
    assert cart_token(placement("k", "10000002")) != first


def test_without_a_key_every_order_is_its_own(world: World) -> None:
    first, second = world.order(site_order(None)), world.order(site_order(None))
    assert first.token != second.token
    assert is_token(first.token)
    assert len(world.carts.items) == len(world.payments.invoices) == 2


class TwinIsFirst:
    """The twin of a request stores its cart between our look and our write."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._create = world.carts.create
        world.carts.create = self.create  # type: ignore[method-assign]

    def create(self, cart: Cart, sealed: Sealed) -> None:
        self._world.carts.create = self._create  # type: ignore[method-assign]
        self.twin = self._world.order()
        self._create(cart, sealed)


def test_of_two_at_once_one_stores_and_both_get_its_cart(world: World) -> None:
    race = TwinIsFirst(world)
    world.clock.advance(seconds=1)
    cart = world.order()
    assert cart == race.twin
    assert len(world.payments.invoices) == len(world.carts.items) == len(world.workflow.executions) == 1
    assert world.carts.taken[PDX] == 1


def test_the_loser_of_a_race_with_another_body_is_told(world: World) -> None:
    TwinIsFirst(world)
    assert refused(world, site_order(name="Another")).code == "idempotency_key_reused"
    assert len(world.carts.items) == 1


def test_a_cart_that_vanished_is_tried_again_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    TwinIsFirst(world)
    monkeypatch.setattr(world.carts, "load", lambda *_: None)
    with pytest.raises(UnavailableError, match="contended"):
        world.order()


# --- what fails on the way ------------------------------------------------------------------------


def test_the_last_slot_goes_to_one_and_the_other_leaves_no_draft(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.carts.taken[PDX] = 1
    free = world.catalogue.occupancy([PDX])
    world.order(site_order("first"))
    # The second saw the slot free before the first took it.
    monkeypatch.setattr(world.catalogue, "occupancy", lambda _: free)
    assert refused(world, site_order("second")).code == "variant_unavailable"
    assert len(world.payments.invoices) == len(world.carts.items) == 1
    assert world.carts.taken[PDX] == 2


def test_a_busy_processor_is_tried_again(world: World, pauses: list[float]) -> None:
    world.payments.fail("open_invoice", UnavailableError("idempotency_key_in_use"), times=3)
    world.payments.fail("open_invoice", OutcomeUnknownError("timeout"), after=True)
    world.order()
    assert world.payments.calls.count("open_invoice") == 5
    assert pauses == [0.05, 0.1, 0.2, 0.4]
    assert len(world.payments.invoices) == 1


def test_a_processor_that_stays_away_is_a_503_within_the_gateways_time(
    world: World, pauses: list[float]
) -> None:
    world.payments.fail("open_invoice", UnavailableError("payments_busy"), times=1000)
    with pytest.raises(UnavailableError):
        world.order()
    assert 5 < sum(pauses) <= 8
    assert max(pauses) == 1.0
    nothing_happened(world)


def test_wrong_credentials_at_the_processor_are_not_tried_again(world: World) -> None:
    world.payments.fail("open_invoice", MisconfiguredError("payments_denied"))
    with pytest.raises(MisconfiguredError):
        world.order()
    nothing_happened(world)


@pytest.mark.parametrize("failure", [UnavailableError("workflow_unavailable"), MisconfiguredError("denied")])
def test_without_a_key_no_cart_stays_behind_a_503(world: World, failure: UnavailableError) -> None:
    world.workflow.failures = [failure]
    with pytest.raises(type(failure)):
        world.order(site_order(None))
    assert (world.carts.items, world.payments.invoices, world.carts.taken[PDX]) == ({}, {}, 0)
    assert world.metrics.counted == []


def test_an_order_that_was_started_after_all_is_accepted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Cart) -> None:
        raise ConflictError

    world.workflow.failures = [UnavailableError("workflow_unavailable")]
    monkeypatch.setattr(world.carts, "discard", refuse)
    cart = world.order(site_order(None))
    assert world.carts.load(ACCOUNT, cart.token) == cart


@pytest.mark.parametrize(
    ("plan", "credit", "due"), [("penny", 0, 20), ("basic", 1290, 10), ("basic", 1251, 49)]
)
def test_what_is_too_small_to_charge_is_refused_before_anything_is_stored(
    world: World, plan: str, credit: int, due: int
) -> None:
    world.payments.credit = credit
    with pytest.raises(ApiError) as caught:
        world.order(site_order(plan=plan))
    assert (caught.value.code, caught.value.status) == ("amount_below_minimum", 422)
    assert caught.value.extra == {"due_cents": due, "currency": "usd"}
    assert (world.carts.items, world.workflow.starts) == ({}, 0)
    assert world.payments.invoices == {}
    assert world.payments.credit == credit


@pytest.mark.parametrize("credit", [-40, 0, 1250, 1300, 5000])
def test_what_can_be_charged_or_is_paid_by_credit_is_taken(world: World, credit: int) -> None:
    world.payments.credit = credit
    assert world.order().payment.invoice_id in world.payments.invoices


def test_a_draft_that_a_twin_took_is_left_to_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The credit comes between two requests under one key."""
    first = world.order()
    world.payments.invoices[first.payment.invoice_id] = replace(world.payments.invoice, balance=-1290)
    load, missed = world.carts.load, [True]

    def stale(account_id: str, token: str) -> Cart | None:
        return None if missed and missed.pop() else load(account_id, token)

    monkeypatch.setattr(world.carts, "load", stale)
    assert world.order() == first
    assert world.payments.invoices
