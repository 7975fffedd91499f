"""Each function is given exactly the variables that its code reads."""

import ast
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hostcart import settings, wiring

from tests.sam_template import REGION, ROOT, Template, folder_of
from tests.workflow.lambdas import forget_clients, forget_ports

TEMPLATE = Template()
SHARED = set(TEMPLATE.common["Environment"]["Variables"])
# What is built when it is needed: for a token, an order of a domain, an event that names no cart.
LATER: dict[str, tuple[Callable[[], object], ...]] = {
    "authenticate": (wiring.tokens,),
    "charge_payment": (wiring.registrar,),
    "receive_stripe_webhook": (wiring.payments,),
}
ARGUMENTS: dict[str, tuple[str, ...]] = {"callback_fault": ("https://client.example/hook",)}


class Noted(dict[str, str]):
    """An environment that notes what is read."""

    def __init__(self, variables: dict[str, str]) -> None:
        super().__init__(variables)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    forget_ports()
    forget_clients()
    yield
    forget_ports()
    forget_clients()


@pytest.mark.parametrize("function", TEMPLATE.functions)
def test_a_function_reads_what_it_is_given(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of(function)
    environment = Noted(TEMPLATE.environment(function))
    monkeypatch.setattr(settings, "os", SimpleNamespace(environ=environment))
    tree = ast.parse((ROOT / "functions" / folder / "handler.py").read_text())
    for name in _attributes(tree, "wiring"):
        getattr(wiring, name)(*ARGUMENTS.get(name, ()))
    for build in LATER.get(folder, ()):
        build()
    for name in _seconds(tree):
        assert settings.seconds(name) >= 0
    assert environment.read | _read_directly(tree) == set(environment) - SHARED


def _attributes(tree: ast.Module, module: str) -> set[str]:
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == module
    }


def _seconds(tree: ast.Module) -> list[str]:
    return [
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "seconds"
        and isinstance(node.args[0], ast.Constant)
    ]


def _read_directly(tree: ast.Module) -> set[str]:
    return {
        str(node.slice.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and ast.unparse(node.value) == "os.environ"
        and isinstance(node.slice, ast.Constant)
    }


def test_nothing_else_of_the_layer_reads_the_environment() -> None:
    layer = ROOT / "layers" / "hostcart" / "python" / "hostcart"
    readers = [
        str(path.relative_to(layer)) for path in layer.rglob("*.py") if "os.environ" in path.read_text()
    ]
    # How an instance came to be is told by Lambda, it is no setting of ours.
    assert sorted(readers) == ["entry/ahead.py", "settings.py"]
    assert (layer / "entry" / "ahead.py").read_text().count("os.environ") == 1
