"""The small ports in memory: clock, cipher, directory, catalogue, tokens, workflow, metrics, callbacks."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hostcart.domain.accounts import Account, ApiKey, User
from hostcart.domain.catalogue import Catalogue, Occupancy, Slot
from hostcart.ports import Callback, MisconfiguredError, PortError, RefusedError, VerifiedToken

START = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)


class FakeClock:
    """Port Clock: stands still until told."""

    def __init__(self, now: datetime = START) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment

    def advance(self, **duration: float) -> None:
        """`timedelta`'s arguments."""
        self.moment += timedelta(**duration)


class FakeCipher:
    """Port Cipher: a sealed text is no secret but is bound to its account and cart."""

    def seal(self, plaintext: bytes, *, account_id: str, cart_token: str) -> bytes:
        return json.dumps([account_id, cart_token, plaintext[::-1].hex()]).encode()

    def open(self, sealed: bytes, *, account_id: str, cart_token: str) -> bytes:
        account, cart, text = json.loads(sealed)
        if (account, cart) != (account_id, cart_token):
            raise MisconfiguredError("encryption_refused")
        return bytes.fromhex(text)[::-1]


@dataclass
class FakeDirectory:
    """Port Directory."""

    accounts: dict[str, Account] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    keys: dict[str, ApiKey] = field(default_factory=dict)

    def account(self, account_id: str) -> Account | None:
        return self.accounts.get(account_id)

    def user(self, user_id: str) -> User | None:
        return self.users.get(user_id)

    def api_key(self, key: str) -> ApiKey | None:
        return self.keys.get(key)


class FakeCatalogue:
    """Port CatalogueStore over the counts that the cart store takes from."""

    def __init__(self, catalogue: Catalogue, taken: Mapping[Slot, int]) -> None:
        self.current = catalogue
        self._taken = taken

    def catalogue(self) -> Catalogue:
        return self.current

    def occupancy(self, slots: Sequence[Slot]) -> Sequence[Occupancy]:
        return [
            Occupancy(
                slot=slot,
                total=self.current.locations[slot.location].capacity[slot.variant] or 0,
                taken=self._taken[slot],
            )
            for slot in slots
            if slot in self._taken
        ]


@dataclass
class FakeTokens:
    """Port Tokens: knows the tokens it is given."""

    known: dict[str, VerifiedToken] = field(default_factory=dict)
    failure: PortError | None = None

    def verify(self, token: str) -> VerifiedToken:
        if self.failure is not None:
            raise self.failure
        if token not in self.known:
            raise RefusedError("token_invalid")
        return self.known[token]


@dataclass
class FakeWorkflow:
    """Port Workflow: an execution's name starts once; `starts` counts the calls, `woken` are task tokens."""

    executions: set[tuple[str, str]] = field(default_factory=set)
    woken: list[str] = field(default_factory=list)
    starts: int = 0
    failures: list[PortError] = field(default_factory=list)

    def start(self, *, account_id: str, cart_token: str) -> None:
        self.starts += 1
        if self.failures:
            raise self.failures.pop(0)
        self.executions.add((account_id, cart_token))

    def wake(self, task_token: str) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.woken.append(task_token)


@dataclass
class FakeMetrics:
    """Port Metrics."""

    counted: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    durations: list[tuple[str, float]] = field(default_factory=list)

    def count(self, name: str, **dimensions: str) -> None:
        self.counted.append((name, {key: str(value) for key, value in dimensions.items()}))

    def seconds(self, name: str, value: float, **dimensions: str) -> None:
        del dimensions
        self.durations.append((name, value))


@dataclass(frozen=True)
class Delivery:
    callback: Callback
    message_id: str
    account_id: str
    body: Any


@dataclass
class FakeCallbacks:
    """Port Callbacks: keeps what it delivered; raises the armed failures first."""

    received: list[Delivery] = field(default_factory=list)
    failures: list[PortError] = field(default_factory=list)

    def deliver(self, callback: Callback, *, message_id: str, account_id: str, body: bytes) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.received.append(Delivery(callback, message_id, account_id, json.loads(body)))
