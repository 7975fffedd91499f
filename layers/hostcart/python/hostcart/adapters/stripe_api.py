"""The SDK's client with our manners: no retries, short time-outs, no logging, no SDK exception let out."""

from __future__ import annotations  # the SDK loads the types of every parameter when one is looked up

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import stripe
from pydantic import BaseModel, ValidationError

from hostcart.adapters.secrets import Secrets
from hostcart.adapters.stripe_errors import port_error
from hostcart.adapters.stripe_http import Urllib3Client
from hostcart.ports import OutcomeUnknownError
from hostcart.settings import PaymentSettings

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 8.0
PAGE_SIZE: Final = 100
_MOST_KEYS: Final = 5


class StripeApi:
    """The v1 services under the current API key. The secret is {"api_key": "..."}."""

    def __init__(
        self, settings: PaymentSettings, secrets: Secrets, *, http_client: stripe.HTTPClient | None = None
    ) -> None:
        self._settings = settings
        self._secrets = secrets
        self._http_client = http_client or Urllib3Client(CONNECT_SECONDS, READ_SECONDS)
        self._client: stripe.StripeClient | None = None
        self._key: str | None = None
        # The SDK logs parameters and bodies, and sends timings of earlier calls along.
        logging.getLogger("stripe").disabled = True
        stripe.enable_telemetry = False

    @contextmanager
    def calls(self) -> Iterator[stripe.V1Services]:
        """The services; errors of the SDK leave the block as the port's."""
        try:
            yield self._current().v1
        except stripe.AuthenticationError as error:
            self._secrets.forget(self._settings.api_key_secret_arn)
            raise port_error(error) from None
        except stripe.StripeError as error:
            # Without its cause: an SDK error may quote the whole answer.
            raise port_error(error) from None
        except ValidationError:
            raise OutcomeUnknownError("invalid_answer") from None

    def _current(self) -> stripe.StripeClient:
        key = self._secrets.member(self._settings.api_key_secret_arn, "api_key")
        if self._client is None or key != self._key:
            self._client = stripe.StripeClient(
                key,
                base_addresses={"api": self._settings.api_base.rstrip("/")},
                max_network_retries=0,
                http_client=self._http_client,
            )
            self._key = key
        return self._client


class _Page(BaseModel):
    data: Sequence[dict[str, Any]]
    has_more: bool = False


def answer(value: stripe.StripeObject) -> Any:
    """The answer's JSON as it came."""
    response = value.last_response
    return None if response is None else response.data


def headers(value: stripe.StripeObject) -> object:
    """The answer's headers."""
    response = value.last_response
    return None if response is None else response.headers


def every(call: Callable[[Any], stripe.StripeObject], params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The entries of all pages of a list call."""
    cursor: dict[str, str] = {}
    while True:
        page = _Page.model_validate(answer(call({**params, **cursor})))
        yield from page.data
        if not page.has_more or not page.data:
            return
        cursor = {"starting_after": str(page.data[-1]["id"])}


def with_live_key[T](key: str, call: Callable[[str], T], look: Callable[[], T | None]) -> T:
    """Calls under `key`, or the next in line when a 5xx is kept under it and repeated for a day.

    A repeated 5xx tells that the first call is over, not what it did, and it may have been another worker's:
    so `look` asks for its effect before another key is used.
    """
    for generation in range(1, _MOST_KEYS):
        try:
            return call(key if generation == 1 else f"{key}:{generation}")
        except OutcomeUnknownError as unknown:
            if unknown.code != "server_error":
                raise
        found = look()
        if found is not None:
            return found
    return call(f"{key}:{_MOST_KEYS}")
