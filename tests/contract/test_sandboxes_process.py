"""`python -m local.sandboxes`: all of them in one process, saved on SIGTERM."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import urllib3

_NAMES = ("stripe", "registrar", "sites", "callbacks", "login")


def _free_ports() -> dict[str, int]:
    sockets = {name: socket.create_server(("127.0.0.1", 0)) for name in _NAMES}
    ports = {name: bound.getsockname()[1] for name, bound in sockets.items()}
    for bound in sockets.values():
        bound.close()
    return ports


def _wait_healthy(http: urllib3.PoolManager, port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if http.request("GET", f"http://127.0.0.1:{port}/_sandbox/health").status == 200:
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.05)
    raise AssertionError(f"nothing answers on port {port}")


def test_runs_all_and_saves_on_sigterm(tmp_path: Path, http: urllib3.PoolManager) -> None:
    ports = _free_ports()
    config = {
        "state_dir": str(tmp_path / "state"),
        "ports": ports,
        "stripe_api_key": "sk_test_process",
        "stripe_webhook": {"url": None, "secret": "whsec_process"},
        "sites_token": "token",
        "registrar_user": "shop-test",
        "registrar_token": "registrar-token",
    }
    config_file = tmp_path / "sandboxes.json"
    config_file.write_text(json.dumps(config))
    command = [sys.executable, "-m", "local.sandboxes", "--config", str(config_file)]
    with subprocess.Popen(command) as process:  # noqa: S603 - our own module
        try:
            for name in _NAMES:
                _wait_healthy(http, ports[name])
            http.request("POST", f"http://127.0.0.1:{ports['callbacks']}/hook")
            known = urllib3.util.make_headers(basic_auth="shop-test:registrar-token")
            hello = f"http://127.0.0.1:{ports['registrar']}/v4/hello"
            assert http.request("GET", hello, headers=known).json()["username"] == "shop-test"
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    saved = json.loads((tmp_path / "state" / "callbacks.json").read_text())
    assert [record["path"] for record in saved["received"]] == ["/hook"]
    assert (tmp_path / "state" / "login-keys.json").exists()
