"""Structured logs and EMF metrics, the same for every door. The correlation id is the cart token."""

import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from aws_lambda_powertools import Metrics as Emf

NAMESPACE = "hostcart"


@cache
def logger() -> "Logger":
    """Writes JSON lines; never pass it a body, a header, a contact or an exception's text."""
    from aws_lambda_powertools import Logger

    return Logger(service=NAMESPACE)


def begin_invocation() -> None:
    """Nothing of the invocation before is left in the log lines. A library that is not there yet stays so:
    what has nothing to say need not load it."""
    if "aws_lambda_powertools" in sys.modules:
        logger().clear_state()


@cache
def _emf() -> "Emf":
    from aws_lambda_powertools import Metrics as Emf

    return Emf(namespace=NAMESPACE, service=NAMESPACE)


class EmfMetrics:
    """Port Metrics: each value is written as its own EMF line, so that dimensions never mix.

    What has dimensions is counted a second time without them: an alarm takes one exact set of dimensions.
    The line carries the order's correlation id, which is no dimension.
    """

    def count(self, name: str, **dimensions: str) -> None:
        self._write(name, "Count", 1, dimensions)

    def seconds(self, name: str, value: float, **dimensions: str) -> None:
        self._write(name, "Seconds", value, dimensions)

    def level(self, name: str, value: int, **dimensions: str) -> None:
        self._write(name, "Count", value, dimensions)

    @staticmethod
    def _write(name: str, unit: str, value: float, dimensions: dict[str, str]) -> None:
        emf = _emf()
        for key, text in dimensions.items():
            emf.add_dimension(name=key, value=str(text))
        if dimensions:
            emf.add_dimensions(service=NAMESPACE)
        correlation_id = logger().get_correlation_id()
        if correlation_id is not None:
            emf.add_metadata(key="correlation_id", value=correlation_id)
        emf.add_metric(name=name, unit=unit, value=value)
        emf.flush_metrics()


@cache
def metrics() -> EmfMetrics:
    """What every door and use case counts with."""
    return EmfMetrics()


def log_failure(error: BaseException, request_id: str = "") -> None:
    """An unexpected error by type and place; its text may hold private data and stays out."""
    logger().error("unexpected_error", error=type(error).__name__, at=_frames(error), request_id=request_id)


def _frames(error: BaseException) -> list[str]:
    import traceback

    return [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
    ]
