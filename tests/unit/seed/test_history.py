"""The past orders are valid records, densely numbered and written once."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.contract.responses import CartEnvelope, OrderEntry, OrderView
from hostcart.domain.accounts import Account, User
from hostcart.domain.catalogue import Plan
from hostcart.domain.tokens import token_of
from hostcart.use_cases.read_order import read_order

from local.seed.accounts import ACCOUNTS, account_id, accounts_file, user_id
from local.seed.history import DELIVERED_EVERY, seed_history
from local.seed.state import Billing
from tools import catalogue_file
from tools.accounts_file import records

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

ORDERS = 120
TABLE = "hostcart"
CATALOGUE = Path(__file__).parents[3] / "local" / "seed" / "catalogue.yaml"
HISTORY = account_id("history")


class Sealer:
    """Port Cipher that shows its context."""

    def __init__(self) -> None:
        self.sealed = 0

    def seal(self, plaintext: bytes, *, account_id: str, cart_token: str) -> bytes:
        self.sealed += 1
        return b"|".join([account_id.encode(), cart_token.encode(), plaintext])

    def open(self, sealed: bytes, *, account_id: str, cart_token: str) -> bytes:
        context = f"{account_id}|{cart_token}|".encode()
        assert sealed.startswith(context)
        return sealed.removeprefix(context)


@pytest.fixture(scope="module")
def owner() -> tuple[Account, User, Plan]:
    billing = {seed.name: Billing("cus_1", "pm_1") for seed in ACCOUNTS}
    keys = {seed.name: (f"hcu_{i:032}", f"hca_{i:032}") for i, seed in enumerate(ACCOUNTS)}
    content = records(accounts_file(billing, keys))
    (account,) = (found for found in content.accounts if found.snapshot.id == HISTORY)
    (user,) = (found for found in content.users if found.snapshot.id == user_id("history"))
    return account, user, catalogue_file.load(CATALOGUE).plans["basic"]


def _seed(client: "DynamoDBClient", owner: tuple[Account, User, Plan], cipher: Sealer) -> int:
    account, user, plan = owner
    return seed_history(client, TABLE, cipher, account=account, user=user, plan=plan, orders=ORDERS)


def test_orders_are_dense_and_listed_newest_first(
    dynamodb: "DynamoDBClient", owner: tuple[Account, User, Plan]
) -> None:
    assert _seed(dynamodb, owner, Sealer()) == ORDERS
    store = DynamoCarts(dynamodb, TABLE)
    pages = [store.list_orders(HISTORY, page=page, per_page=50) for page in (1, 2, 3, 4)]
    assert [len(page.orders) for page in pages] == [50, 50, 20, 0]
    assert {page.total for page in pages} == {ORDERS}
    entries = [entry for page in pages for entry in page.orders]
    created = [entry["created_at"] for entry in entries]
    assert created == sorted(created, reverse=True)
    oldest = datetime.fromisoformat(created[-1])
    assert timedelta(days=700) < datetime.now(UTC) - oldest <= timedelta(days=730)
    assert {entry["location"] for entry in entries} == {"pdx", "fra"}
    assert {entry["status"] for entry in entries} == {"completed", "failed"}
    for entry in entries:
        OrderEntry.model_validate_json(json.dumps(entry))


def test_every_order_meets_the_contract(
    dynamodb: "DynamoDBClient", owner: tuple[Account, User, Plan]
) -> None:
    cipher = Sealer()
    _seed(dynamodb, owner, cipher)
    store = DynamoCarts(dynamodb, TABLE)
    views: list[Any] = []
    for page in (1, 2, 3):
        for entry in store.list_orders(HISTORY, page=page, per_page=50).orders:
            token = token_of(entry["id"]) or ""
            view, cart_view = store.order_view(HISTORY, token), store.cart_view(HISTORY, token)
            assert view is not None
            assert cart_view is not None
            assert view.terminal
            CartEnvelope.model_validate_json(cart_view.body)
            text = read_order(view, HISTORY, token, lambda: cipher)
            views.append(OrderView.model_validate_json(text))
            assert store.load(HISTORY, token) is not None
    delivered = [view for view in views if view.order.status == "completed"]
    assert len(delivered) == ORDERS // DELIVERED_EVERY == cipher.sealed
    assert all(view.site.ssh_data.password.startswith("seeded-") for view in delivered)
    assert {view.payment.status for view in views} == {"succeeded", "failed", "refunded"}


def test_a_repeat_writes_nothing(dynamodb: "DynamoDBClient", owner: tuple[Account, User, Plan]) -> None:
    _seed(dynamodb, owner, Sealer())
    cipher = Sealer()
    assert _seed(dynamodb, owner, cipher) == 0
    assert cipher.sealed == 0


def test_who_has_ordered_already_gets_no_past(
    dynamodb: "DynamoDBClient", owner: tuple[Account, User, Plan]
) -> None:
    dynamodb.put_item(TableName=TABLE, Item={**keys.counter(HISTORY), "last_number": {"N": "1"}})
    assert _seed(dynamodb, owner, Sealer()) == 0
    assert dynamodb.scan(TableName=TABLE, Select="COUNT")["Count"] == 1


def test_an_interrupted_run_is_repeated_over_the_same_items(
    dynamodb: "DynamoDBClient", owner: tuple[Account, User, Plan]
) -> None:
    _seed(dynamodb, owner, Sealer())
    dynamodb.delete_item(TableName=TABLE, Key={"pk": {"S": f"ACCOUNT#{HISTORY}"}, "sk": {"S": "COUNTER"}})
    _seed(dynamodb, owner, Sealer())
    assert dynamodb.scan(TableName=TABLE, Select="COUNT")["Count"] == ORDERS + 1
