"""What a new instance of a function loads before its first request.

Lambda initialises with a whole processor, and answers requests with the share that the memory size buys:
what every request needs is loaded sooner and faster ahead. Elsewhere importing a handler builds nothing.
"""

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from hostcart.entry.observability import log_failure

# Nobody waits for these kinds of initialisation.
_UNHURRIED: Final = frozenset({"provisioned-concurrency", "snap-start"})


def load_ahead(needed: Sequence[Callable[[], object]], rarely: Sequence[Callable[[], object]] = ()) -> None:
    """Call `needed` where Lambda initialises, and `rarely` too where no request waits for that.

    A failure is logged and left to the request that meets it again: that one can answer it.
    """
    kind = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE")
    if kind is None:
        return
    with _kept():
        for load in [*needed, *(rarely if kind in _UNHURRIED else ())]:
            try:
                load()
            except Exception as error:
                log_failure(error)


@contextmanager
def _kept() -> Iterator[None]:
    """What is built within lives as long as the process: it is not searched for garbage, now or later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
