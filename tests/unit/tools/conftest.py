"""A table in moto and files to load."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hostcart.adapters import aws

from tests.fakes.table import TABLE, moto_table, set_environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch)
    monkeypatch.setenv("TABLE_NAME", TABLE)
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def dynamodb() -> "Iterator[DynamoDBClient]":
    """An empty table; the adapters' own client reaches it too."""
    aws.dynamodb.cache_clear()
    with moto_table() as client:
        yield client
    aws.dynamodb.cache_clear()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a file to load."""

    def write_file(text: str) -> Path:
        path = tmp_path / "file.yaml"
        path.write_text(text)
        return path

    return write_file
