"""The public keys of one token issuer, fetched from its JWKS address and kept in the process."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import jwt
import urllib3

from hostcart.ports import RefusedError, UnavailableError

ALGORITHMS: Final = ("RS256", "ES256")
REFETCH_SECONDS: Final = 60.0  # at most one fetch in this time for key ids that nobody knows
FRESH_SECONDS: Final = 600.0
STALE_SECONDS: Final = 3600.0  # how long known keys still serve while the issuer is unreachable
_TIMEOUT: Final = urllib3.Timeout(total=3.0)
_LARGEST_ANSWER_BYTES: Final = 262_144
_OK: Final = 200

type Fetch = Callable[[str], bytes]


class Jwks:
    """Finds the verification key for a key id. `fetch` raises UnavailableError."""

    def __init__(
        self, url: str, *, fetch: Fetch | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
        self._fetch = fetch or fetch_over_http
        self._monotonic = monotonic
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None

    def key(self, key_id: str) -> jwt.PyJWK:
        """Raises RefusedError("token_key_unknown"), UnavailableError("jwks_unavailable")."""
        if self._age(self._fetched_at) >= FRESH_SECONDS or (
            key_id not in self._keys and self._age(self._tried_at) >= REFETCH_SECONDS
        ):
            self._refresh(key_id)
        key = self._keys.get(key_id)
        if key is None:
            raise RefusedError("token_key_unknown")
        return key

    def _refresh(self, key_id: str) -> None:
        self._tried_at = self._monotonic()
        try:
            self._keys = _parse(self._fetch(self._url))
        except UnavailableError:
            if key_id not in self._keys or self._age(self._fetched_at) >= STALE_SECONDS:
                raise
        else:
            self._fetched_at = self._monotonic()

    def _age(self, moment: float | None) -> float:
        return float("inf") if moment is None else self._monotonic() - moment


def fetch_over_http(url: str) -> bytes:
    """One GET without redirects or retries."""
    try:
        response = urllib3.request(
            "GET", url, timeout=_TIMEOUT, retries=False, redirect=False, preload_content=False
        )
        body = response.read(_LARGEST_ANSWER_BYTES + 1)
    except urllib3.exceptions.HTTPError as error:
        raise UnavailableError("jwks_unavailable") from error
    response.close()
    if response.status != _OK or len(body) > _LARGEST_ANSWER_BYTES:
        raise UnavailableError("jwks_unavailable")
    return body


def _parse(body: bytes) -> Mapping[str, jwt.PyJWK]:
    try:
        entries: list[Any] = json.loads(body)["keys"]
        usable = [entry for entry in entries if _is_usable(entry)]
    except (ValueError, KeyError, TypeError) as error:
        raise UnavailableError("jwks_unavailable") from error
    return {entry["kid"]: key for entry in usable if (key := _key(entry)) is not None}


def _is_usable(entry: Any) -> bool:
    # Symmetric keys are left out by type: a public document can hold no secret.
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("kid"), str)
        and entry.get("kty") in ("RSA", "EC")
        and entry.get("use", "sig") == "sig"
    )


def _key(entry: dict[str, Any]) -> jwt.PyJWK | None:
    try:
        key = jwt.PyJWK(entry)
    except jwt.PyJWTError:
        return None  # of a kind that this library does not know: it verifies none of our tokens
    return key if key.algorithm_name in ALGORITHMS else None
