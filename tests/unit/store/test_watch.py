"""The index of open work and the findings, on moto."""

from typing import TYPE_CHECKING

import pytest

from tests.fakes.table import TABLE
from tests.fakes.watch_contract import WatchContract

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class TestOnMoto(WatchContract):
    @pytest.fixture
    def client(self, dynamodb: "DynamoDBClient") -> "DynamoDBClient":
        return dynamodb

    @pytest.fixture
    def table(self) -> str:
        return TABLE
