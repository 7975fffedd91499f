"""The built layers are complete: every handler, and all that it builds later, loads from them alone.

The interpreter is the one of `.tools/runtime`: what AWS has beside the layers, and nothing else.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from local.engine.translation import functions
from tests import bytecode
from tests.bench import marks
from tests.bench.counts import packages
from tests.sam_template import ROOT, Template, folder_of
from tools import slim_layers

BUILD: Final = ROOT / ".aws-sam" / "build"
PYTHON: Final = ROOT / ".tools" / "runtime" / "bin" / "python"
FUNCTIONS: Final = sorted(Template().functions)
_EVERYTHING: Final = """
import handler, importlib, pkgutil, hostcart
for module in pkgutil.walk_packages(hostcart.__path__, "hostcart."):
    importlib.import_module(module.name)
import boto3, stripe, jwt, cryptography, pydantic, aws_lambda_powertools
for module in (stripe, jwt, cryptography, pydantic, aws_lambda_powertools):
    assert "/.aws-sam/build/" in module.__file__, module.__file__
assert "/.tools/runtime/" in boto3.__file__, boto3.__file__
assert "/.aws-sam/build/" in hostcart.__file__ and "/.aws-sam/build/" in handler.__file__
print("complete")
"""


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    for needed in (BUILD / "template.yaml", PYTHON):
        if not needed.exists():
            pytest.fail(f"{needed.relative_to(ROOT)} is missing: run `make build`", pytrace=False)


def _import(
    function: str, code: str, variables: Mapping[str, str] | None = None, *arguments: str
) -> subprocess.CompletedProcess[str]:
    built = functions(BUILD / "template.yaml")[function]
    folders: list[Path] = [built.code, *built.layers]
    assert all(folder.exists() for folder in folders), f"not built: {folders}"
    return subprocess.run(  # noqa: S603 - our own interpreter on our own code
        [str(PYTHON), "-P", "-s", "-c", code, *arguments],
        env={
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            "AWS_DEFAULT_REGION": "us-east-1",
            **bytecode.VARIABLES,
            **(variables or {}),
        },
        cwd=built.code,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


# One after the other in one process, each as the only handler on the path: they differ by one file.
_HANDLERS: Final = """
import importlib, json, sys, traceback
del sys.path[0]
told = {}
for function, folder in json.loads(sys.argv[1]).items():
    sys.path.insert(0, folder)
    try:
        handler = importlib.import_module("handler")
        told[function] = "loaded" if callable(handler.handler) else "no function"
    except Exception:
        told[function] = traceback.format_exc()
    del sys.path[0]
    sys.modules.pop("handler", None)
    importlib.invalidate_caches()
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, str]:
    """`loaded`, or what went wrong, by function."""
    folders = {name: str(built.code) for name, built in functions(BUILD / "template.yaml").items()}
    done = _import(FUNCTIONS[0], _HANDLERS, None, json.dumps(folders))
    told: dict[str, str] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_built_handler_loads(loaded: dict[str, str], function: str) -> None:
    assert loaded[function] == "loaded"


def test_everything_loads_from_the_layers() -> None:
    done = _import("OrderSiteFunction", _EVERYTHING)
    assert done.stdout == "complete\n", done.stderr


def test_a_module_that_is_not_in_the_layers_is_missed() -> None:
    done = _import("OrderSiteFunction", "import moto")
    assert "No module named 'moto'" in done.stderr


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_build_holds_the_code_of_this_checkout(function: str) -> None:
    source = ROOT / "functions" / folder_of(function) / "handler.py"
    built = BUILD / function / "handler.py"
    assert built.read_text() == source.read_text(), "run `make build`"


def test_the_packages_are_small() -> None:
    sizes = packages(BUILD)
    assert sum(sizes["layers"].values()) <= marks.LAYER_BYTES
    assert 0 < sizes["largest_function"] < marks.FUNCTION_BYTES


_BYTECODE: Final = """
import handler, os, sys
from hostcart import wiring
wiring.for_{ports}()
for module in list(sys.modules.values()):
    file, cached = getattr(module, "__file__", None) or "", getattr(module, "__cached__", None) or ""
    if "/.aws-sam/build/" in file and file.endswith(".py") and not os.path.exists(cached):
        print(file)
"""


@pytest.mark.parametrize("folder", ["order_site", "charge_payment", "register_domain", "send_callback"])
def test_no_module_of_the_layers_is_compiled_at_a_cold_start(folder: str) -> None:
    (function,) = (name for name in FUNCTIONS if folder_of(name) == folder)
    done = _import(function, _BYTECODE.format(ports=folder), Template().environment(function))
    assert (done.stdout, done.stderr) == ("", "")


def test_what_is_left_out_of_the_layers_is_not_there() -> None:
    left = [pattern for pattern in slim_layers.UNREACHABLE if any(_dependencies().glob(pattern))]
    assert left == []


def _dependencies() -> Path:
    return BUILD / "DependenciesLayer" / "python"


def test_a_build_for_another_processor_compiles_the_same_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    dependencies, hostcart = _dependencies(), BUILD / "HostcartLayer" / "python"
    here = slim_layers.used(dependencies, hostcart)
    monkeypatch.setattr("platform.machine", lambda: "another")
    there = slim_layers.used(dependencies, hostcart)
    assert sorted(there) == sorted(here)
    assert len(here) < len(list(dependencies.rglob("*.py"))) / 2
