"""Starts DynamoDB Local (Java) for tests that need its fidelity: capacity figures, paging, transactions.

It comes with the npm package in local/npm; it is under a licence of its own and never part of the repository.
"""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

EMULATOR = Path(__file__).parents[1] / "local/npm/node_modules/amplify-dynamodb-simulator/emulator"
READY_SECONDS = 30
NO_SECURITY_MANAGER = 24  # the Java release that dropped it; there the policy below cannot be applied

# DynamoDB Local listens on every interface. Under this policy it accepts connections from this machine alone.
POLICY = """
grant {
  permission java.net.SocketPermission "localhost:0-", "accept,connect,listen,resolve";
  permission java.net.SocketPermission "127.0.0.1:0-", "accept,connect,resolve";
  permission java.io.FilePermission "<<ALL FILES>>", "read,write,delete,execute";
  permission java.lang.RuntimePermission "*";
  permission java.util.PropertyPermission "*", "read,write";
  permission java.util.logging.LoggingPermission "control";
  permission java.lang.reflect.ReflectPermission "*";
  permission java.lang.management.ManagementPermission "monitor";
  permission java.lang.management.ManagementPermission "control";
  permission javax.management.MBeanPermission "*", "*";
  permission javax.management.MBeanServerPermission "*";
  permission javax.management.MBeanTrustPermission "*";
  permission java.security.SecurityPermission "*";
  permission java.net.NetPermission "*";
  permission java.io.SerializablePermission "*";
  permission javax.net.ssl.SSLPermission "*";
};
"""


def missing() -> str:
    """Why DynamoDB Local cannot run here; empty when it can."""
    if shutil.which("java") is None:
        return "DynamoDB Local needs java (17 or later), which is not on the PATH"
    if not (EMULATOR / "DynamoDBLocal.jar").exists():
        return f"DynamoDB Local is not installed: {EMULATOR} (`make setup`)"
    return ""


@contextmanager
def running() -> Iterator[str]:
    """Start it with an empty memory, yield its endpoint, stop it.

    Raises:
        RuntimeError: it did not answer in time; the message holds its output.
    """
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        policy, log_path = Path(folder, "loopback.policy"), Path(folder, "log")
        policy.write_text(POLICY)
        with log_path.open("w") as log:
            process = subprocess.Popen(  # noqa: S603 - a fixed command
                _command(policy, port), cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            endpoint = f"http://127.0.0.1:{port}"
            _await(endpoint, process, log_path)
            yield endpoint
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[str]:
    """The endpoint of a DynamoDB Local for this test session.

    Where there is none, it skips with the reason; where the environment has CI set, it fails with it.
    Any credentials and region will do; each pair of them is a database of its own.
    """
    reason = missing()
    if reason and os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    if reason:
        pytest.skip(reason)
    with running() as endpoint:
        yield endpoint


def connect(endpoint: str, owner: str) -> "DynamoDBClient":
    """A client of DynamoDB Local; each owner has tables of its own."""
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="eu-central-1",
        aws_access_key_id=owner,
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}, max_pool_connections=20),
    )


def _command(policy: Path, port: int) -> list[str]:
    guard = ["-Djava.security.manager", f"-Djava.security.policy=={policy}"]
    return [
        "java",
        *(guard if _java_major() < NO_SECURITY_MANAGER else []),
        "-Djava.net.preferIPv4Stack=true",
        f"-Djava.library.path={EMULATOR / 'DynamoDBLocal_lib'}",
        "-Xmx512m",
        # one short run: a second compiler and a concurrent collector cost more than they save
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-jar",
        str(EMULATOR / "DynamoDBLocal.jar"),
        "-inMemory",
        "-disableTelemetry",
        "-port",
        str(port),
    ]


def _java_major() -> int:
    shown = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr  # noqa: S607
    found = re.search(r'version "(\d+)', shown)
    return int(found[1]) if found else NO_SECURITY_MANAGER


def _await(endpoint: str, process: subprocess.Popen[bytes], log: Path) -> None:
    client = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1}),
    )
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            client.list_tables()
        except (BotoCoreError, ClientError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"DynamoDB Local did not start:\n{log.read_text()[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
