"""Many requests at the same moment."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor


def at_once[A, R](work: Callable[[A], R], arguments: Sequence[A]) -> list[R]:
    """Call `work` for every argument in a thread each, all released together; results in order."""
    gate = threading.Barrier(len(arguments))

    def wait_and_work(argument: A) -> R:
        gate.wait()
        return work(argument)

    return by_clients(len(arguments), wait_and_work, arguments)


def by_clients[A, R](clients: int, work: Callable[[A], R], arguments: Iterable[A]) -> list[R]:
    """Call `work` for every argument, `clients` at a time; results in order."""
    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(work, arguments))
