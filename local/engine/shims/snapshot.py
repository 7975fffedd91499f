"""Saves the engine's state on SIGUSR1.

Added beside `ministack.app`, which saves on a clean stop only: `up` asks for a snapshot when the stack is
ready, so a killed engine comes back at least as deployed and seeded.
"""

import signal
import threading
from types import FrameType

from ministack import app
from ministack.core.persistence import save_all


def install() -> None:
    """Listen for SIGUSR1. Call on the main thread, before the server runs."""
    signal.signal(signal.SIGUSR1, _on_signal)


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    threading.Thread(target=_save, name="snapshot").start()


def _save() -> None:
    save_all(app._build_persistence_save_dict())  # noqa: SLF001
