"""The address under which others see this machine: what is for this machine alone must not answer there."""

import socket


def own_address() -> str | None:
    """An address of this machine's other than the loopback's; nothing is sent to find it.

    The test that asks needs `@pytest.mark.enable_socket`: all others are kept on loopback.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return None if address.startswith("127.") else address
