"""The catalogue as an operator writes it: the shape of the YAML file and its rules.

plans:
  basic:
    title: Basic
    stripe_product: prod_basic
    prices:                      # currency -> term -> minor units
      usd: {monthly: 1300, annual: 13000}
    deliver_while_processing: false   # true: do not wait days for a debit to settle. May be left out.
variants:
  vanilla: {title: WordPress}
locations:
  pdx:
    title: Portland, Oregon
    capacity: {vanilla: 500}     # variant -> sites that fit, or `unlimited`; not listed: not offered
tlds:                            # may be left out; the rules of a TLD come with hostcart.
                                 # No domain is delivered unpaid: a registration cannot be taken back
  co.uk:
    stripe_product: prod_domain_co_uk
    prices:                      # billing plan -> currency -> register, transfer, renew -> minor units
      standard:
        usd: {register: 999, transfer: 999, renew: 1199}   # for the TLD's shortest term
usd_rates: {eur: 0.92}           # what a US dollar is worth, for each other currency that has prices
"""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Final

from hostcart.contract.statuses import Term
from hostcart.domain import catalogue as domain
from hostcart.domain import tlds
from hostcart.domain.catalogue import DomainCharge
from hostcart.domain.money import EXPONENTS, MINIMUM_CHARGE
from hostcart.domain.registration import CURRENCY as US_DOLLAR
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from tools.yaml_file import Fault, FieldPath, FileFaultError, Source, read, validate

_UNLIMITED: Final = "unlimited"
_VERSION_LENGTH: Final = 12
_SMALLEST_RATE: Final = Decimal("0.000001")
_LARGEST_RATE: Final = Decimal(10**6)
_SHORT_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


def _price(value: Any) -> int:
    if type(value) is not int or value <= 0:
        raise PydanticCustomError(
            "price", "a price is a whole number of minor units above 0, such as 1300 for 13.00"
        )
    return value


def _capacity(value: Any) -> int | None:
    if value == _UNLIMITED:
        return None
    if type(value) is not int or value < 0:
        raise PydanticCustomError("capacity", "a capacity is a whole number from 0, or unlimited")
    return value


def _rate(value: Any) -> str:
    """The rate as plain decimal text: YAML's 0.920 and "0.92" are one rate."""
    try:
        rate = Decimal(str(value)) if type(value) in {int, float, str} else Decimal(0)
    except InvalidOperation:
        rate = Decimal(0)
    if not (rate.is_finite() and _SMALLEST_RATE <= rate <= _LARGEST_RATE):
        raise PydanticCustomError("rate", "a rate is a number above 0, such as 0.92 for 0.92 EUR a US dollar")
    return format(rate.normalize(), "f")


def _currency(value: str) -> str:
    if value not in EXPONENTS:
        known = ", ".join(EXPONENTS)
        raise PydanticCustomError("currency", "is not a known currency ({known})", {"known": known})
    return value


def _short_name(value: str) -> str:
    if not _SHORT_NAME.fullmatch(value):
        raise PydanticCustomError(
            "short_name", "a short name has 1 to 40 of a-z, 0-9 and -, and neither starts nor ends with -"
        )
    return value


def _tld(value: str) -> str:
    if value not in tlds.names():
        known = ", ".join(sorted(tlds.names()))
        raise PydanticCustomError("tld", "is not a known TLD ({known})", {"known": known})
    return value


ShortName = Annotated[str, AfterValidator(_short_name)]
TldName = Annotated[str, AfterValidator(_tld)]
BillingPlan = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,64}$")]
Currency = Annotated[str, AfterValidator(_currency)]
Price = Annotated[int, BeforeValidator(_price)]
Rate = Annotated[str, BeforeValidator(_rate)]
Capacity = Annotated[int | None, BeforeValidator(_capacity)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
StripeProduct = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,255}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class PlanEntry(_Model):
    title: Title
    stripe_product: StripeProduct
    prices: Annotated[dict[Currency, Annotated[dict[Term, Price], Field(min_length=1)]], Field(min_length=1)]
    deliver_while_processing: StrictBool = False


class VariantEntry(_Model):
    title: Title


class LocationEntry(_Model):
    title: Title
    capacity: Annotated[dict[str, Capacity], Field(min_length=1)]


class TldPrice(_Model):
    """A charge without a price is not sold; what can be bought can be renewed."""

    register_: Annotated[Price | None, Field(alias="register")] = None
    transfer: Price | None = None
    renew: Price

    def by_charge(self) -> dict[DomainCharge, int]:
        found = {
            DomainCharge.REGISTER: self.register_,
            DomainCharge.TRANSFER: self.transfer,
            DomainCharge.RENEW: self.renew,
        }
        return {charge: amount for charge, amount in found.items() if amount is not None}


class TldEntry(_Model):
    stripe_product: StripeProduct
    prices: Annotated[
        dict[BillingPlan, Annotated[dict[Currency, TldPrice], Field(min_length=1)]], Field(min_length=1)
    ]


class CatalogueFile(_Model):
    plans: Annotated[dict[ShortName, PlanEntry], Field(min_length=1)]
    variants: Annotated[dict[ShortName, VariantEntry], Field(min_length=1)]
    locations: Annotated[dict[ShortName, LocationEntry], Field(min_length=1)]
    tlds: dict[TldName, TldEntry] = {}
    usd_rates: dict[Currency, Rate] = {}


def load(path: Path) -> domain.Catalogue:
    """The catalogue of a file; its version is the digest of the text. Raises FileFaultError, OSError."""
    source = read(path)
    content = validate(source, CatalogueFile)
    faults = [
        *_unknown_variants(source, content),
        *_small_prices(source, content),
        *_twins(source, content),
        *_rates(source, content),
    ]
    if faults:
        raise FileFaultError(source.name, faults)
    return domain.Catalogue(
        version=source.digest[:_VERSION_LENGTH],
        plans={
            name: domain.Plan(
                name=name,
                title=plan.title,
                stripe_product=plan.stripe_product,
                prices=dict(plan.prices),
                deliver_while_processing=plan.deliver_while_processing,
            )
            for name, plan in content.plans.items()
        },
        variants={
            name: domain.Variant(name=name, title=variant.title) for name, variant in content.variants.items()
        },
        locations={
            name: domain.Location(name=name, title=location.title, capacity=dict(location.capacity))
            for name, location in content.locations.items()
        },
        tlds={name: _tld_prices(name, entry) for name, entry in content.tlds.items()},
        usd_rates=dict(content.usd_rates),
    )


def _tld_prices(name: str, entry: TldEntry) -> domain.TldPrices:
    return domain.TldPrices(
        name=name,
        stripe_product=entry.stripe_product,
        prices={
            plan: {currency: price.by_charge() for currency, price in currencies.items()}
            for plan, currencies in entry.prices.items()
        },
    )


def _unknown_variants(source: Source, content: CatalogueFile) -> Iterator[Fault]:
    for name, location in content.locations.items():
        for variant in location.capacity:
            if variant not in content.variants:
                known = ", ".join(content.variants)
                path = ("locations", name, "capacity", variant)
                yield source.fault(path, f"is not one of the variants ({known})")


def _small_prices(source: Source, content: CatalogueFile) -> Iterator[Fault]:
    for path, currency, amount in _prices(content):
        smallest = MINIMUM_CHARGE[currency]
        if amount < smallest:
            yield source.fault(path, f"is below the smallest amount that can be charged ({smallest})")


def _rates(source: Source, content: CatalogueFile) -> Iterator[Fault]:
    """Every order in another currency is told with its rate."""
    if US_DOLLAR in content.usd_rates:
        yield source.fault(("usd_rates", US_DOLLAR), "is not needed: rates are those of US dollars")
    unrated = {
        currency: path
        for path, currency, _ in reversed(list(_prices(content)))
        if currency not in {US_DOLLAR, *content.usd_rates}
    }
    for currency, path in unrated.items():
        yield source.fault(path, f"has no rate: add {currency} to usd_rates")


def _prices(content: CatalogueFile) -> Iterator[tuple[FieldPath, str, int]]:
    """Every price with where it stands and its currency."""
    for name, plan in content.plans.items():
        for currency, terms in plan.prices.items():
            for term, amount in terms.items():
                yield ("plans", name, "prices", currency, term.value), currency, amount
    for name, tld in content.tlds.items():
        for billing_plan, currencies in tld.prices.items():
            for currency, price in currencies.items():
                for charge, amount in price.by_charge().items():
                    path = ("tlds", name, "prices", billing_plan, currency, charge.value)
                    yield path, currency, amount


def _twins(source: Source, content: CatalogueFile) -> Iterator[Fault]:
    """Two plans under one title cannot be told apart by a client, nor two on one product by the books."""
    titles: dict[str, str] = {}
    for name, plan in content.plans.items():
        first = titles.setdefault(plan.title, name)
        if first != name:
            yield source.fault(("plans", name, "title"), f"is the same as that of plan {first}")
    products: dict[str, str] = {}
    for path, thing, product in _products(content):
        first = products.setdefault(product, thing)
        if first != thing:
            yield source.fault(path, f"is the same as that of {first}")


def _products(content: CatalogueFile) -> Iterator[tuple[FieldPath, str, str]]:
    for name, plan in content.plans.items():
        yield ("plans", name, "stripe_product"), f"plan {name}", plan.stripe_product
    for name, tld in content.tlds.items():
        yield ("tlds", name, "stripe_product"), f"TLD {name}", tld.stripe_product
