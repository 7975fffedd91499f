"""ProvisionSite: one site under the order's id, its password sealed."""

from datetime import timedelta

import pytest
from hostcart.contract.statuses import TaskStatus
from hostcart.domain.cart import Site
from hostcart.domain.transitions import TransitionRefusedError
from hostcart.ports import MisconfiguredError, OutcomeUnknownError, PortError, RefusedError, UnavailableError
from hostcart.use_cases.errors import CartNotFoundError, SiteFailedError
from hostcart.use_cases.provision_site import Provisioning

from tests.fakes.payments import Method
from tests.fakes.sites import PASSWORD
from tests.fakes.world import ACCOUNT, SITE_DEADLINE, World

READY = Provisioning(ready=True, wait_seconds=0)
NOT_YET = Provisioning(ready=False, wait_seconds=30)


def failed(world: World) -> str:
    with pytest.raises(SiteFailedError) as caught:
        world.provision()
    return caught.value.code


def test_a_site_that_is_ready_at_once(paid: World) -> None:
    assert paid.provision() == READY
    order = paid.cart.opened
    (spec,) = paid.sites.specs.values()
    assert (spec.id, spec.account_id, spec.name) == (order.id, ACCOUNT, "My blog")
    assert (spec.variant, spec.location, spec.plan) == ("vanilla", "pdx", "basic")
    assert order.site == Site(
        id=order.id,
        name="My blog",
        domain="my-blog.sites.example",
        variant="vanilla",
        location="pdx",
        ipaddr="203.0.113.10",
        username="site1",
        port=22,
    )
    assert [task.status for task in order.tasks][1] is TaskStatus.COMPLETED


def test_the_password_is_kept_sealed(paid: World) -> None:
    paid.provision()
    sealed = paid.carts.passwords[ACCOUNT, paid.token]
    assert paid.cipher.open(sealed, account_id=ACCOUNT, cart_token=paid.token).decode() == PASSWORD
    assert not any(PASSWORD in text for text in paid.carts.items.values())


def test_a_site_that_takes_its_time_is_asked_for_once(paid: World) -> None:
    paid.sites.polls_until_ready = 3
    assert [paid.provision() for _ in range(4)] == [NOT_YET, NOT_YET, NOT_YET, READY]
    assert paid.sites.puts == 1
    paid.clock.advance(seconds=7)
    assert paid.provision() == READY
    assert paid.sites.puts == 1


def test_a_repeat_after_delivery_asks_nobody(delivered: World) -> None:
    delivered.sites.specs.clear()
    assert delivered.provision() == READY
    assert delivered.sites.specs == {}


def test_how_long_it_took_is_measured_from_the_payment(paid: World) -> None:
    paid.clock.advance(seconds=42)
    paid.provision()
    assert paid.metrics.durations == [("ProvisioningTime", 42.0)]


def test_a_site_has_a_deadline(paid: World) -> None:
    paid.sites.polls_until_ready = 1000
    paid.clock.moment += SITE_DEADLINE - timedelta(seconds=1)
    waiting = paid.provision()
    assert not waiting.ready
    assert waiting.wait_seconds > NOT_YET.wait_seconds  # the longer it takes, the less often we look
    paid.clock.advance(seconds=1)
    assert failed(paid) == "site_deadline_passed"


def test_a_site_that_is_ready_beats_the_deadline(paid: World) -> None:
    paid.clock.moment += SITE_DEADLINE * 2
    assert paid.provision() == READY


def test_a_site_that_cannot_be_made(paid: World) -> None:
    paid.sites.ends_failed = True
    assert failed(paid) == "site_failed"


def test_a_ready_site_without_access_data_is_no_site(paid: World) -> None:
    paid.sites.without_ssh = True
    assert failed(paid) == "site_failed"


def test_a_refused_site(paid: World) -> None:
    paid.sites.refusal = RefusedError("name_taken")
    assert failed(paid) == "site_refused"


@pytest.mark.parametrize(
    "error",
    [UnavailableError("sites_busy"), OutcomeUnknownError("timeout"), MisconfiguredError("sites_denied")],
)
def test_what_may_pass_is_left_to_the_state_machine(paid: World, error: PortError) -> None:
    paid.sites.refusal = error
    with pytest.raises(type(error)):
        paid.provision()
    paid.sites.refusal = None
    assert paid.provision() == READY


def test_no_site_before_the_payment(ordered: World) -> None:
    ordered.payments.method = Method.NEEDS_CUSTOMER
    ordered.charge()
    with pytest.raises(TransitionRefusedError, match="not running"):
        ordered.provision()
    assert ordered.sites.puts == 0


def test_no_site_after_the_compensation(paid: World) -> None:
    paid.refund()
    with pytest.raises(TransitionRefusedError, match="no further step"):
        paid.provision()
    assert paid.sites.puts == 0


def test_a_deleted_sites_id_is_refused(paid: World) -> None:
    """What a task meets that runs beside the compensation."""
    paid.sites.delete(paid.cart.opened.id)
    assert failed(paid) == "site_refused"
    assert paid.sites.live == set()


def test_an_unknown_cart(world: World) -> None:
    world.token = "0" * 32
    with pytest.raises(CartNotFoundError):
        world.provision()
