"""Test processes share the work by file; folders whose tests share what is dear to make stay together."""

import gc
from collections import Counter
from collections.abc import Iterator

import pytest
from _pytest.nodeid import coerce_node_id
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# A local stack each, of about the same length; the first one has all other end-to-end tests.
_STACKS = {
    "second": ("cancel", "domain_payments", "payment_outcomes", "reconciler", "redrive", "webhooks"),
    "third": (
        "domain_faults",
        "domain_order",
        "domain_race",
        "domain_refusals",
        "many_orders",
        "registrar_orders",
    ),
}
_SCOPES = {
    f"tests/e2e/test_{name}.py": f"tests/e2e/ on the {stack} stack"
    for stack, names in _STACKS.items()
    for name in names
}
_FOLDERS = ("tests/e2e/", "tests/workflow/")  # the first stack; the executions of all scenarios
# Begun in this order, before all others: what is long must not be what all wait for in the end.
_LONGEST = (
    *dict.fromkeys(_SCOPES.values()),
    *_FOLDERS,
    "tests/contract/test_store_dynamodb_local.py",
    "tests/simulation/test_singles.py",
    "tests/simulation/test_mutants.py",
    "tests/simulation/test_histories.py",
    "tests/infrastructure/test_engine_stack.py",
    "tests/infrastructure/test_template.py",
    "tests/infrastructure/test_layers.py",
    "tests/unit/store/test_carts.py",
    "tests/unit/use_cases/test_crashes_domain.py",
    "tests/contract/test_adapter_stripe_faults.py",
)
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
    """Bring the longest to the front, and give each test an id of its own.

    Equal ids, as generated tests have, would be dealt out as one test.
    """
    items.sort(key=lambda item: _RANKS.get(_scope(item.nodeid), len(_RANKS)))
    seen: Counter[str] = Counter()
    for item in items:
        shared = item.nodeid
        seen[shared] += 1
        if seen[shared] > 1:
            item._id = coerce_node_id(f"{shared}[{seen[shared]}]")
