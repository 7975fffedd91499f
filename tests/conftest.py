"""Two test processes share the work by file; folders whose tests share what is dear to make stay together."""

from collections import Counter

import pytest
from _pytest.nodeid import coerce_node_id
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# One local stack, in the order of its files; and the executions of all scenarios.
_TOGETHER = ("tests/e2e/", "tests/workflow/")


class _FilesAndFolders(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return next((folder for folder in _TOGETHER if file.startswith(folder)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """How `pytest -n` deals the tests out."""
    return _FilesAndFolders(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test an id of its own: equal ones, as generated tests have, would be dealt out as one."""
    seen: Counter[str] = Counter()
    for item in items:
        shared = item.nodeid
        seen[shared] += 1
        if seen[shared] > 1:
            item._id = coerce_node_id(f"{shared}[{seen[shared]}]")
