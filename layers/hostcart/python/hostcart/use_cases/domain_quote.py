"""The registrar's price of a name: asked for the quote, and once more before the customer is charged."""

from hostcart.domain.cart import DomainAction, DomainItem
from hostcart.domain.registration import REGISTRATION
from hostcart.ports import RefusedError, Registrar
from hostcart.use_cases.errors import DomainFailedError


def price_now(item: DomainItem, registrar: Registrar) -> int:
    """What the registrar asks now (US cents), as much as it quoted or less.

    Raises DomainFailedError when the name is gone, costs more, or has another class of price than the quoted.
    Raises the port's UnavailableError when the registrar cannot tell: then nothing may be charged yet.
    """
    try:
        if item.action is DomainAction.REGISTER:
            return _price_of_registration(item, registrar)
        return _price_of_transfer(item, registrar)
    except RefusedError as refused:
        raise DomainFailedError("domain_refused") from refused


def _price_of_registration(item: DomainItem, registrar: Registrar) -> int:
    found = registrar.check(item.name)
    if not found.available:
        raise DomainFailedError("domain_lost")
    price = found.price if item.years == 1 else registrar.pricing(item.name, years=item.years).purchase
    return _unless_dearer(item, price, ordinary=not found.premium and found.purchase_type == REGISTRATION)


def _price_of_transfer(item: DomainItem, registrar: Registrar) -> int:
    pricing = registrar.pricing(item.name, years=1)
    return _unless_dearer(item, pricing.transfer, ordinary=not pricing.premium)


def _unless_dearer(item: DomainItem, price: int | None, *, ordinary: bool) -> int:
    if not ordinary or price is None or price > item.registrar_price:
        raise DomainFailedError("domain_price_changed")
    return price
