"""The store's contract, in memory and on moto."""

from typing import TYPE_CHECKING

import pytest
from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.adapters.dynamodb_catalogue import DynamoCatalogue

from tests.fakes.claims_contract import ClaimsContract, ConcurrentClaimsContract
from tests.fakes.platform import FakeCatalogue
from tests.fakes.store import FakeCarts
from tests.fakes.store_contract import Bench, ConcurrentStoreContract, StoreContract
from tests.fakes.table import TABLE
from tests.fakes.world import CATALOGUE, PDX

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class TestInMemory(StoreContract, ConcurrentStoreContract, ClaimsContract, ConcurrentClaimsContract):
    """The fake is held to the same contract as the table."""

    @pytest.fixture
    def bench(self) -> Bench:
        carts = FakeCarts(totals={PDX: 2}, taken={PDX: 0})
        return Bench(carts, FakeCatalogue(CATALOGUE, carts.taken))


class TestOnMoto(StoreContract, ClaimsContract):
    """moto's transactions know no second writer: those tests run in memory and on DynamoDB Local."""

    @pytest.fixture
    def bench(self, dynamodb: "DynamoDBClient") -> Bench:
        catalogue = DynamoCatalogue(dynamodb, TABLE)
        catalogue.replace(CATALOGUE)
        return Bench(DynamoCarts(dynamodb, TABLE), catalogue)
