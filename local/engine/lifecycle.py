"""Brings the local stack up and down."""

import fcntl
import json
import os
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from local.engine import (
    deploy,
    ministack_process,
    parameters,
    ports,
    processes,
    resume,
    secrets,
    staging,
    stepfunctions_process,
)
from local.engine.parameters import url
from local.engine.processes import Record
from local.engine.workspace import Workspace
from local.seed import seed

READY_SECONDS = 60
LONGEST_LOG_BYTES = 20_000_000
SANDBOXES = ("stripe", "registrar", "sites", "callbacks", "login")


class StackError(RuntimeError):
    """The stack cannot be brought up or is not there; the message is for the user."""


def up(workspace: Workspace, say: Callable[[str], None], *, product: bool = True) -> dict[str, Any]:
    """Start the stack in the background and return what stack.json holds, when everything answers.

    Args:
        product: False leaves out sandboxes and seed (the engine's own tests).

    Raises:
        StackError: a stack is running, nothing was built, or a part did not start.
    """
    workspace.home.mkdir(parents=True, exist_ok=True)
    workspace.home.chmod(0o700)  # the state holds secrets
    with _exclusive(workspace):
        _refuse_second(workspace)
        for needed in (workspace.template, workspace.runtime_python):
            if not needed.exists():
                raise StackError(f"{needed} is not there: run `make build` first")
        processes.kill_orphans(workspace)
        try:
            return _start(workspace, say, product=product)
        except BaseException:
            _stop_all(workspace)
            raise


def down(workspace: Workspace, *, wipe: bool = False) -> bool:
    """Stop what runs; with `wipe` forget the state too. Whether anything ran."""
    with _exclusive(workspace):
        ran = _stop_all(workspace)
        if wipe and workspace.home.exists():
            for path in workspace.home.iterdir():
                if path not in {workspace.run, workspace.bytecode}:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        return ran


def running(workspace: Workspace) -> dict[str, Any]:
    """The stack.json of the running stack.

    Raises:
        StackError: none runs.
    """
    if not workspace.stack_file.exists() or not any(map(processes.alive, processes.recorded(workspace))):
        raise StackError("no stack is running: start it with `make up`")
    stack: dict[str, Any] = json.loads(workspace.stack_file.read_text())
    return stack


def snapshot(workspace: Workspace) -> None:
    """Have the AWS engine save its state now.

    Raises:
        StackError: it does not say that it has.
    """
    done = workspace.state / "snapshot"
    done.unlink(missing_ok=True)
    for record in processes.recorded(workspace):
        if record.name == "aws" and processes.alive(record):
            os.kill(record.pid, signal.SIGUSR1)
    deadline = time.monotonic() + READY_SECONDS
    while not done.exists():
        if time.monotonic() > deadline:
            raise StackError(
                f"the engine's state was not saved within {READY_SECONDS} s; see {workspace.logs}"
            )
        time.sleep(0.02)


def redeploy(workspace: Workspace, stack: Mapping[str, Any]) -> dict[str, Any]:
    """Bring the present build to the running stack; the new stack.json.

    The engine replaces an API whose OpenAPI body changed, so `api_url` may change (AWS keeps it).
    """
    staging.stage(workspace)
    arns = secrets.put(stack["aws_endpoint"], secrets.load(workspace))
    values = parameters.build(_last_ports(workspace), arns)
    deployed = deploy.deploy(workspace, stack["aws_endpoint"], values, stack["stepfunctions_endpoint"])
    records = processes.recorded(workspace)
    fresh = _describe(workspace, _last_ports(workspace), deployed, records)
    fresh["accounts"] = stack["accounts"]
    if fresh["accounts"]:
        _point_webhooks(fresh, secrets.load(workspace))
    secrets.write_private(workspace.stack_file, json.dumps(fresh, indent=2) + "\n")
    return fresh


def _start(workspace: Workspace, say: Callable[[str], None], *, product: bool) -> dict[str, Any]:
    began = time.monotonic()
    _drop_long_logs(workspace)
    values = secrets.load(workspace)
    in_flight = resume.cut_off(workspace)
    _tell_of_loss(workspace, say)
    with ports.chosen(_last_ports(workspace)) as chosen:
        records = _start_servers(workspace, chosen, values if product else None)
    aws_endpoint, sfn_endpoint = url(chosen["aws"]), url(chosen["stepfunctions"])
    say(f"engine and sandboxes answer after {time.monotonic() - began:.1f} s")
    arns = secrets.put(aws_endpoint, values)
    deployed = deploy.deploy(workspace, aws_endpoint, parameters.build(chosen, arns), sfn_endpoint)
    stack = _describe(workspace, chosen, deployed, records)
    say(f"deployed after {time.monotonic() - began:.1f} s")
    stack["accounts"] = seed(stack, workspace.state) if product else {}
    if product:
        _point_webhooks(stack, values)
    secrets.write_private(workspace.stack_file, json.dumps(stack, indent=2) + "\n")
    snapshot(workspace)
    machines = deployed.of_type("AWS::StepFunctions::StateMachine").values()
    if going_on := resume.resume(in_flight, sfn_endpoint, machines):
        say(f"{going_on} orders go on" if going_on > 1 else "1 order goes on")
    say(f"ready after {time.monotonic() - began:.1f} s")
    return stack


def _tell_of_loss(workspace: Workspace, say: Callable[[str], None]) -> None:
    """Sandboxes and executions remember what was done since; the tables of a killed engine do not."""
    saved = workspace.state / "aws" / "dynamodb.json"
    if workspace.unsaved.exists() and saved.exists():
        at = datetime.fromtimestamp(saved.stat().st_mtime).astimezone()
        say(
            f"the engine was killed: its tables are as they were at {at:%Y-%m-%d %H:%M:%S}, later orders lost"
        )
    workspace.unsaved.touch()


def _start_servers(
    workspace: Workspace, chosen: Mapping[str, int], values: secrets.Secrets | None
) -> list[Record]:
    """The engine's, and the sandboxes' with `values`; all of them answer."""
    aws_endpoint, sfn_endpoint = url(chosen["aws"]), url(chosen["stepfunctions"])
    secrets.write_private(workspace.state / "ports.json", json.dumps(chosen))
    records = _spawn_engine(workspace, chosen, aws_endpoint)
    staging.stage(workspace)
    health = [f"{aws_endpoint}/_ministack/health", f"{sfn_endpoint}/moto-api/"]
    if values is not None:
        records.append(_spawn_sandboxes(workspace, chosen, values))
        health += [f"{url(chosen[name])}/_sandbox/health" for name in SANDBOXES]
    _await_all(workspace, records, health)
    return records


def _spawn_engine(workspace: Workspace, chosen: Mapping[str, int], aws_endpoint: str) -> list[Record]:
    commands = {
        "aws": ministack_process.environment(workspace, chosen["aws"]),
        "stepfunctions": stepfunctions_process.environment(workspace, chosen["stepfunctions"], aws_endpoint),
    }
    modules = {"aws": ministack_process.__name__, "stepfunctions": stepfunctions_process.__name__}
    return [
        processes.spawn(workspace, name, [sys.executable, "-m", modules[name]], environment)
        for name, environment in commands.items()
    ]


def _spawn_sandboxes(workspace: Workspace, chosen: Mapping[str, int], values: secrets.Secrets) -> Record:
    config = {
        "state_dir": str(workspace.state / "sandboxes"),
        "ports": {name: chosen[name] for name in SANDBOXES},
        "stripe_api_key": values.stripe_api_key,
        "stripe_webhook": {"url": None, "secret": values.stripe_webhook_secret},
        "sites_token": values.sites_token,
        "registrar_user": values.registrar_user,
        "registrar_token": values.registrar_token,
    }
    secrets.write_private(workspace.sandboxes_file, json.dumps(config))
    command = [sys.executable, "-m", "local.sandboxes", "--config", str(workspace.sandboxes_file)]
    return processes.spawn(workspace, "sandboxes", command, processes.base_environment(workspace))


def _describe(
    workspace: Workspace, chosen: Mapping[str, int], deployed: deploy.Deployed, records: list[Record]
) -> dict[str, Any]:
    (api_id,) = deployed.of_type("AWS::ApiGateway::RestApi").values()
    (stage,) = deployed.of_type("AWS::ApiGateway::Stage").values()
    endpoint = url(chosen["aws"])
    return {
        "api_url": f"{endpoint}/_aws/execute-api/{api_id}/{stage}",
        "stripe_url": url(chosen["stripe"]),
        "registrar_url": url(chosen["registrar"]),
        "sites_url": url(chosen["sites"]),
        "callback_url": url(chosen["callbacks"]),
        "login_url": url(chosen["login"]),
        "stepfunctions_endpoint": url(chosen["stepfunctions"]),
        "aws_endpoint": endpoint,
        "region": processes.REGION,
        "table": deployed.outputs.get("TableName"),
        "state_machine_arn": deployed.outputs.get("FulfilOrderArn"),
        "api_id": api_id,
        "stage": stage,
        "stack_name": deploy.STACK,
        "functions": deployed.of_type("AWS::Lambda::Function"),
        "outputs": deployed.outputs,
        "pids": {record.name: record.pid for record in records},
        "logs": str(workspace.logs),
        "workers": str(workspace.workers),
    }


def _point_webhooks(stack: Mapping[str, Any], values: secrets.Secrets) -> None:
    """Have the Stripe sandbox send its events to the API; after the seed, whose events concern no order."""
    order = {"url": f"{stack['api_url']}/webhooks/stripe", "secret": values.stripe_webhook_secret}
    request = urllib.request.Request(  # noqa: S310 - a loopback address of ours
        f"{stack['stripe_url']}/_sandbox/webhook_endpoint", data=json.dumps(order).encode(), method="POST"
    )
    with urllib.request.urlopen(request, timeout=READY_SECONDS):  # noqa: S310
        pass


def _drop_long_logs(workspace: Workspace) -> None:
    """Logs are kept from run to run, up to a size."""
    for path in workspace.logs.rglob("*.log"):
        if path.stat().st_size > LONGEST_LOG_BYTES:
            path.unlink()


def _last_ports(workspace: Workspace) -> dict[str, int]:
    path = workspace.state / "ports.json"
    return json.loads(path.read_text()) if path.exists() else {}


def _refuse_second(workspace: Workspace) -> None:
    records = processes.recorded(workspace)
    alive = [record for record in records if processes.alive(record)]
    if alive:
        shown = ", ".join(f"{record.name} (pid {record.pid})" for record in alive)
        gone = " and ".join(record.name for record in records if record not in alive)
        lost = f" But {gone} ended by itself." if gone else ""
        raise StackError(f"a stack is already running: {shown}.{lost} Stop it with `make down`.")


def _await_all(workspace: Workspace, records: list[Record], health: list[str]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    waiting = list(health)
    while waiting:
        waiting = [address for address in waiting if not _healthy(address)]
        for record in records:
            if not processes.alive(record):
                raise StackError(f"{record.name} ended while starting:\n{log_tail(workspace, record.name)}")
        if waiting and time.monotonic() > deadline:
            raise StackError(f"no answer after {READY_SECONDS} s: {', '.join(waiting)}; see {workspace.logs}")
        time.sleep(0.05)


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - our own loopback address
            return True
    except urllib.error.HTTPError as answer:
        return answer.code < 500  # noqa: PLR2004
    except OSError:
        return False


def log_tail(workspace: Workspace, name: str, lines: int = 15) -> str:
    """The end of one process's log."""
    path = workspace.logs / f"{name}.log"
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""


def _stop_all(workspace: Workspace) -> bool:
    """Stop the engine before the sandboxes, so that no call meets a closed door."""
    order = {"stepfunctions": 0, "aws": 1, "sandboxes": 2}
    records = sorted(processes.recorded(workspace), key=lambda record: order.get(record.name, 3))
    ran = {record.name for record in records if processes.alive(record)}
    for record in records:
        processes.stop(workspace, record)
    processes.kill_orphans(workspace)
    if "aws" in ran:  # it saved its tables
        workspace.unsaved.unlink(missing_ok=True)
    shutil.rmtree(workspace.scratch, ignore_errors=True)
    workspace.stack_file.unlink(missing_ok=True)
    return bool(ran)


@contextmanager
def _exclusive(workspace: Workspace) -> Iterator[None]:
    """One `up` or `down` at a time."""
    workspace.run.mkdir(parents=True, exist_ok=True)
    with (workspace.run / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError("another `up` or `down` of this stack is at work") from None
        yield
