"""What a registration has to say beside its contacts (`tldRequirements`), by suffix.

Kept apart from what a client of the registrar believes: keys that are not listed are refused. Those of .it
and .fr are documented by the registrar; the others are its gateway's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from local.sandboxes.registrar.answers import invalid
from local.sandboxes.registrar.names import Name

type Given = Mapping[str, str]
LANGUAGE = "language"


@dataclass(frozen=True)
class Key:
    """The form of a value; `needed_with` is (another key, its values) that make this one required."""

    pattern: str = ".{1,255}"
    required: bool = False
    needed_with: tuple[str, frozenset[str]] | None = None

    def is_needed(self, given: Given) -> bool:
        if self.needed_with is None:
            return self.required
        other, values = self.needed_with
        return given.get(other) in values


@dataclass(frozen=True)
class Form:
    """`company_name_of` are the contacts that must name a company."""

    keys: Mapping[str, Key] = field(default_factory=dict)
    company_name_of: tuple[str, ...] = ()


_COUNTRY = "[A-Z]{2}"
_WITH_PIN = frozenset("123567")
_ID_TYPE = "ABN|ACN|ARBN|ICN|TM|OTHER|[A-Z]{2,3} BN"
_AU = Form(
    {
        "X-AU-OWNER-ORGANIZATION": Key(required=True),
        "X-AU-DOMAIN-IDTYPE": Key(_ID_TYPE, required=True),
        "X-AU-DOMAIN-IDNUMBER": Key(required=True),
        "X-AU-DOMAIN-RELATIONTYPE": Key(required=True),
        "X-AU-DOMAIN-RELATION": Key("1|2", required=True),
        "X-AU-ELIGIBILITY-NAME": Key(),
        "X-AU-ELIGIBILITY-IDTYPE": Key(_ID_TYPE),
        "X-AU-ELIGIBILITY-IDNUMBER": Key(),
    }
)
_NOTHING = Form()
_FORMS = {
    "it": Form(
        {
            "X-IT-ENTITY-TYPE": Key("[1-7]", required=True),
            "X-IT-PIN": Key("[A-Za-z0-9][A-Za-z0-9 ./-]{1,39}", needed_with=("X-IT-ENTITY-TYPE", _WITH_PIN)),
        }
    ),
    "fr": Form(
        {
            "business": Key("yes|no", required=True),
            "X-FR-BIRTHDATE": Key("[0-9]{4}-[0-9]{2}-[0-9]{2}"),
            "X-FR-BIRTHPLACE": Key(_COUNTRY, needed_with=("business", frozenset({"no"}))),
            "X-FR-BIRTHCITY": Key(needed_with=("X-FR-BIRTHPLACE", frozenset({"FR"}))),
            "X-FR-BIRTHPC": Key(needed_with=("X-FR-BIRTHPLACE", frozenset({"FR"}))),
            "X-FR-LOCAL": Key(),
        },
        company_name_of=("tech",),
    ),
    "us": Form(
        {
            "X-US-NEXUS-APPPURPOSE": Key("P[1-5]", required=True),
            "X-US-NEXUS-CATEGORY": Key("C11|C12|C21|C31|C32", required=True),
            "X-US-NEXUS-VALIDATOR": Key(
                _COUNTRY, needed_with=("X-US-NEXUS-CATEGORY", frozenset({"C31", "C32"}))
            ),
        }
    ),
    "ca": Form({"X-CA-LEGAL-TYPE": Key("[A-Z]{3}", required=True), "X-CA-TRADEMARK": Key("0|1")}),
    "eu": Form({"X-EU-REGISTRANT-CITIZENSHIP": Key("[a-z]{2}")}),
    "au": _AU,
    "com.au": _AU,
}


def check_requirements(name: Name, given: object, people: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The requirements of a registration; V4Error 400 for what is unknown, missing or of the wrong form."""
    told = given or {}  # clients send an empty list for an empty map
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        raise invalid("tldRequirements must map strings to strings")
    form = _FORMS.get(name.tld, _NOTHING)
    for key, value in told.items():
        _check_value(name, key, value, form)
    for key, known in form.keys.items():
        if known.is_needed(told) and not told.get(key):
            raise invalid(f"tldRequirements.{key} is required for .{name.tld} domains")
    if name.is_idn and not told.get(LANGUAGE):
        raise invalid("tldRequirements.language is required for IDN domains")
    for role in form.company_name_of:
        if not people[role].get("companyName"):
            raise invalid(f"The {role} contact needs a companyName for .{name.tld} domains")
    return told


def _check_value(name: Name, key: str, value: str, form: Form) -> None:
    if key == LANGUAGE and name.is_idn:
        return
    known = form.keys.get(key)
    if known is None:
        raise invalid(f"tldRequirements.{key} is not a requirement of .{name.tld} domains")
    if not re.fullmatch(known.pattern, value):
        raise invalid(f"tldRequirements.{key} is not valid")
