"""What hostcart costs on AWS a month, by service.

    python -m tools.cost --orders 1000000 --polls 5
    python -m tools.cost --orders 20000 --kind domain --architecture arm64 --memory 256

Counts are those that `make bench` measured (docs/cost/measured.json), prices and assumptions lie beside this.
"""

import argparse
import json
import re
from collections.abc import Mapping
from pathlib import Path

from tools.cost import model
from tools.cost.monthly import kept, log_storage, monthly, zones
from tools.cost.stack import memory_sizes

KINDS = ("site", "domain")
FUNCTION_LIMITS = (128, 10_240)
MOST_ORDERS = 10**12
MOST_POLLS = 10**6
_NUMBER = re.compile(r"[0-9]{1,7}(\.[0-9]{1,6})?")


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if not model.MEASURED.exists():
        parser.error("nothing was measured yet: run `make bench` first")
    if missing := model.missing():
        parser.error(f"{', '.join(missing)}: not measured yet, `make bench` did not end")
    memory = {} if given.memory is None else dict.fromkeys(memory_sizes(), given.memory)
    found = model.load(memory_mb=memory, architecture=given.architecture)
    lines = {
        name: each * given.orders for name, each in found.cost(given.kind, given.polls, given.orders).items()
    }
    _table(
        f"{given.orders:,} {given.kind} orders a month, {given.polls:,.13g} polls each, {given.architecture}",
        lines,
    )
    print()
    _table("each month, whatever is ordered", monthly(found))
    print()
    _table("kept: each month that these orders stay", kept(found, given.kind, given.orders))
    print()
    logs = log_storage(found, given.kind, given.polls, given.orders)
    _table("once, until the logs of these orders expire", {"log storage": logs})
    if given.kind == "domain":
        stay = zones(found.monthly_prices, given.orders)
        print()
        _table("each month that these domains stay", {"Route 53 zones": stay})
    prices = json.loads((Path(__file__).parent / "prices.json").read_text())
    print(f"prices of {prices['as_of']}, {prices['region']}")
    return 0


def _table(title: str, lines: Mapping[str, float]) -> None:
    print(title)
    for name, dollars in sorted(lines.items(), key=lambda line: -line[1]):
        print(f"{name:<18}{dollars:>14,.2f} USD")
    if len(lines) > 1:
        print(f"{'in all':<18}{sum(lines.values()):>14,.2f} USD")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.cost", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--orders", type=_count, default=1_000_000, help="orders a month (1000000)")
    parser.add_argument("--polls", type=_polls, default=5.0, help="polls of each order (5)")
    parser.add_argument("--kind", choices=KINDS, default="site")
    parser.add_argument("--architecture", choices=("x86_64", "arm64"), default="x86_64")
    parser.add_argument("--memory", type=_memory, help="MB for every function, instead of the template's")
    return parser


def _whole(text: str) -> int:
    """-1 for what is no number, or has more digits than any that is meant."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MOST_ORDERS)) else -1


def _count(text: str) -> int:
    if not 0 <= _whole(text) <= MOST_ORDERS:
        raise argparse.ArgumentTypeError(f"a whole number from 0 to {MOST_ORDERS:,}")
    return int(text)


def _polls(text: str) -> float:
    """May be a mean, so it has decimals; written as plainly as the whole numbers."""
    if not _NUMBER.fullmatch(text) or float(text) > MOST_POLLS:
        raise argparse.ArgumentTypeError(f"a number from 0 to {MOST_POLLS:,}, with six decimals at most")
    return float(text)


def _memory(text: str) -> int:
    if not FUNCTION_LIMITS[0] <= _whole(text) <= FUNCTION_LIMITS[1]:
        raise argparse.ArgumentTypeError(f"MB from {FUNCTION_LIMITS[0]:,} to {FUNCTION_LIMITS[1]:,}")
    return int(text)


if __name__ == "__main__":
    raise SystemExit(main())
