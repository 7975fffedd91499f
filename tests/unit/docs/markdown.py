"""Reads what the tests need out of the documents."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from local.engine.workspace import ROOT

DOCS: Final = ROOT / "docs"
README: Final = ROOT / "README.md"
_LINK: Final = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_CODE: Final = re.compile(r"`([^`]+)`")


def documents() -> list[Path]:
    """The README and every page of docs/ and events/."""
    return [README, *sorted(DOCS.rglob("*.md")), *sorted((ROOT / "events").rglob("*.md"))]


def tables(page: Path) -> Iterator[list[list[str]]]:
    """The tables of a page, rows of cells, without the line under the head."""
    rows: list[list[str]] = []
    for line in [*page.read_text().splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            yield [row for row in rows if set("".join(row)) - set("-: ")]
            rows = []


def table(page: Path, *head: str) -> list[list[str]]:
    """The rows below `head` of the one table that begins with it."""
    (found,) = [rows for rows in tables(page) if tuple(rows[0][: len(head)]) == head]
    return found[1:]


def codes(text: str) -> list[str]:
    """What stands between backticks."""
    return _CODE.findall(text)


def links(page: Path) -> list[str]:
    """The relative targets of a page's links."""
    return [target for target in _LINK.findall(page.read_text()) if "://" not in target]


def headings(page: Path, level: int) -> list[str]:
    mark = "#" * level + " "
    return [line.removeprefix(mark) for line in page.read_text().splitlines() if line.startswith(mark)]


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(), flags=re.DOTALL)
