"""What can be ordered: plans with terms and prices, variants, locations with capacity, domains under TLDs."""

from dataclasses import dataclass, field
from enum import StrEnum

from hostcart.contract.statuses import Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan; `prices[currency][term]` in minor units; `stripe_product` backs its subscriptions.

    `deliver_while_processing` lets a site be delivered while the bank still works on its payment.
    """

    name: str
    title: str
    stripe_product: str
    prices: dict[str, dict[Term, int]]
    deliver_while_processing: bool = False

    def price(self, currency: str, term: Term) -> int | None:
        return self.prices.get(currency, {}).get(term)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    name: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A location; `capacity[variant]` is how many sites fit, None for no limit, absent for not offered."""

    name: str
    title: str
    capacity: dict[str, int | None]


class DomainCharge(StrEnum):
    """What a domain is charged for: the first term, a transfer, the renewal of each further term."""

    REGISTER = "register"
    TRANSFER = "transfer"
    RENEW = "renew"


@dataclass(frozen=True, slots=True, kw_only=True)
class TldPrices:
    """What names under a TLD cost; its rules are in domain/tlds.py.

    `prices[billing plan][currency][charge]` in minor units, for the TLD's shortest term; `stripe_product`
    backs the renewal subscriptions.
    """

    name: str
    stripe_product: str
    prices: dict[str, dict[str, dict[DomainCharge, int]]]

    @property
    def title(self) -> str:
        return f".{self.name} domain"

    def price(self, billing_plan: str, currency: str, charge: DomainCharge) -> int | None:
        return self.prices.get(billing_plan, {}).get(currency, {}).get(charge)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All of it; `version` is a digest of the source file.

    `usd_rates[currency]` is what a US dollar is worth in it, as decimal text: orders tell it, none is charged
    by it.
    """

    version: str
    plans: dict[str, Plan]
    variants: dict[str, Variant]
    locations: dict[str, Location]
    tlds: dict[str, TldPrices] = field(default_factory=dict)
    usd_rates: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Where capacity is counted: one variant in one location."""

    location: str
    variant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancy:
    slot: Slot
    total: int
    taken: int

    @property
    def free(self) -> int:
        return max(0, self.total - self.taken)
