"""Sites and registrations: each has its order, or is told until it has or is gone."""

from datetime import timedelta

import pytest
from hostcart.domain.findings import FindingKind
from hostcart.domain.registration import ItemKind, ItemStatus, OrderItem
from hostcart.domain.tokens import order_id_of
from hostcart.ports_reconcile import ExecutionStatus, ListedSite

from tests.fakes.platform import START
from tests.fakes.reconcile import execution
from tests.fakes.reconcile_world import NOBODY, Bench
from tests.fakes.world import ACCOUNT

SITE, NAME = FindingKind.SITE_WITHOUT_ORDER, FindingKind.REGISTRATION_WITHOUT_ORDER


@pytest.fixture
def bench() -> Bench:
    return Bench()


def _runs(bench: Bench) -> None:
    bench.executions.known[bench.world.token] = execution(ExecutionStatus.RUNNING)


def _site(bench: Bench, token: str) -> None:
    bench.inventory.sites.append(ListedSite(id=order_id_of(token), account_id=ACCOUNT, created_at=START))


def _buys(bench: Bench, name: str) -> None:
    item = OrderItem(
        id=1,
        order_id=1,
        name=name,
        kind=ItemKind.REGISTRATION,
        status=ItemStatus.SUCCESS,
        created_at=START,
        price=1299,
    )
    bench.inventory.bought.append(item)
    bench.inventory.names.add(name)


def test_a_site_without_an_order_is_a_break_until_it_is_gone(bench: Bench) -> None:
    _site(bench, NOBODY)
    bench.run(after=timedelta(minutes=15))
    assert bench.breaks == 0, "its order may still be in the making"
    assert bench.run().breaks == {"site_without_order": 1}
    bench.inventory.sites.clear()
    assert bench.run(after=timedelta(hours=2)).breaks == {}


def test_a_site_of_a_failed_order_is_a_break(bench: Bench) -> None:
    token = bench.world.order().token
    bench.world.charge()
    bench.world.refund()
    bench.world.close()
    _site(bench, token)
    assert bench.run().breaks == {"site_without_order": 1}


@pytest.mark.parametrize("closed", [True, False])
def test_a_site_with_its_order_is_fine(bench: Bench, *, closed: bool) -> None:
    token = bench.world.order().token
    _runs(bench)
    bench.world.charge()
    if closed:
        bench.world.provision()
        bench.world.activate()
        bench.world.close()
    _site(bench, token)
    bench.run()
    assert bench.findings.kept == {}


def test_all_sites_are_looked_at_a_stretch_at_a_time(bench: Bench) -> None:
    for number in range(150):
        _site(bench, f"{number:032x}")
    assert bench.run().breaks == {"site_without_order": 150}


def test_a_name_without_a_claim_is_a_break_until_it_is_gone(bench: Bench) -> None:
    _buys(bench, "stray.com")
    assert bench.run().breaks == {"registration_without_order": 1}
    bench.inventory.names.clear()
    assert bench.run(after=timedelta(hours=2)).breaks == {}


def test_a_name_of_a_completed_order_is_fine(bench: Bench) -> None:
    world = bench.world
    world.order_domain()
    _runs(bench)
    world.charge()
    world.register()
    _buys(bench, "example.com")
    bench.run()
    assert bench.breaks == 0
    assert bench.found(NAME) == ["example.com"], "looked at again at the order's end"
    world.activate()
    world.close()
    bench.run(after=timedelta(hours=2))
    assert bench.findings.kept == {}


def test_a_name_of_a_failed_order_is_a_break(bench: Bench) -> None:
    world = bench.world
    world.order_domain()
    world.charge()
    world.refund()
    world.close()
    _buys(bench, "example.com")
    assert bench.run().breaks == {"registration_without_order": 1}


def test_a_name_that_is_claimed_by_an_order_for_another_is_a_break(bench: Bench) -> None:
    world = bench.world
    cart = world.order_domain()
    world.carts.claims["other.com"] = ((ACCOUNT, cart.token), None)
    _runs(bench)
    _buys(bench, "other.com")
    assert bench.run().breaks == {"registration_without_order": 1}


def test_a_zone_that_a_held_up_step_left_behind_is_removed(bench: Bench) -> None:
    world = bench.world
    cart = world.order_domain()
    world.charge()
    order_id = order_id_of(cart.token)
    world.zones.ensure("example.com", account_id=ACCOUNT, reference=order_id)
    _runs(bench)
    assert bench.run().repairs == {}
    assert set(world.zones.zones) == {order_id}, "its order is under way"
    world.refund()
    world.close()
    world.zones.ensure("example.com", account_id=ACCOUNT, reference=order_id)
    assert bench.run().repairs == {"zone_removed": 1}
    assert world.zones.zones == {}


def test_the_zone_of_a_delivered_name_stays(bench: Bench) -> None:
    bench.world.order_domain()
    bench.world.charge()
    bench.world.register()
    bench.world.activate()
    bench.world.close()
    assert bench.run().repairs == {}
    assert len(bench.world.zones.zones) == 1


def test_a_zone_whose_order_is_not_there_is_told_and_kept(bench: Bench) -> None:
    reference = order_id_of(NOBODY)
    bench.world.zones.ensure("example.org", account_id=ACCOUNT, reference=reference)
    assert bench.run().breaks == {"zone_without_order": 1}
    assert bench.run().breaks == {"zone_without_order": 1}
    bench.world.zones.delete("example.org", reference=reference)
    assert bench.run().breaks == {}
