"""What a cold start computes: importing a handler as Lambda does, with all that is loaded ahead."""

import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from local.engine.translation import functions
from local.engine.workspace import ROOT
from tests.bench.measure import Start, in_turns
from tests.sam_template import Template, folder_of

BUILD: Final = ROOT / ".aws-sam" / "build"
UV: Final = ROOT / ".tools" / "uv" / "bin" / "uv"
PEER_FOLDER: Final = ROOT / ".local" / "bench-peer"
# Pinned, and the same versions as in our own layers where they share a library.
PEER_PACKAGES: Final = (
    "aws-lambda-powertools[parser,tracer]==3.37.0",
    "aws-lambda-env-modeler==1.0.6",
    "cachetools==6.2.2",
    "mypy-boto3-dynamodb==1.43.124",
    "aws-xray-sdk==2.15.0",
    "boto3==1.43.106",
    "botocore==1.43.106",
    "pydantic==2.13.5",
)
FLOOR: Final = "floor"
PEER: Final = "peer"
_ROUNDS: Final = 10
_UV_SECONDS: Final = 180

type Json = dict[str, Any]


def measure(rounds: int = _ROUNDS) -> Json:
    """{"floor_ms", "peer_ms" | None, "peer_missing", "functions": {folder: {"cpu_ms", "peak_mb"}}}, all in
    one run."""
    missing = _install_peer()
    starts = {FLOOR: Start('import boto3; boto3.client("dynamodb")'), **handlers()}
    if missing is None:
        starts[PEER] = Start("import handler", (ROOT / "tests" / "bench" / "peer", PEER_FOLDER))
    spent = in_turns(starts, rounds)
    return {
        "floor_ms": spent.pop(FLOOR).cpu_ms,
        "peer_ms": spent.pop(PEER).cpu_ms if missing is None else None,
        "peer_missing": missing,
        "functions": {name: asdict(one) for name, one in sorted(spent.items())},
    }


def handlers() -> dict[str, Start]:
    """The import of each built function, by folder."""
    template = Template()
    built = functions(BUILD / "template.yaml")
    return {
        folder_of(name): Start(
            "import handler",
            (function.code, *function.layers),
            {key: value if value else "none" for key, value in template.environment(name).items()},
        )
        for name, function in sorted(built.items())
    }


def _install_peer() -> str | None:
    """Puts the peer's libraries into a throw-away folder; why that was not possible, or None."""
    if (PEER_FOLDER / ".done").exists():
        return None
    command: list[str | Path] = [
        UV,
        "pip",
        "install",
        "--quiet",
        "--target",
        PEER_FOLDER,
        "--python-version",
        "3.13",
    ]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            [*command, *PEER_PACKAGES], capture_output=True, text=True, timeout=_UV_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    if done.returncode:
        return "its libraries could not be installed"
    (PEER_FOLDER / ".done").touch()
    return None
