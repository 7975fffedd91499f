"""Compiled Python of all that the tests start. It is kept, at the place where `make` keeps it, too."""

from pathlib import Path
from typing import Final

from local.engine.workspace import ROOT, Workspace

FOLDER: Final = ROOT / ".local" / "pycache"
VARIABLES: Final = {"PYTHONPYCACHEPREFIX": str(FOLDER)}


def share(workspace: Workspace) -> None:
    """Let the stack have what is compiled already: it runs a copy of the same build."""
    _link(workspace.bytecode, FOLDER)
    _link(_compiled(workspace.staged), _compiled(workspace.template.parent))


def _compiled(folder: Path) -> Path:
    return FOLDER / folder.absolute().relative_to("/")


def _link(link: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to(target)
