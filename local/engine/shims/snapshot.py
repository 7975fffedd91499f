"""Saves the engine's state on SIGUSR1 and touches a file when that is done.

Added beside `ministack.app`, which saves on a clean stop only: `up` asks for a snapshot when the stack is
ready, so a killed engine comes back at least as deployed and seeded.
"""

import signal
import threading
from pathlib import Path
from types import FrameType

from ministack import app
from ministack.core.persistence import save_all


def install(done: Path) -> None:
    """Listen for SIGUSR1. Call on the main thread, before the server runs."""

    def save() -> None:
        save_all(app._build_persistence_save_dict())  # noqa: SLF001
        done.touch()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=save, name="snapshot").start()

    signal.signal(signal.SIGUSR1, on_signal)
