"""make storm [ORDERS=1000] [SEED=1]; see docs/storm.md"""

import argparse
import sys
from dataclasses import replace
from datetime import UTC, datetime

import httpx

from local.engine import workspace
from tests.e2e.support.commands import tool
from tests.e2e.support.stack import LocalStack
from tests.e2e.support.world import World
from tests.storm import report
from tests.storm.storm import Size, Storm

_CONNECTIONS = 64
_LARGE = 100  # orders; a smaller storm would be one outage


def main() -> int:
    """The exit code: 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="storm", description=__doc__)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    stack = LocalStack(workspace.from_environment().home)
    if not stack.workspace.stack_file.exists():
        print("no stack runs: make up")
        return 2
    limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
    with httpx.Client(timeout=60, limits=limits, trust_env=False) as http:
        world = World(stack, http)
        size = Size(orders=given.orders, seed=given.seed)
        if given.orders < _LARGE:
            size = replace(size, outages=())
        outcome = Storm(world, size, _say).run()
        for line in (*report.summary(outcome), *report.stories(world, outcome)):
            print(line)
        unbalanced = [day for day in outcome.days if not _balances(world, day)]
    print(f"ledgers of {outcome.days[0]} to {outcome.days[-1]}: {unbalanced or 'they balance'}")
    return int(bool(outcome.breaks or unbalanced))


def _balances(world: World, day: str) -> bool:
    done = tool(world, "ledger", "--day", day)
    if done.returncode:
        print(done.stdout, done.stderr)
    return done.returncode == 0


def _say(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
