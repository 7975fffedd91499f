"""What a Stripe account holds: objects by id in order of creation, timers, a clock that can be advanced.

Fields whose name starts with an underscore are the sandbox's own notes and never leave it.
"""

import time
from collections.abc import Iterator
from typing import Any

from local.sandboxes.http import Json
from local.sandboxes.stripe.errors import missing

# id prefix: kind, as Stripe names it in errors
KINDS = {
    "cus": "customer",
    "pm": "payment_method",
    "prod": "product",
    "price": "price",
    "in": "invoice",
    "inpay": "invoice_payment",
    "pi": "payment_intent",
    "ch": "charge",
    "sub": "subscription",
    "cn": "credit_note",
    "re": "refund",
    "cbtxn": "customer_balance_transaction",
    "evt": "event",
    "dp": "dispute",
}


class Store:
    """The objects of one account. Not thread-safe: the sandbox's lock guards it."""

    def __init__(self) -> None:
        self._objects: dict[str, dict[str, Json]] = {kind: {} for kind in KINDS.values()}
        self._clock_offset = 0.0
        self._timers: list[tuple[int, str, str]] = []  # (due, action, object id)

    def now(self) -> int:
        """The account's time, in Unix seconds."""
        return int(time.time() + self._clock_offset)

    def advance(self, seconds: float) -> None:
        """Move the account's time forward."""
        if seconds < 0:
            raise ValueError("time cannot go back")
        self._clock_offset += seconds

    def schedule(self, seconds: int, action: str, object_id: str) -> None:
        """Have `due` return (action, object_id) once the clock has moved on by `seconds`."""
        self._timers.append((self.now() + seconds, action, object_id))

    def due(self) -> Iterator[tuple[str, str]]:
        """Take the timers whose time has come, earliest first; those set meanwhile too."""
        while ready := [timer for timer in self._timers if timer[0] <= self.now()]:
            first = min(ready)
            self._timers.remove(first)
            yield first[1:]

    def add(self, value: Json) -> Json:
        """Keep a new object under its id."""
        self._objects[value["object"]][value["id"]] = value
        return value

    def remove(self, value: Json) -> None:
        """Forget an object."""
        del self._objects[value["object"]][value["id"]]

    def get(self, kind: str, object_id: str, *, param: str | None = None) -> Json:
        """The object; StripeApiError resource_missing (400 when `param` named it, else 404)."""
        found = self._objects[kind].get(object_id)
        if found is None:
            raise missing(kind, object_id, param=param or "id", status=400 if param else 404)
        return found

    def find(self, object_id: str) -> Json | None:
        """The object of any kind with this id."""
        kind = KINDS.get(object_id.partition("_")[0])
        return self._objects[kind].get(object_id) if kind else None

    def all(self, kind: str, **fields: Any) -> Iterator[Json]:
        """The objects of a kind whose fields have these values, oldest first; None means any value."""
        wanted = {name: value for name, value in fields.items() if value is not None}
        for value in self._objects[kind].values():
            if all(value[name] == expected for name, expected in wanted.items()):
                yield value

    def newest_first(self, kind: str, **fields: Any) -> list[Json]:
        """As `all`, in the order in which Stripe lists."""
        return list(self.all(kind, **fields))[::-1]

    def snapshot(self) -> Json:
        """The state to save."""
        return {"objects": self._objects, "clock_offset": self._clock_offset, "timers": self._timers}

    def restore(self, state: Json) -> None:
        """Take over a saved state."""
        self._objects |= state["objects"]
        self._clock_offset = state["clock_offset"]
        self._timers = [(due, action, object_id) for due, action, object_id in state["timers"]]
