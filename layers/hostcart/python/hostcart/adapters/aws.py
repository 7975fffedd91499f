"""boto3 clients, built when first needed and kept for the life of the process."""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_kms.client import KMSClient
    from mypy_boto3_route53.client import Route53Client
    from mypy_boto3_secretsmanager.client import SecretsManagerClient
    from mypy_boto3_stepfunctions.client import SFNClient


@cache
def dynamodb() -> "DynamoDBClient":
    import boto3

    return boto3.client("dynamodb", config=_config())


@cache
def kms() -> "KMSClient":
    import boto3

    return boto3.client("kms", config=_config())


@cache
def route53() -> "Route53Client":
    import boto3

    return boto3.client("route53", config=_config())


@cache
def appconfigdata() -> Any:
    import boto3

    return boto3.client("appconfigdata", config=_config())


@cache
def stepfunctions() -> "SFNClient":
    import boto3

    return boto3.client("stepfunctions", config=_config())


@cache
def secretsmanager() -> "SecretsManagerClient":
    import boto3

    return boto3.client("secretsmanager", config=_config())


def _config() -> "Config":
    """Short time-outs and two quick retries: AWS's own calls are repeatable as we make them."""
    from botocore.config import Config

    return Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


if TYPE_CHECKING:
    from botocore.config import Config
