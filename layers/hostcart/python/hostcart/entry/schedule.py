"""The door of what a schedule runs: as of the event's moment, with every failure in the log."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hostcart.entry.ahead import load_ahead
from hostcart.entry.observability import log_failure, logger
from hostcart.ports import PortError


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is logged and answered, and why parts of the work were not done, by their names."""

    told: dict[str, Any]
    failed: Mapping[str, Exception]


def scheduled(
    run: Callable[[datetime], Outcome], *, ahead: Sequence[Callable[[], object]] = ()
) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The Lambda handler around `run`, which is given the event's `time`, or the present without one.

    An error that ends the run leaves it by its type alone: its text may hold private data.
    `ahead`: see `load_ahead`; the logger goes with it.
    """
    load_ahead([*ahead, logger] if ahead else ())

    def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        logger().clear_state()
        try:
            outcome = run(_moment(event))
        except PortError as error:
            logger().error("run_failed", error=type(error).__name__, code=error.code)
            raise RunFailedError(error.code) from None
        except Exception as error:
            log_failure(error)
            raise RunFailedError(type(error).__name__) from None
        for name, failure in outcome.failed.items():
            _log(name, failure)
        logger().info("run_done", outcome=outcome.told)
        return outcome.told

    return handler


class RunFailedError(Exception):
    """The run came to no end; the text is the port's code or the unexpected error's type."""


def _moment(event: dict[str, Any]) -> datetime:
    text = event.get("time")
    now = datetime.now(UTC) if text is None else datetime.fromisoformat(text)
    return now.astimezone(UTC).replace(microsecond=0)


def _log(name: str, failure: Exception) -> None:
    if isinstance(failure, PortError):
        logger().warning("part_failed", part=name, error=type(failure).__name__, code=failure.code)
    else:
        log_failure(failure, request_id=name)
