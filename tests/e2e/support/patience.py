"""When to look again for what is to come: often at first, then less. A look costs more than the wait."""

import time
from collections.abc import Callable, Iterator
from typing import Final

_SHARE: Final = 1 / 6
"""Of what was waited already, so much longer."""
_LONGEST: Final = 0.5


def looks(seconds: float, *, pause: float) -> Iterator[None]:
    """Look each time that this yields. It pauses in between, and ends after so many seconds."""
    began = time.monotonic()
    while True:
        yield
        waited = time.monotonic() - began
        if waited > seconds:
            return
        time.sleep(min(_LONGEST, max(pause, waited * _SHARE)))


def await_value[T](look: Callable[[], T | None], *, seconds: float, pause: float = 0.05) -> T:
    """The first truthy value of `look`."""
    for _ in looks(seconds, pause=pause):
        if found := look():
            return found
    raise AssertionError(f"not there after {seconds} s")
