"""Accounts, users and API keys in the table (port Directory) and the writes of the operator's commands."""

from typing import TYPE_CHECKING

from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.aws_errors import aws_errors
from hostcart.adapters.plain_records import decode
from hostcart.domain.accounts import Account, ApiKey, User

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoDirectory:
    """Each record is one item: its key and `facts`, the record as JSON."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def account(self, account_id: str) -> Account | None:
        return self._get(Account, keys.account(account_id))

    def user(self, user_id: str) -> User | None:
        return self._get(User, keys.user(user_id))

    def api_key(self, key: str) -> ApiKey | None:
        return self._get(ApiKey, keys.api_key(key))

    def put_account(self, account: Account) -> None:
        self._put(keys.account(account.snapshot.id), account)

    def put_user(self, user: User) -> None:
        self._put(keys.user(user.snapshot.id), user)

    def put_api_key(self, key: str, record: ApiKey) -> None:
        """Stores the key's digest, never the key."""
        self._put(keys.api_key(key), record)

    def delete_api_key(self, key: str) -> None:
        with aws_errors("database"):
            self._client.delete_item(TableName=self._table, Key=keys.api_key(key))

    def _get[R](self, kind: type[R], key: keys.Key) -> R | None:
        with aws_errors("database"):
            item = self._client.get_item(TableName=self._table, Key=key).get("Item")
        return None if item is None else decode(kind, item["facts"]["S"])

    def _put(self, key: keys.Key, record: object) -> None:
        from hostcart.adapters.records import encode

        with aws_errors("database"):
            self._client.put_item(TableName=self._table, Item={**key, "facts": {"S": encode(record)}})
