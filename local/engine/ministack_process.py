"""`python -m local.engine.ministack_process`: ministack with our shims, set up by environment."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from local.engine.processes import REGION, base_environment
from local.engine.workspace import Workspace


def environment(workspace: Workspace, port: int) -> Mapping[str, str]:
    """What the process needs to know; the functions' workers inherit it."""
    return {
        **base_environment(workspace),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AUTH": "true",
        "LOG_LEVEL": "WARNING",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(workspace.state / "aws"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(workspace.state / "s3"),
        "HOSTCART_WORKERS_PER_FUNCTION": os.environ.get("HOSTCART_WORKERS_PER_FUNCTION", "8"),
        "HOSTCART_FORKED_WORKERS": os.environ.get("HOSTCART_FORKED_WORKERS", "1"),
        "HOSTCART_WORKERS": str(workspace.workers),
        "HOSTCART_SNAPSHOT": str(workspace.state / "snapshot"),
        "HOSTCART_FUNCTION_LOGS": str(workspace.logs / "functions"),
    }


def main() -> None:
    """Install the shims, then serve until SIGTERM."""
    from ministack import app

    from local.engine.shims import (
        event_loop,
        forked_workers,
        function_error,
        function_logs,
        idle_workers,
        log_wait,
        nagle,
        one_write,
        snapshot,
        worker_queue,
    )

    # ministack has read its level by now; functions inherit the rest and have a level of their own
    os.environ.pop("LOG_LEVEL", None)
    event_loop.install()
    nagle.install()
    one_write.install()
    idle_workers.install()
    log_wait.install()
    function_logs.install(Path(os.environ["HOSTCART_FUNCTION_LOGS"]))
    function_error.install()
    worker_queue.install(int(os.environ["HOSTCART_WORKERS_PER_FUNCTION"]))
    forked_workers.install(
        Path(os.environ["HOSTCART_WORKERS"]), forked=os.environ["HOSTCART_FORKED_WORKERS"] != "0"
    )
    snapshot.install(Path(os.environ["HOSTCART_SNAPSHOT"]))
    sys.argv = ["ministack"]
    app.main()


if __name__ == "__main__":
    main()
