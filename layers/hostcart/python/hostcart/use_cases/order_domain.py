"""A client orders a domain: check the name, its price and its contacts, ask the registrar, place the cart."""

from dataclasses import dataclass, replace
from typing import Final

from hostcart.contract.domain_requests import DomainFields, DomainOrderRequest
from hostcart.contract.errors import ApiError, FieldError
from hostcart.domain.accounts import Account
from hostcart.domain.cart import Cart, DomainAction, DomainItem
from hostcart.domain.catalogue import Catalogue, DomainCharge
from hostcart.domain.contacts import ContactError, RegistrationContacts, ResolvedContacts
from hostcart.domain.contacts_registrar import registry_requirements
from hostcart.domain.contacts_roles import ContactsDraft, resolve_contacts
from hostcart.domain.domain_names import DomainName, DomainNameError, normalise
from hostcart.domain.domain_secrets import DomainSecrets, from_bytes, to_bytes
from hostcart.domain.money import Line
from hostcart.domain.registration import REGISTRATION, TransferStatus
from hostcart.domain.tlds import Tld
from hostcart.domain.tlds import get as tld_of
from hostcart.ports import CatalogueStore, Features, RefusedError, Registrar
from hostcart.use_cases.placing import (
    Placement,
    PlacingPorts,
    Quote,
    fingerprint,
    place,
    refuse_changed_price,
)

_CHARGES: Final = {
    DomainAction.REGISTER: DomainCharge.REGISTER,
    DomainAction.TRANSFER: DomainCharge.TRANSFER,
}
_VERBS: Final = {
    DomainAction.REGISTER: "Domain registration",
    DomainAction.TRANSFER: "Domain transfer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDomainPorts:
    placing: PlacingPorts
    catalogue: CatalogueStore
    features: Features
    registrar: Registrar


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainOrder:
    """The validated command; `account` as `admit` gave it, `idempotency_key` as the client sent it."""

    account: Account
    user_id: str
    request: DomainOrderRequest
    idempotency_key: str | None


def admit(account_id: str, ports: OrderDomainPorts) -> Account:
    """The account, if it may order domains at all: asked before the body is looked at.

    Raises ApiError account_forbidden, feature_disabled, trial_account.
    """
    account = ports.placing.directory.account(account_id)
    if account is None:
        raise ApiError("account_forbidden")
    if not ports.features.domain_registration(account):
        raise ApiError("feature_disabled")
    if account.snapshot.trial:
        raise ApiError("trial_account")
    return account


def order_domain(order: DomainOrder, ports: OrderDomainPorts) -> Cart:
    """The stored cart, see `place`; the name is claimed with it. Raises ApiError with the refusals."""
    placement = Placement(
        account_id=order.account.snapshot.id,
        user_id=order.user_id,
        idempotency_key=order.idempotency_key,
        fingerprint=fingerprint("domain", order.request.model_dump_json()),
        callback=order.request.callback,
        account=order.account,
    )
    return place(
        placement,
        lambda account: _quote(order.request, account, ports),
        ports.placing,
        confirm=lambda quote: _confirm(quote, ports),
    )


def _quote(request: DomainOrderRequest, account: Account, ports: OrderDomainPorts) -> Quote:
    """What is decided without the registrar; its price is filled in by `_confirm`."""
    action = _action(request.domain.action)
    catalogue = ports.catalogue.catalogue()
    name = _name(request.domain.name, catalogue)
    tld = tld_of(name.suffix)
    item, amount = _priced(name, action, tld, account, catalogue)
    refuse_changed_price(amount, account.snapshot.currency, request.expected_total_cents)
    auth_code = _auth_code(request.domain, action, tld)
    contacts = _contacts(request.domain, tld, account.snapshot.id, ports)
    if action is DomainAction.REGISTER:
        _refuse_unknown_language(name, contacts, tld)
    secrets = DomainSecrets(contacts=contacts, auth_code=auth_code)
    line = Line(id="domain", description=f"{_VERBS[action]} {name.unicode}", amount=amount)
    rate = catalogue.usd_rates.get(account.snapshot.currency)
    return Quote(item=item, lines=(line,), usd_rate=rate, secrets=to_bytes(secrets))


def _action(text: str) -> DomainAction:
    if text not in set(DomainAction):
        message = f"One of {', '.join(DomainAction)}."
        raise ApiError(
            "invalid_action", message, errors=[FieldError("domain.action", "invalid_action", message)]
        )
    return DomainAction(text)


def _name(text: str, catalogue: Catalogue) -> DomainName:
    try:
        return normalise(text, catalogue.tlds)
    except DomainNameError as error:
        message = str(error)
        raise ApiError(error.code, message, errors=[FieldError("domain.name", error.code, message)]) from None


def _refuse_unknown_language(name: DomainName, contacts: ResolvedContacts, tld: Tld) -> None:
    """The registrar wants the language of an internationalised name: refused now, not after the charge."""
    if name.internationalised and "language" not in registry_requirements(contacts, tld, name):
        message = "The language of this name is not known; give it as extra_properties.idnLanguage."
        raise ApiError(
            "invalid_domain", message, errors=[FieldError("domain.name", "invalid_domain", message)]
        )


def _priced(
    name: DomainName, action: DomainAction, tld: Tld, account: Account, catalogue: Catalogue
) -> tuple[DomainItem, int]:
    """The item for the TLD's shortest term, and its price; what cannot be renewed is not sold."""
    plan, currency = account.snapshot.billing_plan, account.snapshot.currency
    prices = catalogue.tlds[name.suffix]
    amount = prices.price(plan, currency, _CHARGES[action])
    renewal = prices.price(plan, currency, DomainCharge.RENEW)
    if amount is None or renewal is None:
        raise _no_price(f".{name.suffix} has no {action} price for this account in {currency.upper()}.")
    item = DomainItem(
        name=name.ascii,
        unicode_name=name.unicode,
        suffix=name.suffix,
        action=action,
        years=tld.years_min,
        registrar_price=0,
        purchase_type=REGISTRATION,
        renewal_amount=renewal,
        stripe_product=prices.stripe_product,
    )
    return item, amount


def _no_price(detail: str) -> ApiError:
    return ApiError("pricing_unavailable", detail)


def _auth_code(domain: DomainFields, action: DomainAction, tld: Tld) -> str | None:
    if action is not DomainAction.TRANSFER:
        return None
    if tld.transfer.auth_code and not domain.authcode:
        message = f"A transfer of .{tld.name} needs the auth code of its present registrar."
        raise ApiError(
            "authcode_required", message, errors=[FieldError("domain.authcode", "missing", message)]
        )
    return domain.authcode or None


def _contacts(domain: DomainFields, tld: Tld, account_id: str, ports: OrderDomainPorts) -> ResolvedContacts:
    def load(registration_id: int) -> RegistrationContacts | None:
        return _owned_contacts(account_id, registration_id, ports.placing)

    try:
        return resolve_contacts(_draft(domain), tld, load)
    except ContactError as error:
        raise ApiError(error.code, errors=error.faults, extra=error.extra) from None


def _draft(domain: DomainFields) -> ContactsDraft:
    roles = {} if domain.role_contacts is None else domain.role_contacts.model_dump(exclude_none=True)
    source = domain.contact_source
    return ContactsDraft(
        contact=None if domain.contact is None else domain.contact.model_dump(exclude_none=True),
        source_registration_id=None if source is None else source.registration_id,
        roles=roles,
    )


def _owned_contacts(account_id: str, number: int, ports: PlacingPorts) -> RegistrationContacts | None:
    found = ports.carts.registration(account_id, number)
    if found is None:
        return None
    cart, sealed = found
    if sealed.item is None:
        return None
    opened = ports.cipher.open(sealed.item, account_id=account_id, cart_token=cart.token)
    return from_bytes(opened).owned


def _confirm(quote: Quote, ports: OrderDomainPorts) -> Quote:
    """The registrar's word on the name, and the price that it may take."""
    item = quote.item
    if not isinstance(item, DomainItem):
        return quote
    if ports.placing.carts.is_claimed(item.name, ports.placing.clock.now()):
        raise ApiError("domain_add_failed", "This name is already being ordered or owned.")
    register = item.action is DomainAction.REGISTER
    try:
        price = (_registration_price if register else _transfer_price)(item, ports.registrar)
    except RefusedError as refused:
        raise ApiError("domain_unavailable" if register else "domain_add_failed") from refused
    return replace(quote, item=replace(item, registrar_price=price))


def _registration_price(item: DomainItem, registrar: Registrar) -> int:
    found = registrar.check(item.name)
    if not found.available:
        raise ApiError("domain_unavailable", f"{item.unicode_name} is not available for registration.")
    if found.premium or found.purchase_type != REGISTRATION:
        raise _no_price(f"{item.unicode_name} has a price of its own and cannot be ordered here.")
    price = found.price if item.years == 1 else registrar.pricing(item.name, years=item.years).purchase
    if price is None:
        raise _no_price(f"{item.unicode_name} has no price at the registry.")
    return price


def _transfer_price(item: DomainItem, registrar: Registrar) -> int:
    if registrar.domain(item.name) is not None:
        raise ApiError("domain_add_failed", "This name is already owned here.")
    present = registrar.transfer(item.name)
    if present is not None and present.status is TransferStatus.PENDING:
        raise ApiError("domain_add_failed", "A transfer of this name is already under way.")
    pricing = registrar.pricing(item.name, years=1)
    if pricing.premium or pricing.transfer is None:
        raise _no_price(f"{item.unicode_name} has no ordinary transfer price.")
    return pricing.transfer
