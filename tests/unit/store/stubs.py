"""A client whose calls fail as told, with the SDK's own errors."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError


def client_error(code: str, status: int = 400, reasons: list[str] | None = None) -> ClientError:
    """An answer of AWS with this code; `reasons` are a cancelled transaction's."""
    response: Any = {
        "Error": {"Code": code, "Message": "secret text"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    if reasons is not None:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "Operation")


def cancelled(*reasons: str) -> ClientError:
    return client_error("TransactionCanceledException", reasons=list(reasons))


class ExecutionExistsError(ClientError):
    """What the SDK makes from its model under the name ExecutionAlreadyExists."""


class StubClient:
    """Every method raises the next armed error; after the last it answers `{}`."""

    exceptions = SimpleNamespace(ClientError=ClientError, ExecutionAlreadyExists=ExecutionExistsError)

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        def call(**_: Any) -> dict[str, Any]:
            self.calls.append(name)
            if self.errors:
                raise self.errors.pop(0)
            return {}

        return call
