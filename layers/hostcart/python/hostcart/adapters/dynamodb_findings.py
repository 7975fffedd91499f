"""What the reconciler remembers from run to run (port FindingStore): findings and how far its sweeps are."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.aws_errors import aws_errors
from hostcart.adapters.dynamodb_errors import is_condition_failure
from hostcart.domain.findings import Finding, FindingKind, Judgement, Subject

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryOutputTypeDef

_PAGE: Final = 500
"""There should be none."""


class DynamoFindings:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def findings(self) -> Sequence[Finding]:
        found: list[Finding] = []
        more: dict[str, Any] = {}
        while True:
            page = self._page(more)
            found += [_finding(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return found
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _page(self, more: Mapping[str, Any]) -> "QueryOutputTypeDef":
        with aws_errors("database"):
            return self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                ExpressionAttributeValues={
                    ":pk": keys.reconciler_cursors()["pk"],
                    ":prefix": {"S": keys.FINDING_PREFIX},
                },
                ConsistentRead=True,
                Limit=_PAGE,
                **more,
            )

    def put(self, subject: Subject, judgement: Judgement, now: datetime) -> None:
        facts = json.dumps(
            {
                "kind": subject.kind,
                "id": subject.id,
                "account_id": subject.account_id,
                "cart_token": subject.cart_token,
            }
        )
        with aws_errors("database"):
            self._client.update_item(
                TableName=self._table,
                Key=_key(subject),
                UpdateExpression=(
                    "SET facts = :facts, judgement = :judgement, judged_at = :now, "
                    "since = if_not_exists(since, :now)"
                ),
                ExpressionAttributeValues={
                    ":facts": {"S": facts},
                    ":judgement": {"S": judgement},
                    ":now": {"S": now.isoformat()},
                },
            )

    def drop(self, subject: Subject) -> None:
        with aws_errors("database"):
            self._client.delete_item(TableName=self._table, Key=_key(subject))

    def accept(self, subject: Subject, *, accepted: bool) -> bool:
        with aws_errors("database"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(subject),
                    UpdateExpression="SET accepted = :accepted",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeValues={":accepted": {"BOOL": accepted}},
                )
            except self._client.exceptions.ClientError as error:
                if is_condition_failure(error):
                    return False
                raise
        return True

    def cursors(self) -> Mapping[str, str]:
        with aws_errors("database"):
            item = self._client.get_item(
                TableName=self._table, Key=keys.reconciler_cursors(), ConsistentRead=True
            ).get("Item")
        found: dict[str, str] = {} if item is None else json.loads(item["cursors"]["S"])
        return found

    def save_cursors(self, cursors: Mapping[str, str]) -> None:
        with aws_errors("database"):
            self._client.update_item(
                TableName=self._table,
                Key=keys.reconciler_cursors(),
                UpdateExpression="SET cursors = :cursors",
                ExpressionAttributeValues={":cursors": {"S": json.dumps(dict(cursors))}},
            )


def _key(subject: Subject) -> keys.Key:
    return keys.finding(subject.kind, subject.id)


def _finding(item: Any) -> Finding:
    facts = json.loads(item["facts"]["S"])
    subject = Subject(
        kind=FindingKind(facts["kind"]),
        id=facts["id"],
        account_id=facts["account_id"],
        cart_token=facts["cart_token"],
    )
    since = item["since"]["S"]
    return Finding(
        subject=subject,
        judgement=Judgement(item["judgement"]["S"]),
        since=datetime.fromisoformat(since),
        judged_at=datetime.fromisoformat(item.get("judged_at", {}).get("S", since)),
        accepted=item.get("accepted", {}).get("BOOL", False),
    )
