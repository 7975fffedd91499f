"""The schema of a TLD's contact and our own checks accept the same contacts."""

import re
from functools import cache
from typing import Any

import pytest
from hostcart.domain import contacts_values, tlds
from hostcart.domain.contacts import PROPERTIES, Contact
from hostcart.domain.contacts_fields import FIELDS, Findings, read_contact
from hostcart.domain.contacts_rules import needs_of, violations_of
from hostcart.domain.requirements import contact_schema, describe
from hostcart.domain.tlds import Role
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.unit.contacts import samples
from tests.unit.contacts.samples import GOOD, Sample

TLDS = sorted(tlds.names())
_ABSENT = object()


@cache
def schema_of(tld: str, role: Role) -> Draft202012Validator:
    schema = contact_schema(tlds.get(tld), role)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def values_are_real(sample: Sample) -> bool:
    """What the schema cannot say."""
    country = sample.get("country", "")
    return (
        contacts_values.email(sample.get("email", "")) is not None
        and contacts_values.phone(sample.get("phone", "")) is not None
        and contacts_values.post_code(sample.get("post_code", ""), country) is not None
    )


def schema_accepts(sample: Sample, tld: str, role: Role) -> bool:
    return schema_of(tld, role).is_valid(sample) and values_are_real(sample)


def accepted(sample: Sample, tld: str, role: Role) -> Contact | None:
    """The contact if our own checks find no fault."""
    entry = tlds.get(tld)
    contact = read_contact(sample, entry, "domain.contact", Findings())
    if contact is None or violations_of(contact, role, entry) or needs_of(contact, role, entry):
        return None
    return contact


def as_sent(contact: Contact) -> Sample:
    found = {name: getattr(contact, name) for name in FIELDS}
    return {name: dict(value) if name == PROPERTIES else value for name, value in found.items() if value}


@pytest.mark.parametrize("tld", TLDS)
def test_every_schema_is_one(tld: str) -> None:
    for role in Role:
        Draft202012Validator.check_schema(contact_schema(tlds.get(tld), role))
    assert set(describe(tlds.get(tld))["contacts"]) == set(Role)


@pytest.mark.parametrize(("tld", "sample"), GOOD)
def test_both_accept_what_is_right(tld: str, sample: Sample) -> None:
    contact = accepted(sample, tld, Role.OWNER)
    assert contact is not None
    assert schema_accepts(sample, tld, Role.OWNER)
    assert schema_accepts(as_sent(contact), tld, Role.OWNER)


def test_a_right_contact_is_known_for_every_tld() -> None:
    assert {tld for tld, _ in GOOD} == tlds.names()


@pytest.mark.parametrize(("tld", "sample"), GOOD)
def test_both_want_every_field(tld: str, sample: Sample) -> None:
    for name in sample:
        less = {key: value for key, value in sample.items() if key != name}
        ours = accepted(less, tld, Role.OWNER) is not None
        assert ours == schema_accepts(less, tld, Role.OWNER), name
        assert not ours or name in {"state", "organization", PROPERTIES}


_BASES = [samples.US, samples.IT, samples.DE, samples.FR, samples.GB, samples.CA, samples.AU]
_FIELD_VALUES: dict[str, list[Any]] = {
    "first_name": ["R2D2", "Zoë", "", " ", "A" * 101, "a\tb", 5],
    "last_name": ["O'Neil-Smith", "", "x\x7f"],
    "organization": ["Example Ltd", "O" * 256, _ABSENT],
    "street_address": ["1\n2", "1\n2\n3", ""],
    "post_code": ["00144", "97201", "2060", "x", ""],
    "city": ["Ōtsu", "", "c" * 101],
    "state": ["OR", "RM", "ON", "NSW", "Bavaria", "s" * 101, _ABSENT],
    "country": ["US", "IT", "DE", "FR", "GB", "CA", "AU", "JP", "CH", "UK", "XX", "D", ""],
    "email": ["a@b.example", "a@b", "a b@example.com", ""],
    "phone": ["+44.2079460000", "+1.555", "5555555555", "+1.5555555555x1", ""],
    PROPERTIES: [_ABSENT, {}, "entityType"],
}
_PROPERTY_VALUES = [
    *("1", "2", "4", "7", "IT", "FR", "US", "DE", "true", "false", "IND", "LTD", "FCORP", "C11", "C31"),
    *("CCT", "CCO", "TDM", "ABN", "ACN", "12345678901", "123456789", samples.CODICE_FISCALE, "?", "x" * 256),
    *("1990-01-31", "1990-02-30", "19900131", "a\nb", "ä"),
]


@st.composite
def nearly_right(draw: st.DrawFn) -> tuple[str, Sample]:
    """A right contact of the TLD with up to three things changed."""
    tld, sample = draw(st.sampled_from(GOOD))
    changed: Sample = {**sample, PROPERTIES: dict(sample.get(PROPERTIES, {}))}
    names = [known.name for known in tlds.get(tld).properties] or ["entityType"]
    for kind in draw(st.lists(st.sampled_from(["field", "property", "country", "organization"]), max_size=3)):
        if kind == "country":
            base = draw(st.sampled_from(_BASES))
            address = ("street_address", "post_code", "city", "state", "country", "phone")
            changed |= {name: base.get(name, _ABSENT) for name in address}
        elif kind == "property" and isinstance(changed[PROPERTIES], dict):
            name = draw(st.sampled_from([*names, *names, "unknownOne"]))
            changed[PROPERTIES] = {
                **changed[PROPERTIES],
                name: draw(st.sampled_from([*_PROPERTY_VALUES, _ABSENT])),
            }
        elif kind == "organization":
            changed["organization"] = draw(st.sampled_from(["Example Ltd", _ABSENT]))
        else:
            name = draw(st.sampled_from(sorted(_FIELD_VALUES)))
            changed[name] = draw(st.sampled_from(_FIELD_VALUES[name]))
            if changed[name] is _ABSENT and name == PROPERTIES:
                changed[name] = {}
    if isinstance(changed[PROPERTIES], dict):
        changed[PROPERTIES] = {
            name: value for name, value in changed[PROPERTIES].items() if value is not _ABSENT
        }
    return tld, {name: value for name, value in changed.items() if value is not _ABSENT and value != {}}


@given(nearly_right(), st.sampled_from([Role.OWNER, Role.OWNER, Role.OWNER, Role.ADMIN, Role.TECH]))
@settings(max_examples=400)
def test_the_schema_and_our_checks_agree(case: tuple[str, Sample], role: Role) -> None:
    tld, sample = case
    contact = accepted(sample, tld, role)
    assert (contact is not None) == schema_accepts(sample, tld, role)
    if contact is not None:
        assert schema_accepts(as_sent(contact), tld, role)
        assert accepted(as_sent(contact), tld, role) == contact


def test_the_generated_contacts_are_both_right_and_wrong() -> None:
    outcomes: list[bool] = []

    @given(nearly_right())
    @settings(max_examples=100, database=None)
    def collect(case: tuple[str, Sample]) -> None:
        outcomes.append(accepted(case[1], case[0], Role.OWNER) is not None)

    collect()
    assert 10 < sum(outcomes) < len(outcomes) - 10


def test_a_form_can_be_built() -> None:
    schema = contact_schema(tlds.get("it"), Role.OWNER)
    kind = schema["properties"][PROPERTIES]["properties"]["entityType"]
    assert kind["title"] == "Kind of holder"
    assert kind["oneOf"][0] == {"const": "1", "title": "Natural person, Italian or European"}
    assert schema["properties"][PROPERTIES]["required"] == ["entityType"]
    assert re.search(schema["properties"]["phone"]["pattern"], "+1.5555555555")
    fr = contact_schema(tlds.get("fr"), Role.ADMIN)
    assert "US" not in fr["properties"]["country"]["enum"]
