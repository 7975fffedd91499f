"""What a running stack's functions took: `python -m tests.bench.workers [stack home]`.

The largest memory and the processor time, for `request_peak_mb` and `cpu_ms` of tools/cost/assumptions.json.
Each worker is a process of AWS's runtime client, as on Lambda, if the stack was started by
`HOSTCART_FORKED_WORKERS=0 make up`. Processor time includes the start: run it before and after some orders
and divide the difference.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from local.engine.workspace import ROOT

_NAME = b"AWS_LAMBDA_FUNCTION_NAME="
_CLIENT = b"awslambdaric"


def main(arguments: list[str]) -> int:
    """Print a line for each worker; 1 when there is none that started on its own."""
    home = Path(arguments[0] if arguments else ROOT / ".local").resolve()
    found = sorted(workers(home))
    for name, peak_mb, cpu_ms in found:
        print(f"{name:<60}{peak_mb:>8.1f} MB{cpu_ms:>10.0f} ms")
    if not found:
        print("no function has a process of its own: HOSTCART_FORKED_WORKERS=0 make up", file=sys.stderr)
    return 0 if found else 1


def workers(home: Path) -> Iterator[tuple[str, float, float]]:
    """(function, peak in MB, processor time in ms) of each worker of the stack in that folder."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if _CLIENT not in (process / "cmdline").read_bytes():
                continue
            variables = (process / "environ").read_bytes().split(b"\0")
            status, spent = (process / "status").read_text(), (process / "stat").read_text()
        except OSError:
            continue  # ended meanwhile, or another user's
        if any(bytes(home) in variable for variable in variables):
            (name,) = (one.removeprefix(_NAME) for one in variables if one.startswith(_NAME))
            user, system = spent.rpartition(")")[2].split()[11:13]
            ticks = (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
            yield name.decode(), int(status.partition("VmHWM:")[2].split()[0]) / 1024, 1000 * ticks


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
