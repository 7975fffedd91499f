"""The Makefile's targets as they are on a fresh clone and without a network."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.sam_template import ROOT

_TARGETS: Final = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split()
_WANTED: Final = ("DAY=2026-11-22", "TOKEN=0", "FUNCTION=get_cart", "EVENT=event.json")
_LOOKS_FOR_A_NEWER_SAM: Final = """
from samcli.cli.global_config import GlobalConfig
from samcli.lib.utils import version_checker
asked = []
version_checker.fetch_and_compare_versions = lambda: asked.append("registry")
version_checker._inform_newer_version()
print(asked, GlobalConfig().telemetry_enabled)
"""


def test_a_build_looks_for_no_newer_sam(tmp_path: Path) -> None:
    """With the variables of `make build` and what `make setup` wrote, wherever the user's home is."""
    rule = 'asked: .tools/sam-app/metadata.json ; @.tools/sam/bin/python -c "$$PROGRAM"'
    variables = {"HOME": str(tmp_path), "PROGRAM": _LOOKS_FOR_A_NEWER_SAM}
    done = _make("--eval", rule, "asked", **variables)
    assert (done.stdout, done.stderr) == ("[] False\n", "")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone's files that make looks at; nothing is installed there."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    (folder / "local" / "npm").mkdir(parents=True)
    shutil.copy(ROOT / "local" / "npm" / "package-lock.json", folder / "local" / "npm")
    return folder


@pytest.mark.parametrize("target", _TARGETS)
def test_a_target_sets_up_what_it_needs_first(target: str, fresh: Path) -> None:
    planned = _make("--dry-run", "--no-print-directory", "-C", str(fresh), target, *_WANTED)
    assert planned.returncode == 0, planned.stderr
    lines = planned.stdout.splitlines()
    for tool, installs in (
        (".venv/bin/", "pip sync --quiet --python .venv/bin/python"),
        (".tools/sam/bin/sam", "pip sync --quiet --python .tools/sam/bin/python"),
        (".tools/sam/bin/sam", ".tools/sam-app/metadata.json"),
        (".tools/uv/bin/uv", "python3 -m venv .tools/uv"),
    ):
        used = [number for number, line in enumerate(lines) if tool in line and installs not in line]
        installed = [number for number, line in enumerate(lines) if installs in line]
        assert not used or (installed and installed[0] < used[0]), f"{target} uses {tool} before it is there"


def _make(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    outer = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "SAM_CLI_TELEMETRY", "__SAM_CLI_APP_DIR"}
    inherited = {name: value for name, value in os.environ.items() if name not in outer}
    return subprocess.run(  # noqa: S603 - fixed commands
        ["make", "--silent", *arguments],  # noqa: S607 - the make that the project is used with
        cwd=ROOT,
        env=inherited | variables,
        capture_output=True,
        text=True,
        check=False,
    )
