"""A forked process is what the same program would be if it had been started on its own."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.engine import bootstrap, workers
from local.engine.shims.forked_workers import ForkServer, Processes
from tests.e2e.support.patience import await_value

pytestmark = pytest.mark.timeout(60)  # what is not closed would be waited for

type Json = dict[str, Any]
type Start = Callable[[str], Any]

# In place of the runtime client: it tells what it is, and does as the handler's name says.
_CLIENT = """
import atexit, json, os, sys, time
print(json.dumps({
    "environment": dict(os.environ), "folder": os.getcwd(), "path": sys.path, "arguments": sys.argv[1:],
    "name": __name__, "parent": os.getppid(), "input": sys.stdin.read(),
    "open": sorted(int(name) for name in os.listdir("/proc/self/fd") if int(name) > 2),
    "loaded": sorted(name for name in sys.modules if name in ("botocore.client", "awslambdaric.bootstrap")),
}))
match sys.argv[1]:
    case "exits": sys.exit(7)
    case "says": sys.exit("why it ends")
    case "waits": atexit.register(print, "at its end", flush=True)
    case "fails": raise ValueError("on its output")
    case "stays": time.sleep(60)
"""
_VARIABLES = {"AWS_LAMBDA_FUNCTION_NAME": "greet", "PATH": os.environ["PATH"], "ONLY": "this"}


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("worker")
    (tmp_path / "code" / "awslambdaric").mkdir(parents=True)
    (tmp_path / "code" / "awslambdaric" / "__init__.py").touch()
    (tmp_path / "code" / "awslambdaric" / "__main__.py").write_text(_CLIENT)
    (tmp_path / "layer").mkdir()
    (tmp_path / "notes").mkdir()
    return tmp_path / "code"


def _start(code: Path, processes: Processes) -> Start:
    """Start the client with a handler's name; the script beside the recipe says that it was run itself."""

    def start(handler: str) -> Any:
        layer = code.with_name("layer")
        recipe = {
            "python": sys.executable,
            "layers": [str(layer)],
            "folder": str(code),
            "environment": {"LAMBDA_TASK_ROOT": str(code)},
            "handler": handler,
        }
        (code / bootstrap.RECIPE).write_text(json.dumps(recipe))
        script = code / "bootstrap"
        script.write_text("#!/bin/sh\necho on its own\n")
        script.chmod(0o755)
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return processes.start([str(script)], cwd=str(code), env=_VARIABLES, **streams)

    return start


@pytest.fixture(scope="module")
def processes(code: Path) -> Iterator[Processes]:
    found = Processes(code.with_name("notes"), forked=True)
    yield found
    for server in found._servers.values():
        server.retire()
        assert server.process.wait(10) is not None


@pytest.fixture
def start(code: Path, processes: Processes) -> Iterator[Start]:
    begin, started = _start(code, processes), list[Any]()

    def noted(handler: str) -> Any:
        started.append(begin(handler))
        return started[-1]

    yield noted
    for process in started:
        process.kill()
        process.wait(10)
        process.stdout.close()


def _told(process: Any) -> Json:
    told: Json = json.loads(process.stdout.readline())
    return told


def test_it_has_its_own_variables_folder_path_and_output_and_nothing_else(start: Start, code: Path) -> None:
    process = start("exits")
    told = _told(process)
    assert told["environment"] == {**_VARIABLES, "LAMBDA_TASK_ROOT": str(code)}
    assert (told["folder"], told["arguments"], told["name"]) == (str(code), ["exits"], "__main__")
    assert told["path"][:2] == [str(code), str(code.with_name("layer"))]
    plain = subprocess.run(
        [sys.executable, "-P", "-s", "-c", "import json, sys; print(json.dumps(sys.path))"],
        env={},
        capture_output=True,
        check=True,
    )
    assert told["path"][2:] == json.loads(plain.stdout)
    assert (told["input"], len(told["open"])) == ("", 1)  # the folder that it lists
    assert process.wait(10) == 7


def test_the_libraries_are_there_and_the_runtime_client_is_not(start: Start) -> None:
    assert _told(start("exits"))["loaded"] == ["botocore.client"]


def test_one_process_forks_them_all(start: Start) -> None:
    first, second = start("stays"), start("stays")
    assert first.pid != second.pid
    assert _told(first)["parent"] == _told(second)["parent"] != os.getpid()
    for process in (first, second):
        process.kill()
        assert process.wait(10) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("handler", "exit_code", "said"),
    [("fails", 1, b"ValueError: on its output"), ("says", 1, b"why it ends"), ("waits", 0, b"at its end")],
)
def test_it_ends_as_a_program_does(start: Start, handler: str, exit_code: int, said: bytes) -> None:
    process = start(handler)
    assert process.wait(10) == exit_code
    assert said in process.stdout.read()


def test_it_is_known_whether_it_runs(start: Start) -> None:
    process = start("stays")
    _told(process)
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.05)
    process.terminate()
    assert (process.wait(10), process.poll()) == (-signal.SIGTERM, -signal.SIGTERM)


def test_nobody_who_has_its_id_afterwards_is_killed(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    process = start("exits")
    process.wait(10)
    sent: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, _: sent.append(pid))
    process.kill()
    process.terminate()
    assert sent == []


def test_a_wait_keeps_nobody_from_killing(start: Start) -> None:
    process = start("stays")
    waiting = threading.Thread(target=process.wait)
    waiting.start()
    process.kill()
    waiting.join(10)
    assert process.returncode == -signal.SIGKILL


def test_nothing_stays_open_on_either_side(start: Start, processes: Processes) -> None:
    start("exits").wait(10)
    (server,) = processes._servers.values()
    folders = [Path(f"/proc/{pid}/fd") for pid in (os.getpid(), server.process.pid)]
    before = [len(list(folder.iterdir())) for folder in folders]
    for _ in range(5):
        process = start("exits")
        process.wait(10)
        process.stdout.close()
    await_value(lambda: [len(list(folder.iterdir())) for folder in folders] == before, seconds=10)


def test_another_build_in_the_layers_place_is_loaded_anew(start: Start, code: Path) -> None:
    before = start("exits")
    layer = code.with_name("layer")
    layer.rename(code.with_name("old"))
    layer.mkdir()
    after = start("exits")
    assert _told(before)["parent"] != _told(after)["parent"]
    assert (before.wait(10), after.wait(10)) == (7, 7)


def test_a_killed_server_takes_all_with_it_and_is_replaced(start: Start, processes: Processes) -> None:
    """Nobody would know of them any more: two processes would be at work in one task."""
    lost = start("stays")
    told = _told(lost)
    (server,) = processes._servers.values()
    assert told["parent"] == server.process.pid
    server.process.kill()
    server.process.wait(10)
    assert lost.wait(10) == -signal.SIGKILL
    await_value(lambda: not Path(f"/proc/{lost.pid}/fd/1").exists(), seconds=10)
    again = start("exits")
    assert _told(again)["parent"] != server.process.pid
    assert again.wait(10) == 7


def test_an_order_that_cannot_be_given_leaves_nothing_open(start: Start, processes: Processes) -> None:
    start("exits").wait(10)
    server = ForkServer(sys.executable, [])
    server.process.kill()
    server.process.wait(10)
    here = Path("/proc/self/fd")
    before = len(list(here.iterdir()))
    for _ in range(3):
        with pytest.raises(OSError, match=r"Broken pipe|reset|has ended"):
            server.fork({"handler": "exits"})
    assert len(list(here.iterdir())) == before
    server.retire()


def test_it_is_noted_for_its_function(start: Start, code: Path) -> None:
    process = start("stays")
    stack = {
        "functions": {"GreetFunction": "greet"},
        "pids": {"aws": os.getpid()},
        "workers": str(code.with_name("notes")),
    }
    assert workers.pids(stack, "GreetFunction") == workers.pids(stack, "greet") == [process.pid]
    assert workers.pids(stack, "other") == []
    assert workers.kill(stack, "GreetFunction") == [process.pid]
    process.wait(10)
    assert workers.pids(stack, "GreetFunction") == []


def test_one_may_be_started_on_its_own(code: Path) -> None:
    process = _start(code, Processes(code.with_name("notes"), forked=False))("exits")
    with process.stdout as output:
        assert output.read() == b"on its own\n"
    assert process.wait(10) == 0


def test_what_was_forked_ends_before_its_server(start: Start, processes: Processes) -> None:
    """An engine that is stopped leaves no server behind, and none that runs is cut off."""
    process = start("stays")
    _, server = processes._servers.popitem()
    server.retire()
    time.sleep(0.1)
    assert server.process.poll() is None
    process.kill()
    assert server.process.wait(10) == 0
