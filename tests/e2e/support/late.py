"""Requests that a sandbox holds for a while and then serves, whoever still hears the answer."""

from typing import Any

from tests.e2e.support.patience import await_value
from tests.e2e.support.world import World

type Json = dict[str, Any]


class LateRequests:
    """The next requests that match, each held for so many seconds."""

    def __init__(self, world: World, sandbox: str, match: str, seconds: int, *, times: int = 1) -> None:
        self._world = world
        self._sandbox = sandbox
        self._action = f"slow:{seconds}"
        self._times = times
        self._before = max((entry["n"] for entry in world.requests(sandbox)), default=0)
        world.arm(sandbox, match, self._action, times)

    def await_held(self) -> None:
        """Until they have come."""
        await_value(lambda: not self._world.armed(self._sandbox), seconds=20)

    def await_served(self) -> None:
        """Until they have had their effect, and what that set off is over: only then is all to be seen."""
        await_value(lambda: len(self.served()) == self._times, seconds=30)
        self._world.settle()

    def served(self) -> list[Json]:
        """Those that were answered, or would have been if anybody had waited."""
        since = self._world.requests(self._sandbox, after=self._before)
        return [entry for entry in since if entry["fault"] == self._action]
