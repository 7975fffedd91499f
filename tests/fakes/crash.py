"""A crash before or after any one call to the outside."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class Crash(BaseException):
    """The worker dies: no handler runs."""


@dataclass
class Crashes:
    """Dies once, at the `at`-th call, before or after its effect; `calls` names them all."""

    at: int = -1
    after: bool = False
    calls: list[str] = field(default_factory=list)

    def around(self, port: Any, name: str) -> Any:
        """The port, with every call counted."""
        return _Port(self, port, name)

    def call(self, name: str, method: Callable[..., Any], args: Any, options: Any) -> Any:
        """One counted call."""
        position = len(self.calls)
        self.calls.append(name)
        if position == self.at and not self.after:
            raise Crash(name)
        try:
            return method(*args, **options)
        finally:
            if position == self.at:
                raise Crash(name)  # whatever the answer was, nobody hears it


class _Port:
    def __init__(self, crashes: Crashes, port: Any, name: str) -> None:
        self._crashes, self._port, self._name = crashes, port, name

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*args: Any, **options: Any) -> Any:
            return self._crashes.call(f"{self._name}.{name}", method, args, options)

        return call
