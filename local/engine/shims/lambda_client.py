"""Sends the Lambda calls of moto's state machine interpreter to the AWS engine, under the state machine's own
role.

Replaced: `moto.stepfunctions.parser.asl.utils.boto_client.boto_client_for`, which calls moto itself with
fixed credentials. Install before anything else of `moto.stepfunctions` is imported: its modules bind the
name.
"""

import threading
from typing import Any

import boto3
from botocore.config import Config
from moto.stepfunctions.parser.asl.utils import boto_client

READ_TIMEOUT_SECONDS = 900
"""Lambda's longest run; the state's own TimeoutSeconds ends it earlier."""

_lock = threading.Lock()
_clients: dict[tuple[str, str, str], Any] = {}


def install(endpoint: str) -> None:
    """Point every later Lambda call of an execution at `endpoint`."""

    def client_for(region: str, service: str, state_credentials: Any = None) -> Any:
        role = getattr(state_credentials, "role_arn", "") or ""
        with _lock:
            key = (region, service, role)
            if key not in _clients:
                _clients[key] = _client(endpoint, *key)
                _clients[key].meta.events.register("after-call", _with_request_id)
            return _clients[key]

    boto_client.boto_client_for = client_for


def _with_request_id(parsed: dict[str, Any], **_: Any) -> None:
    """moto reads a refusal's request id, which the engine leaves out of its 403."""
    parsed.get("ResponseMetadata", {}).setdefault("RequestId", "unknown")


def _client(endpoint: str, region: str, service: Any, role: str) -> Any:
    """A client with the credentials of the state machine's role, so that its policy is enforced as well."""
    plain = Config(
        retries={"total_max_attempts": 1},
        read_timeout=READ_TIMEOUT_SECONDS,
        parameter_validation=False,
        max_pool_connections=64,
    )
    session = boto3.Session(region_name=region)
    if not role:
        return session.client(service, endpoint_url=endpoint, config=plain)
    sts = session.client("sts", endpoint_url=endpoint)
    given = sts.assume_role(RoleArn=role, RoleSessionName="states", DurationSeconds=43200)["Credentials"]
    return session.client(
        service,
        endpoint_url=endpoint,
        config=plain,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
