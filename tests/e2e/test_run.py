"""`make run`, the first thing that a newcomer does: a site and a domain, from acceptance to delivery."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.engine import ports, processes
from local.seed.history import ORDERS
from tests.e2e.support.stack import LocalStack

READY_SECONDS = 45  # on a machine that does nothing else it takes a fifth
MOST_SECONDS = 90  # however busy the machine is
PLAIN = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def crowd(shown: list[str]) -> float:
    """How many wanted each core in the minute that the run took: a busy machine stretches the wall clock."""
    assert shown
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@pytest.fixture(scope="module")
def shown(home: Path) -> Iterator[list[str]]:
    """The lines that one run printed; that it ended with 0 is checked where it is started."""
    stack = LocalStack(home)
    try:
        yield PLAIN.sub("", stack.run_once()).splitlines()
    finally:
        stack.down()


def test_the_stack_is_there_in_well_under_a_minute(shown: list[str], crowd: float) -> None:
    (ready,) = [line for line in shown if line.startswith("ready after ")]
    assert float(ready.split()[2]) < min(crowd * READY_SECONDS, MOST_SECONDS)


@pytest.fixture(scope="module")
def orders(shown: list[str]) -> dict[str, list[str]]:
    """The lines of each order, from its acceptance on."""
    starts = [number for number, line in enumerate(shown) if line.startswith("accepted ")]
    assert len(starts) == 2
    return {"site": shown[starts[0] : starts[1]], "domain": shown[starts[1] :]}


@pytest.mark.parametrize(("kind", "delivery"), [("site", "provision_site"), ("domain", "register_domain")])
def test_an_order_is_followed_from_accepted_to_completed(
    orders: dict[str, list[str]], kind: str, delivery: str
) -> None:
    assert re.fullmatch(r"accepted +cart [0-9a-f]{32}, payment processing", orders[kind][0])
    steps = [line for line in orders[kind] if re.match(r" +[0-9.]+ s ", line)]
    assert [step for step in steps if "order processing" in step]
    assert "order completed, payment succeeded" in steps[-1]
    tasks = dict(pair.split(":") for pair in steps[-1].split("payment succeeded")[1].split())
    assert tasks == dict.fromkeys(("charge_payment", delivery, "activate_subscription"), "completed")


@pytest.mark.parametrize(("kind", "term"), [("site", "monthly"), ("domain", "annual")])
def test_what_was_paid_is_shown_once(orders: dict[str, list[str]], kind: str, term: str) -> None:
    lines = orders[kind]
    assert re.search(r"succeeded by card: [1-9]\d+ cents$", _line(lines, "payment"))
    assert re.search(rf"active, {term}, sub_\w+$", _line(lines, "renewal"))
    assert re.search(r"one invoice in_\w+, one subscription$", _line(lines, "stripe"))
    assert re.search(r"\.completed delivered, signature v1,\S+\.\.\. verified$", _line(lines, "callback"))


def test_what_was_delivered_is_shown_once(orders: dict[str, list[str]]) -> None:
    assert re.search(r"\w+@[0-9.]+ port 22, password given$", _line(orders["site"], "ssh"))
    domain = _line(orders["domain"], "domain")
    assert re.fullmatch(r"domain +demo-\w+\.com until \d{4}-\d\d-\d\dT[\d:]+Z, registration \d+", domain)
    assert re.fullmatch(r"zone +\w+, nameservers( [\w.-]+){2,}", _line(orders["domain"], "zone"))
    assert re.fullmatch(r"registrar +one order \d+, one domain", _line(orders["domain"], "registrar"))


def test_what_came_is_counted_in_the_end(shown: list[str]) -> None:
    assert _line(shown, "callbacks") == "callbacks  one for each order"


def test_the_account_with_a_past_has_all_of_it(shown: list[str], home: Path) -> None:
    assert shown[-1] == "stopping"  # the engine's state is written by now
    kept = LocalStack(home).workspace.state / "aws" / "dynamodb.json"
    assert f'"last_number": {{"N": "{ORDERS}"}}' in kept.read_text()


def test_nothing_is_left_running(shown: list[str], home: Path) -> None:
    assert shown[-1] == "stopping"
    stack = LocalStack(home)
    assert not stack.workspace.stack_file.exists()
    assert (processes.recorded(stack.workspace), processes.orphans(stack.workspace)) == ([], [])
    urls = dict(line.split() for line in shown if re.match(r"\w+_(url|endpoint) ", line))
    assert len(urls) == 7
    listening = {name: ports.answers(_port(url)) for name, url in urls.items()}
    assert not any(listening.values()), listening


def _line(shown: list[str], name: str) -> str:
    """The one line that begins with this word."""
    (found,) = [line for line in shown if line.split(maxsplit=1)[:1] == [name]]
    return found


def _port(url: str) -> int:
    return int(url.split("/")[2].rpartition(":")[2])
