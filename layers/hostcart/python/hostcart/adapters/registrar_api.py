"""The name.com v4 protocol: one request, no retry, no redirect, numbers read exactly.

Bodies are JSON under the type text/html, so the type is not looked at. A colon in a path stays a colon.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final

import urllib3
from pydantic import BaseModel, ValidationError

from hostcart.adapters.registrar_errors import DENIED, refusal
from hostcart.adapters.secrets import Secrets
from hostcart.ports import OutcomeUnknownError, RateLimit
from hostcart.settings import RegistrarSettings

TIMEOUT: Final = urllib3.Timeout(total=9.0, connect=3.0)
_LARGEST_ANSWER_BYTES: Final = 4_000_000


class RegistrarApi:
    """Calls under the current credentials. The secret is {"username": "...", "token": "..."}."""

    def __init__(
        self,
        settings: RegistrarSettings,
        secrets: Secrets,
        limit: RateLimit,
        *,
        pool: urllib3.PoolManager | None = None,
    ) -> None:
        self._base = settings.api_base.rstrip("/")
        self._secret = settings.credentials_secret_arn
        self._secrets = secrets
        self._limit = limit
        self._pool = pool or urllib3.PoolManager(retries=False, timeout=TIMEOUT)

    def get[M: BaseModel](self, model: type[M], path: str, **query: int) -> M:
        """Raises RefusedError("not_found") and what the port says."""
        fields = {name: str(value) for name, value in query.items()}
        return _parsed(model, self._call("GET", path, fields=fields or None))

    def post[M: BaseModel](self, model: type[M], path: str, body: Mapping[str, Any]) -> M:
        # The type is sent with an empty body too: without it the answer is 403.
        return _parsed(model, self._call("POST", path, json=dict(body)))

    def _call(self, method: str, path: str, **options: Any) -> Any:
        headers = self._headers()
        self._limit.acquire()
        try:
            response = self._pool.request(
                method,
                f"{self._base}/v4/{path}",
                headers=headers,
                redirect=False,
                preload_content=False,
                **options,
            )
            body = response.read(_LARGEST_ANSWER_BYTES + 1)
        except urllib3.exceptions.HTTPError as error:
            # Without its cause: the pool's errors carry the address, which holds the name.
            raise OutcomeUnknownError(_failure_code(error)) from None
        if len(body) > _LARGEST_ANSWER_BYTES:
            response.close()
            raise OutcomeUnknownError("invalid_answer")
        response.release_conn()
        if response.status in DENIED:
            self._secrets.forget(self._secret)
        answer = _decoded(body)
        if response.status != HTTPStatus.OK:
            raise refusal(response.status, answer)
        return answer

    def _headers(self) -> dict[str, str]:
        username = self._secrets.member(self._secret, "username")
        token = self._secrets.member(self._secret, "token")
        basic = urllib3.util.make_headers(basic_auth=f"{username}:{token}")
        return {
            **basic,
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "hostcart",
        }


def _decoded(body: bytes) -> Any:
    """The JSON of an answer, or None when it is none."""
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def _parsed[M: BaseModel](model: type[M], answer: Any) -> M:
    # Without its cause: a validation error's text shows the input, which may hold contacts.
    try:
        return model.model_validate(answer)
    except ValidationError:
        raise OutcomeUnknownError("invalid_answer") from None


def _failure_code(error: Exception) -> str:
    # A refused connection counts as a time-out in urllib3's class tree.
    refused = isinstance(error, urllib3.exceptions.NewConnectionError)
    timed_out = isinstance(error, urllib3.exceptions.TimeoutError)
    return "timeout" if timed_out and not refused else "connection_lost"
