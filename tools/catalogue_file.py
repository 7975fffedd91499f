"""The catalogue as an operator writes it: the shape of the YAML file and its rules.

plans:
  basic:
    title: Basic
    stripe_product: prod_basic
    prices:                      # currency -> term -> minor units
      usd: {monthly: 1300, annual: 13000}
variants:
  vanilla: {title: WordPress}
locations:
  pdx:
    title: Portland, Oregon
    capacity: {vanilla: 500}     # variant -> sites that fit, or `unlimited`; not listed: not offered
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

from hostcart.contract.statuses import Term
from hostcart.domain import catalogue as domain
from hostcart.domain.money import EXPONENTS, MINIMUM_CHARGE
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from tools.yaml_file import Fault, FileFaultError, Source, read, validate

_UNLIMITED: Final = "unlimited"
_VERSION_LENGTH: Final = 12
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


ShortName = Annotated[str, AfterValidator(_short_name)]
Currency = Annotated[str, AfterValidator(_currency)]
Price = Annotated[int, BeforeValidator(_price)]
Capacity = Annotated[int | None, BeforeValidator(_capacity)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
StripeProduct = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,255}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class PlanEntry(_Model):
    title: Title
    stripe_product: StripeProduct
    prices: Annotated[dict[Currency, Annotated[dict[Term, Price], Field(min_length=1)]], Field(min_length=1)]


class VariantEntry(_Model):
    title: Title


class LocationEntry(_Model):
    title: Title
    capacity: Annotated[dict[str, Capacity], Field(min_length=1)]


class CatalogueFile(_Model):
    plans: Annotated[dict[ShortName, PlanEntry], Field(min_length=1)]
    variants: Annotated[dict[ShortName, VariantEntry], Field(min_length=1)]
    locations: Annotated[dict[ShortName, LocationEntry], Field(min_length=1)]


def load(path: Path) -> domain.Catalogue:
    """The catalogue of a file; its version is the digest of the text. Raises FileFaultError, OSError."""
    source = read(path)
    content = validate(source, CatalogueFile)
    faults = [*_unknown_variants(source, content), *_small_prices(source, content), *_twins(source, content)]
    if faults:
        raise FileFaultError(source.name, faults)
    return domain.Catalogue(
        version=source.digest[:_VERSION_LENGTH],
        plans={
            name: domain.Plan(
                name=name, title=plan.title, stripe_product=plan.stripe_product, prices=dict(plan.prices)
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
    )


def _unknown_variants(source: Source, content: CatalogueFile) -> Iterator[Fault]:
    for name, location in content.locations.items():
        for variant in location.capacity:
            if variant not in content.variants:
                known = ", ".join(content.variants)
                path = ("locations", name, "capacity", variant)
                yield source.fault(path, f"is not one of the variants ({known})")


def _small_prices(source: Source, content: CatalogueFile) -> Iterator[Fault]:
    for name, plan in content.plans.items():
        for currency, terms in plan.prices.items():
            for term, amount in terms.items():
                if amount < MINIMUM_CHARGE[currency]:
                    path = ("plans", name, "prices", currency, term.value)
                    smallest = MINIMUM_CHARGE[currency]
                    yield source.fault(path, f"is below the smallest amount that can be charged ({smallest})")


def _twins(source: Source, content: CatalogueFile) -> Iterator[Fault]:
    """Two plans under one title cannot be told apart by a client, nor two on one product by the books."""
    for field in ("title", "stripe_product"):
        seen: dict[str, str] = {}
        for name, plan in content.plans.items():
            first = seen.setdefault(getattr(plan, field), name)
            if first != name:
                yield source.fault(("plans", name, field), f"is the same as that of plan {first}")
