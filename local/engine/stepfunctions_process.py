"""`python -m local.engine.stepfunctions_process`: moto's Step Functions, set up by environment."""

import logging
import os
import signal
import threading
from collections.abc import Mapping
from pathlib import Path

from local.engine import resume
from local.engine.processes import ACCOUNT, base_environment
from local.engine.workspace import Workspace


def environment(workspace: Workspace, port: int, aws_endpoint: str) -> Mapping[str, str]:
    """What the process needs to know."""
    return {
        **base_environment(workspace),
        "MOTO_ACCOUNT_ID": ACCOUNT,
        "HOSTCART_PORT": str(port),
        "HOSTCART_AWS_ENDPOINT": aws_endpoint,
        "HOSTCART_JOURNAL": str(resume.journal(workspace)),
    }


def main() -> None:
    """Install the shims, then serve until SIGTERM."""
    from local.engine.shims import lambda_client, nagle

    nagle.install()
    lambda_client.install(os.environ["HOSTCART_AWS_ENDPOINT"])

    from moto.core.config import default_user_config
    from moto.server import ThreadedMotoServer

    from local.engine.shims import (
        execution_journal,
        history_pages,
        parse_once,
        redrive,
        start_once,
        states_permissions,
    )

    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    start_once.install()
    parse_once.install()
    history_pages.install()
    redrive.install()
    states_permissions.install(os.environ["HOSTCART_AWS_ENDPOINT"])
    execution_journal.install(Path(os.environ["HOSTCART_JOURNAL"]))
    # moto logs every failed state at length and werkzeug every request; the history says it better
    logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=int(os.environ["HOSTCART_PORT"]), verbose=False)
    server.start()
    stopped.wait()
    server.stop()


if __name__ == "__main__":
    main()
