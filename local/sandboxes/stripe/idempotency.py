"""Idempotency keys: the first result of a key is replayed for 24 hours, other parameters are refused."""

from dataclasses import dataclass

from local.sandboxes.http import Json, Response
from local.sandboxes.stripe.errors import StripeApiError
from local.sandboxes.stripe.store import Store

_LIFETIME_SECONDS = 86_400


@dataclass(slots=True)
class _Entry:
    fingerprint: str
    created: int
    request_id: str
    response: Response | None = None  # None while the first request is under way


class IdempotencyKeys:
    """Not thread-safe: the sandbox's lock guards it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._entries: dict[str, _Entry] = {}

    def claim(self, key: str, fingerprint: str, request_id: str) -> Response | None:
        """Take a key, or get the answer to replay.

        Raises StripeApiError: 400 idempotency_error for other parameters, 409 idempotency_key_in_use.
        """
        entry = self._entries.get(key)
        if entry is not None and entry.created + _LIFETIME_SECONDS <= self._store.now():
            entry = None
        if entry is None:
            self._entries[key] = _Entry(fingerprint, self._store.now(), request_id)
            return None
        if entry.fingerprint != fingerprint:
            raise StripeApiError(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were first used "
                f"with. Try using a key other than '{key}' if you meant to execute a different request.",
                kind="idempotency_error",
            )
        if entry.response is None:
            raise StripeApiError(
                409,
                "There is currently another in-progress request using this Idempotent Key (that probably "
                f"means you submitted twice, and the other request is still going through): {key}.",
                kind="idempotency_error",
                code="idempotency_key_in_use",
            )
        return entry.response.with_headers(Idempotent_Replayed="true", Original_Request=entry.request_id)

    def settle(self, key: str, response: Response) -> None:
        """Keep the result of a claimed key."""
        self._entries[key].response = response

    def release(self, key: str) -> None:
        """Give a claimed key back: its request did not begin to execute."""
        del self._entries[key]

    def snapshot(self) -> Json:
        """The settled keys."""
        return {
            key: [
                entry.fingerprint,
                entry.created,
                entry.request_id,
                entry.response.status,
                entry.response.body.decode(),
            ]
            for key, entry in self._entries.items()
            if entry.response is not None
        }

    def restore(self, state: Json) -> None:
        """Take over saved keys."""
        for key, (fingerprint, created, request_id, status, body) in state.items():
            response = Response(status, body.encode(), {"Content-Type": "application/json"})
            self._entries[key] = _Entry(fingerprint, created, request_id, response)
