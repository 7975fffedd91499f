"""The product's local stack beside one in which nothing happens: time to completion, requests a second.

Every load is bounded in time and ends by itself; all of it goes to this machine.
"""

import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from local.engine import aws, lifecycle
from local.engine.workspace import ROOT, Workspace
from tests.bench import empty_stack
from tests.e2e.support.shop import site_body
from tests.e2e.support.stack import LocalStack

CLIENTS: Final = (8, 32)
SECONDS: Final = 5.0
_ROUNDS: Final = 2
_ORDERS: Final = 7
_PATIENCE_SECONDS: Final = 60
_LOOK_SECONDS: Final = 0.02

type Json = dict[str, Any]


@dataclass(frozen=True)
class Side:
    """One of the two stacks, as a client of it sees it."""

    facts: Json
    headers: dict[str, str]

    def post(self, http: httpx.Client) -> str:
        """An order; its token."""
        answer = http.post(f"{self.facts['api_url']}/api/orders", json=site_body(), headers=self.headers)
        answer.raise_for_status()
        token: str = answer.json()["cart"]["token"]
        return token

    def poll(self, http: httpx.Client, token: str) -> None:
        """One look at a cart."""
        http.get(f"{self.facts['api_url']}/api/carts/{token}", headers=self.headers).raise_for_status()

    def seconds_to_completion(self, http: httpx.Client) -> float:
        """From sending the order to its execution's end."""
        client = aws.client("stepfunctions", self.facts["stepfunctions_endpoint"])
        machine: str = self.facts["outputs"]["FulfilOrderArn"]
        began = time.monotonic()
        execution = f"{machine.replace(':stateMachine:', ':execution:')}:{self.post(http)}"
        while (status := client.describe_execution(executionArn=execution)["status"]) == "RUNNING":
            if time.monotonic() - began > _PATIENCE_SECONDS:
                raise RuntimeError("the order does not end")
            time.sleep(_LOOK_SECONDS)
        if status != "SUCCEEDED":
            raise RuntimeError(f"the order ended {status}")
        return time.monotonic() - began


def measure() -> Json:
    """{"completion_s": {"ours", "empty"}, "polls": {clients: {"ours", "empty"}}, "orders": {...}}; rates are
    per second."""
    with tempfile.TemporaryDirectory() as folder, _stacks(Path(folder)) as sides:
        limits = httpx.Limits(max_connections=max(CLIENTS), max_keepalive_connections=max(CLIENTS))
        with httpx.Client(timeout=_PATIENCE_SECONDS, limits=limits, trust_env=False) as http:
            for side in sides.values():
                side.seconds_to_completion(http)  # the first one starts the functions
            found: Json = {"completion_s": _completion(sides, http), "polls": {}, "orders": {}}
            tokens = {name: side.post(http) for name, side in sides.items()}
            for clients in CLIENTS:
                found["polls"][str(clients)] = _rates(
                    sides, clients, lambda name: sides[name].poll(http, tokens[name])
                )
                found["orders"][str(clients)] = _rates(
                    sides, clients, lambda name: sides[name].post(http), rounds=1
                )
                _drain(sides)
    return found


def _completion(sides: dict[str, Side], http: httpx.Client) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(_ORDERS):
        for name, side in sides.items():
            taken[name].append(side.seconds_to_completion(http))
    return {name: round(statistics.median(values), 3) for name, values in taken.items()}


def _rates(
    sides: dict[str, Side], clients: int, call: Callable[[str], object], rounds: int = _ROUNDS
) -> dict[str, float]:
    """Requests a second of each side, in turns; a first second warms up and does not count."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name in sides:
            _rate(clients, 1.0, lambda name=name: call(name))  # type: ignore[misc]
            found[name].append(_rate(clients, SECONDS, lambda name=name: call(name)))  # type: ignore[misc]
    return {name: round(statistics.mean(rates), 1) for name, rates in found.items()}


def _rate(clients: int, seconds: float, call: Callable[[], object]) -> float:
    stop = threading.Event()

    def client(_: int) -> int:
        done = 0
        while not stop.is_set():
            call()
            done += 1
        return done

    with ThreadPoolExecutor(clients) as pool:
        began = time.monotonic()
        timer = threading.Timer(seconds, stop.set)
        timer.start()
        done = sum(pool.map(client, range(clients)))
        return done / (time.monotonic() - began)


def _drain(sides: dict[str, Side]) -> None:
    """Until no execution runs, so that the next figure is not theirs."""
    for side in sides.values():
        client = aws.client("stepfunctions", side.facts["stepfunctions_endpoint"])
        machine = side.facts["outputs"]["FulfilOrderArn"]
        deadline = time.monotonic() + 4 * _PATIENCE_SECONDS
        while client.list_executions(stateMachineArn=machine, statusFilter="RUNNING", maxResults=1)[
            "executions"
        ]:
            if time.monotonic() > deadline:
                raise RuntimeError("executions do not end")
            time.sleep(0.5)


@contextmanager
def _stacks(folder: Path) -> Iterator[dict[str, Side]]:
    ours = LocalStack(folder / "ours")
    ours.home.mkdir()
    empty = Workspace(
        home=empty_stack.workspace_home(folder / "empty"),
        template=empty_stack.write(folder / "empty" / "build"),
        runtime_python=ROOT / ".tools" / "runtime" / "bin" / "python",
    )
    ours.up()
    try:
        facts = lifecycle.up(empty, lambda _: None, product=False)
        try:
            account = ours.facts["accounts"]["ready"]
            headers = {"Authorization": f"Bearer {account['user_key']}", "X-Auth-Account": account["id"]}
            _at_once(ours.facts)
            yield {"ours": Side(ours.facts, headers), "empty": Side(facts, {"Authorization": "Bearer x"})}
        finally:
            lifecycle.down(empty)
    finally:
        ours.down()


def _at_once(facts: Json) -> None:
    """The site platform makes sites without delay, so that only hostcart's time counts."""
    url = f"{facts['sites_url']}/_sandbox/settings"
    httpx.post(url, content=json.dumps({"provision_seconds": 0}), trust_env=False).raise_for_status()
