"""Two test processes share the work by file; the one local stack's tests stay together, in their order."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_STACK = "tests/e2e/"


class _FilesAndOneStack(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return _STACK if nodeid.startswith(_STACK) else nodeid.split("::", 1)[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """How `pytest -n` deals the tests out."""
    return _FilesAndOneStack(config, log)
