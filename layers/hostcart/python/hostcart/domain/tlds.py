"""The TLD catalogue: what registries ask for, as versioned data (data/tlds.json) behind types.

Nothing is read before it is needed. Days and years are whole numbers; prices are in domain/catalogue.py.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from hostcart.domain import tlds_conditions, tlds_registrar
from hostcart.domain.tlds_conditions import Condition
from hostcart.domain.tlds_registrar import Requirement

DATA: Final = Path(__file__).parents[1] / "data" / "tlds.json"


class Role(StrEnum):
    """Whose contact it is; `owner` is the registrant."""

    OWNER = "owner"
    ADMIN = "admin"
    BILLING = "billing"
    TECH = "tech"


class PropertyType(StrEnum):
    STRING = "String"
    DATE = "Date"
    INTEGER = "Integer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """`years_added` counts from the old expiry, or from completion when the term restarts.

    `lock_days` is how long a name cannot be transferred after its creation or last transfer.
    """

    auth_code: bool
    typical_days: int
    longest_days: int
    years_added: int
    restarts_term: bool
    lock_days: int
    registrant_change_lock_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """What follows the expiry: renewal at the usual price, then redemption, then deletion."""

    grace_days: int
    redemption_days: int
    pending_delete_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """The renewal is billed `lead_days` before expiry; the registry renews in the last `window_days` only."""

    lead_days: int
    window_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Idn:
    allowed: bool
    language_required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRules:
    """`roles` are those that the registry stores; the countries are ISO 3166-1 alpha-2 codes."""

    roles: tuple[Role, ...]
    state_required_in: tuple[str, ...]
    phone_required: bool
    eligible_countries: Mapping[Role, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrarForm:
    """What the registrar wants of a registration beside contacts; `company_name_of` are roles that need one.

    `documented`: the registrar's own documents name the keys; otherwise they are its gateway's, and the TLD
    is to be tried before it is sold.
    """

    requirements: tuple[Requirement, ...]
    company_name_of: tuple[Role, ...]
    documented: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a client should tell the buyer."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Value:
    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """A field in `extra_properties`.

    When `open`, `values` are suggestions. `pattern` is for the whole value. A property that is left out
    becomes the contact's field `default_from`, or `default`, when it is handed to the registry.
    """

    name: str
    label: str
    type: PropertyType
    mandatory: Condition
    roles: tuple[Role, ...]
    description: str | None
    values: tuple[Value, ...]
    open: bool
    pattern: str | None
    default_from: str | None
    default: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """If the one condition holds, the other must: otherwise `field` violates `code`."""

    code: str
    field: str
    message: str
    roles: tuple[Role, ...]
    condition: Condition
    demand: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Tld:
    """A public suffix under which names can be ordered; `name` has no leading dot.

    `confidence` is A (the registry or two agreeing sources), B (one registrar) or C (old or conflicting);
    `uncertain` names what in the entry is weaker than that.
    """

    name: str
    years_min: int
    years_max: int
    transfer: Transfer
    expiry: Expiry
    add_grace_days: int
    renewal: Renewal
    privacy_allowed: bool
    nameservers_first: bool
    idn: Idn
    contact: ContactRules
    notices: tuple[Notice, ...]
    properties: tuple[Property, ...]
    rules: tuple[Rule, ...]
    registrar: RegistrarForm
    sources: tuple[str, ...]
    confidence: str
    uncertain: tuple[str, ...]

    def properties_of(self, role: Role) -> tuple[Property, ...]:
        return tuple(found for found in self.properties if role in found.roles)


@dataclass(frozen=True, slots=True)
class IdnLanguage:
    """A language by the letters beyond a-z that it uses, or by its script."""

    language: str
    letters: str
    script: str


def names() -> frozenset[str]:
    """Every suffix in the catalogue."""
    return frozenset(_document()["tlds"])


def version() -> str:
    """Of the data, as a date."""
    return str(_document()["version"])


@cache
def get(name: str) -> Tld:
    """The entry of a suffix. Raises KeyError when there is none."""
    return _tld(name, _merged(name))


@cache
def idn_languages() -> tuple[IdnLanguage, ...]:
    """In the order in which they are tried."""
    return tuple(
        IdnLanguage(entry["language"], entry.get("letters", ""), entry.get("script", ""))
        for entry in _document()["idn_languages"]
    )


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return document


def _merged(name: str) -> dict[str, Any]:
    """The entry with what it shares with the one that it is like."""
    entry: dict[str, Any] = _document()["tlds"][name]
    model = entry.get("like")
    return entry if model is None else {**_merged(model), **entry}


def _tld(name: str, entry: Mapping[str, Any]) -> Tld:
    sets = _document()["country_sets"]
    return Tld(
        name=name,
        years_min=entry["years"]["min"],
        years_max=entry["years"]["max"],
        transfer=Transfer(**entry["transfer"]),
        expiry=Expiry(**entry["expiry"]),
        add_grace_days=entry["add_grace_days"],
        renewal=Renewal(**entry["renewal"]),
        privacy_allowed=entry["privacy_allowed"],
        nameservers_first=entry["nameservers_first"],
        idn=Idn(**entry["idn"]),
        contact=_contact_rules(entry["contact"], sets),
        notices=tuple(Notice(**notice) for notice in entry["notices"]),
        properties=tuple(_property(found, sets) for found in entry["properties"]),
        rules=tuple(_rule(found, sets) for found in entry["rules"]),
        registrar=_registrar_form(entry["registrar"], sets),
        sources=tuple(entry["sources"]),
        confidence=entry["confidence"],
        uncertain=tuple(entry["uncertain"]),
    )


def _contact_rules(entry: Mapping[str, Any], sets: Mapping[str, list[str]]) -> ContactRules:
    return ContactRules(
        roles=_roles(entry),
        state_required_in=tuple(entry["state_required_in"]),
        phone_required=entry["phone_required"],
        eligible_countries={
            Role(role): tlds_conditions.values(countries, sets)
            for role, countries in entry["eligible_countries"].items()
        },
    )


def _registrar_form(entry: Mapping[str, Any], sets: Mapping[str, list[str]]) -> RegistrarForm:
    return RegistrarForm(
        requirements=tuple(tlds_registrar.read(found, sets) for found in entry["requirements"]),
        company_name_of=tuple(Role(role) for role in entry["company_name_of"]),
        documented=entry["documented"],
    )


def _property(entry: Mapping[str, Any], sets: Mapping[str, list[str]]) -> Property:
    return Property(
        name=entry["name"],
        label=entry["label"],
        type=PropertyType(entry["type"]),
        mandatory=tlds_conditions.read(entry["mandatory"], sets),
        roles=_roles(entry),
        description=entry.get("description"),
        values=_values(entry.get("values", []), sets),
        open=entry.get("open", False),
        pattern=entry.get("pattern"),
        default_from=entry.get("default_from"),
        default=entry.get("default"),
    )


def _values(entry: Any, sets: Mapping[str, list[str]]) -> tuple[Value, ...]:
    if isinstance(entry, str):
        return tuple(Value(country, country) for country in tlds_conditions.values(entry, sets))
    return tuple(Value(**value) for value in entry)


def _rule(entry: Mapping[str, Any], sets: Mapping[str, list[str]]) -> Rule:
    return Rule(
        code=entry["code"],
        field=entry["field"],
        message=entry["message"],
        roles=_roles(entry),
        condition=tlds_conditions.read(entry["if"], sets),
        demand=tlds_conditions.read(entry["then"], sets),
    )


def _roles(entry: Mapping[str, Any]) -> tuple[Role, ...]:
    return tuple(Role(role) for role in entry["roles"])
