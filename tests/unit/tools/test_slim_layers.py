"""What is left out of the layers, and how what is loaded is found."""

from pathlib import Path

import pytest

from tools import slim_layers


def test_only_what_is_named_is_left_out(tmp_path: Path) -> None:
    kept = ["stripe/__init__.py", "requests_like/__init__.py", "pydantic/main.py", "cffi/api.py"]
    gone = [
        "stripe/params/__init__.py",
        "requests/api.py",
        "requests-2.0.dist-info/METADATA",
        "pydantic/main.pyi",
        "pydantic/py.typed",
        "cffi/parse.h",
    ]
    for name in [*kept, *gone]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    slim_layers.prune(tmp_path)
    assert sorted(
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()
    ) == sorted(kept)


def test_imports_are_found_wherever_they_are_but_for_those_of_types() -> None:
    source = """
from __future__ import annotations
import json, os.path
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import mypy_boto3_dynamodb
else:
    import instead
def f():
    from hostcart.domain import cart
    if True:
        import stripe
"""
    assert set(slim_layers.imported(source)) == {
        "json",
        "os.path",
        "typing",
        "instead",
        "hostcart.domain",
        "stripe",
    }


def test_no_build_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert slim_layers.main([str(tmp_path)]) == 2
    assert "holds no build" in capsys.readouterr().err


def test_bytecode_lies_beside_its_source_wherever_ours_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / "elsewhere"))
    source = tmp_path / "handler.py"
    source.write_text("ANSWER = 42\n")
    slim_layers.compile_ahead([source])
    assert len(list((tmp_path / "__pycache__").glob("handler.*.pyc"))) == 1
