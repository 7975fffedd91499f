"""Copies the build to where the running stack executes it.

A build empties its folder first; workers that start meanwhile would find nothing. So the stack runs a copy,
made of hard links where the file system allows.
"""

import os
import shutil
from pathlib import Path

from local.engine.workspace import Workspace


def stage(workspace: Workspace) -> None:
    """Replace the staged copy by the present build."""
    fresh = workspace.home / "build.new"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(workspace.template.parent, fresh, copy_function=_link)
    shutil.rmtree(workspace.staged, ignore_errors=True)
    fresh.rename(workspace.staged)


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
    return target


def replace(source: Path, target: Path) -> None:
    """Write a changed file into the staged copy without writing through a hard link."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.new")
    shutil.copy2(source, fresh)
    fresh.replace(target)
