"""Faults that a test arms over HTTP: what to do to the next matching requests.

Actions:
    timeout_before   no effect, then silence for `hang_seconds` or until the client closes
    timeout_after    the effect, then silence
    drop             no effect, the connection is closed without an answer
    drop_after       the effect, the connection is closed without an answer
    status:<nnn>     no effect, that status with the body a failing server would send
    replay:<nnn>     Stripe only: no effect, that status, kept under the idempotency key
    error:<code>     no effect, the service's own error of that code
    slow:<seconds>   wait, then serve as usual
"""

import itertools
import threading
from dataclasses import dataclass

from local.sandboxes.http import Json, match_path, split_path

_PLAIN_ACTIONS = frozenset({"timeout_before", "timeout_after", "drop", "drop_after"})
_NUMERIC_ACTIONS = frozenset({"status", "replay"})
_STATUS_CODES = range(200, 600)


@dataclass(slots=True)
class Fault:
    """An armed fault: `kind` and `value` are the two halves of the action."""

    id: int
    method: str
    pattern: tuple[str, ...]
    match: str
    action: str
    remaining: int

    @property
    def kind(self) -> str:
        """The action without its value, e.g. `status`."""
        return self.action.partition(":")[0]

    @property
    def value(self) -> str:
        """The value after the colon, e.g. `500`; empty for the plain actions."""
        return self.action.partition(":")[2]

    def view(self) -> Json:
        """The fault as the control endpoint shows it."""
        return {"id": self.id, "match": self.match, "action": self.action, "times": self.remaining}


class Faults:
    """The armed faults of one sandbox, first armed first used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._armed: list[Fault] = []

    def arm(self, order: Json) -> Json:
        """Arm {"match", "action", "times" = 1}; ValueError or TypeError when it makes no sense."""
        unknown = set(order) - {"match", "action", "times"}
        if unknown:
            raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
        match, action, times = order.get("match"), order.get("action"), order.get("times", 1)
        if not isinstance(match, str) or " /" not in match:
            raise ValueError('match must look like "POST /v1/invoices/*/pay"')
        if not isinstance(times, int) or isinstance(times, bool) or times < 1:
            raise ValueError("times must be a whole number of 1 or more")
        _check_action(action)
        method, path = match.split(" ", 1)
        fault = Fault(next(self._ids), method.upper(), split_path(path), match, str(action), times)
        with self._lock:
            self._armed.append(fault)
        return fault.view()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, used up by one; None when none matches."""
        if not self._armed:
            return None
        segments = split_path(path)
        with self._lock:
            for fault in self._armed:
                if fault.method in (method, "*") and match_path(fault.pattern, segments) is not None:
                    fault.remaining -= 1
                    self._armed = [armed for armed in self._armed if armed.remaining > 0]
                    return fault
        return None

    def list(self) -> list[Json]:
        """The armed faults."""
        with self._lock:
            return [fault.view() for fault in self._armed]

    def disarm(self) -> None:
        """Forget all armed faults."""
        with self._lock:
            self._armed = []


def _check_action(action: object) -> None:
    if not isinstance(action, str):
        raise TypeError("action must be a string")
    kind, _, value = action.partition(":")
    if kind in _PLAIN_ACTIONS and not value:
        return
    if kind in _NUMERIC_ACTIONS and value.isdecimal() and int(value) in _STATUS_CODES:
        return
    if kind == "error" and value:
        return
    if kind == "slow" and float(value) >= 0:
        return
    raise ValueError(f"unknown action: {action}")
