"""The registrar's price of a name: asked for the quote, and once more before the customer is charged."""

from hostcart.domain.cart import DomainAction, DomainItem
from hostcart.domain.registration import REGISTRATION
from hostcart.ports import RefusedError, Registrar
from hostcart.use_cases.errors import DomainFailedError


def refuse_changed_name(item: DomainItem, registrar: Registrar) -> None:
    """Raises DomainFailedError when the name is gone, or its price or class of price is not the quoted one.

    Raises the port's UnavailableError when the registrar cannot tell: then nothing may be charged yet.
    """
    try:
        if item.action is DomainAction.REGISTER:
            _refuse_changed_registration(item, registrar)
        else:
            _refuse_changed_transfer(item, registrar)
    except RefusedError as refused:
        raise DomainFailedError("domain_refused") from refused


def _refuse_changed_registration(item: DomainItem, registrar: Registrar) -> None:
    found = registrar.check(item.name)
    if not found.available:
        raise DomainFailedError("domain_lost")
    price = found.price if item.years == 1 else registrar.pricing(item.name, years=item.years).purchase
    _refuse_changed_price(item, price, ordinary=not found.premium and found.purchase_type == REGISTRATION)


def _refuse_changed_transfer(item: DomainItem, registrar: Registrar) -> None:
    pricing = registrar.pricing(item.name, years=1)
    _refuse_changed_price(item, pricing.transfer, ordinary=not pricing.premium)


def _refuse_changed_price(item: DomainItem, price: int | None, *, ordinary: bool) -> None:
    if not ordinary or price != item.registrar_price:
        raise DomainFailedError("domain_price_changed")
