"""No unit test of an adapter opens a socket."""

import pytest


@pytest.fixture(autouse=True)
def _no_sockets(socket_disabled: None) -> None:
    """Blocks sockets in every test of this folder."""
