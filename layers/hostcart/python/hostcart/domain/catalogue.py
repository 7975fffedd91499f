"""What can be ordered: plans with terms and prices, variants, locations with capacity."""

from dataclasses import dataclass

from hostcart.contract.statuses import Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan; `prices[currency][term]` in minor units; `stripe_product` backs its subscriptions."""

    name: str
    title: str
    stripe_product: str
    prices: dict[str, dict[Term, int]]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All of it; `version` is a digest of the source file."""

    version: str
    plans: dict[str, Plan]
    variants: dict[str, Variant]
    locations: dict[str, Location]


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
