"""What can be ordered, for `GET /api/about`."""

from typing import Any

from hostcart.domain import tlds
from hostcart.domain.catalogue import Catalogue, Location, Occupancy, Plan, Slot, TldPrices
from hostcart.ports import CatalogueStore


def describe_catalogue(store: CatalogueStore) -> dict[str, Any]:
    """Plans with prices (minor units), variants, locations with what is available in them, and TLDs."""
    catalogue = store.catalogue()
    counted = {occupancy.slot: occupancy for occupancy in store.occupancy(_slots(catalogue))}
    return {
        "plans": [_plan(plan) for plan in catalogue.plans.values()],
        "variants": [
            {"short_name": variant.name, "title": variant.title} for variant in catalogue.variants.values()
        ],
        "locations": [_location(location, counted) for location in catalogue.locations.values()],
        "tlds": [_tld(prices) for prices in catalogue.tlds.values()],
    }


def _slots(catalogue: Catalogue) -> list[Slot]:
    return [
        Slot(location=location.name, variant=variant)
        for location in catalogue.locations.values()
        for variant, total in location.capacity.items()
        if total is not None
    ]


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "short_name": plan.name,
        "title": plan.title,
        "prices": [
            {"term": term, "currency": currency, "amount_cents": amount}
            for currency, terms in plan.prices.items()
            for term, amount in terms.items()
        ],
    }


def _location(location: Location, counted: dict[Slot, Occupancy]) -> dict[str, Any]:
    def available(variant: str, total: int | None) -> bool:
        occupancy = counted.get(Slot(location=location.name, variant=variant))
        return total is None or (occupancy is not None and occupancy.free > 0)

    return {
        "short_name": location.name,
        "title": location.title,
        "availability": [
            {"variant": variant, "available": available(variant, total)}
            for variant, total in location.capacity.items()
        ],
    }


def _tld(prices: TldPrices) -> dict[str, Any]:
    tld = tlds.get(prices.name)
    return {
        "name": tld.name,
        "years": tld.years_min,
        "prices": [
            {"billing_plan": plan, "currency": currency, "action": action, "amount_cents": amount}
            for plan, currencies in prices.prices.items()
            for currency, charges in currencies.items()
            for action, amount in charges.items()
        ],
        "auth_code_required": tld.transfer.auth_code,
        "requirements_url": f"/api/about/tlds/{tld.name}",
    }
