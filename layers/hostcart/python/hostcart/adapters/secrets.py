"""JSON secrets of AWS Secrets Manager, kept in the process for five minutes so that a rotation reaches warm
functions. An adapter that is told its credential is wrong forgets the secret: the next call reads it anew.

Shapes: payments {"api_key"}, site provisioner {"token"}, registrar {"username", "token"}, callbacks
{"current", "previous"?}.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from hostcart.adapters import aws
from hostcart.ports import MisconfiguredError, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

KEPT_SECONDS: Final = 300.0
_PASSING: Final = frozenset(
    {"ThrottlingException", "TooManyRequestsException", "InternalServiceError", "ServiceUnavailable"}
)
_SERVER_ERROR: Final = 500


class Secrets:
    """Reads secrets by ARN.

    Raises MisconfiguredError("secret_..."), UnavailableError("secrets_unavailable").
    """

    def __init__(
        self,
        client: "Callable[[], SecretsManagerClient]" = aws.secretsmanager,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, Mapping[str, str]]] = {}

    def get(self, arn: str) -> Mapping[str, str]:
        """The secret's members; those that are no strings are left out."""
        kept = self._kept.get(arn)
        if kept is not None and self._monotonic() < kept[0]:
            return kept[1]
        members = _members(self._read(arn))
        self._kept[arn] = (self._monotonic() + KEPT_SECONDS, members)
        return members

    def member(self, arn: str, name: str) -> str:
        """One member, which must be there."""
        value = self.get(arn).get(name)
        if not value:
            self.forget(arn)
            raise MisconfiguredError(f"secret_without_{name}")
        return value

    def forget(self, arn: str) -> None:
        """Reads the secret anew on the next call."""
        self._kept.pop(arn, None)

    def _read(self, arn: str) -> str | None:
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            return self._client().get_secret_value(SecretId=arn).get("SecretString")
        except NoCredentialsError as error:
            raise MisconfiguredError("secret_denied") from error
        except BotoCoreError as error:
            raise UnavailableError("secrets_unavailable") from error
        except ClientError as error:
            raise _client_error(error.response) from error


def _client_error(response: Any) -> UnavailableError | MisconfiguredError:
    code = response.get("Error", {}).get("Code", "")
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _PASSING or status >= _SERVER_ERROR:
        return UnavailableError("secrets_unavailable")
    if code == "ResourceNotFoundException":
        return MisconfiguredError("secret_missing")
    return MisconfiguredError("secret_denied")


def _members(text: str | None) -> Mapping[str, str]:
    try:
        value = json.loads(text or "")
    except ValueError:
        # Without its cause: the error's text would carry the secret.
        raise MisconfiguredError("secret_not_json") from None
    if not isinstance(value, dict):
        raise MisconfiguredError("secret_not_json")
    return {name: member for name, member in value.items() if isinstance(member, str)}
