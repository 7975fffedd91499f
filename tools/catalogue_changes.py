"""What loading a catalogue would change, for the operator to read."""

from dataclasses import dataclass

from hostcart.domain.catalogue import Catalogue, Plan, TldPrices
from hostcart.domain.money import display


@dataclass(frozen=True, slots=True)
class Change:
    """One value at a dotted path; None stands for not there."""

    path: str
    before: str | None
    after: str | None


def changes(loaded: Catalogue | None, new: Catalogue) -> list[Change]:
    """Every value that differs, in the new file's order with removals last."""
    before = {} if loaded is None else _flat(loaded)
    after = _flat(new)
    paths = [*after, *(path for path in before if path not in after)]
    return [
        Change(path, before.get(path), after.get(path))
        for path in paths
        if before.get(path) != after.get(path)
    ]


def _flat(catalogue: Catalogue) -> dict[str, str]:
    flat: dict[str, str] = {}
    for plan in catalogue.plans.values():
        flat |= _flat_plan(plan)
    for variant in catalogue.variants.values():
        flat[f"variants.{variant.name}.title"] = variant.title
    for location in catalogue.locations.values():
        flat[f"locations.{location.name}.title"] = location.title
        for name, total in location.capacity.items():
            flat[f"locations.{location.name}.capacity.{name}"] = "unlimited" if total is None else str(total)
    for tld in catalogue.tlds.values():
        flat |= _flat_tld(tld)
    return flat | {f"usd_rates.{currency}": rate for currency, rate in catalogue.usd_rates.items()}


def _flat_plan(plan: Plan) -> dict[str, str]:
    flat = {
        f"plans.{plan.name}.title": plan.title,
        f"plans.{plan.name}.stripe_product": plan.stripe_product,
    }
    for currency, terms in plan.prices.items():
        for term, amount in terms.items():
            flat[f"plans.{plan.name}.prices.{currency}.{term}"] = display(amount, currency)
    if plan.deliver_while_processing:
        flat[f"plans.{plan.name}.deliver_while_processing"] = "true"
    return flat


def _flat_tld(tld: TldPrices) -> dict[str, str]:
    flat = {f"tlds.{tld.name}.stripe_product": tld.stripe_product}
    for billing_plan, currencies in tld.prices.items():
        for currency, charges in currencies.items():
            for charge, amount in charges.items():
                path = f"tlds.{tld.name}.prices.{billing_plan}.{currency}.{charge}"
                flat[path] = display(amount, currency)
    return flat
