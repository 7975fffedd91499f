"""Processor time of fresh interpreters, measured side by side: what they compare takes turns in one run."""

import os
import resource
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.engine.workspace import ROOT

RUNTIME_PYTHON = ROOT / ".tools" / "runtime" / "bin" / "python"
BYTECODE = ROOT / ".local" / "pycache-bench"


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


def cpu_ms(start: Start) -> float:
    """Milliseconds of processor time, user and system, from the process's start to its end.

    Raises:
        RuntimeError: the code failed; the message is what it wrote.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(  # noqa: S603 - the runtime's own Python
        [RUNTIME_PYTHON, "-P", "-s", "-c", start.code],
        env={
            **environment(),
            **(start.environment or {}),
            "PYTHONPATH": os.pathsep.join(map(str, start.path)),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode or '"ERROR"' in done.stdout:
        raise RuntimeError(done.stderr or done.stdout)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def in_turns(starts: Mapping[str, Start], rounds: int) -> dict[str, float]:
    """The median of each over the rounds, in milliseconds; a first round, which compiles, is thrown away."""
    taken: dict[str, list[float]] = {name: [] for name in starts}
    for turn in range(rounds + 1):
        for name, start in starts.items():
            spent = cpu_ms(start)
            if turn:
                taken[name].append(spent)
    return {name: statistics.median(spent) for name, spent in taken.items()}
