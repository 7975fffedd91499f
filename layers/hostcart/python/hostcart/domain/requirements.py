"""What a TLD asks of an order, as JSON Schema (draft 2020-12), so that a client can build its form.

The schemas are made from the TLD catalogue. They describe contacts as they are stored: trimmed, the country
and the state as codes, properties as text. What a schema cannot say (is it an e-mail address, a possible
phone number, a postcode of the country, a day of the calendar) the order's own checks say.
"""

from collections.abc import Mapping
from typing import Any, Final

from hostcart.domain import contacts_fields as fields
from hostcart.domain.contacts import PROPERTIES
from hostcart.domain.contacts_rules import DATE, INTEGER
from hostcart.domain.contacts_values import PHONE, SUBDIVIDED, countries, states
from hostcart.domain.tlds import Property, PropertyType, Role, Rule, Tld
from hostcart.domain.tlds_conditions import (
    Always,
    Condition,
    Either,
    Every,
    Matches,
    Negation,
    OneOf,
    Present,
    SameAs,
)

type Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TITLES: Final = {
    "first_name": "First name",
    "last_name": "Last name",
    "organization": "Organization",
    "street_address": "Street address",
    "post_code": "Postcode",
    "city": "City",
    "state": "State or province",
    "country": "Country",
    "email": "E-mail address",
    "phone": "Phone, international",
    PROPERTIES: "Registry properties",
}


def describe(tld: Tld) -> dict[str, Any]:
    """The TLD's facts and the schemas of its contacts, by role."""
    return {
        "tld": tld.name,
        "years": {"min": tld.years_min, "max": tld.years_max},
        "transfer": {
            "authcode_required": tld.transfer.auth_code,
            "years_added": tld.transfer.years_added,
            "typical_days": tld.transfer.typical_days,
        },
        "idn": tld.idn.allowed,
        "notices": [{"code": notice.code, "message": notice.message} for notice in tld.notices],
        "contacts": {role.value: contact_schema(tld, role) for role in Role},
    }


def contact_schema(tld: Tld, role: Role) -> Schema:
    """The schema of the role's contact; every condition of the catalogue is an if/then."""
    properties = tld.properties_of(role)
    required = [*fields.REQUIRED]
    if any(known.mandatory == Always(holds=True) for known in properties):
        required.append(PROPERTIES)
    schema: Schema = {
        "$schema": DIALECT,
        "title": f"Contact of a .{tld.name} domain: {role}",
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": {
            **{name: _text(name) for name in (*fields.REQUIRED, *fields.OPTIONAL)},
            "country": _country(tld, role),
            PROPERTIES: _extra(properties),
        },
    }
    clauses = [
        *(_states_of(country) for country in SUBDIVIDED),
        *_state_required(tld),
        *(_mandatory(known) for known in properties if not isinstance(known.mandatory, Always)),
        *(_rule(rule) for rule in tld.rules if role in rule.roles),
    ]
    return {**schema, "allOf": clauses}


def _text(name: str) -> Schema:
    pattern = fields.TWO_LINES if name == "street_address" else fields.LINE
    text: Schema = {"title": _TITLES[name], "type": "string", "maxLength": fields.LONGEST[name]}
    if name == "phone":
        return {**text, "pattern": PHONE, "examples": ["+1.5555555555"]}
    if name == "email":
        return {**text, "format": "email"}
    return {**text, "pattern": pattern}


def _country(tld: Tld, role: Role) -> Schema:
    eligible = tld.contact.eligible_countries.get(role, countries())
    return {"title": _TITLES["country"], "type": "string", "enum": sorted(eligible)}


def _extra(properties: tuple[Property, ...]) -> Schema:
    schema: Schema = {
        "title": _TITLES[PROPERTIES],
        "type": "object",
        "additionalProperties": False,
        "properties": {known.name: _property(known) for known in properties},
    }
    required = [known.name for known in properties if known.mandatory == Always(holds=True)]
    return {**schema, "required": required} if required else schema


def _property(known: Property) -> Schema:
    schema: Schema = {
        "title": known.label,
        "type": "string",
        "maxLength": fields.LONGEST_PROPERTY,
        "pattern": fields.LINE,
    }
    if known.description is not None:
        schema["description"] = known.description
    if known.default is not None:
        schema["default"] = known.default
    if known.values and known.open:
        schema["examples"] = [allowed.value for allowed in known.values]
    elif known.values:
        schema["oneOf"] = [{"const": allowed.value, "title": allowed.label} for allowed in known.values]
    if known.pattern is not None:
        schema["allOf"] = [{"pattern": _anchored(known.pattern)}]
    if known.type is PropertyType.DATE:
        schema |= {"format": "date", "pattern": _anchored(DATE)}
    if known.type is PropertyType.INTEGER:
        schema["pattern"] = _anchored(INTEGER)
    return schema


def _states_of(country: str) -> Schema:
    return {
        "if": _at("country", {"const": country}),
        "then": {"properties": {"state": {"enum": [*states(country)]}}},
    }


def _state_required(tld: Tld) -> list[Schema]:
    among = tld.contact.state_required_in
    return [{"if": _at("country", {"enum": [*among]}), "then": {"required": ["state"]}}] if among else []


def _mandatory(known: Property) -> Schema:
    return {
        "if": _condition(known.mandatory),
        "then": _at(f"{PROPERTIES}.{known.name}", {}),
    }


def _rule(rule: Rule) -> Schema:
    return {
        "title": rule.code,
        "description": rule.message,
        "if": _condition(rule.condition),
        "then": _condition(rule.demand),
    }


def _condition(condition: Condition) -> Schema:
    """The schema that a contact meets exactly when the condition holds of it."""
    match condition:
        case Always(answer):
            return {} if answer else {"not": {}}
        case Every(parts):
            return {"allOf": [_condition(part) for part in parts]}
        case Either(parts):
            return {"anyOf": [_condition(part) for part in parts]}
        case Negation(part):
            return {"not": _condition(part)}
        case _:
            return _test(condition)


def _test(test: Present | OneOf | Matches | SameAs) -> Schema:
    match test:
        case Present(subject, wanted):
            present = _at(subject, {})
            return present if wanted else {"not": present}
        case OneOf(subject, values):
            return _at(subject, {"enum": [*values]})
        case Matches(subject, pattern):
            return _at(subject, {"pattern": _anchored(pattern)})
        case SameAs(subject, other, values):
            same = [{"allOf": [_at(each, {"const": value}) for each in (subject, other)]} for value in values]
            return {"anyOf": same}


def _at(subject: str, schema: Mapping[str, Any]) -> Schema:
    """The subject is there and meets the schema."""
    first, _, rest = subject.partition(".")
    return {"required": [first], "properties": {first: _at(rest, schema) if rest else dict(schema)}}


def _anchored(pattern: str) -> str:
    return f"^(?:{pattern})$"
