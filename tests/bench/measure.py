"""Processor time of fresh interpreters, measured side by side: what they compare takes turns in one run."""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.engine.workspace import ROOT

RUNTIME_PYTHON = ROOT / ".tools" / "runtime" / "bin" / "python"
BYTECODE = ROOT / ".local" / "pycache-bench"
_MARKER = "VmHWM:"
# Linux counts the parent's memory into a child's largest: the child itself knows better. It ends without
# Python's clearing up, which no instance of a function waits for.
_PEAK = """
import os
print("\\n" + open("/proc/self/status").read(), flush=True)
os._exit(0)
"""


@dataclass(frozen=True)
class Start:
    """Code for a fresh interpreter, with what is on its path."""

    code: str
    path: Sequence[Path] = ()
    environment: Mapping[str, str] | None = None


def environment() -> dict[str, str]:
    """What Lambda's runtime gives every function, and compiled Python for both sides of a comparison."""
    return {
        "PATH": os.defpath,
        "HOME": str(ROOT / ".local"),
        "PYTHONPYCACHEPREFIX": str(BYTECODE),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "test",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


@dataclass(frozen=True)
class Spent:
    """Processor time, user and system, from a process's start to its end, and its largest memory."""

    cpu_ms: float
    peak_mb: float


def spend(start: Start) -> Spent:
    """Run it once.

    Raises:
        RuntimeError: the code failed, or something that it loads ahead did; the message is what it wrote.
    """
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(  # noqa: S603 - the runtime's own Python
            [RUNTIME_PYTHON, "-P", "-s", "-c", start.code + _PEAK],
            env={
                **environment(),
                **(start.environment or {}),
                "PYTHONPATH": os.pathsep.join(map(str, start.path)),
            },
            stdout=output,
            stderr=output,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode()
    if process.returncode or '"ERROR"' in said:
        raise RuntimeError(said)
    peak_kb = int(said.rpartition(_MARKER)[2].split()[0])
    return Spent(1000 * (usage.ru_utime + usage.ru_stime), peak_kb / 1024)


def in_turns(starts: Mapping[str, Start], rounds: int) -> dict[str, Spent]:
    """The least of each over the rounds: what else runs on the machine only ever adds. A first round, which
    compiles, is thrown away."""
    taken: dict[str, list[Spent]] = {name: [] for name in starts}
    for turn in range(rounds + 1):
        for name, start in starts.items():
            spent = spend(start)
            if turn:
                taken[name].append(spent)
    return {
        name: Spent(
            round(min(one.cpu_ms for one in spent), 1),
            round(max(one.peak_mb for one in spent), 1),
        )
        for name, spent in taken.items()
    }
