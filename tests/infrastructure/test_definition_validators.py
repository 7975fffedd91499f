"""asl-validator, statelint and moto's parser accept the definition; each is shown to refuse a broken one."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sam_template import ROOT, Template

type Json = dict[str, Any]
type Validator = Callable[[Path], str]

_ASL_VALIDATOR = ROOT / "local" / "npm" / "node_modules" / ".bin" / "asl-validator"
_STATELINT = Path(sys.executable).with_name("statelint")
# After refusing one definition moto's parser refuses good ones in the same process.
_MOTO = """
import sys
from pathlib import Path
from moto.stepfunctions.parser.asl.static_analyser.static_analyser import StaticAnalyser
text = Path(sys.argv[1]).read_text()
StaticAnalyser().analyse(text)
"""


def _run(*command: str) -> str:
    """Empty when the command found nothing wrong, else what it said."""
    done = subprocess.run(  # noqa: S603 - fixed commands on our own files
        command, capture_output=True, text=True, check=False, timeout=60
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr or f"exit code {done.returncode}"


def asl_validator(path: Path) -> str:
    assert _ASL_VALIDATOR.exists(), "asl-validator is not installed: run `make setup`"
    return _run(str(_ASL_VALIDATOR), "--json-path", str(path))


def statelint(path: Path) -> str:
    return _run(str(_STATELINT), str(path))


def moto_parser(path: Path) -> str:
    return _run(sys.executable, "-c", _MOTO, str(path))


VALIDATORS = (asl_validator, statelint, moto_parser)


def _dangling_next(definition: Json) -> None:
    definition["States"]["ProvisionSite"]["Next"] = "Nowhere"


def _catch_all_first(definition: Json) -> None:
    definition["States"]["ChargePayment"]["Catch"].reverse()


def _unknown_field(definition: Json) -> None:
    definition["States"]["CloseOrder"]["TimeoutSecond"] = 3


def _choice_without_next(definition: Json) -> None:
    del definition["States"]["SiteOutcome"]["Choices"][0]["Next"]


def _no_resource(definition: Json) -> None:
    del definition["States"]["CloseOrder"]["Resource"]


def _unreachable(definition: Json) -> None:
    definition["States"]["Island"] = {"Type": "Succeed"}


def _bad_path(definition: Json) -> None:
    definition["States"]["ChargePayment"]["Parameters"]["Payload"]["cart_token.$"] = "cart_token"


# Each with a validator that sees it.
DEFECTS = (
    (_dangling_next, asl_validator),
    (_choice_without_next, asl_validator),
    (_catch_all_first, statelint),
    (_unreachable, statelint),
    (_bad_path, statelint),
    (_unknown_field, moto_parser),
    (_no_resource, moto_parser),
)


@pytest.fixture
def definition() -> Json:
    return Template().definition()


def _written(folder: Path, definition: Json) -> Path:
    path = folder / "definition.json"
    path.write_text(json.dumps(definition))
    return path


@pytest.mark.parametrize("validator", VALIDATORS)
def test_accepts_the_definition(validator: Validator, definition: Json, tmp_path: Path) -> None:
    assert validator(_written(tmp_path, definition)) == ""


@pytest.mark.parametrize(("defect", "validator"), DEFECTS)
def test_each_planted_defect_is_caught(
    defect: Callable[[Json], None], validator: Validator, definition: Json, tmp_path: Path
) -> None:
    defect(definition)
    assert validator(_written(tmp_path, definition)) != ""
