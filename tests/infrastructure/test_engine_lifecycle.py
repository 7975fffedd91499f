"""The local stack's life: state over a restart and over a kill, one stack at a time, nothing left behind."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.engine import journal_file, lifecycle, ports, processes, resume, status, workers
from local.engine.workspace import Workspace
from tests.infrastructure.fixtures import tiny


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Workspace]:
    workspace = tiny.workspace(tmp_path / "home")
    yield workspace
    lifecycle.down(workspace)


def test_state_is_kept_over_a_restart_until_it_is_wiped(here: Workspace) -> None:
    first = tiny.start(here)
    tiny.get(first, "/greetings/kept", method="POST")
    arn = tiny.execute(first, "finished", {"name": "x"})
    tiny.outcome(first, arn)
    history = tiny.events(first, arn)
    stopped = tiny.execute(first, "stopped", {"name": "x", "sleep": 1})
    tiny.await_event(first, stopped, "TaskStateEntered")
    tiny.states(first).stop_execution(executionArn=stopped)
    assert tiny.outcome(first, stopped)["redriveStatus"] == "REDRIVABLE"
    before = tiny.events(first, stopped)
    running = tiny.execute(first, "running", {"name": "x", "sleep": 4})

    assert lifecycle.down(here)
    assert not any(
        ports.answers(int(first[name].rpartition(":")[2]))
        for name in ("aws_endpoint", "stepfunctions_endpoint")
    )
    assert processes.orphans(here) == []

    said: list[str] = []
    second = lifecycle.up(here, said.append, product=False)
    assert second["api_url"] == first["api_url"]
    assert tiny.get(second, "/greetings/kept")[2]["remembered"] is True
    assert (tiny.outcome(second, arn)["status"], tiny.events(second, arn)) == ("SUCCEEDED", history)
    # one that had failed can still be redriven, and its history goes on
    tiny.states(second).redrive_execution(executionArn=stopped)
    redriven = tiny.outcome(second, stopped)
    assert (redriven["status"], redriven["redriveCount"]) == ("SUCCEEDED", 1)
    assert tiny.events(second, stopped)[: len(before) + 2] == [
        *before,
        "ExecutionRedriven",
        "TaskStateEntered",
    ]
    with pytest.raises(tiny.states(second).exceptions.ClientError, match="ExecutionNotRedrivable"):
        tiny.states(second).redrive_execution(executionArn=stopped)
    # one that was cut off is started again under its name, once
    assert said.count("1 order goes on") == 1
    assert not [line for line in said if "killed" in line]
    cut = tiny.outcome(second, running)
    assert (cut["status"], json.loads(cut["input"])) == ("SUCCEEDED", {"name": "x", "sleep": 4})
    assert [entry["name"] for entry in _executions(second)].count("running") == 1
    assert resume.cut_off(here) == []
    assert tiny.outcome(second, tiny.execute(second, "next", {"name": "x"}))["status"] == "SUCCEEDED"

    assert (here.state / "secrets.json").stat().st_mode & 0o777 == 0o600
    lifecycle.down(here, wipe=True)
    assert not here.state.exists()


def test_a_second_stack_is_refused_and_a_killed_one_recovers(here: Workspace) -> None:
    first = tiny.start(here)
    with pytest.raises(lifecycle.StackError, match="already running"):
        tiny.start(here)
    tiny.invoke(first, {"name": "x"})
    orphaned = workers.pids(first, "GreetFunction")
    records = processes.recorded(here)
    (engine,) = (record for record in records if record.name == "aws")
    os.kill(engine.pid, signal.SIGKILL)
    _await_dead([engine])
    with pytest.raises(lifecycle.StackError, match=r"stepfunctions \(pid \d+\)\. But aws ended by itself\."):
        tiny.start(here)
    for record in records:
        if record != engine:
            os.kill(record.pid, signal.SIGKILL)
    _await_dead(records)

    with pytest.raises(lifecycle.StackError, match="no stack is running"):
        lifecycle.running(here)
    said: list[str] = []
    second = lifecycle.up(here, said.append, product=False)
    assert [line for line in said if line.startswith("the engine was killed: its tables are as they were at")]
    assert second["api_url"] == first["api_url"]
    assert tiny.get(second, "/greetings/x")[0] == 200
    assert not set(orphaned) & set(processes.orphans(here))


def test_a_record_of_another_process_with_the_same_id_is_not_taken_for_ours(here: Workspace) -> None:
    here.run.mkdir(parents=True)
    mine = processes.Record("aws", os.getpid(), born="long ago")
    assert not processes.alive(mine)
    processes.stop(here, mine)  # must not end this process


@pytest.fixture
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_PATIENCE_SECONDS", 0.2)


@pytest.mark.usefixtures("_hasty")
def test_a_fixed_port_that_is_taken_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with ports.chosen({}, ["aws"]) as found:
        free = found["aws"]
    monkeypatch.setenv("HOSTCART_PORT_AWS", str(free))
    with ports.chosen({}, ["aws"]) as found:
        assert found == {"aws": free}
    monkeypatch.setattr(ports, "is_free", lambda _: False)
    with pytest.raises(ports.PortTaken, match=f"HOSTCART_PORT_AWS={free}"), ports.chosen({}, ["aws"]):
        pass


@pytest.mark.usefixtures("_hasty")
@pytest.mark.parametrize("given", ["abc", "0", "65536", "-1", "80.0", "8\u0660"])
def test_what_is_no_port_is_said(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("HOSTCART_PORT_AWS", given)
    with (
        pytest.raises(ports.PortTaken, match=r"HOSTCART_PORT_AWS=.*a number from 1 to 65535"),
        ports.chosen({}, ["aws"]),
    ):
        pass


@pytest.mark.usefixtures("_hasty")
def test_a_port_that_is_given_twice_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with ports.chosen({}, ["aws"]) as found:
        free = found["aws"]
    for name in ("AWS", "SITES"):
        monkeypatch.setenv(f"HOSTCART_PORT_{name}", str(free))
    with (
        pytest.raises(ports.PortTaken, match=f"HOSTCART_PORT_SITES={free}: another part"),
        ports.chosen({}, ["aws", "sites"]),
    ):
        pass


@pytest.mark.usefixtures("_hasty")
def test_a_port_that_another_stack_is_about_to_use_is_not_given_again() -> None:
    with ports.chosen({}, ["aws"]) as mine:
        with ports.chosen(mine, ["aws"]) as theirs:
            assert theirs != mine
        with ports.chosen({}, ports.NAMES) as many:
            assert len(set(many.values()) | set(mine.values())) == len(ports.NAMES) + 1
    with ports.chosen(mine, ["aws"]) as again:
        assert again == mine


def test_a_port_of_the_last_run_that_is_given_back_in_a_moment_is_waited_for() -> None:
    """A killed process holds its sockets until the last of its threads has ended."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        threading.Timer(0.3, held.close).start()
        with ports.chosen({"aws": port}, ["aws"]) as found:
            assert found == {"aws": port}


def test_the_status_of_nothing_is_a_sentence_and_no_error(
    here: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status.show(here) == 0
    assert "no stack is running" in capsys.readouterr().out


def test_the_oldest_ended_executions_are_forgotten_and_no_cut_off_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_file, "KEPT", 1)
    journal = tmp_path / "executions.jsonl"
    for name in ("cut", "old", "new"):
        journal_file.append(journal, "started", {"execution_arn": name})
    for name in ("old", "new"):
        journal_file.append(journal, "ended", {"execution_arn": name, "status": "SUCCEEDED"})
    with journal.open("a") as file:
        file.write('{"started": {"execution_a')  # the process was killed here
    kept = journal_file.compact(journal)
    assert [record["execution_arn"] for record in kept] == ["cut", "new"]
    assert journal_file.read(journal) == kept
    assert [journal_file.ended(record) for record in kept] == [False, True]


def _executions(stack: dict[str, Any]) -> Any:
    machine = stack["outputs"]["GreetMachineArn"]
    return tiny.states(stack).list_executions(stateMachineArn=machine)["executions"]


def _await_dead(records: list[processes.Record]) -> None:
    deadline = time.monotonic() + 10
    while any(map(processes.alive, records)) and time.monotonic() < deadline:
        time.sleep(0.05)
