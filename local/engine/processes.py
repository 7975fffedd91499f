"""Starts, recognises and stops the stack's background processes by their recorded ids."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from local.engine.workspace import ROOT, Workspace

ORPHAN_SECONDS = 5
MARKER = "HOSTCART_STACK_HOME"
"""Environment variable that every process of a stack inherits; tells its orphans from strangers."""


@dataclass(frozen=True)
class Record:
    """One process: its id and the birth mark that shows the id was not given to another since."""

    name: str
    pid: int
    born: str


def spawn(workspace: Workspace, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Record:
    """Start `command` in a process group of its own, with its output in the logs folder."""
    for folder in (workspace.logs, workspace.run, workspace.scratch):
        folder.mkdir(parents=True, exist_ok=True)
    with (workspace.logs / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            command,
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    for pid in [pid for pid, child in _children.items() if child.poll() is not None]:
        del _children[pid]
    _children[process.pid] = process
    record = Record(name, process.pid, _birth(process.pid))
    (workspace.run / f"{name}.json").write_text(json.dumps(asdict(record)))
    return record


def recorded(workspace: Workspace) -> list[Record]:
    """Every process that was started and not yet stopped, alive or not."""
    return [Record(**json.loads(path.read_text())) for path in sorted(workspace.run.glob("*.json"))]


def alive(record: Record) -> bool:
    """Whether this very process still runs; a zombie or a re-used id does not count."""
    return bool(record.born) and _birth(record.pid) == record.born


def stop(workspace: Workspace, record: Record, patience: float = 20.0) -> None:
    """SIGTERM, then SIGKILL of that process alone when it stays longer than `patience` seconds."""
    if alive(record):
        os.kill(record.pid, signal.SIGTERM)
        if not _gone(record, patience) and alive(record):
            os.kill(record.pid, signal.SIGKILL)
            _gone(record, 5)
    _reap(record.pid)
    (workspace.run / f"{record.name}.json").unlink(missing_ok=True)


def orphans(workspace: Workspace) -> list[int]:
    """Ids of processes that carry this stack's marker (function workers of a killed engine). Linux only."""
    wanted = f"{MARKER}={workspace.home}".encode()
    mine = {os.getpid(), os.getppid()}
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (entry / "environ").read_bytes().split(b"\0") and int(entry.name) not in mine:
                found.append(int(entry.name))
        except OSError:  # the process ended meanwhile, or belongs to someone else
            continue
    return found


def kill_orphans(workspace: Workspace) -> None:
    """End what a killed engine left behind. Call only when no recorded process is alive."""
    for pid in orphans(workspace):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    deadline = time.monotonic() + ORPHAN_SECONDS
    while orphans(workspace) and time.monotonic() < deadline:
        time.sleep(0.02)


def base_environment(workspace: Workspace) -> dict[str, str]:
    """A small environment that carries none of the user's AWS settings into the stack."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "LC_ALL", "TZ") if key in os.environ}
    return {
        **kept,
        MARKER: str(workspace.home),
        "TMPDIR": str(workspace.scratch),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPYCACHEPREFIX": str(workspace.bytecode),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


REGION = "us-east-1"
ACCOUNT = "000000000000"

_children: dict[int, subprocess.Popen[bytes]] = {}
"""Processes that this one started and has not collected; `up` leaves them running when it ends."""


def _gone(record: Record, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not alive(record):
            return True
        time.sleep(0.05)
    return False


def _reap(pid: int) -> None:
    """Collect a finished child of this process; any other is collected by its own parent."""
    child = _children.pop(pid, None)
    if child is not None:
        child.wait(5)


def _birth(pid: int) -> str:
    """Start time of a process in the system's own words; empty when it does not run."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] in {"Z", "X"} else fields[19]
    shown = subprocess.run(  # noqa: S603
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607 - where ps lies differs between systems
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return "" if not shown or shown.startswith("Z") else shown.partition(" ")[2].strip()
