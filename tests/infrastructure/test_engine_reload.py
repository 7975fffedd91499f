"""A reload restarts workers out of the staged copy, and says which handlers cannot be loaded, and why."""

import sys
from pathlib import Path

import pytest

from local.engine import bootstrap, import_check, lifecycle, reload, translation
from local.engine.cloudformation_yaml import TemplateError
from local.engine.translation import Function
from local.engine.workspace import ROOT, Workspace


@pytest.mark.parametrize("name", ["get_cart", None])
def test_workers_start_out_of_the_staged_copy(
    name: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restarted: list[Function] = []
    monkeypatch.setattr(lifecycle, "running", lambda _: {})
    monkeypatch.setattr(reload, "sync", lambda *_: reload.Changed.FUNCTIONS)
    monkeypatch.setattr(import_check, "failures", lambda *_: {})
    monkeypatch.setattr(reload, "_restart", lambda _here, _stack, functions: restarted.extend(functions))
    template = tmp_path / "template.yaml"
    template.write_text((ROOT / "template.yaml").read_text())
    here = Workspace(home=tmp_path / "home", template=template, runtime_python=Path("python"))
    reload.reload(here, name, lambda _: None)
    assert len(restarted) == 1 if name else len(restarted) > 1
    assert all(function.code.is_relative_to(here.staged) for function in restarted)


def test_a_template_that_is_no_yaml_is_said_with_its_place(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources:\n  A: [\n")
    with pytest.raises(TemplateError, match=rf"^{template}: .*line 3, column 1$"):
        translation.functions(template)


BROKEN = {
    "import os\n\ndef handler(event, context):\n    return (\n": (4, "SyntaxError"),
    "import os\nimport nothing_of_this_name\n": (
        2,
        "ModuleNotFoundError: No module named 'nothing_of_this_name'",
    ),
    "import os\nimport helper\n": (None, "KeyError: 'NOT_SET'"),
    "print('loading')\nraise SystemExit('not today')\n": (2, "SystemExit: not today"),
}


def loaded(folder: Path, code: str) -> import_check.LoadError | None:
    (folder / "handler.py").write_text(code)
    function = Function("BrokenFunction", folder, (), "handler.handler")
    environment = bootstrap.environment(function) | {"PYTHONDONTWRITEBYTECODE": "1"}
    return import_check.load(Path(sys.executable), function, environment)


@pytest.mark.parametrize("code", BROKEN)
def test_a_handler_that_cannot_be_loaded_is_reported_with_file_and_line(tmp_path: Path, code: str) -> None:
    (tmp_path / "helper.py").write_text("import os\n\nNAME = os.environ['NOT_SET']\n")
    line, message = BROKEN[code]
    error = loaded(tmp_path, code)
    assert error is not None
    assert error.file == tmp_path / ("helper.py" if line is None else "handler.py")
    assert error.line == (line or 3)
    assert error.message.startswith(message)


def test_a_handler_that_is_missing_is_reported_and_a_good_one_is_not(tmp_path: Path) -> None:
    missing = loaded(tmp_path, "def handle(event, context): ...\n")
    assert missing is not None
    assert "has no attribute 'handler'" in missing.message
    assert loaded(tmp_path, "print('loading')\n\ndef handler(event, context): ...\n") is None


def test_an_error_in_a_shared_file_is_said_once_with_the_path_of_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload, "ROOT", tmp_path)
    here = Workspace(tmp_path / "home", tmp_path / "built" / "template.yaml", Path("python"))
    folders = [("layer", tmp_path / "layers" / "shared", here.staged / "Layer" / "python")]
    monkeypatch.setattr(reload, "_folders", lambda *_: folders)
    error = import_check.LoadError(here.staged / "Layer" / "python" / "shared.py", 7, "NameError: x")
    with pytest.raises(lifecycle.StackError) as refused:
        reload._refuse_broken(here, {"OneFunction": error, "TwoFunction": error})
    assert str(refused.value) == (
        "OneFunction, TwoFunction cannot be loaded:\n  layers/shared/shared.py:7: NameError: x"
    )


MAKEFILE = """build:
	@echo built for $(ARCHITECTURE)
	@test $(ARCHITECTURE) = here
"""


@pytest.mark.parametrize(("architecture", "built"), [("here", True), ("elsewhere", False)])
def test_a_changed_template_is_built_by_make_as_it_was_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, architecture: str, *, built: bool
) -> None:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    monkeypatch.setattr(reload, "ROOT", tmp_path)
    monkeypatch.setenv("ARCHITECTURE", architecture)
    monkeypatch.setenv("MAKEFLAGS", "n")  # of an outer make that only tells
    if built:
        reload._build(lambda _: None)
    else:
        with pytest.raises(lifecycle.StackError, match="built for elsewhere"):
            reload._build(lambda _: None)
