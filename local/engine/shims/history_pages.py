"""Makes GetExecutionHistory honour `reverseOrder`, `maxResults` and `nextToken`.

Replaced: `StepFunctionResponse.get_execution_history`. moto answers all events, oldest first,
whatever was asked.
"""

from typing import Any

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.stepfunctions.responses import StepFunctionResponse

DEFAULT_RESULTS, MOST_RESULTS = 100, 1000
"""Events on a page, as Step Functions has it."""


class InvalidTokenError(AWSError):
    """What Step Functions answers to a token that it did not give."""

    TYPE = "InvalidToken"
    STATUS = 400


def install() -> None:
    """Answer in pages."""
    response: Any = StepFunctionResponse
    response.get_execution_history = _get_execution_history


def page(
    events: list[dict[str, Any]], *, reverse: bool, most: int, token: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """One page and the token of the next.

    Args:
        events: all so far, oldest first; their ids rise.
        most: events on the page; 0 means the default.
        token: id of the event to go on from, so that events that come meanwhile move nothing.

    Raises:
        InvalidTokenError: the token is none of these.
    """
    ordered = events[::-1] if reverse else events
    if token is not None:
        if not token.isdecimal():
            raise InvalidTokenError(f"Invalid Token: '{token}'")
        first = int(token)
        ordered = [event for event in ordered if (event["id"] <= first if reverse else event["id"] >= first)]
    size = min(most or DEFAULT_RESULTS, MOST_RESULTS)
    following = str(ordered[size]["id"]) if len(ordered) > size else None
    return ordered[:size], following


def _get_execution_history(self: Any) -> ActionResult:
    history = self.stepfunction_backend.get_execution_history(self._get_param("executionArn"))
    events, following = page(
        history["events"],
        reverse=bool(self._get_param("reverseOrder")),
        most=int(self._get_param("maxResults") or 0),
        token=self._get_param("nextToken"),
    )
    return ActionResult({"events": events} | ({"nextToken": following} if following else {}))
