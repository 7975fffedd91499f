"""What the calculator takes from template.yaml: the source, not what the last bench saw of it."""

from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Final

from local.engine import cloudformation_yaml

ROOT: Final = Path(__file__).resolve().parents[2]
_FUNCTION: Final = "AWS::Serverless::Function"

type Json = dict[str, Any]


@cache
def template() -> Json:
    """The template as it is written."""
    found: Json = cloudformation_yaml.load(ROOT / "template.yaml")
    return found


def memory_sizes(document: Json | None = None) -> dict[str, int]:
    """MB of each function, by its folder's name."""
    given = document or template()
    common = given["Globals"]["Function"]
    functions = (
        {**common, **entry["Properties"]}
        for entry in given["Resources"].values()
        if entry["Type"] == _FUNCTION
    )
    return {PurePosixPath(function["CodeUri"]).name: int(function["MemorySize"]) for function in functions}


def log_days(document: Json | None = None) -> int:
    """How long logs are kept, by the parameter's default."""
    return int((document or template())["Parameters"]["LogRetentionDays"]["Default"])
