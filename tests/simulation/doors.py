"""The real handlers, wired to the world that runs now."""

import importlib
import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hostcart import wiring
from hostcart.adapters import aws, dynamodb_carts, dynamodb_keys, packing, records
from hostcart.entry import observability

from tests.sam_template import ROOT, Template, folder_of

if TYPE_CHECKING:
    from tests.simulation.world import World

type Handler = Callable[[Any, Any], Any]

_PATCHED_TIME = (
    "hostcart.use_cases.opening",
    "hostcart.use_cases.placing",
    "hostcart.use_cases.reconcile_run",
    "hostcart.adapters.dynamodb_transactions",
)
_PORTS = (
    "payments",
    "sites",
    "registrar",
    "zones",
    "features",
    "callbacks",
    "cipher",
    "metrics",
    "payment_events",
    "billing",
)


class Active:
    """The world that runs now."""

    world: "World"


@cache
def template() -> Template:
    """The template with its defaults."""
    return Template(
        {
            "ParkingAddress": "192.0.2.1",
            "RegistrarRequestsPerSecond": "100000",
            "RegistrarRequestsPerHour": "100000000",
        }
    )


@cache
def handler(folder: str) -> Handler:
    """functions/<folder>/handler.py."""
    path = ROOT / "functions" / folder / "handler.py"
    spec = importlib.util.spec_from_file_location(f"simulated_{folder}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Handler = module.handler
    return found


def handler_of(arn: str) -> Handler:
    """The handler behind a function's ARN."""
    return handler(folder_of(arn.rpartition(":")[2]))


@lru_cache(maxsize=64)
def environment(parameters: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Every function's variables together."""
    changed = template().changed(dict(parameters))
    return {
        name: value for function in changed.functions for name, value in changed.environment(function).items()
    }


@cache
def seconds_of(state: str) -> int:
    """How long the function of a state may run."""
    return template().timeout(f"{state}Function")


class _Time:
    """The `time` module of code that waits a moment: nothing sleeps."""

    @staticmethod
    def monotonic() -> float:
        return Active.world.elapsed

    @staticmethod
    def sleep(seconds: float) -> None:
        Active.world.pass_moment(seconds)

    @staticmethod
    def time() -> float:
        return Active.world.now


class _Silent:
    """A logger that keeps its lines only for those who look at them."""

    def __getattr__(self, level: str) -> Callable[..., None]:
        def log(*args: Any, **fields: Any) -> None:
            if Active.world.logs is not None:
                Active.world.logs.append(f"{level} {args} {fields}")

        return log


@contextmanager
def wired() -> Iterator[None]:
    """The product's wiring leads into `Active.world`; afterwards as before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", _Environment(os.environ))
        for name, value in list(vars(wiring).items()):
            if hasattr(value, "cache_clear"):
                patch.setattr(wiring, name, value.__wrapped__)
        for name in _PORTS:
            patch.setattr(wiring, name, _port(name))
        patch.setattr(aws, "dynamodb", lambda: Active.world.table)
        patch.setattr(aws, "stepfunctions", lambda: Active.world.stepfunctions)
        patch.setattr(wiring.SystemClock, "now", lambda _self: _now())
        patch.setattr(dynamodb_keys, "WORK_SHARDS", 1)  # one query of the index tells as much as eight
        _quicken(patch)
        silent = _Silent()
        patch.setattr(observability, "logger", lambda: silent)
        for module in _modules_with_logger():
            patch.setattr(module, "logger", lambda: silent)
        patch.setattr("hostcart.entry.task.metrics", _port("metrics"))
        for name in _PATCHED_TIME:
            module = importlib.import_module(name)
            patch.setattr(module, "time", _Time)
            if hasattr(module, "_JITTER"):
                patch.setattr(module, "_JITTER", SimpleNamespace(uniform=lambda low, _high: low))
        handler.cache_clear()
        yield
        handler.cache_clear()


def _port(name: str) -> Callable[[], Any]:
    return lambda: getattr(Active.world, name)


def _now() -> datetime:
    return datetime.fromtimestamp(int(Active.world.now), UTC)


def _modules_with_logger() -> list[Any]:
    names = ("hostcart.entry.task", "hostcart.entry.http")
    return [importlib.import_module(name) for name in names]


def _quicken(patch: pytest.MonkeyPatch) -> None:
    """Records are immutable: one text is unpacked and decoded once, one cart is rendered once."""
    decode = lru_cache(maxsize=50_000)(records.decode)
    patch.setattr(records, "decode", decode)
    attributes = lru_cache(maxsize=50_000)(dynamodb_carts._attributes)
    patch.setattr(dynamodb_carts, "_attributes", lambda cart: dict(attributes(cart)))
    patch.setattr(dynamodb_carts, "unpack", lru_cache(maxsize=50_000)(packing.unpack))
    for name in ("dynamodb_catalogue", "dynamodb_directory"):
        patch.setattr(importlib.import_module(f"hostcart.adapters.{name}"), "decode", decode)


class _Environment(dict[str, str]):
    """The environment, with the variables of the present world on top."""

    def __getitem__(self, name: str) -> str:
        found = Active.world.environment.get(name) if hasattr(Active, "world") else None
        return found if found is not None else super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default
