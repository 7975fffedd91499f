"""The Makefile's targets without a network."""

import os
import subprocess
from pathlib import Path
from typing import Final

from tests.sam_template import ROOT

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
