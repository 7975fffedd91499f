"""`make bench`: measures, and writes docs/cost anew. Less than 15 minutes on 2 cores."""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from local.engine.workspace import ROOT
from tests.bench import cold_start, counts, load, report, warm
from tests.bench.executions import executions
from tests.bench.origin import origin
from tests.dynamodb_local import missing, running

FOLDER: Final = ROOT / "docs" / "cost"
SIZES: Final = (10, 10_000, 100_000)

# What the table is made of, as `measured.json` has it.
NEEDED: Final = (
    "packages",
    "cold_start",
    "warm",
    "dynamodb",
    "growth",
    "executions",
    "load",
)

_BUSY: Final = 1.5
# What is counted is the same on a busy machine.
_COUNTS: Final = frozenset({"packages", "dynamodb", "executions"})

type Json = dict[str, Any]


def main() -> int:
    """Measure everything, or only the named parts, keeping the others as they were measured last."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", choices=sorted(PARTS), action="append", help="measure this part alone")
    parser.add_argument("--write", type=Path, default=FOLDER, help="where the results go (docs/cost)")
    given = parser.parse_args()
    path = given.write / "measured.json"
    given.write.mkdir(parents=True, exist_ok=True)
    measured: Json = json.loads(path.read_text()) if given.only and path.exists() else {}
    for name in given.only or PARTS:
        began, running_already, measured_on = time.monotonic(), os.getloadavg()[0], origin()
        measured |= PARTS[name]() | {
            "busy": _busy(measured.get("busy", {}), name, running_already),
            "origins": measured.get("origins", {}) | {name: measured_on},
        }
        # After each part: whatever ends a later one, this one is kept and can be gone on from by `--only`.
        path.write_text(json.dumps(measured, indent=1) + "\n")
        print(f"{name:<12}{time.monotonic() - began:>6.0f} s", flush=True)
    if lacking := [name for name in NEEDED if name not in measured]:
        print(f"no table yet: {', '.join(lacking)} not measured")
        return 0
    report.write(measured, given.write)
    print(f"written: {given.write}")
    return 0


def _busy(known: dict[str, float], name: str, load_average: float) -> dict[str, float]:
    """The parts that began while other work kept the machine busy: the parts themselves stay below that."""
    found = {part: load for part, load in known.items() if part != name}
    if name not in _COUNTS and load_average > _BUSY * (os.cpu_count() or 1):
        found[name] = round(load_average, 1)
    return found


def _dynamodb() -> Json:
    if reason := missing():
        raise SystemExit(reason)
    with running() as endpoint:
        client = counts.connect(endpoint)
        return {"dynamodb": counts.capacity(client), "growth": counts.growth(client, SIZES)}


PARTS: Final[dict[str, Callable[[], Json]]] = {
    "packages": lambda: {"packages": counts.packages()},
    "cold_start": lambda: {"cold_start": cold_start.measure()},
    "warm": lambda: {"warm": warm.run()},
    "dynamodb": _dynamodb,
    "executions": lambda: {"executions": executions()},
    "load": lambda: {"load": load.measure()},
}

if __name__ == "__main__":
    raise SystemExit(main())
