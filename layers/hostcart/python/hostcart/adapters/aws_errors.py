"""What the errors of AWS's SDK mean; none of them leaves a block of `aws_errors`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from hostcart.ports import MisconfiguredError, PortError, UnavailableError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_PASSING: Final = frozenset(
    {
        "ExecutionLimitExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_DENIED: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    }
)
_MISSING: Final = frozenset({"NotFoundException", "ResourceNotFoundException", "StateMachineDoesNotExist"})
_SERVER_ERROR: Final = 500


@contextmanager
def aws_errors(service: str) -> Iterator[None]:
    """Turns the SDK's errors into the ports', with codes that begin with `service`.

    `_unavailable` (UnavailableError: throttled, unreachable, a server's error); `_denied`, `_missing`,
    `_refused` (MisconfiguredError). The SDK is not imported before something fails.
    """
    try:
        yield
    except Exception as error:
        translated = _translate(error, service)
        if translated is None:
            raise
        raise translated from error


def _translate(error: Exception, service: str) -> PortError | None:
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as LostConnectionError

    if isinstance(error, ClientError):
        return _of_answer(error, service)
    if isinstance(error, (HTTPClientError, LostConnectionError)):
        return UnavailableError(f"{service}_unavailable")
    return MisconfiguredError(f"{service}_refused") if isinstance(error, BotoCoreError) else None


def _of_answer(error: "ClientError", service: str) -> PortError:
    answer: Any = error.response
    code = answer.get("Error", {}).get("Code", "")
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _PASSING or status >= _SERVER_ERROR:
        return UnavailableError(f"{service}_unavailable")
    if code in _DENIED:
        return MisconfiguredError(f"{service}_denied")
    return MisconfiguredError(f"{service}_missing" if code in _MISSING else f"{service}_refused")
