"""DynamoDB in this process (moto), with the template's table."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest

from tests.fakes.table import moto_table, set_environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch)


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """One session: it keeps the parsed service models."""
    return boto3.Session(region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture
def dynamodb(session: boto3.Session) -> "Iterator[DynamoDBClient]":
    with moto_table(session) as client:
        yield client
