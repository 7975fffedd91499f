"""Imports point one way: functions -> entry -> use cases -> domain and contract; adapters implement ports.

The rules are data. They count every import, inside functions and for type checking too.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.sam_template import ROOT

LAYER: Final = ROOT / "layers" / "hostcart" / "python" / "hostcart"

# What of ours each part may import: a part, one module of it, or one name of a module.
OURS: Final[dict[str, frozenset[str]]] = {
    "contract": frozenset({"contract"}),
    "domain": frozenset({"domain", "contract.statuses", "contract.errors.FieldError"}),
    "ports": frozenset({"domain"}),
    "ports_reconcile": frozenset({"domain"}),
    "settings": frozenset(),
    "use_cases": frozenset({"use_cases", "ports", "ports_reconcile", "domain", "contract"}),
    "adapters": frozenset(
        {"adapters", "ports", "ports_reconcile", "domain", "contract.statuses", "settings"}
    ),
    "entry": frozenset({"entry", "use_cases.errors", "ports", "domain", "contract"}),
    "wiring": frozenset(
        {"adapters", "entry.observability", "ports", "ports_reconcile", "settings", "use_cases"}
    ),
    "functions": frozenset({"wiring", "settings", "entry", "use_cases", "domain", "contract"}),
}

# What of others: libraries that compute and neither connect nor start anything are the domain's.
OTHERS: Final[dict[str, frozenset[str]]] = {
    "contract": frozenset({"pydantic"}),
    "domain": frozenset({"email_validator", "idna", "iso3166", "phonenumbers", "publicsuffixlist"}),
    "ports": frozenset(),
    "ports_reconcile": frozenset(),
    "settings": frozenset(),
    "use_cases": frozenset(),
    "adapters": frozenset(
        {
            "aws_lambda_powertools",
            "boto3",
            "botocore",
            "cryptography",
            "jwt",
            "mypy_boto3_dynamodb",
            "mypy_boto3_kms",
            "mypy_boto3_route53",
            "mypy_boto3_secretsmanager",
            "mypy_boto3_stepfunctions",
            "pydantic",
            "requests",
            "stripe",
            "urllib3",
        }
    ),
    "entry": frozenset({"aws_lambda_powertools", "pydantic"}),
    "wiring": frozenset(),
    "functions": frozenset(),
}

MODULES: Final = sorted([*LAYER.rglob("*.py"), *(ROOT / "functions").glob("*/handler.py")])


def _part(path: Path) -> str:
    if path.is_relative_to(LAYER):
        return path.relative_to(LAYER).parts[0].removesuffix(".py")
    return "functions"


def _imported(source: str) -> Iterator[str]:
    """Everything by its full name; `from hostcart.ports import Clock` counts as `hostcart.ports.Clock`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def violations(part: str, source: str) -> list[str]:
    """The imports that the part must not have."""
    return [name for name in _imported(source) if not _allowed(part, name)]


def _allowed(part: str, name: str) -> bool:
    top, _, rest = name.partition(".")
    if top == "hostcart":
        return any(f"{rest}.".startswith(f"{allowed}.") for allowed in OURS[part])
    return top in sys.stdlib_module_names or top in OTHERS[part]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_what_its_part_may(path: Path) -> None:
    if path != LAYER / "__init__.py":
        assert violations(_part(path), path.read_text()) == []


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("domain", "import boto3"),
        ("domain", "from hostcart.ports import Clock"),
        ("domain", "from hostcart.contract.errors import ApiError"),
        ("domain", "def f():\n    import stripe"),
        ("contract", "from hostcart.domain import money"),
        ("use_cases", "from hostcart.adapters.aws import kms"),
        ("use_cases", "from hostcart import wiring"),
        ("use_cases", "from hostcart import settings"),
        ("adapters", "from hostcart.use_cases.saving import load"),
        ("adapters", "from hostcart.entry import http"),
        ("entry", "from hostcart.adapters import aws"),
        ("entry", "from hostcart.use_cases.order_site import order_site"),
        ("ports", "from hostcart.adapters.secrets import Secrets"),
        ("functions", "from hostcart.adapters.aws import kms"),
        ("functions", "import boto3"),
        ("wiring", "import boto3"),
        ("settings", "import pydantic"),
    ],
)
def test_a_wrong_import_would_be_noticed(part: str, source: str) -> None:
    assert len(violations(part, source)) == 1


def test_every_part_has_rules() -> None:
    parts = {_part(path) for path in MODULES} - {"__init__"}
    assert parts == set(OURS) == set(OTHERS)


def test_an_sdk_is_imported_by_adapters_alone() -> None:
    sdks = {"boto3", "botocore", "stripe", "requests", "urllib3", "jwt"}
    assert {part for part, allowed in OTHERS.items() if sdks & allowed} == {"adapters"}
