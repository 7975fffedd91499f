"""`python -m local.sandboxes --config <file>`: every sandbox in one process, until SIGTERM or SIGINT.

The config is JSON: {"state_dir", "ports": {"stripe", "registrar", "sites", "callbacks", "login"},
"stripe_api_key", "stripe_webhook": {"url": null | str, "secret"}, "sites_token", "registrar_user"?,
"registrar_token"?}. Without its credentials the registrar runs, and lets nobody in.
"""

import argparse
import json
import secrets
import signal
import threading
from pathlib import Path

from local.sandboxes.callbacks import CallbackSink
from local.sandboxes.http import Json
from local.sandboxes.login import LoginSandbox
from local.sandboxes.registrar import RegistrarSandbox
from local.sandboxes.server import Sandbox
from local.sandboxes.sites import SitesSandbox
from local.sandboxes.stripe import StripeSandbox


def build(config: Json) -> list[Sandbox]:
    """The sandboxes of a config, not yet started."""
    state_dir, ports, webhook = Path(config["state_dir"]), config["ports"], config["stripe_webhook"]
    return [
        StripeSandbox(
            api_key=config["stripe_api_key"],
            port=ports["stripe"],
            state_dir=state_dir,
            webhook_url=webhook["url"],
            webhook_secret=webhook["secret"],
        ),
        RegistrarSandbox(
            username=config.get("registrar_user") or "hostcart-test",
            token=config.get("registrar_token") or secrets.token_urlsafe(),
            port=ports["registrar"],
            state_dir=state_dir,
        ),
        SitesSandbox(token=config["sites_token"], port=ports["sites"], state_dir=state_dir),
        CallbackSink(port=ports["callbacks"], state_dir=state_dir),
        LoginSandbox(port=ports["login"], state_dir=state_dir),
    ]


def main() -> None:
    """Start, wait for a signal, stop and save."""
    parser = argparse.ArgumentParser(prog="python -m local.sandboxes", description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    config = json.loads(parser.parse_args().config.read_text())
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    sandboxes = build(config)
    try:
        for sandbox in sandboxes:
            sandbox.start()
        stop.wait()
    finally:
        for sandbox in sandboxes:
            sandbox.stop()


if __name__ == "__main__":
    main()
