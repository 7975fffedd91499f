"""The door of every task of the state machine.

A task's input carries ids only. What leaves a task is its small outcome or one of the named errors with a
code as its text: the runtime writes both into the execution's history, which must never hold a secret.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hostcart.entry.ahead import load_ahead
from hostcart.entry.observability import log_failure, logger, metrics
from hostcart.ports import MisconfiguredError, PortError
from hostcart.use_cases.errors import NewsArrivedError, TaskError

type Outcome = dict[str, Any]


class TaskRetryError(Exception):
    """Trying again may help; the text is the port's code or the unexpected error's type."""


class NotRefundedError(TaskRetryError):
    """The compensation is not done."""


class NotClosedError(TaskRetryError):
    """The terminal state is not written."""


class NotNotifiedError(TaskRetryError):
    """The notification could not be sent, for a reason on our side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInput:
    """`cause` is the caught error's cause (JSON text), for the compensation.

    `task_token` ends the wait of a state that waits; it is a capability and stays out of every log.
    """

    account_id: str
    cart_token: str
    cause: str | None
    task_token: str = field(repr=False)


def task_door(
    run: Callable[[TaskInput], Outcome],
    *,
    undone: type[TaskRetryError] = TaskRetryError,
    ahead: Sequence[Callable[[], object]] = (),
) -> Callable[[dict[str, Any], Any], Outcome]:
    """The Lambda handler around `run`.

    `undone` is the class of what may be tried again; after the last attempt it is the execution's error.
    `ahead`: see `load_ahead`; the logger goes with it.
    """
    load_ahead([*ahead, logger] if ahead else ())

    def handler(event: dict[str, Any], _context: Any) -> Outcome:
        task = TaskInput(
            account_id=event["account_id"],
            cart_token=event["cart_token"],
            cause=(event.get("error") or {}).get("Cause"),
            task_token=event.get("task_token", ""),
        )
        logger().clear_state()
        logger().set_correlation_id(task.cart_token)
        try:
            outcome = run(task)
        except NewsArrivedError as news:
            logger().info("task_has_news")
            raise news.with_traceback(None) from None
        except TaskError as error:
            logger().warning("task_failed", error=type(error).__name__, code=error.code)
            raise error.with_traceback(None) from None
        except PortError as error:
            logger().warning("task_retry", error=type(error).__name__, code=error.code)
            if isinstance(error, MisconfiguredError):  # no retry mends it: an operator has to act
                metrics().count("Misconfigured", code=error.code)
            raise undone(error.code) from None
        except Exception as error:  # its text may hold private data
            log_failure(error)
            raise undone(type(error).__name__) from None
        logger().info("task_done", outcome=outcome)
        return outcome

    return handler
