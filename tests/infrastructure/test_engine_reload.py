"""A reload restarts workers out of the staged copy, whether one function is named or all."""

from pathlib import Path

import pytest

from local.engine import lifecycle, reload
from local.engine.translation import Function
from local.engine.workspace import ROOT, Workspace


@pytest.mark.parametrize("name", ["get_cart", None])
def test_workers_start_out_of_the_staged_copy(
    name: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restarted: list[Function] = []
    monkeypatch.setattr(lifecycle, "running", lambda _: {})
    monkeypatch.setattr(reload, "sync", lambda *_: reload.Changed.FUNCTIONS)
    monkeypatch.setattr(reload, "_restart", lambda _here, _stack, functions: restarted.extend(functions))
    template = tmp_path / "template.yaml"
    template.write_text((ROOT / "template.yaml").read_text())
    here = Workspace(home=tmp_path / "home", template=template, runtime_python=Path("python"))
    reload.reload(here, name, lambda _: None)
    assert len(restarted) == 1 if name else len(restarted) > 1
    assert all(function.code.is_relative_to(here.staged) for function in restarted)
