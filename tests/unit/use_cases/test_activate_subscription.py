"""ActivateSubscription: one subscription, first billed when the paid term ends."""

import calendar
from datetime import UTC, datetime, timedelta

import pytest
from hostcart.contract.statuses import Term
from hostcart.domain.transitions import TransitionRefusedError
from hostcart.ports import OutcomeUnknownError, RefusedError, UnavailableError
from hostcart.use_cases.activate_subscription import paid_through
from hostcart.use_cases.errors import SubscriptionFailedError
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.payments import Method
from tests.fakes.world import World, site_order

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2096, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def test_the_subscription_renews_what_was_ordered(delivered: World) -> None:
    assert delivered.activate() == delivered.cart.opened.id
    (created,) = delivered.payments.subscriptions
    assert (created.customer_id, created.order_id) == ("cus_1", delivered.cart.opened.id)
    assert (created.amount, created.currency, created.product_id) == (1300, "usd", "prod_basic")
    assert (created.interval, created.paid_through) == ("month", datetime(2026, 12, 21, 17, 30, tzinfo=UTC))


def test_what_the_client_reads_of_it(delivered: World) -> None:
    delivered.clock.advance(days=20)  # delivered late: the period began with the payment
    delivered.activate()
    subscription = delivered.cart.opened.subscription
    assert subscription is not None
    assert (subscription.stripe_id, subscription.status) == ("sub_1", "active")
    assert (subscription.bucket_type, subscription.bucket_year, subscription.bucket_month) == (
        Term.MONTHLY,
        2026,
        11,
    )
    assert subscription.id != delivered.cart.opened.id


def declined_and_paid(world: World, method_id: str) -> World:
    """The pinned method was declined; the customer paid on the hosted page."""
    world.payments.method = Method.DECLINES
    world.order()
    world.charge()
    world.payments.receive(method_id)
    world.charge()
    world.provision()
    return world


@pytest.mark.parametrize(
    ("paid_with", "renewed"), [("pm_1", "pm_1"), ("pm_saved", "pm_saved"), ("pm_not_saved", None)]
)
def test_the_method_that_paid_renews(world: World, paid_with: str, renewed: str | None) -> None:
    world.payments.saved.add("pm_saved")
    declined_and_paid(world, paid_with).activate()
    (created,) = world.payments.subscriptions
    assert created.method_id == renewed
    assert world.payments.calls[-2:] == ["find_subscription", "create_subscription"]  # nothing in between


def test_a_method_that_cannot_be_looked_at_is_asked_for_again(world: World) -> None:
    declined_and_paid(world, "pm_2")
    world.payments.saved.add("pm_2")
    world.payments.fail("has_method", UnavailableError("rate_limit"))
    with pytest.raises(UnavailableError):
        world.activate()
    world.activate()
    assert [created.method_id for created in world.payments.subscriptions] == ["pm_2"]


@pytest.mark.parametrize(("at_first", "renewed"), [(True, "pm_2"), (False, None)])
def test_every_try_asks_for_the_same_renewal(world: World, renewed: str | None, *, at_first: bool) -> None:
    """Whatever the customer does with the method meanwhile: under one key the request must not change."""
    declined_and_paid(world, "pm_2")
    methods = [{"pm_2"}, set[str]()]
    world.payments.saved = methods[0] if at_first else methods[1]
    world.payments.fail("create_subscription", UnavailableError("rate_limit"))
    with pytest.raises(UnavailableError):
        world.activate()
    world.payments.saved = methods[1] if at_first else methods[0]
    world.activate()
    assert [created.method_id for created in world.payments.subscriptions] == [renewed]


def test_an_annual_term(world: World) -> None:
    world.order(site_order(term="annual"))
    world.charge()
    world.provision()
    world.activate()
    (created,) = world.payments.subscriptions
    assert (created.amount, created.interval) == (13000, "year")
    assert created.paid_through == datetime(2027, 11, 21, 17, 30, tzinfo=UTC)


def test_a_repeat_asks_nobody(delivered: World) -> None:
    delivered.activate()
    calls = list(delivered.payments.calls)
    assert delivered.activate() == delivered.cart.opened.id
    assert delivered.payments.calls == calls


@pytest.mark.parametrize("call", ["find_subscription", "create_subscription"])
@pytest.mark.parametrize("after", [False, True])
def test_one_subscription_whatever_answer_is_lost(delivered: World, call: str, *, after: bool) -> None:
    delivered.payments.fail(call, OutcomeUnknownError("timeout"), after=after)
    with pytest.raises(OutcomeUnknownError):
        delivered.activate()
    delivered.activate()
    assert len(delivered.payments.subscriptions) == 1
    subscription = delivered.cart.opened.subscription
    assert subscription is not None
    assert subscription.stripe_id == "sub_1"


def test_it_looks_before_it_creates(delivered: World) -> None:
    delivered.activate()
    assert delivered.payments.calls[-2:] == ["find_subscription", "create_subscription"]


def test_a_refusal_ends_the_order(delivered: World) -> None:
    delivered.payments.fail("create_subscription", RefusedError("resource_missing"))
    with pytest.raises(SubscriptionFailedError) as caught:
        delivered.activate()
    assert caught.value.code == "subscription_refused"
    assert delivered.cart.opened.subscription is None


def test_a_busy_processor_is_tried_again(delivered: World) -> None:
    delivered.payments.fail("create_subscription", UnavailableError("rate_limit"))
    with pytest.raises(UnavailableError):
        delivered.activate()
    delivered.activate()
    assert len(delivered.payments.subscriptions) == 1


def test_no_subscription_for_a_site_that_is_not_there(paid: World) -> None:
    with pytest.raises(TransitionRefusedError, match="not running"):
        paid.activate()
    assert paid.payments.subscriptions == []


def test_no_subscription_after_the_compensation(delivered: World) -> None:
    delivered.refund()
    with pytest.raises(TransitionRefusedError):
        delivered.activate()
    assert delivered.payments.subscriptions == []


# --- how long the first term runs -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("paid_at", "term", "through"),
    [
        ("2026-11-21", Term.MONTHLY, "2026-12-21"),
        ("2026-12-31", Term.MONTHLY, "2027-01-31"),
        ("2026-01-31", Term.MONTHLY, "2026-02-28"),
        ("2028-01-31", Term.MONTHLY, "2028-02-29"),
        ("2026-03-31", Term.MONTHLY, "2026-04-30"),
        ("2028-02-29", Term.ANNUAL, "2029-02-28"),
        ("2027-02-28", Term.ANNUAL, "2028-02-28"),
        ("2026-12-31", Term.ANNUAL, "2027-12-31"),
    ],
)
def test_a_term_ends_on_the_same_day_or_the_months_last(paid_at: str, term: Term, through: str) -> None:
    moment = datetime.fromisoformat(paid_at).replace(hour=23, minute=59, second=58, tzinfo=UTC)
    assert paid_through(moment, term) == datetime.fromisoformat(through).replace(
        hour=23, minute=59, second=58, tzinfo=UTC
    )


@given(MOMENTS, st.sampled_from(Term))
def test_a_term_is_never_shorter_than_its_month_or_year(paid_at: datetime, term: Term) -> None:
    end = paid_through(paid_at, term)
    months = (end.year - paid_at.year) * 12 + end.month - paid_at.month
    assert months == (1 if term is Term.MONTHLY else 12)
    assert end.time() == paid_at.time()
    last = calendar.monthrange(end.year, end.month)[1]
    assert end.day == min(paid_at.day, last)
    shortest, longest = (28, 31) if term is Term.MONTHLY else (365, 366)
    assert timedelta(days=shortest) <= end - paid_at <= timedelta(days=longest)


@given(MOMENTS, MOMENTS, st.sampled_from(Term))
def test_who_pays_later_is_paid_through_no_earlier(first: datetime, second: datetime, term: Term) -> None:
    earlier, later = sorted((first.replace(hour=12, minute=0), second.replace(hour=12, minute=0)))
    assert paid_through(earlier.replace(second=0, microsecond=0), term) <= paid_through(
        later.replace(second=0, microsecond=0), term
    )
