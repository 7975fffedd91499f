"""`make bench` works: what it compares answers, what it does not measure here it can still write down."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import pytest
import yaml

from tests.bench import __main__ as bench
from tests.bench import empty_stack, marks, report, warm
from tests.bench.empty.answer.handler import OUTCOME
from tests.bench.origin import commit_of, origin
from tests.sam_template import DEFINITION, Template, folder_of

FIXTURE: Final = Path(__file__).parent / "fixtures" / "measured.json"
_PAYLOAD: Final = "$.Payload."
_SIDES: Final = [(name, side) for name in ("poll", "post") for side in ("ours", "bare")]

type Json = dict[str, Any]


def _selected() -> Iterator[tuple[str, str]]:
    """Each state with a part of its function's answer that it takes."""
    for name, state in yaml.safe_load(DEFINITION.read_text())["States"].items():
        for path in state.get("ResultSelector", {}).values():
            assert path.startswith(_PAYLOAD)
            yield name, path.removeprefix(_PAYLOAD)


def test_the_empty_function_answers_what_every_state_takes() -> None:
    taken = list(_selected())
    assert taken
    assert [(state, member) for state, member in taken if member not in OUTCOME] == []


def test_the_empty_stack_gives_the_definition_all_that_it_names(tmp_path: Path) -> None:
    resources = yaml.safe_load(empty_stack.write(tmp_path).read_text())["Resources"]
    given = resources["Machine"]["Properties"]["DefinitionSubstitutions"]
    assert set(given) == set(re.findall(r"\$\{(\w+)\}", (tmp_path / "machine.asl.yaml").read_text()))
    assert given["RetrySeconds"].isdigit()


@pytest.fixture(scope="module")
def comparisons() -> Iterator[dict[str, warm.Comparison]]:
    with warm.shop() as here:
        yield warm.comparisons(here)


@pytest.mark.parametrize(("name", "side"), _SIDES)
def test_each_side_of_a_comparison_answers_a_cart(
    comparisons: dict[str, warm.Comparison], name: str, side: str
) -> None:
    given = comparisons[name]
    (answer,) = warm.answered(getattr(given, side), given, 1)
    assert answer["statusCode"] == {"poll": 200, "post": 202}[name]
    assert "token" in answer["body"]


def test_both_polls_answer_the_same_cart(comparisons: dict[str, warm.Comparison]) -> None:
    given = comparisons["poll"]
    ours, bare = (json.loads(warm.answered(side, given, 1)[0]["body"]) for side in (given.ours, given.bare))
    assert bare["cart"] == ours


def test_every_mark_is_a_functions() -> None:
    folders = {folder_of(name) for name in Template().functions}
    assert set(marks.COLD_START) | set(marks.OVER_PEER) <= folders


@pytest.fixture
def measured() -> Json:
    found: Json = json.loads(FIXTURE.read_text())
    return found


def _rows(folder: Path) -> dict[str, str]:
    lines = (folder / "results.md").read_text().splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return {row[0]: row[-1] for row in cells[1:]}


def test_a_report_of_what_was_measured(measured: Json, tmp_path: Path) -> None:
    report.write(measured, tmp_path)
    assert "Measured by `make bench` on 2026-11-22. " in (tmp_path / "results.md").read_text()
    assert (tmp_path / "memory.md").read_text().startswith("# Memory sizes")
    pictures = sorted(path.name for path in tmp_path.glob("*.svg"))
    assert pictures == ["capacity.svg", "cold-start.svg", "dollars.svg"]
    for name in pictures:
        assert ElementTree.parse(tmp_path / name).getroot().tag.endswith("svg")  # noqa: S314 - our own
        assert f"]({name})" in (tmp_path / "results.md").read_text()


def test_counts_do_not_mind_other_work() -> None:
    assert bench._busy({}, "warm", 99.0) == {"warm": 99.0}
    assert bench._busy({"warm": 3.0}, "executions", 99.0) == {"warm": 3.0}
    assert bench._busy({"warm": 3.0}, "warm", 0.0) == {}


def test_each_part_has_its_own_origin(measured: Json, tmp_path: Path) -> None:
    newer = {"date": "2026-12-01", "commit": "abc1234+", "cores": 8, "python": "3.13.1"}
    measured["origins"] |= {"warm": newer, "cold_start": {**newer}}
    report.write(measured, tmp_path)
    assert (
        "on 2026-11-22 (`dynamodb`, `executions`, `load`, `packages`); "
        "on 2026-12-01 at abc1234+ with 8 cores and Python 3.13.1 (`cold_start`, `warm`). "
    ) in (tmp_path / "results.md").read_text()


def test_what_is_not_measured_again_keeps_its_origin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "measured.json"
    path.write_text(json.dumps({"origins": {"warm": {"date": "2025-01-01"}, "load": {"date": "2025-01-02"}}}))
    monkeypatch.setattr(bench, "PARTS", {"packages": lambda: {"packages": 1}, "warm": dict, "load": dict})
    monkeypatch.setattr("sys.argv", ["bench", "--only", "warm", "--write", str(tmp_path)])
    assert bench.main() == 0
    origins = json.loads(path.read_text())["origins"]
    assert origins == {"load": {"date": "2025-01-02"}, "warm": origin()}


def test_a_commit_is_told_with_a_mark_where_the_tree_differs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):  # a hook's
        monkeypatch.delenv(name, raising=False)
    assert commit_of(tmp_path) == ""
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "commit", "-q", "--allow-empty", "-m", "first")
    (head,) = re.findall("[0-9a-f]{7,}", commit_of(tmp_path))
    assert commit_of(tmp_path) == head
    written = tmp_path / "docs" / "cost" / "results.md"
    written.parent.mkdir(parents=True)
    written.write_text("what the bench wrote")
    assert commit_of(tmp_path) == head
    (tmp_path / "changed").touch()
    assert commit_of(tmp_path) == f"{head}+"


def _git(tree: Path, *arguments: str) -> None:
    settings = ("user.name=bench", "user.email=bench@example.com", "commit.gpgsign=false")
    given = [word for setting in settings for word in ("-c", setting)]
    subprocess.run(["git", "-C", tree, *given, *arguments], check=True)  # noqa: S603, S607 - our own


def test_a_busy_machine_is_told_of(measured: Json, tmp_path: Path) -> None:
    report.write({**measured, "busy": {}}, tmp_path)
    assert "Other work" not in (tmp_path / "results.md").read_text()
    report.write({**measured, "busy": {"load": 8.1}}, tmp_path)
    assert "`load` 8.1" in (tmp_path / "results.md").read_text()


def test_a_poll_at_the_floor_is_not_below_it(measured: Json, tmp_path: Path) -> None:
    cold = measured["cold_start"]
    for folder, share in (("get_cart", 1.0), ("get_order", 0.99)):
        cold["functions"][folder]["cpu_ms"] = share * cold["floor_ms"]
    report.write(measured, tmp_path)
    rows = _rows(tmp_path)
    assert "missed" in rows["cold start `get_cart`, over the floor"]
    assert "missed" not in rows["cold start `get_order`, over the floor"]


def test_a_rate_must_be_reached(measured: Json, tmp_path: Path) -> None:
    measured["load"]["polls"] = {"8": {"ours": 59.0, "empty": 100.0}, "32": {"ours": 60.0, "empty": 100.0}}
    report.write(measured, tmp_path)
    rows = _rows(tmp_path)
    few, many = (rows[name] for name in rows if name.startswith("polls a second"))
    assert "missed" in few
    assert "missed" not in many


def test_a_part_is_kept_when_the_next_one_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail() -> Json:
        raise RuntimeError("the next part")

    monkeypatch.setattr(bench, "PARTS", {"packages": lambda: {"packages": 1}, "warm": fail})
    monkeypatch.setattr("sys.argv", ["bench", "--write", str(tmp_path)])
    with pytest.raises(RuntimeError, match="the next part"):
        bench.main()
    assert json.loads((tmp_path / "measured.json").read_text())["packages"] == 1
