"""The drawn state machine is the defined one."""

from pathlib import Path

import pytest

from tests.sam_template import Template
from tools import diagram


def test_the_page_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert diagram.main(["--check"]) == 0, capsys.readouterr().err


def test_an_outdated_page_is_refused_and_can_be_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(diagram.OUTPUT.read_text().replace("CloseOrder", "CloseTheOrder"))
    assert diagram.main(["--check", "--output", str(page)]) == 1
    assert diagram.main(["--output", str(page)]) == 0
    assert page.read_text() == diagram.OUTPUT.read_text()


def test_every_way_is_drawn() -> None:
    page = diagram.OUTPUT.read_text()
    states = Template().definition()["States"]
    for name, state in states.items():
        ways = [state.get("Next"), state.get("Default")]
        ways += [clause["Next"] for clause in (*state.get("Choices", []), *state.get("Catch", []))]
        for way in filter(None, ways):
            assert f"    {name} --> {way}" in page
