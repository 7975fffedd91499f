"""boto3 clients that reach the local stack and nothing else."""

from typing import Any

import boto3
from botocore.config import Config

from local.engine.processes import REGION


def client(service: Any, endpoint: str, **config: Any) -> Any:
    """A client of `service` at `endpoint` with the stack's administrator credentials."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the engine's fixed credential
        config=Config(retries={"total_max_attempts": 1}, read_timeout=900, **config),
    )
