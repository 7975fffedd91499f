"""A name is bought once and never lost, whatever the registrar answers or does not."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hostcart.contract.statuses import OrderStatus, TaskStatus
from hostcart.domain.cart import Domain, DomainStatus
from hostcart.domain.registration import Availability, RegistrationRequest, TransferStatus
from hostcart.domain.transitions import TransitionRefusedError
from hostcart.ports import MisconfiguredError, OutcomeUnknownError, PortError, RefusedError, UnavailableError
from hostcart.use_cases.errors import DomainFailedError
from hostcart.use_cases.refund_payment import DELIVERED

from tests.fakes.registrar import YEAR
from tests.fakes.world import ACCOUNT, TIMING, World, domain_request

NAME = "example.com"
UNKNOWN = OutcomeUnknownError("timeout")


@pytest.fixture
def bought(world: World) -> World:
    """Paid, the registrar not asked yet."""
    world.order_domain()
    world.charge()
    return world


@pytest.fixture
def moving(world: World) -> World:
    """A paid transfer that takes five days."""
    world.registrar.takes = timedelta(days=5)
    world.order_domain(domain_request(action="transfer", authcode="s3cret"))
    world.charge()
    return world


def domain_of(world: World) -> Domain:
    domain = world.cart.opened.domain
    assert domain is not None
    return domain


def follow(world: World) -> None:
    """As the state machine does: wait, look again."""
    for _ in range(500):
        step = world.register()
        if step.ready:
            return
        world.clock.advance(seconds=step.wait_seconds)
    raise AssertionError("it never ends")


def failure(world: World) -> str:
    with pytest.raises(DomainFailedError) as caught:
        follow(world)
    return caught.value.code


def test_a_registration(bought: World) -> None:
    step = bought.register()
    assert (step.ready, step.wait_seconds) == (True, 0)
    domain = domain_of(bought)
    assert (domain.status, domain.registration_id) == (DomainStatus.ACTIVE, 1)
    assert domain.expires_at == bought.clock.now() + YEAR
    assert (domain.zone_id, domain.nameservers) == ("Z1", ("ns-1.dns.example", "ns-1.dns.test"))
    assert [task.status for task in bought.cart.opened.tasks] == [
        TaskStatus.COMPLETED,
        TaskStatus.COMPLETED,
        TaskStatus.RUNNING,
    ]
    (sent,) = (purchase.request for purchase in bought.registrar.purchases)
    assert isinstance(sent, RegistrationRequest)
    assert (sent.name, sent.years, sent.nameservers) == (NAME, 1, domain.nameservers)
    assert sent.contacts.owner.email == "ada@client.example"
    assert "set_nameservers" not in bought.registrar.calls
    assert bought.carts.claims[NAME] == ((ACCOUNT, bought.token), None)


def test_a_second_run_changes_nothing(bought: World) -> None:
    bought.register()
    calls, version = list(bought.registrar.calls), bought.cart.version
    assert bought.register().ready
    assert (bought.registrar.calls, bought.cart.version) == (calls, version)


def test_the_attempt_and_the_zone_are_stored_before_the_registrar_is_asked(bought: World) -> None:
    bought.registrar.fail("register", UNKNOWN)
    assert not bought.register().ready
    domain = domain_of(bought)
    assert (domain.status, domain.attempt) == (DomainStatus.IN_PROGRESS, 1)
    assert domain.attempt_at == bought.clock.now()
    assert domain.zone_id == "Z1"
    assert bought.carts.claims[NAME][1] is None


def test_contacts_that_cannot_be_opened_are_no_attempt(bought: World) -> None:
    """An outage of the key must not use up what may be sent: the name is bought when it is over."""
    opened = bought.cipher.open

    def closed(sealed: bytes, **context: str) -> bytes:
        raise UnavailableError("encryption_unavailable")

    bought.cipher.open = closed  # type: ignore[method-assign]
    for _ in range(10):
        with pytest.raises(UnavailableError):
            bought.register()
        bought.clock.advance(minutes=10)
        assert domain_of(bought).attempt == 0
    bought.cipher.open = opened  # type: ignore[method-assign]
    follow(bought)
    assert len(bought.registrar.paid) == 1


def test_an_outage_of_the_key_after_a_lost_request_is_no_further_attempt(bought: World) -> None:
    bought.registrar.fail("register", UNKNOWN)
    bought.register()
    bought.clock.advance(minutes=5)
    opened = bought.cipher.open

    def closed(sealed: bytes, **context: str) -> bytes:
        raise UnavailableError("encryption_unavailable")

    bought.cipher.open = closed  # type: ignore[method-assign]
    for _ in range(10):
        with pytest.raises(UnavailableError):
            bought.register()
    bought.cipher.open = opened  # type: ignore[method-assign]
    assert domain_of(bought).attempt == 1
    follow(bought)
    assert len(bought.registrar.paid) == 1


def test_an_idn_says_its_language(world: World) -> None:
    world.order_domain(domain_request(name="bücher.com"))
    world.charge()
    world.register()
    (bought,) = world.registrar.purchases
    assert isinstance(bought.request, RegistrationRequest)
    assert bought.request.requirements == {"language": "DE"}


def _lost_after(world: World) -> None:
    world.registrar.fail("register", UNKNOWN, after=True)


def _lost_before(world: World) -> None:
    world.registrar.fail("register", UNKNOWN)


def _lost_twice(world: World) -> None:
    world.registrar.fail("register", UNKNOWN, times=2)


def _late(world: World) -> None:
    world.registrar.hidden_for = timedelta(seconds=40)
    world.registrar.fail("register", UNKNOWN, after=True)


def _slow(world: World) -> None:
    world.registrar.takes = timedelta(hours=30)


@pytest.mark.parametrize("arrange", [_lost_after, _lost_before, _lost_twice, _late, _slow])
def test_one_registration_whatever_is_lost(bought: World, arrange: Callable[[World], None]) -> None:
    arrange(bought)
    follow(bought)
    assert len(bought.registrar.purchases) == 1
    assert domain_of(bought).status is DomainStatus.ACTIVE


@pytest.mark.parametrize(
    "error", [UnavailableError("registrar_throttled"), MisconfiguredError("registrar_denied")]
)
def test_a_call_that_was_never_made_is_not_counted(bought: World, error: PortError) -> None:
    for _ in range(5):
        bought.registrar.fail("register", error)
        with pytest.raises(type(error)):
            bought.register()
        assert domain_of(bought).attempt == 0
    follow(bought)
    assert len(bought.registrar.purchases) == 1


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        ("name_unavailable", "domain_lost"),
        ("price_refused", "domain_price_changed"),
        ("contact_refused", "domain_contact_refused"),
        ("invalid_argument", "domain_refused"),
    ],
)
def test_a_definite_refusal_fails_at_once(bought: World, refusal: str, code: str) -> None:
    bought.registrar.fail("register", RefusedError(refusal))
    with pytest.raises(DomainFailedError, match=code):
        bought.register()
    assert bought.refund().settled
    assert bought.registrar.purchases == []


def test_a_500_that_is_a_refusal_is_given_up_after_three_tries(bought: World) -> None:
    bought.registrar.fail("register", OutcomeUnknownError("server_unavailable"), times=99)
    assert failure(bought) == "domain_refused"
    assert bought.registrar.calls.count("register") == 3
    assert bought.refund('{"errorMessage": "domain_refused"}').settled


def test_a_refusal_of_a_second_try_proves_nothing(bought: World) -> None:
    """The first try took effect late, so that the second finds the name taken: by us."""
    bought.registrar.hidden_for = timedelta(minutes=5)
    bought.registrar.fail("register", UNKNOWN, after=True)
    bought.registrar.check = lambda name: _free(bought, name)  # type: ignore[method-assign]
    follow(bought)
    assert len(bought.registrar.purchases) == 1
    assert domain_of(bought).attempt > 1


def _free(world: World, name: str) -> Availability:
    world.registrar.calls.append("check")
    return Availability(name=name, available=True, price=world.registrar.price)


def test_a_name_that_somebody_else_got_is_refunded(bought: World) -> None:
    bought.registrar.fail("register", UNKNOWN)
    bought.register()
    bought.registrar.taken.add(NAME)
    assert failure(bought) == "domain_lost"
    assert bought.refund().settled
    assert bought.zones.zones == {}


def test_a_registry_that_refuses_late(bought: World) -> None:
    bought.registrar.takes, bought.registrar.refuses_late = timedelta(hours=2), True
    assert failure(bought) == "domain_refused"
    assert bought.refund().settled
    assert bought.registrar.paid == []


def _overdue(world: World) -> list[str]:
    return [labels["reason"] for name, labels in world.metrics.counted if name == "DomainsOverdue"]


def test_a_registration_that_stays_undecided_is_refunded_when_its_name_is_free(bought: World) -> None:
    """The registrar calls its order good for ever, but at the registry there is nothing."""
    bought.registrar.takes = timedelta(days=999)
    bought.registrar.check = lambda name: _free(bought, name)  # type: ignore[method-assign]
    began = bought.clock.now()
    assert failure(bought) == "domain_registration_expired"
    waited = bought.clock.now() - began
    assert TIMING.registration_deadline <= waited <= TIMING.registration_deadline + timedelta(hours=6)
    assert bought.registrar.calls.count("check") == 3  # the quote's, the charge's, and one at the end
    assert bought.refund('{"errorMessage": "domain_registration_expired"}').settled
    assert bought.close().status is OrderStatus.FAILED
    assert _overdue(bought) == ["registration_expired"]


def test_a_registration_whose_name_is_held_is_waited_for_past_its_deadline(bought: World) -> None:
    """Held, perhaps for us: a refund now and a registration later would be both."""
    bought.registrar.takes = TIMING.registration_deadline + timedelta(days=1)
    follow(bought)
    assert domain_of(bought).status is DomainStatus.ACTIVE
    assert set(_overdue(bought)) == {"registration_overdue"}
    assert len(bought.registrar.purchases) == 1


def test_a_registration_that_the_registrar_refunds_past_the_deadline_is_refunded(bought: World) -> None:
    bought.registrar.takes = TIMING.registration_deadline + timedelta(days=1)
    bought.registrar.refuses_late = True
    assert failure(bought) == "domain_refused"
    assert bought.refund().settled
    assert bought.registrar.paid == []


def test_the_compensation_waits_for_a_name_that_is_held_too(bought: World) -> None:
    bought.registrar.takes = timedelta(days=999)
    bought.register()
    bought.clock.advance(days=5)
    assert bought.refund().status == DELIVERED
    assert bought.payments.refunds == {}


def test_before_the_deadline_nobody_is_asked_who_has_the_name(bought: World) -> None:
    bought.registrar.takes = timedelta(hours=30)
    follow(bought)
    assert bought.registrar.calls.count("check") == 2  # the quote's and the charge's
    assert _overdue(bought) == []


def test_a_claim_that_was_lost_before_the_attempt(bought: World) -> None:
    bought.carts.claims[NAME] = (("10000002", "other"), None)
    with pytest.raises(DomainFailedError, match="domain_lost"):
        bought.register()
    assert "register" not in bought.registrar.calls


def test_a_claim_that_was_lost_before_the_payment_is_not_charged(world: World) -> None:
    world.order_domain()
    world.carts.claims[NAME] = (("10000002", "other"), None)
    with pytest.raises(DomainFailedError, match="domain_lost"):
        world.charge()
    assert world.payments.charges == []


def test_a_failed_order_buys_nothing(bought: World) -> None:
    bought.refund()
    with pytest.raises(TransitionRefusedError):
        bought.register()
    assert bought.registrar.purchases == []


# --- refund ------------------------------------------------------------------------------------------


def test_a_failed_order_frees_its_name_and_its_zone(bought: World) -> None:
    bought.registrar.fail("register", RefusedError("contact_refused"))
    with pytest.raises(DomainFailedError):
        bought.register()
    assert bought.zones.zones != {}
    bought.refund('{"errorMessage": "domain_contact_refused"}')
    assert bought.zones.zones == {}
    assert bought.close().status is OrderStatus.FAILED
    assert bought.carts.claims == {}
    assert bought.cart.opened.failure is not None
    assert bought.cart.opened.failure.code == "domain_contact_refused"


@pytest.mark.parametrize("arrange", [_lost_after, _late, _slow])
def test_a_name_that_is_or_may_become_ours_is_not_refunded(
    bought: World, arrange: Callable[[World], None]
) -> None:
    arrange(bought)
    bought.register()
    assert bought.refund().status == DELIVERED
    assert bought.payments.refunds == {}
    assert _overdue(bought) == ["delivery_failed"]
    follow(bought)
    assert bought.refund().status == DELIVERED


def test_nothing_is_refunded_while_the_registrar_is_silent(bought: World) -> None:
    bought.registrar.takes = timedelta(hours=1)
    bought.register()
    bought.registrar.fail("domain", UNKNOWN)
    with pytest.raises(UnavailableError):
        bought.refund()
    assert bought.payments.refunds == {}


# --- transfers ---------------------------------------------------------------------------------------


def test_a_transfer_is_looked_at_over_days_and_set_up(moving: World) -> None:
    follow(moving)
    domain = domain_of(moving)
    assert domain.status is DomainStatus.ACTIVE
    assert len(moving.registrar.purchases) == 1
    assert moving.registrar.nameservers[NAME] == domain.nameservers
    assert moving.registrar.contacts[NAME].owner.email == "ada@client.example"


def test_waits_grow_up_to_twelve_hours(moving: World) -> None:
    waits = []
    while not (step := moving.register()).ready:
        waits.append(step.wait_seconds)
        moving.clock.advance(seconds=step.wait_seconds)
    assert waits == sorted(waits)
    assert (waits[0], max(waits)) == (30, 12 * 3600)
    assert 3 * len(waits) + 7 <= 60  # transitions: a look and its wait take three, all other steps seven


@pytest.mark.parametrize("before", [0.001, 0.3, 0.5, 0.9])
def test_a_look_just_before_the_deadline_waits_a_second(moving: World, before: float) -> None:
    """A wait of no time is none that the state machine takes: the paid order would end there."""
    moving.registrar.takes = timedelta(days=99)
    moving.register()
    moving.clock.advance(seconds=(TIMING.transfer_deadline - timedelta(seconds=before)).total_seconds())
    step = moving.register()
    assert (step.ready, step.wait_seconds) == (False, 1)
    assert failure(moving) == "domain_transfer_expired"


def test_a_transfer_whose_answer_was_lost(moving: World) -> None:
    moving.registrar.fail("start_transfer", UNKNOWN, after=True)
    follow(moving)
    assert len(moving.registrar.purchases) == 1


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        (TransferStatus.FAILED, "domain_transfer_failed"),
        (TransferStatus.REJECTED, "domain_transfer_rejected"),
        (TransferStatus.CANCELED, "domain_transfer_failed"),
    ],
)
def test_a_transfer_that_comes_to_nothing(moving: World, ends: TransferStatus, code: str) -> None:
    moving.registrar.transfer_ends = ends
    assert failure(moving) == code
    assert moving.refund().settled
    assert moving.registrar.paid == []


def test_a_transfer_is_cancelled_at_its_deadline(moving: World) -> None:
    moving.registrar.takes = timedelta(days=99)
    assert failure(moving) == "domain_transfer_expired"
    assert (
        moving.clock.now() - (domain_of(moving).started_at or moving.clock.now()) >= TIMING.transfer_deadline
    )
    assert moving.registrar.calls.count("cancel_transfer") == 1
    assert moving.refund().settled
    assert moving.registrar.paid == []


def test_a_transfer_that_cannot_be_cancelled_any_more_is_waited_for(moving: World) -> None:
    moving.registrar.takes, moving.registrar.cancels = timedelta(days=12), False
    follow(moving)
    assert domain_of(moving).status is DomainStatus.ACTIVE
    assert moving.registrar.calls.count("cancel_transfer") == 1
    assert set(_overdue(moving)) == {"transfer_pending"}


def test_a_wrong_auth_code(world: World) -> None:
    world.order_domain(domain_request(action="transfer", authcode="wrong"))
    world.charge()
    assert failure(world) == "domain_authcode_refused"
    assert world.refund().settled


def test_a_name_that_is_ours_is_delivered_though_its_setup_is_refused(moving: World) -> None:
    moving.registrar.fail("set_contacts", RefusedError("contact_refused"))
    follow(moving)
    assert domain_of(moving).status is DomainStatus.ACTIVE
    assert ("DomainSetupRefused", {"code": "contact_refused"}) in moving.metrics.counted


# --- renewal -----------------------------------------------------------------------------------------


def test_the_renewal_is_billed_before_the_expiry(bought: World) -> None:
    bought.register()
    bought.activate()
    (subscription,) = bought.payments.subscriptions
    expires = domain_of(bought).expires_at
    assert expires is not None
    assert (subscription.amount, subscription.interval, subscription.product_id) == (
        1700,
        "year",
        "prod_domain_com",
    )
    assert timedelta(days=1) <= expires - subscription.paid_through <= timedelta(days=60)
    stored = bought.cart.opened.subscription
    assert stored is not None
    assert (stored.bucket_type, stored.bucket_year, stored.bucket_month) == ("annual", 2026, 11)
    assert bought.close().status is OrderStatus.COMPLETED


def test_the_first_bill_is_never_in_the_past(bought: World) -> None:
    bought.register()
    bought.clock.advance(days=400)
    bought.activate()
    (subscription,) = bought.payments.subscriptions
    delivered = domain_of(bought).delivered_at
    assert delivered is not None
    assert subscription.paid_through >= delivered + timedelta(days=1)
