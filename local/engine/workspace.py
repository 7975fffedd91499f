"""Where the local stack keeps its files."""

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Workspace:
    """Paths of one local stack: the code it runs and the files it keeps.

    `home` holds everything the stack writes; `template` is what is deployed.
    """

    home: Path
    template: Path
    runtime_python: Path

    @property
    def state(self) -> Path:
        """What outlives a restart."""
        return self.home / "state"

    @property
    def unsaved(self) -> Path:
        """There while the engine runs: what it changes is saved when it stops."""
        return self.state / "unsaved"

    @property
    def logs(self) -> Path:
        """One file per process, and `functions/` with one file per function."""
        return self.home / "logs"

    @property
    def staged(self) -> Path:
        """The build that the running stack's functions are executed from."""
        return self.home / "build"

    @property
    def run(self) -> Path:
        """Process records and the lock of `up`."""
        return self.home / "run"

    @property
    def scratch(self) -> Path:
        """The engine's temporary files."""
        return self.home / "tmp"

    @property
    def workers(self) -> Path:
        """A file for each of the functions' processes."""
        return self.scratch / "workers"

    @property
    def bytecode(self) -> Path:
        """Compiled Python of every process: none is written beside the code, none compiles twice."""
        return self.home / "pycache"

    @property
    def stack_file(self) -> Path:
        """Addresses and accounts of the running stack, for scripts and tests."""
        return self.home / "stack.json"

    @property
    def sandboxes_file(self) -> Path:
        """The sandboxes' configuration; holds secrets, hence mode 0600."""
        return self.home / "sandboxes.json"


def from_environment() -> Workspace:
    """The checkout's own stack, or the one that `HOSTCART_LOCAL_HOME` and `HOSTCART_TEMPLATE` name."""
    home = Path(os.environ.get("HOSTCART_LOCAL_HOME", ROOT / ".local")).resolve()
    template = Path(
        os.environ.get("HOSTCART_TEMPLATE", ROOT / ".aws-sam" / "build" / "template.yaml")
    ).resolve()
    runtime = Path(os.environ.get("HOSTCART_RUNTIME_PYTHON", ROOT / ".tools" / "runtime" / "bin" / "python"))
    return Workspace(home=home, template=template, runtime_python=runtime.absolute())
