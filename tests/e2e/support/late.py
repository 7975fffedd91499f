"""A request that a sandbox holds for a while and then serves, whoever still hears its answer."""

from tests.e2e.support.patience import await_value
from tests.e2e.support.world import World


class LateRequest:
    """The next request that matches, held for so many seconds."""

    def __init__(self, world: World, sandbox: str, match: str, seconds: int) -> None:
        self._world = world
        self._sandbox = sandbox
        self._action = f"slow:{seconds}"
        self._before = max((entry["n"] for entry in world.requests(sandbox)), default=0)
        world.arm(sandbox, match, self._action)

    def await_held(self) -> None:
        """Until it has come."""
        await_value(lambda: not self._world.armed(self._sandbox), seconds=20)

    def await_served(self) -> None:
        """Until it has had its effect, and what that set off is over: only then is all to be seen."""
        await_value(self._is_served, seconds=30)
        self._world.settle()

    def _is_served(self) -> bool:
        late = self._world.requests(self._sandbox, after=self._before)
        return any(entry["fault"] == self._action for entry in late)
