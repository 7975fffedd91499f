"""What the doors write to the log."""

import io
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hostcart.entry import observability


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """The log lines so far."""
    from aws_lambda_powertools import Logger

    stream = io.StringIO()
    logger = Logger(service=f"test-{uuid.uuid4()}", stream=stream)  # loggers live as long as the process
    monkeypatch.setattr("hostcart.entry.http.logger", lambda: logger)
    monkeypatch.setattr("hostcart.entry.task.logger", lambda: logger)
    monkeypatch.setattr("hostcart.entry.schedule.logger", lambda: logger)
    monkeypatch.setattr(observability, "logger", lambda: logger)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
