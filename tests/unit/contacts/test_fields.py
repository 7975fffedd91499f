"""From what a client sent to a contact, or to every fault of it."""

from typing import Any

import pytest
from hostcart.domain import tlds
from hostcart.domain.contacts import Contact, IncompleteContactError, InvalidContactError
from hostcart.domain.contacts_fields import REQUIRED, Findings, read_contact

from tests.unit.contacts.samples import DE, US, given

AT = "domain.contact"


def read(draft: dict[str, Any], tld: str = "com") -> Contact:
    findings = Findings()
    contact = read_contact(draft, tlds.get(tld), AT, findings)
    findings.raise_any()
    assert contact is not None
    return contact


def test_a_contact_has_one_form() -> None:
    neat = read(given(US, idnLanguage="DE"))
    messy = {
        **US,
        "first_name": "  Ada ",
        "street_address": "1 Example Road\r\n",
        "organization": " ",
        "country": "us",
        "state": "oregon",
        "phone": "+1 (555) 555 5555",
        "email": "ada@EXAMPLE.com",
        "extra_properties": {"idnLanguage": " DE ", "nothing": None, "empty": ""},
    }
    assert read(messy) == neat
    assert neat.phone == "+15555555555"
    assert neat.phone_epp == "+1.5555555555"
    assert neat.organization is None


def test_properties_become_text() -> None:
    draft = {**US, "extra_properties": {"entityType": 1, "consentForPublishing": True}}
    assert read(draft).extra_properties == {"entityType": "1", "consentForPublishing": "true"}


@pytest.mark.parametrize("empty", [None, "", "  \n"])
def test_everything_that_is_missing_is_named(empty: str | None) -> None:
    with pytest.raises(IncompleteContactError) as caught:
        read(dict.fromkeys(REQUIRED, empty))
    assert caught.value.code == "incomplete_contact"
    assert [fault.field for fault in caught.value.faults] == [f"{AT}.{name}" for name in REQUIRED]
    assert {fault.code for fault in caught.value.faults} == {"missing"}


def test_what_is_missing_is_told_before_what_is_wrong() -> None:
    with pytest.raises(IncompleteContactError) as caught:
        read({**US, "city": "", "country": "USA"})
    assert [fault.field for fault in caught.value.faults] == [f"{AT}.city"]


@pytest.mark.parametrize(("tld", "missing"), [("com", False), ("us", True), ("ca", False)])
def test_a_state_is_required_by_tld_and_country(tld: str, *, missing: bool) -> None:
    draft = {name: value for name, value in US.items() if name != "state"}
    findings = Findings()
    read_contact(draft, tlds.get(tld), AT, findings)
    assert [fault.field for fault in findings.missing] == [f"{AT}.state"] * missing
    read(DE, tld)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", "A" * 101),
        ("last_name", "Ada\nExample"),
        ("last_name", "Ada\x00"),
        ("last_name", "\ufffd"),
        ("city", 7),
        ("organization", "O" * 256),
        ("street_address", "1\n2\n3"),
        ("post_code", "1"),
        ("state", "Bavaria"),
        ("country", "USA"),
        ("country", "UK"),
        ("email", "ada"),
        ("phone", "555 5555"),
        ("extra_properties", "entityType=1"),
        ("extra_properties", {str(number): "x" for number in range(51)}),
    ],
)
def test_a_bad_value_is_named_and_not_repeated(field: str, value: object) -> None:
    with pytest.raises(InvalidContactError) as caught:
        read({**US, field: value})
    assert caught.value.code == "invalid_contact"
    (fault,) = caught.value.faults
    assert fault.field == f"{AT}.{field}"
    assert str(value) not in f"{fault.message} {caught.value}"


@pytest.mark.parametrize("value", ["x" * 256, "a\nb", 1.5, ["1"]])
def test_a_bad_property_is_named(value: object) -> None:
    with pytest.raises(InvalidContactError) as caught:
        read({**US, "extra_properties": {"entityType": value}})
    assert [fault.field for fault in caught.value.faults] == [f"{AT}.extra_properties.entityType"]


def test_no_repr_shows_a_contact() -> None:
    contact = read(given(US, idnLanguage="ZZSECRET"))
    shown = f"{contact!r} {contact}"
    assert not [value for value in (*US.values(), "ZZSECRET") if value in shown]
