"""What DynamoDB's errors mean."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

CONDITION_FAILED: Final = "ConditionalCheckFailed"
_TRANSIENT: Final = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


def is_condition_failure(error: "ClientError") -> bool:
    return error.response["Error"]["Code"] == f"{CONDITION_FAILED}Exception"


def is_conflict(error: "ClientError") -> bool:
    """True when a transaction holds the item at this moment."""
    return error.response["Error"]["Code"] == "TransactionConflictException"


def cancellation_codes(error: "ClientError") -> list[str]:
    """One code an item of a cancelled transaction; empty for any other error."""
    reasons = error.response.get("CancellationReasons", [])
    return [str(reason.get("Code", "None")) for reason in reasons]


def is_transient(codes: list[str]) -> bool:
    """True when the same transaction may pass a moment later.

    A condition beside a conflict proves nothing: a transaction that is half applied shows the one item as it
    will be and holds the other.
    """
    return any(code in _TRANSIENT for code in codes)
