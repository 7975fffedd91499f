"""TransactWriteItems with a patience for conflicts that the SDK does not have."""

import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from hostcart.adapters.aws_errors import aws_errors
from hostcart.adapters.dynamodb_errors import CONDITION_FAILED, cancellation_codes, is_transient
from hostcart.ports import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_ATTEMPTS: Final = 8
_BASE_SECONDS: Final = 0.02
_LONGEST_SECONDS: Final = 0.5
# From the system: instances that start from one snapshot share the state of `random`.
_JITTER: Final = random.SystemRandom()


class TransactionRefusedError(Exception):
    """A condition did not hold; `failed` are the positions of the writes whose condition it was."""

    def __init__(self, failed: frozenset[int]) -> None:
        super().__init__(sorted(failed))
        self.failed = failed


def transact(client: "DynamoDBClient", writes: "Sequence[TransactWriteItemTypeDef]") -> None:
    """Writes all or nothing.

    Waits out conflicts with other transactions (full jitter, 8 attempts). Raises TransactionRefusedError, or
    UnavailableError("contended") when the conflicts do not end.
    """
    for attempt in range(_ATTEMPTS):
        if _written(client, writes):
            return
        ceiling = min(_LONGEST_SECONDS, _BASE_SECONDS * 2**attempt)
        time.sleep(_JITTER.uniform(0, ceiling))
    raise UnavailableError("contended")


def _written(client: "DynamoDBClient", writes: "Sequence[TransactWriteItemTypeDef]") -> bool:
    """False when something stood in the way that passes."""
    with aws_errors("database"):
        try:
            client.transact_write_items(TransactItems=writes)
        except client.exceptions.ClientError as error:
            codes = cancellation_codes(error)
            if is_transient(codes):
                return False
            failed = frozenset(i for i, code in enumerate(codes) if code == CONDITION_FAILED)
            if failed:
                raise TransactionRefusedError(failed) from error
            raise
    return True
