"""Smoke tests of shims that need no stack."""

import asyncio
import io
import json
import socket
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h11
import pytest
import uvloop
from hypercorn.protocol.h11 import H11Protocol
from ministack.core import lambda_runtime
from ministack.services import lambda_svc
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser, ASLParserException
from moto.stepfunctions.parser.asl.utils import json_path

from local.engine import reload, staging
from local.engine.shims import event_loop, idle_workers, log_wait, nagle, one_write, parse_once
from local.engine.shims.worker_queue import WorkerQueue
from local.engine.workspace import Workspace


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Any]]:
    """The engine's pool with workers that are no processes."""
    pool: dict[str, list[Any]] = {}
    monkeypatch.setattr(lambda_runtime, "_workers", pool)
    monkeypatch.setattr(
        lambda_runtime, "_worker_class_for", lambda _: lambda *_: SimpleNamespace(in_use=False)
    )
    return pool


CONFIG = {"FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f", "Runtime": "provided.al2023"}


def test_the_engine_still_has_the_names_that_the_shims_replace() -> None:
    for name in ("acquire_worker", "release_worker", "_emit_lambda_logs"):
        assert callable(getattr(lambda_svc, name))
    nagle.install()
    log_wait.install()
    defaults = lambda_runtime.Worker._drain_stderr_bounded.__defaults__
    assert defaults == (log_wait.FIRST_LINE_SECONDS, log_wait.IDLE_SECONDS, log_wait.CAP_SECONDS)


def test_an_invocation_takes_the_worker_that_gets_free_first(workers: dict[str, list[Any]]) -> None:
    queue = WorkerQueue(limit=8, cores=2)
    first, how = queue.acquire("f", CONFIG, b"")
    assert how == "spawn"
    threading.Timer(0.05, queue.release, [first]).start()
    second, how = queue.acquire("f", CONFIG, b"")
    assert (second is first, how) == (True, "reused")
    assert [len(pool) for pool in workers.values()] == [1]


def test_a_function_gets_no_more_workers_than_the_limit(workers: dict[str, list[Any]]) -> None:
    queue = WorkerQueue(limit=2, cores=8)
    held = [queue.acquire("f", CONFIG, b"")[0] for _ in range(2)]
    got: list[Any] = []
    waiting = threading.Thread(target=lambda: got.append(queue.acquire("f", CONFIG, b"")[0]))
    waiting.start()
    waiting.join(0.6)
    assert got == []
    queue.release(held[1])
    waiting.join(5)
    assert got == [held[1]]
    assert [len(pool) for pool in workers.values()] == [2]


def test_few_workers_warm_up_at_a_time(
    workers: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = WorkerQueue(limit=8, cores=1)
    queue.acquire("f", CONFIG, b"")
    monkeypatch.setattr("local.engine.shims.worker_queue.WARM_UP_SECONDS", 0.5)
    began = time.monotonic()
    queue.acquire(
        "f", CONFIG, b""
    )  # the first is taken to be warm when the time is over: no waiting for ever
    assert 0.4 < time.monotonic() - began < 5
    assert [len(pool) for pool in workers.values()] == [2]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What moto's parser read, from now on."""
    parse_once.install()
    read: list[str] = []

    def noted(definition: str) -> Any:
        read.append(definition)
        return parse(definition)

    parse = parse_once._PARSE
    monkeypatch.setattr(parse_once, "_PARSE", noted)
    parse_once._tree.cache_clear()
    return read


def test_a_definition_is_parsed_once_and_each_execution_has_a_program_of_its_own(parsed: list[str]) -> None:
    good = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    programs = [AmazonStateLanguageParser.parse(good)[0] for _ in range(3)]
    assert parsed == [good]
    assert len({id(program) for program in programs}) == 3


def test_a_definition_is_refused_each_time_it_is_wrong(parsed: list[str]) -> None:
    for _ in range(2):
        with pytest.raises(ASLParserException):
            AmazonStateLanguageParser.parse('{"StartAt": 1}')
    assert len(parsed) == 2


def test_a_node_of_a_parse_tree_tells_its_text_once_and_rightly() -> None:
    parse_once.install()
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    _, tree = AmazonStateLanguageParser.parse(definition)
    once, again = tree.getText(), tree.getText()
    assert once is again
    assert once == parse_once._TEXT(tree)
    assert json.loads(once.removesuffix("<EOF>"))["StartAt"] == "A"


def test_a_path_is_parsed_once_and_read_in_every_input() -> None:
    parse_once.install()
    before = parse_once._PATH.cache_info().misses
    values = [json_path.extract_json("$.once.state", {"once": {"state": state}}) for state in ("a", "b")]
    assert (values, parse_once._PATH.cache_info().misses) == (["a", "b"], before + 1)
    with pytest.raises(json_path.NoSuchJsonPathError):
        json_path.extract_json("$.once.state", {"once": {}})


def test_the_engines_loop_is_the_fast_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def loop() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    monkeypatch.setattr(asyncio, "run", asyncio.run)
    event_loop.install()
    assert isinstance(asyncio.run(loop()), uvloop.Loop)


def test_the_staged_copy_is_untouched_by_builds_and_reloads_do_not_write_through(tmp_path: Path) -> None:
    built = tmp_path / "built"
    (built / "Fn").mkdir(parents=True)
    (built / "template.yaml").write_text("Resources: {}")
    (built / "Fn" / "handler.py").write_text("old")
    here = Workspace(tmp_path / "home", built / "template.yaml", Path(sys.executable))
    here.home.mkdir()
    staging.stage(here)

    edited = tmp_path / "handler.py"
    edited.write_text("new")
    staging.replace(edited, here.staged / "Fn" / "handler.py")
    assert (built / "Fn" / "handler.py").read_text() == "old"
    assert (here.staged / "Fn" / "handler.py").read_text() == "new"
    (built / "Fn" / "handler.py").unlink()
    staging.stage(here)
    assert not (here.staged / "Fn" / "handler.py").exists()


def test_reload_copies_what_differs_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "ROOT", tmp_path)
    source, copy = tmp_path / "functions", tmp_path / "copy"
    for folder in (source, copy):
        (folder / "__pycache__").mkdir(parents=True)
        (folder / "same.py").write_text("same")
    (source / "__pycache__" / "same.pyc").write_text("compiled")
    (source / "new.py").write_text("new")
    said: list[str] = []
    assert reload._copy(source, copy, said.append) is True
    assert said == ["changed functions/new.py"]
    assert reload._copy(source, copy, said.append) is False
    assert not (copy / "__pycache__" / "same.pyc").exists()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shim, for one test."""
    monkeypatch.setattr(lambda_runtime, "queue", lambda_runtime.queue)
    for name in ("__init__", "serve_forever", "shutdown"):
        monkeypatch.setattr(socketserver.BaseServer, name, getattr(socketserver.BaseServer, name))
    idle_workers.install()


@pytest.mark.usefixtures("patient")
def test_an_idle_worker_waits_for_its_next_invocation() -> None:
    invocations, logs = lambda_runtime.queue.Queue(maxsize=1), lambda_runtime.queue.Queue(maxsize=2)
    with pytest.raises(lambda_runtime.queue.Empty):
        logs.get(timeout=0.001)
    threading.Timer(0.3, invocations.put, ["an event"]).start()
    assert invocations.get(timeout=0.001) == "an event"


@pytest.mark.usefixtures("patient")
def test_a_worker_s_server_answers_and_stops_when_it_is_told_to() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 60})
        serving.start()
        with socket.create_connection(("127.0.0.1", server.server_port)) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert b"501" in client.recv(64)
        server.shutdown()
        serving.join(10)
        assert not serving.is_alive()


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"body")

    def log_message(self, *_: Any) -> None:
        """Nothing."""


class _Socket(io.BytesIO):
    """A connection that has one request and counts the writes."""

    def __init__(self) -> None:
        super().__init__(b"GET / HTTP/1.0\r\n\r\n")
        self.sent: list[bytes] = []

    def makefile(self, mode: str, buffering: int) -> Any:
        if "r" in mode:
            return io.BytesIO(self.getvalue())
        return io.BufferedWriter(_Raw(self.sent), 8192 if buffering < 0 else buffering)

    def sendall(self, data: bytes) -> None:
        self.sent.append(bytes(data))


class _Raw(io.RawIOBase):
    def __init__(self, sent: list[bytes]) -> None:
        self._sent = sent

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._sent.append(bytes(data))
        return len(data)


def test_a_server_of_the_standard_library_answers_in_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(H11Protocol, "_send_h11_event", H11Protocol._send_h11_event)
    monkeypatch.setattr(socketserver.StreamRequestHandler, "wbufsize", 0)
    monkeypatch.setattr(socketserver.StreamRequestHandler, "disable_nagle_algorithm", False)
    one_write.install()
    connection: Any = _Socket()
    server: Any = None
    _Page(connection, ("127.0.0.1", 1), server)
    assert len(connection.sent) == 1
    assert connection.sent[0].endswith(b"\r\n\r\nbody")


def test_a_response_is_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(H11Protocol, "_send_h11_event", H11Protocol._send_h11_event)
    monkeypatch.setattr(socketserver.StreamRequestHandler, "wbufsize", 0)
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(b"GET / HTTP/1.1\r\nHost: engine\r\n\r\n")
    connection.next_event()
    sent: list[bytes] = []

    async def send(event: Any) -> None:
        sent.append(event.data)

    async def respond() -> None:
        protocol = SimpleNamespace(connection=connection, send=send)
        for event in (
            h11.Response(status_code=200, headers=[("Content-Length", "4")]),
            h11.Data(data=b"body"),
            h11.EndOfMessage(),
        ):
            await H11Protocol._send_h11_event(protocol, event)  # type: ignore[arg-type]

    one_write.install()
    asyncio.run(respond())
    assert len(sent) == 1
    assert sent[0].startswith(b"HTTP/1.1 200")
    assert sent[0].endswith(b"\r\n\r\nbody")
