"""Where the figures of one part come from: the day, the commit, the machine."""

import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from local.engine.workspace import ROOT

# What the bench itself writes does not make the tree another one than was measured.
_WRITTEN = ":(exclude)docs/cost"

type Origin = dict[str, str | int]


def origin() -> Origin:
    """{"date", "commit" where there is one, "cores", "python"}; taken before the part is measured."""
    found: Origin = {"date": datetime.now(UTC).date().isoformat()}
    if commit := commit_of(ROOT):
        found["commit"] = commit
    return found | {"cores": os.cpu_count() or 1, "python": platform.python_version()}


def commit_of(tree: Path) -> str:
    """The short name of the commit, with a `+` where the tree differs from it; empty outside of git."""
    name = _git(tree, "rev-parse", "--short", "HEAD")
    if not name:
        return ""
    return f"{name}+" if _git(tree, "status", "--porcelain", "--", ".", _WRITTEN) else name


def _git(tree: Path, *arguments: str) -> str:
    program = shutil.which("git")
    if program is None:
        return ""
    done = subprocess.run(  # noqa: S603 - our own arguments
        [program, "-C", tree, *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def told(parts: dict[str, Origin]) -> str:
    """`on <date> at <commit> ...`, once for all parts or with the names of those that share it."""
    shared: dict[str, list[str]] = {}
    for part, origin in sorted(parts.items()):
        shared.setdefault(_one(origin), []).append(f"`{part}`")
    if len(shared) == 1:
        return next(iter(shared))
    return "; ".join(f"{one} ({', '.join(names)})" for one, names in sorted(shared.items()))


def _one(origin: Origin) -> str:
    """What was measured before these were noted has a date alone."""
    said = f"on {origin['date']}"
    if "commit" in origin:
        said += f" at {origin['commit']}"
    if "cores" in origin:
        said += f" with {origin['cores']} cores and Python {origin['python']}"
    return said
