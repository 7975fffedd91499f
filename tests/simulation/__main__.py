"""make simulate [SEEDS=10000] [REPLAY='<text>']; see docs/simulation.md"""

import argparse

from tests.simulation import coverage, doors, histories, report
from tests.simulation.history import parse
from tests.simulation.scenarios import SCENARIOS


def main() -> int:
    """The exit code: 1 when a promise was broken, or something was not reached that has to be."""
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many random histories")
    parser.add_argument("--faults", type=int, default=2, help="up to how many faults are combined")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="", help="scenarios whose name begins so")
    parser.add_argument("--record", action="store_true", help="make what was met the record of boundaries")
    parser.add_argument("--replay", default="", help="tell this history")
    given = parser.parse_args()
    if given.replay:
        return _replay(given.replay)
    names = [name for name in SCENARIOS if name.startswith(given.only)]
    total = report.everything(seeds=given.seeds, most=given.faults, processes=given.processes, names=names)
    if given.record:
        coverage.record(total.coverage)
    gaps = coverage.gaps(total.coverage, most=given.faults, whole=len(names) == len(SCENARIOS))
    for line in report.lines(total, gaps):
        print(line)
    return 1 if total.broken or gaps else 0


def _replay(text: str) -> int:
    history = parse(text)
    with doors.wired():
        told = histories.story(history)
    print(told)
    return 1 if "BROKEN" in told else 0


if __name__ == "__main__":
    raise SystemExit(main())
