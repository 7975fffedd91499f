"""What the customers of a storm want, by seed: the same seed gives the same orders and intentions."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import yaml

from local.engine.workspace import ROOT
from tests.e2e.support.names import AUTH_CODE, FRENCH, ITALIAN, REGISTRANT, contact
from tests.e2e.support.shop import site_body

type Json = dict[str, Any]
type Kind = Literal["site", "register", "transfer"]

ACCOUNTS: Final[Mapping[str, int]] = {
    "ready": 26,
    "credit": 12,
    "sepa": 10,
    "sepa_fails": 7,
    "needs_3ds": 14,
    "declined": 10,
    "stolen": 7,
    "eur": 14,
}
"""How often each seeded account orders."""
EURO: Final = frozenset({"sepa", "sepa_fails", "eur"})

_KINDS: Final[Mapping[Kind, int]] = {"site": 60, "register": 28, "transfer": 12}
_SUFFIXES: Final = ("com", "com", "io", "it", "fr", "org", "net")
_TRANSFERRED: Final = ("com", "org", "net", "io")
_CONTACTS: Final = {"it": ITALIAN, "fr": FRENCH}
_FATES: Final[Mapping[Kind, tuple[str, ...]]] = {
    "site": ("fail-provision",),
    "register": (
        "slow-registration-",
        "late-registration-",
        "late-refusal-",
        "sniped-",
        "no-credit-",
        "refused-contact-",
        "taken-",
    ),
    "transfer": (
        "unregistered-",
        "locked-",
        "reject-transfer-",
        "fail-transfer-",
        "stuck-transfer-",
    ),
}
_FATED: Final = 0.15
_REPEATED: Final = 0.2
_CANCELLED: Final = 0.12
_STOPPED: Final = 0.04
_CANCEL_SECONDS: Final = 15.0
_STOP_SECONDS: Final = 10.0
_VISITS: Final = (("pay",), ("pay",), ("fail", "pay"), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One order and what its customer will do.

    `repeats`: how often the same POST is sent besides, at the same moment. `visits`: what the customer does
    on the hosted page, should there be one. `cancel_after`, `stop_after`: seconds from the acceptance until
    the customer cancels, or somebody stops the execution.
    """

    number: int
    account: str
    kind: Kind
    name: str
    body: Json
    price: int
    key: str
    sink: str
    repeats: int
    visits: tuple[str, ...]
    cancel_after: float | None
    stop_after: float | None

    @property
    def site(self) -> bool:
        return self.kind == "site"

    @property
    def slot(self) -> str:
        """The capacity it takes, as `location/variant`."""
        wanted = self.body["site"]
        return f"{wanted['location']}/{wanted['variant']}"

    def __str__(self) -> str:
        return f"order {self.number}: {self.kind} {self.name} by {self.account}"


def plans(seed: int, orders: int, *, mark: str) -> Iterator[Plan]:
    """The orders of a seed. `mark` keeps names and keys apart from those of another storm."""
    catalogue = yaml.safe_load((ROOT / "local" / "seed" / "catalogue.yaml").read_text())
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    for number in range(1, orders + 1):
        # every kind meets every account early, so that a small storm has them all
        account = _weighted(chance, ACCOUNTS) if number > len(ACCOUNTS) else tuple(ACCOUNTS)[number - 1]
        yield _plan(chance, catalogue, number, account, f"{mark}{number:04}")


def _plan(chance: random.Random, catalogue: Json, number: int, account: str, label: str) -> Plan:
    kind = _weighted(chance, _KINDS)
    currency = "eur" if account in EURO else "usd"
    fate = chance.choice(_FATES[kind]) if chance.random() < _FATED else ""
    if kind == "site":
        name, body, price = _site(chance, catalogue, currency, f"storm {label} {fate}".strip())
    else:
        name, body, price = _domain(chance, catalogue, currency, kind, f"{fate}{label}")
    return Plan(
        number=number,
        account=account,
        kind=kind,
        name=name,
        body=body,
        price=price,
        key=f"storm-{label}",
        sink=f"/storm/{label}",
        repeats=chance.choice((1, 2)) if chance.random() < _REPEATED else 0,
        visits=chance.choice(_VISITS),
        cancel_after=chance.uniform(0, _CANCEL_SECONDS) if chance.random() < _CANCELLED else None,
        stop_after=chance.uniform(0, _STOP_SECONDS) if chance.random() < _STOPPED else None,
    )


def _site(chance: random.Random, catalogue: Json, currency: str, name: str) -> tuple[str, Json, int]:
    plan, term = chance.choice(
        (("basic", "monthly"), ("basic", "monthly"), ("pro", "annual"), ("business", "monthly"))
    )
    variant, location = chance.choice(("vanilla", "extendify")), chance.choice(("pdx", "fra"))
    return (
        name,
        site_body(name=name, plan=plan, term=term, variant=variant, location=location),
        catalogue["plans"][plan]["prices"][currency][term],
    )


def _domain(
    chance: random.Random, catalogue: Json, currency: str, kind: Kind, label: str
) -> tuple[str, Json, int]:
    suffix = chance.choice(_TRANSFERRED if kind == "transfer" else _SUFFIXES)
    name = f"{label}.{suffix}"
    domain: Json = {"name": name, "contact": contact(_CONTACTS.get(suffix, REGISTRANT))}
    if kind == "transfer":
        domain |= {"action": "transfer", "authcode": AUTH_CODE}
    return name, {"domain": domain}, catalogue["tlds"][suffix]["prices"]["standard"][currency][kind]


def _weighted[T](chance: random.Random, weights: Mapping[T, int]) -> T:
    return chance.choices(tuple(weights), tuple(weights.values()))[0]
