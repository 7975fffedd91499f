"""`make run`, the first thing that a newcomer does: an order is shown from acceptance to delivery."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.engine import ports, processes
from tests.e2e.support.stack import LocalStack

PLAIN = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def shown(home: Path) -> Iterator[list[str]]:
    """The lines that one run printed; that it ended with 0 is checked where it is started."""
    stack = LocalStack(home)
    try:
        yield PLAIN.sub("", stack.run_once()).splitlines()
    finally:
        stack.down()


def test_the_order_is_followed_from_accepted_to_completed(shown: list[str]) -> None:
    accepted = _line(shown, "accepted")
    assert re.fullmatch(r"accepted +cart [0-9a-f]{32}, payment processing", accepted)
    steps = [line for line in shown if re.match(r" +[0-9.]+ s ", line)]
    assert [step for step in steps if "order processing" in step]
    assert "order completed, payment succeeded" in steps[-1]
    tasks = dict(pair.split(":") for pair in steps[-1].split("payment succeeded")[1].split())
    assert tasks == dict.fromkeys(("charge_payment", "provision_site", "activate_subscription"), "completed")


def test_what_was_delivered_is_shown_once(shown: list[str]) -> None:
    assert re.search(r"\w+@[0-9.]+ port 22, password given$", _line(shown, "ssh"))
    assert re.search(r"succeeded by card: \d+ cents$", _line(shown, "payment"))
    assert re.search(r"active, monthly, sub_\w+$", _line(shown, "renewal"))
    assert re.search(r"one invoice in_\w+, one subscription$", _line(shown, "stripe"))
    assert re.search(r"\.completed delivered, signed v1,", _line(shown, "callback"))


def test_nothing_is_left_running(shown: list[str], home: Path) -> None:
    assert shown[-1] == "stopping"
    stack = LocalStack(home)
    assert not stack.workspace.stack_file.exists()
    assert (processes.recorded(stack.workspace), processes.orphans(stack.workspace)) == ([], [])
    urls = dict(line.split() for line in shown if re.match(r"\w+_(url|endpoint) ", line))
    assert len(urls) == 6
    listening = {name: ports.answers(_port(url)) for name, url in urls.items()}
    assert not any(listening.values()), listening


def _line(shown: list[str], name: str) -> str:
    """The one line that begins with this word."""
    (found,) = [line for line in shown if line.split(maxsplit=1)[:1] == [name]]
    return found


def _port(url: str) -> int:
    return int(url.split("/")[2].rpartition(":")[2])
