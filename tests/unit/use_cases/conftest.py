import pytest

from tests.fakes.world import World


@pytest.fixture
def world() -> World:
    """A catalogue, a ready account, working outside systems, no order yet."""
    return World()


@pytest.fixture
def ordered(world: World) -> World:
    world.order()
    return world


@pytest.fixture
def paid(ordered: World) -> World:
    ordered.charge()
    return ordered


@pytest.fixture
def delivered(paid: World) -> World:
    paid.provision()
    return paid


@pytest.fixture
def registered(world: World) -> World:
    """A domain order that is completed."""
    world.order_domain()
    world.charge()
    world.register()
    world.activate()
    world.close()
    return world
