"""What goes wrong in a storm: faults in every sandbox, killed workers, lost and doubled events, outages."""

import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from local.engine import workers
from tests.e2e.support.world import World

type Json = dict[str, Any]

_SILENCE: Final = ("timeout_before", "timeout_after")  # seldom: each costs a step ten seconds
_CUT: Final = ("drop", "drop_after", "status:500", "status:503", "slow:2")
_STRIPE: Final = (*_CUT, "replay:500", "error:rate_limit", "error:lock_timeout")
_PAY: Final = (
    "error:card_declined",
    "error:insufficient_funds",
    "error:stolen_card",
    "error:authentication_required",
)
_REGISTRAR: Final = (*_CUT, "error:rate_limited", "error:permission_denied", "error:internal")
_SITES: Final = (*_CUT, "error:temporarily_unavailable", "error:too_many_requests", "error:unauthenticated")
_CALLBACK: Final = (*_CUT, "status:429", "status:404")

FAULTS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "stripe": {
        "POST /v1/invoices": _STRIPE,
        "GET /v1/invoices/*": _CUT,
        "POST /v1/invoices/*/add_lines": _STRIPE,
        "POST /v1/invoices/*/finalize": _STRIPE,
        "POST /v1/invoices/*/pay": (*_STRIPE, *_PAY),
        "POST /v1/invoices/*/void": _STRIPE,
        "POST /v1/credit_notes": _STRIPE,
        "GET /v1/subscriptions": _CUT,
        "POST /v1/subscriptions": _STRIPE,
        "DELETE /v1/subscriptions/*": _CUT,
        "* /v1/**": (*_CUT, "error:rate_limit"),
    },
    "registrar": {
        "POST /v4/domains:checkAvailability": _REGISTRAR,
        "POST /v4/domains": (*_REGISTRAR, "error:wrong_price", "error:not_available", "error:contact"),
        "POST /v4/transfers": (*_REGISTRAR, "error:wrong_auth_code"),
        "POST /v4/transfers/*:cancel": _REGISTRAR,
        "GET /v4/transfers/*": _REGISTRAR,
        "GET /v4/domains/*": _REGISTRAR,
        "GET /v4/orders": _REGISTRAR,
        "POST /v4/domains/*:setContacts": _REGISTRAR,
        "POST /v4/domains/*:setNameservers": (*_REGISTRAR, "error:nameservers"),
        "* /v4/**": _REGISTRAR,
    },
    "sites": {
        "PUT /sites/*": (*_SITES, "error:site_refused"),
        "GET /sites/*": _SITES,
        "DELETE /sites/*": _SITES,
        "PUT /sites/*/suspension": _SITES,
        "DELETE /sites/*/suspension": _SITES,
    },
    "callback": {"POST /storm/*": _CALLBACK},
}
_EVERYTHING: Final = {"stripe": "* /v1/**", "registrar": "* /v4/**", "sites": "* /**"}
_ENDLESS: Final = 1_000_000
_MOST_TIMES: Final = 4  # that a fault is armed for, but an outage
_SILENT: Final = 0.12  # of the faults
_CHANCES: Final = {"fault": 0.8, "kill": 0.2, "deaf": 0.02, "double": 0.08}
"""Of each kind of trouble, in every tick."""
_FIRST_KILLS: Final = 2
_KILLS_A_STEP: Final = 0.4
_TICK_SECONDS: Final = 0.6
_DEAF_SECONDS: Final = 2.0
_DOUBLED: Final = 5


@dataclass(slots=True)
class Weather:
    """Trouble for one world until `clear`; `met` counts faults by (sandbox, match, action).

    `steps` tells how far the customers are: on a slow machine workers must not die faster than they start.
    """

    world: World
    seed: int
    steps: Callable[[], int]
    met: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    doubled: int = 0
    outages: list[str] = field(default_factory=list)
    _armed: dict[tuple[str, int], Json] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _errors: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Let it begin, in a thread of its own."""
        self._thread = threading.Thread(target=self._blow, name="weather", daemon=True)
        self._thread.start()

    def clear(self) -> None:
        """No more trouble: everything is disarmed, events are delivered again."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self._tell_events_to(f"{self.world.facts['api_url']}/webhooks/stripe")
        with self._lock:
            self._count()
            self.world.disarm()
        assert not self._errors, self._errors

    def outage(self, sandbox: str, seconds: float) -> None:
        """A whole system answers nothing but 503 for a while."""
        with self._lock:
            self._count()
            self.world.disarm()
            self._armed.clear()
            self._arm(sandbox, _EVERYTHING[sandbox], "status:503", times=_ENDLESS)
            self.outages.append(sandbox)
        self._over.wait(seconds)
        with self._lock:
            self._count()
            self.world.disarm()
            self._armed.clear()

    def _blow(self) -> None:
        chance = random.Random(self.seed)  # noqa: S311 - nothing secret
        while not self._over.wait(_TICK_SECONDS):
            try:
                self._tick(chance)
            except Exception as error:  # told by clear(): a thread has nobody to raise it to
                self._errors.append(repr(error))
                return

    def _tick(self, chance: random.Random) -> None:
        if chance.random() < _CHANCES["fault"]:
            with self._lock:
                self._fault(chance)
        affordable = _FIRST_KILLS + _KILLS_A_STEP * self.steps()
        if chance.random() < _CHANCES["kill"] and self.kills.total() < affordable:
            self._kill(chance)
        if chance.random() < _CHANCES["deaf"]:
            self._deafen()
        if chance.random() < _CHANCES["double"]:
            self._double(chance)

    # --- faults -----------------------------------------------------------------------------------

    def _fault(self, chance: random.Random) -> None:
        sandbox = chance.choices(tuple(FAULTS), (4, 3, 2, 2))[0]
        match = chance.choice(tuple(FAULTS[sandbox]))
        action = chance.choice(_SILENCE if chance.random() < _SILENT else FAULTS[sandbox][match])
        times = chance.choice((1, 1, 1, 2, _MOST_TIMES))
        self._count()
        if not any(owner == sandbox and fault["match"] == match for (owner, _), fault in self._armed.items()):
            self._arm(sandbox, match, action, times)

    def _arm(self, sandbox: str, match: str, action: str, times: int) -> None:
        answer = self.world.http.post(
            f"{self.world.facts[f'{sandbox}_url']}/_sandbox/faults",
            json={"match": match, "action": action, "times": times},
        )
        fault = answer.raise_for_status().json()
        self._armed[sandbox, fault["id"]] = fault

    def _count(self) -> None:
        """Note which of the armed faults were met since the last look."""
        left = {(box, fault["id"]): fault["times"] for box in FAULTS for fault in self.world.armed(box)}
        for known, fault in list(self._armed.items()):
            now = left.get(known, 0)
            if now < fault["times"]:
                action = "outage" if fault["times"] > _MOST_TIMES else fault["action"]
                self.met[known[0], fault["match"], action] += fault["times"] - now
                fault["times"] = now
            if not now:
                del self._armed[known]

    # --- processes --------------------------------------------------------------------------------

    def _kill(self, chance: random.Random) -> None:
        """SIGKILL one worker of the functions."""
        functions = sorted(self.world.facts["functions"])
        chance.shuffle(functions)
        for function in functions:
            found = workers.pids(self.world.facts, function)
            if found:
                try:
                    os.kill(chance.choice(found), signal.SIGKILL)
                except ProcessLookupError:  # it ended by itself
                    return
                self.kills[function] += 1
                return

    # --- events -----------------------------------------------------------------------------------

    def _deafen(self) -> None:
        """What the processor reports meanwhile is never told."""
        self._tell_events_to(None)
        self._over.wait(_DEAF_SECONDS)
        self._tell_events_to(f"{self.world.facts['api_url']}/webhooks/stripe")
        self.lost += 1

    def _tell_events_to(self, url: str | None) -> None:
        endpoint = {"url": url, "secret": self.world.stack.secrets["stripe_webhook_secret"]}
        self.world.http.post(
            f"{self.world.facts['stripe_url']}/_sandbox/webhook_endpoint", json=endpoint
        ).raise_for_status()

    def _double(self, chance: random.Random) -> None:
        """Events come again, in another order."""
        told = [entry["id"] for entry in self.world.deliveries()[-200:]]
        for event in chance.sample(told, min(_DOUBLED, len(told))):
            self.world.http.post(
                f"{self.world.facts['stripe_url']}/_sandbox/events/{event}/redeliver"
            ).raise_for_status()
            self.doubled += 1
