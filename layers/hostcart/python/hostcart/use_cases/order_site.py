"""A client orders a site: look it up in the catalogue, price it, place the cart."""

from dataclasses import dataclass

from hostcart.contract.errors import ApiError, FieldError
from hostcart.contract.requests import SiteOrderRequest
from hostcart.contract.statuses import Term
from hostcart.domain.accounts import Account
from hostcart.domain.cart import Cart, SiteItem
from hostcart.domain.catalogue import Catalogue, Location, Plan, Slot
from hostcart.domain.money import Line
from hostcart.ports import CatalogueStore
from hostcart.use_cases.placing import (
    Placement,
    PlacingPorts,
    Quote,
    fingerprint,
    over_capacity,
    place,
    refuse_changed_price,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSitePorts:
    placing: PlacingPorts
    catalogue: CatalogueStore


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOrder:
    """The validated command; `idempotency_key` as the client sent it."""

    account_id: str
    user_id: str | None
    request: SiteOrderRequest
    idempotency_key: str | None


def order_site(order: SiteOrder, ports: OrderSitePorts) -> Cart:
    """The stored cart, see `place`. Raises ApiError with the documented refusals."""
    placement = Placement(
        account_id=order.account_id,
        user_id=order.user_id,
        idempotency_key=order.idempotency_key,
        fingerprint=fingerprint("site", order.request.model_dump_json()),
        callback=order.request.callback,
    )
    return place(placement, lambda account: _quote(order.request, account, ports.catalogue), ports.placing)


def _quote(request: SiteOrderRequest, account: Account, store: CatalogueStore) -> Quote:
    site = request.site
    catalogue = store.catalogue()
    location, plan, term = _look_up(request, catalogue)
    slot = _free_slot(location, site.variant, store)
    currency = account.snapshot.currency
    amount = plan.price(currency, term)
    if amount is None:
        raise ApiError("missing_pricing", f"Plan {plan.name} has no {term} price in {currency.upper()}.")
    refuse_changed_price(amount, currency, request.expected_total_cents)
    item = SiteItem(
        name=site.name,
        variant=site.variant,
        location=location.name,
        plan=plan.name,
        term=term,
        stripe_product=plan.stripe_product,
        deliver_while_processing=plan.deliver_while_processing,
    )
    description = f"WordPress site {item.name}: {item.plan}, {item.term}"
    line = Line(id="site", description=description, amount=amount)
    return Quote(item=item, lines=(line,), slot=slot, usd_rate=catalogue.usd_rates.get(currency))


def _look_up(request: SiteOrderRequest, catalogue: Catalogue) -> tuple[Location, Plan, Term]:
    site = request.site
    if site.variant not in catalogue.variants:
        raise _unknown("variant", site.variant)
    location = catalogue.locations.get(site.location)
    if location is None:
        raise _unknown("location", site.location)
    plan = catalogue.plans.get(site.plan)
    if plan is None:
        raise _unknown("plan", site.plan)
    if site.term not in set(Term):
        raise _unknown("term", site.term)
    return location, plan, Term(site.term)


def _unknown(field: str, value: str) -> ApiError:
    code = f"unknown_{field}"
    message = f"{value!r} is not a known {field}; see GET /api/about."
    return ApiError(code, message, errors=[FieldError(f"site.{field}", code, message)])


def _free_slot(location: Location, variant: str, store: CatalogueStore) -> Slot | None:
    """The slot to take, None where capacity is not limited."""
    if variant not in location.capacity:
        raise over_capacity(location.name, variant)
    if location.capacity[variant] is None:
        return None
    slot = Slot(location=location.name, variant=variant)
    if not any(occupancy.free for occupancy in store.occupancy([slot])):
        raise over_capacity(location.name, variant)
    return slot
