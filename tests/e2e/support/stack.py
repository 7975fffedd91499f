"""A local stack of the tests' own: started and stopped by the commands that a developer uses."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.engine.workspace import ROOT, Workspace
from local.seed import seeding
from tests import bytecode

_COMMAND_SECONDS = 600  # ends what hangs; a busy machine takes its time
_LOG_TAIL_BYTES = 4000

type Json = dict[str, Any]


class CommandFailedError(Exception):
    """A command of the stack ended with an error; the text is what it said."""


@dataclass(frozen=True, slots=True)
class LocalStack:
    """The stack below `home`."""

    home: Path

    @property
    def workspace(self) -> Workspace:
        return Workspace(
            home=self.home,
            template=ROOT / ".aws-sam" / "build" / "template.yaml",
            runtime_python=ROOT / ".tools" / "runtime" / "bin" / "python",
        )

    @property
    def facts(self) -> Json:
        """What stack.json holds now."""
        facts: Json = json.loads(self.workspace.stack_file.read_text())
        return facts

    @property
    def secrets(self) -> dict[str, str]:
        """The stack's own secrets by name."""
        secrets: dict[str, str] = json.loads((self.workspace.state / "secrets.json").read_text())
        return secrets

    def up(self) -> None:
        self._start("up")

    def ports(self) -> dict[str, int]:
        """Every port that stack.json names, by the entry's name."""
        addresses = {name: value for name, value in self.facts.items() if str(value).startswith("http")}
        return {name: int(value.split("/")[2].rpartition(":")[2]) for name, value in addresses.items()}

    def up_lean(self) -> str:
        """Start it with what tests need: no past orders, and few processes for one function; what it said."""
        return self._start("up", HOSTCART_PAST_ORDERS="0", HOSTCART_WORKERS_PER_FUNCTION="3")

    def seed_past_orders(self) -> None:
        """Give the account `history` the orders that a lean stack was started without."""
        seeding.seed_past_orders(self.facts, self.workspace.state)

    def run_once(self) -> str:
        """What `make run` prints when it is not to wait for Ctrl-C."""
        return self._start("run", HOSTCART_RUN_ONCE="1")

    def down(self) -> None:
        self.command("down")

    def _start(self, command: str, **variables: str) -> str:
        bytecode.share(self.workspace)
        try:
            return self.command(command, **variables)
        except CommandFailedError as failed:
            raise CommandFailedError(f"{failed}\n{self.log_tails()}") from None

    def command(self, *arguments: str, **variables: str) -> str:
        """Run `python -m local ...` and return what it printed. Raises CommandFailedError."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("HOSTCART_", "AWS_"))
        }
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "local", *arguments],
            cwd=ROOT,
            env={**environment, "HOSTCART_LOCAL_HOME": str(self.home), **variables},
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
        if done.returncode:
            raise CommandFailedError(f"{' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    def log_tails(self) -> str:
        """The end of every log file, for the report of a failure."""
        logs = self.workspace.logs
        names = sorted(str(path.relative_to(logs)) for path in logs.rglob("*.log"))
        return "\n".join(f"--- {name}\n{self.log_tail(name)}" for name in names)

    def log_tail(self, name: str) -> str:
        """The end of one of the logs."""
        path = self.workspace.logs / name
        return path.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace") if path.exists() else "no log"
