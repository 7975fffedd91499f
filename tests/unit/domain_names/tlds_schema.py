"""The shape of data/tlds.json, as JSON Schema."""

from typing import Any, Final

type Schema = dict[str, Any]


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items, "uniqueItems": True}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


_DAYS: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": 120}
_YEARS: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": 10}
_FLAG: Final[Schema] = {"type": "boolean"}
_TEXT: Final[Schema] = {"type": "string", "minLength": 1}
_COUNTRY: Final[Schema] = {"type": "string", "pattern": "^[A-Z]{2}$"}
_SET: Final[Schema] = {"type": "string", "pattern": "^@[a-z_]+$"}
_ROLE: Final[Schema] = {"enum": ["owner", "admin", "billing", "tech"]}
_SUBJECT: Final[Schema] = {"type": "string", "pattern": r"^([a-z_]+|extra_properties\.[A-Za-z]+)$"}
_LISTED: Final[Schema] = {"anyOf": [_SET, _list(_TEXT)]}

_CONDITION: Final[Schema] = {
    "oneOf": [
        _FLAG,
        _object(all={**_list(_ref("condition")), "minItems": 1}),
        _object(any={**_list(_ref("condition")), "minItems": 1}),
        {**_object(), "properties": {"not": _ref("condition")}, "required": ["not"]},
        _object(of=_SUBJECT, present=_FLAG),
        {**_object(of=_SUBJECT), "properties": {"of": _SUBJECT, "in": _LISTED}, "required": ["of", "in"]},
        _object(of=_SUBJECT, matches=_TEXT),
        _object(of=_SUBJECT, same_as=_SUBJECT, among=_LISTED),
    ]
}

_PROPERTY: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "label", "type", "mandatory", "roles"],
    "anyOf": [
        {"required": ["values"]},
        {"required": ["pattern"]},
        {"properties": {"type": {"enum": ["Date", "Integer"]}}},
        {"properties": {"name": {"const": "birthCity"}}},
    ],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z][A-Za-z]{1,39}$"},
        "label": _TEXT,
        "description": _TEXT,
        "type": {"enum": ["String", "Date", "Integer"]},
        "mandatory": _ref("condition"),
        "values": {"anyOf": [_SET, _list(_object(value=_TEXT, label=_TEXT))]},
        "open": {"const": True},
        "pattern": _TEXT,
        "default": _TEXT,
        "default_from": {"enum": ["country"]},
        "roles": {**_list(_ROLE), "minItems": 1},
    },
}

_RULE: Final[Schema] = {
    **_object(
        code={"type": "string", "pattern": "^[a-z_]+$"},
        field=_SUBJECT,
        message={"type": "string", "pattern": r"\.$"},
        roles={**_list(_ROLE), "minItems": 1},
    ),
}
_RULE["properties"] |= {"if": _ref("condition"), "then": _ref("condition")}
_RULE["required"] += ["if", "then"]

_REQUIREMENT: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["key"],
    "oneOf": [{"required": ["from"]}, {"required": ["value"]}],
    "properties": {
        "key": {"type": "string", "pattern": "^([a-z]+|X(-[A-Z]+)+)$"},
        "from": {**_list(_SUBJECT), "minItems": 1},
        "value": _TEXT,
        "if": _ref("condition"),
        "lower": {"const": True},
    },
}

_ENTRY: Final[Schema] = _object(
    years=_object(min=_YEARS, max=_YEARS),
    transfer=_object(
        auth_code=_FLAG,
        typical_days=_DAYS,
        longest_days=_DAYS,
        years_added={"type": "integer", "minimum": 0, "maximum": 1},
        restarts_term=_FLAG,
        lock_days=_DAYS,
        registrant_change_lock_days=_DAYS,
    ),
    expiry=_object(grace_days=_DAYS, redemption_days=_DAYS, pending_delete_days=_DAYS),
    add_grace_days=_DAYS,
    renewal=_object(lead_days=_DAYS, window_days={"anyOf": [_DAYS, {"type": "null"}]}),
    privacy_allowed=_FLAG,
    nameservers_first=_FLAG,
    idn=_object(allowed=_FLAG, language_required=_FLAG),
    contact=_object(
        roles={**_list(_ROLE), "contains": {"const": "owner"}},
        state_required_in=_list(_COUNTRY),
        phone_required=_FLAG,
        eligible_countries={
            "type": "object",
            "propertyNames": _ROLE,
            "additionalProperties": _LISTED,
        },
    ),
    notices=_list(_object(code={"type": "string", "pattern": "^[a-z_]+$"}, message=_TEXT)),
    properties=_list(_ref("property")),
    rules=_list(_ref("rule")),
    registrar=_object(
        documented=_FLAG, company_name_of=_list(_ROLE), requirements=_list(_ref("requirement"))
    ),
    sources={**_list(_TEXT), "minItems": 1},
    confidence={"enum": ["A", "B", "C"]},
    uncertain=_list(_TEXT),
)

# One that is like another says only what differs.
_LIKE: Final[Schema] = {
    **_ENTRY,
    "required": ["like"],
    "properties": {**_ENTRY["properties"], "like": _TEXT},
}

SCHEMA: Final[Schema] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$defs": {"condition": _CONDITION, "property": _PROPERTY, "rule": _RULE, "requirement": _REQUIREMENT},
    **_object(
        version={"type": "string", "format": "date"},
        sources={"type": "object", "additionalProperties": _TEXT},
        country_sets={
            "type": "object",
            "propertyNames": {"pattern": "^[a-z_]+$"},
            "additionalProperties": {**_list(_COUNTRY), "minItems": 1},
        },
        idn_languages=_list(
            {
                "oneOf": [
                    _object(language=_COUNTRY, letters=_TEXT),
                    _object(language=_COUNTRY, script=_TEXT),
                ]
            }
        ),
        tlds={
            "type": "object",
            "propertyNames": {"pattern": "^[a-z]+([.][a-z]+)?$"},
            "additionalProperties": {
                "if": {"required": ["like"]},
                "then": _LIKE,
                "else": _ENTRY,
            },
        },
    ),
}
