"""What the registrar's account holds. Not thread-safe: the sandbox's lock guards it.

Domains: {"name", "status": active | registering, "order", "created", "expires", "contacts", ...}. Times are
Unix seconds of the sandbox's clock, amounts cents.
"""

import time
from datetime import UTC, datetime

from local.sandboxes.http import Json

DEFAULTS: Json = {
    "transfer_seconds": 4.0,
    "late_seconds": 2.0,
    "credit": 1_000_000.0,  # dollars
    "requests_per_second": 20,
    "requests_per_hour": 0,  # 0: no limit
    "core_statuses": False,  # transfers in the words of the protocol's successor
    "untyped_agents": ["python-requests/"],
}
_FIRST_ORDER = 100_000_001
_FIRST_ITEM = 300_000_001


class Store:
    """Domains and transfers by name, orders oldest first, the names that others have."""

    def __init__(self) -> None:
        self.domains: dict[str, Json] = {}
        self.transfers: dict[str, Json] = {}
        self.orders: list[Json] = []
        self.foreign: set[str] = set()
        self.settings: Json = dict(DEFAULTS)
        self.spent = 0
        self._offset = 0.0
        self._last_item = _FIRST_ITEM - 1

    def now(self) -> float:
        """The sandbox's clock, in Unix seconds."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise ValueError("advance_seconds is a number of 0 or more")
        self._offset += seconds

    def active(self, name: str) -> Json | None:
        """A domain that the account has and can see."""
        found = self.domains.get(name)
        return found if found is not None and found["status"] == "active" else None

    def open_transfer(self, name: str) -> Json | None:
        """A transfer of the name that has not ended."""
        found = self.transfers.get(name)
        return found if found is not None and found["ended"] is None else None

    @property
    def credit(self) -> int:
        """What is left to spend, in cents."""
        deposited: float = self.settings["credit"]
        return round(deposited * 100) - self.spent

    def next_order(self) -> int:
        """The number of the order to come."""
        return _FIRST_ORDER + len(self.orders)

    def next_item(self) -> int:
        """The number of the next order item."""
        self._last_item += 1
        return self._last_item

    def order(self, number: int) -> Json | None:
        """An order by its number, hidden ones too."""
        index = number - _FIRST_ORDER
        return self.orders[index] if 0 <= index < len(self.orders) else None

    def snapshot(self) -> Json:
        """The state to save."""
        return {
            "domains": self.domains,
            "transfers": self.transfers,
            "orders": self.orders,
            "foreign": sorted(self.foreign),
            "settings": self.settings,
            "spent": self.spent,
            "offset": self._offset,
            "last_item": self._last_item,
        }

    def restore(self, state: Json) -> None:
        """Take over a saved state."""
        self.domains, self.transfers = state["domains"], state["transfers"]
        self.orders, self.foreign = state["orders"], set(state["foreign"])
        self.settings = DEFAULTS | state["settings"]
        self.spent, self._offset, self._last_item = state["spent"], state["offset"], state["last_item"]


def moment(seconds: float) -> str:
    """Unix seconds as RFC 3339 in UTC, whole seconds."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
