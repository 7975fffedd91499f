"""One local stack for all end-to-end tests, started from the build and stopped at the end."""

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import httpx
import pytest

from local.engine.workspace import ROOT
from tests.e2e.support import leaks
from tests.e2e.support.logs import Logs
from tests.e2e.support.shop import Shop
from tests.e2e.support.stack import LocalStack
from tests.e2e.support.world import World

# These look at what all others left behind; the last one restarts the stack.
LAST = ("test_observability.py", "test_secrets.py", "test_lifecycle.py")
_CONNECTIONS = 64


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the tests that must come last to the end of the end-to-end tests."""
    folder = ROOT / "tests" / "e2e"
    places = [place for place, item in enumerate(items) if item.path.is_relative_to(folder)]
    wanted = sorted((items[place] for place in places), key=_rank)
    for place, item in zip(places, wanted, strict=True):
        items[place] = item


def _rank(item: pytest.Item) -> int:
    return LAST.index(item.path.name) + 1 if item.path.name in LAST else 0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With a failed test, show what the engine complained of last: a worker that timed out or died."""
    report = yield
    world = getattr(item, "funcargs", {}).get("world")
    if report.failed and world is not None:
        report.sections.append(("engine", world.stack.log_tail("aws.log")))
    return report


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The stack; `HOSTCART_E2E_HOME` names a running one to use instead, which is left running."""
    if running := os.environ.get("HOSTCART_E2E_HOME"):
        yield LocalStack(Path(running))
        return
    if not (ROOT / ".aws-sam" / "build" / "template.yaml").exists():
        pytest.fail("nothing was built: run `make build`")
    local = LocalStack(tmp_path_factory.mktemp("stack"))
    local.up_lean()
    try:
        yield local
    finally:
        local.down()


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
    with httpx.Client(timeout=60, limits=limits, trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
def world(stack: LocalStack, http: httpx.Client) -> Iterator[World]:
    """What the tests did to a stack of their own left no secret in its files, and no error unforeseen."""
    world = World(stack, http)
    yield world
    if "HOSTCART_E2E_HOME" not in os.environ:
        assert Logs(world).unexpected() == []
        assert leaks.find(leaks.kept(world), leaks.secrets_of(world)) == []


@pytest.fixture
def shop(world: World, http: httpx.Client) -> Callable[..., Shop]:
    """A client by the account's name: `shop("ready")`, `shop("ready", "account_key")`."""

    def client(account: str, credential: str = "user_key") -> Shop:
        return Shop(http, world.facts["api_url"], world.accounts[account], credential)

    return client


@pytest.fixture(autouse=True)
def _no_fault_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """A failed test must not trip the next one. What needs no world starts none."""
    world: World | None = request.getfixturevalue("world") if "world" in request.fixturenames else None
    yield
    if world is not None:
        world.disarm()
        world.site_settings(provision_seconds=1.0, fail_next=0)
