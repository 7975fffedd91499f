"""The SDK's requests over urllib3, which AWS's SDK has loaded already.

The SDK's own client for `requests` would load a second stack for the same wire.
"""

from collections.abc import Mapping
from typing import Any, Final, NoReturn

import stripe
import urllib3
from urllib3.exceptions import HTTPError

_CONNECTIONS: Final = 4


class Urllib3Client(stripe.HTTPClient):
    """One request a call, no redirect followed; whatever fails on the way is an APIConnectionError with the
    failure as its cause."""

    name = "urllib3"

    def __init__(self, connect_seconds: float, read_seconds: float) -> None:
        super().__init__()
        self._pool = urllib3.PoolManager(
            maxsize=_CONNECTIONS,
            timeout=urllib3.Timeout(connect=connect_seconds, read=read_seconds),
            retries=False,
            ca_certs=stripe.ca_bundle_path,
        )

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: object = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Body, status and headers, whose names have no case."""
        body = post_data if isinstance(post_data, (str, bytes)) else None
        try:
            answer = self._pool.request(method.upper(), url, body=body, headers=headers, redirect=False)
        except HTTPError as error:
            _lost(error)
        return answer.data.decode(errors="replace"), answer.status, answer.headers

    def close(self) -> None:
        self._pool.clear()


def _lost(error: HTTPError) -> NoReturn:
    """By its type only: the text of some names the address."""
    failure: Any = stripe.APIConnectionError
    raise failure(f"No answer ({type(error).__name__})", should_retry=False) from error
