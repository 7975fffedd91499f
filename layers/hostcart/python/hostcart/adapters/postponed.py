"""Modules that a library imports and this code never uses, loaded when they are first used after all."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


class StandIn(ModuleType):
    """Loads the module that it stands for with the first attribute that is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name == "__path__":  # somebody imports a submodule, which would be loaded beside the module's own
            raise ImportError(f"{self.__name__} is postponed: only the module itself can be imported")
        own = self.__name__
        if sys.modules.get(own) is self:
            del sys.modules[own]
        return getattr(import_module(own), name)


@contextmanager
def postponed(name: str) -> Iterator[None]:
    """What is imported within gets a stand-in for the module `name`, unless that is loaded already.

    Only whoever imported it there keeps the stand-in: later imports load the module itself. For a time
    when one thread runs.
    """
    if name in sys.modules:
        yield
        return
    stand_in = sys.modules[name] = StandIn(name)
    try:
        yield
    finally:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
