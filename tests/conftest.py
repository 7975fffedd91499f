"""Test processes share the work by file; folders whose tests share what is dear to make stay together."""

import gc
from collections import Counter
from collections.abc import Iterator

import pytest
from _pytest.nodeid import coerce_node_id
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.dynamodb_local import dynamodb_local

__all__ = ["dynamodb_local"]

# A local stack each, of about the same length; the first one has all other end-to-end tests.
_STACKS = {
    "second": (
        "cancel",
        "domain_payments",
        "domain_refusals",
        "payment_outcomes",
        "reconciler",
        "redrive",
        "refusals",
        "webhooks",
    ),
    "third": (
        "domain_faults",
        "domain_order",
        "domain_race",
        "failed_delivery",
        "malformed_bodies",
        "many_orders",
        "registrar_orders",
        "schemathesis",
        "stripe_down",
    ),
}
# On one DynamoDB Local.
_STORED = (
    "tests/bench/test_capacity.py",
    "tests/contract/test_store_dynamodb_local.py",
    "tests/contract/test_watch_dynamodb_local.py",
    "tests/contract/test_registrar_orders_pages.py",
    "tests/contract/test_registrar_rate_limit.py",
    "tests/infrastructure/test_engine_dynamodb_local.py",
)
# These have stacks of their own in any case.
_RUN = "tests/e2e/test_run.py"
_STORM = "tests/e2e/test_storm.py"
_SCOPES = {_RUN: _RUN, _STORM: _STORM} | dict.fromkeys(_STORED, "DynamoDB Local")
_SCOPES |= {
    f"tests/e2e/test_{name}.py": f"tests/e2e/ on the {stack} stack"
    for stack, names in _STACKS.items()
    for name in names
}
_FOLDERS = ("tests/e2e/", "tests/workflow/")  # the first stack; the executions of all scenarios
# Begun in this order, before all others: what is long must not be what all wait for in the end.
_LONGEST = (
    "tests/e2e/ on the third stack",
    "tests/e2e/ on the second stack",
    *_FOLDERS,
    _STORM,
    "DynamoDB Local",
    _RUN,
    "tests/simulation/test_singles.py",
    "tests/infrastructure/test_engine_lifecycle.py",
    "tests/infrastructure/test_engine_stack.py",
    "tests/infrastructure/test_definition_validators.py",
    "tests/infrastructure/test_template.py",
    "tests/simulation/test_mutants.py",
    "tests/infrastructure/test_layers.py",
    "tests/unit/store/test_carts.py",
    "tests/functions/test_registrar_orders.py",
    "tests/unit/use_cases/test_crashes_cancel.py",
    "tests/unit/use_cases/test_crashes_domain.py",
    "tests/infrastructure/test_imports_cold_start.py",
)
# Where tests may connect to; unit tests open no socket. Processes that a test starts are not held to it.
_LOOPBACK = ["127.0.0.0/8", "::1", "localhost"]
_RANKS = {scope: rank for rank, scope in enumerate(_LONGEST)}


def _scope(nodeid: str) -> str:
    file = nodeid.split("::", 1)[0]
    return _SCOPES.get(file) or next((folder for folder in _FOLDERS if file.startswith(folder)), file)


class _FilesAndFolders(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return _scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """How `pytest -n` deals the tests out: in the order of their collection, not by their number."""
    config.option.loadscopereorder = False
    return _FilesAndFolders(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Spare the garbage collector what is loaded now and stays until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the longest to the front, keep all on loopback, and give each test an id of its own.

    Equal ids, as generated tests have, would be dealt out as one test.
    """
    items.sort(key=lambda item: _RANKS.get(_scope(item.nodeid), len(_RANKS)))
    seen: Counter[str] = Counter()
    for item in items:
        item.add_marker(pytest.mark.allow_hosts(_LOOPBACK))
        shared = item.nodeid
        seen[shared] += 1
        if seen[shared] > 1:
            item._id = coerce_node_id(f"{shared}[{seen[shared]}]")
