"""The operators' commands, run as an operator runs them on the local stack."""

import os
import subprocess
import sys

from local.engine.workspace import ROOT
from tests.e2e.support.world import World

_SECONDS = 60


def tool(world: World, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m tools.<name> ... --local <the stack's stack.json>`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(  # noqa: S603 - our own command
        [
            sys.executable,
            "-m",
            f"tools.{name}",
            *arguments,
            "--local",
            str(world.stack.workspace.stack_file),
        ],
        cwd=ROOT,
        env={**environment, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
