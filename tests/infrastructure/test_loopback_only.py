"""No test speaks to another machine: unit tests open no socket, all others connect to loopback alone."""

import socket

import pytest
from pytest_socket import SocketConnectBlockedError

ELSEWHERE = ("192.0.2.1", 9)  # for documentation: nobody has it
# These connect to this machine's own address, which is to refuse them.
OWN_ADDRESS = {
    "test_it_refuses_connections_from_another_interface",
    "test_nothing_listens_for_another_machine",
}


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_a_connection_to_another_machine_is_refused() -> None:
    with pytest.raises(SocketConnectBlockedError), socket.socket() as caller:
        caller.connect(ELSEWHERE)


def test_every_test_is_kept_on_this_machine(request: pytest.FixtureRequest) -> None:
    """As far as this process goes: sub-processes, and a stack's, are held to their addresses by settings."""
    free = {
        item.name.partition("[")[0]
        for item in request.session.items
        if item.get_closest_marker("enable_socket") or "socket_enabled" in getattr(item, "fixturenames", ())
    }
    kept = [item for item in request.session.items if item.get_closest_marker("allow_hosts")]
    assert free <= OWN_ADDRESS
    assert len(kept) == len(request.session.items)
