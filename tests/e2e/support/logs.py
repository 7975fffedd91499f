"""What the functions of a stack logged."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.e2e.support.world import World

type Json = dict[str, Any]


class Logs:
    """The functions' log lines, parsed."""

    def __init__(self, world: World) -> None:
        folder = world.stack.workspace.logs / "functions"
        names = {physical: logical for logical, physical in world.facts["functions"].items()}
        self.lines = [
            (names[path.stem], line) for path in sorted(folder.glob("*.log")) for line in _lines(path)
        ]

    def of(self, token: str) -> list[tuple[str, Json]]:
        return [(name, line) for name, line in self.lines if line.get("correlation_id") == token]

    def metric(self, name: str) -> list[Json]:
        """EMF lines that define and carry the metric."""
        return [
            line
            for _, line in self.lines
            if name in line
            and any(
                metric["Name"] == name
                for block in line.get("_aws", {}).get("CloudWatchMetrics", [])
                for metric in block["Metrics"]
            )
        ]

    def unexpected(self) -> list[tuple[str, Any, Any]]:
        """(function, error, where) of every error that a function did not expect."""
        return [
            (name, line.get("error"), line.get("at"))
            for name, line in self.lines
            if line.get("message") == "unexpected_error"
        ]


def _lines(path: Path) -> Iterator[Json]:
    for text in path.read_text().splitlines():
        if text.startswith("{"):
            yield json.loads(text)
