"""What registries want of contacts, as the TLD catalogue says it."""

from typing import Any

import pytest
from hostcart.domain import tlds
from hostcart.domain.contacts import (
    Contact,
    ContactAugmentationError,
    ContactViolationsError,
    ResolvedContacts,
)
from hostcart.domain.contacts_fields import Findings, read_contact
from hostcart.domain.contacts_rules import check_contacts, completed, needs_of, pruned, violations_of
from hostcart.domain.tlds import Role

from tests.unit.contacts.samples import AU, CA, CODICE_FISCALE, DE, FR, GB, IT, US, given, of_organization

OWNER = Role.OWNER


def contact(sample: dict[str, Any]) -> Contact:
    found = read_contact(sample, tlds.get("com"), "domain.contact", Findings())
    assert found is not None
    return found


def everywhere(owner: Contact, **others: Contact) -> ResolvedContacts:
    return ResolvedContacts(**{"owner": owner, "admin": owner, "billing": owner, "tech": owner, **others})


@pytest.mark.parametrize(
    ("tld", "sample", "found"),
    [
        (
            "it",
            of_organization(IT, entityType="1", regCode=CODICE_FISCALE, nationalityCode="IT"),
            [("organization", "organization_not_allowed")],
        ),
        ("it", given(US, entityType="1", regCode="X1", nationalityCode="US"), [("country", "not_eligible")]),
        (
            "it",
            given(IT, entityType="1", regCode="SHORT", nationalityCode="IT"),
            [("extra_properties.regCode", "invalid_registration_code")],
        ),
        (
            "it",
            of_organization(DE, entityType="2", regCode="12345678901", consentForPublishing="true"),
            [("country", "country_mismatch")],
        ),
        (
            "it",
            of_organization(IT, entityType="7", regCode="IT12345678901", consentForPublishing="false"),
            [
                ("country", "country_mismatch"),
                ("extra_properties.consentForPublishing", "consent_required"),
            ],
        ),
        (
            "it",
            of_organization(FR, entityType="7", regCode="FR1", nationalityCode="DE"),
            [("extra_properties.nationalityCode", "nationality_mismatch")],
        ),
        ("it", given(IT, entityType="9"), [("extra_properties.entityType", "invalid_value")]),
        ("it", given(IT, entityTyp="1"), [("extra_properties.entityTyp", "unknown_property")]),
        ("com", given(US, entityType="1"), [("extra_properties.entityType", "unknown_property")]),
        ("fr", given(US, birthDate="1990-01-31", birthCountry="US"), [("country", "not_eligible")]),
        (
            "fr",
            given(FR, birthDate="1990-02-30", birthCountry="US"),
            [("extra_properties.birthDate", "invalid_value")],
        ),
        (
            "fr",
            {**given(FR, birthDate="1990-01-31", birthCountry="US"), "first_name": "R2D2"},
            [("first_name", "invalid_name")],
        ),
        ("eu", of_organization(US), [("country", "not_eligible")]),
        (
            "eu",
            given(US, countryOfCitizenship="US"),
            [("extra_properties.countryOfCitizenship", "invalid_value")],
        ),
        ("uk", given(US, type="IND"), [("country", "country_mismatch")]),
        (
            "uk",
            given(GB, type="FCORP"),
            [("country", "country_mismatch"), ("organization", "organization_required")],
        ),
        (
            "us",
            given(US, appPurpose="P9", nexusCategory="C11"),
            [("extra_properties.appPurpose", "invalid_value")],
        ),
        ("ca", given(CA, cpr="CCO"), [("organization", "organization_required")]),
        (
            "au",
            given(AU, registrantIdType="ABN", registrantId="123"),
            [("extra_properties.registrantId", "invalid_registration_number")],
        ),
    ],
)
def test_a_broken_rule_is_a_violation(tld: str, sample: dict[str, Any], found: list[tuple[str, str]]) -> None:
    violations = violations_of(contact(sample), OWNER, tlds.get(tld))
    assert [(violation.field, violation.code) for violation in violations] == found
    assert {violation.role for violation in violations} == {OWNER}


@pytest.mark.parametrize(
    ("tld", "sample", "mandatory"),
    [
        ("com", US, []),
        ("it", IT, ["entityType"]),
        ("it", given(IT, entityType="1"), ["regCode", "nationalityCode"]),
        ("it", of_organization(IT, entityType="4"), ["consentForPublishing"]),
        ("fr", FR, ["birthDate", "birthCountry"]),
        ("fr", given(FR, birthDate="1990-01-31", birthCountry="FR"), ["birthCity", "birthPostcode"]),
        ("fr", of_organization(FR, legalStatusType="company"), ["siren"]),
        ("fr", of_organization(FR, legalStatusType="company", siret="12345678901234"), []),
        ("eu", US, ["countryOfCitizenship"]),
        ("eu", DE, []),
        ("uk", GB, []),
        ("co.uk", of_organization(GB, type="LTD"), ["coNo"]),
        ("us", US, ["appPurpose", "nexusCategory"]),
        ("us", given(US, appPurpose="P1", nexusCategory="C32"), ["nexusCountry"]),
        ("ca", CA, ["cpr"]),
        ("ca", of_organization(CA, cpr="TDM"), ["brandNumber"]),
        (
            "com.au",
            AU,
            ["registrantName", "registrantIdType", "registrantId", "eligibilityType", "policyReason"],
        ),
    ],
)
def test_what_is_lacking_is_asked_for(tld: str, sample: dict[str, Any], mandatory: list[str]) -> None:
    needs = needs_of(contact(sample), OWNER, tlds.get(tld))
    wanted = [] if needs is None else [known.name for known in needs.properties if known.mandatory]
    assert wanted == mandatory
    assert (needs is None) == (mandatory == [])


def test_the_answer_has_the_shape_of_the_contract() -> None:
    with pytest.raises(ContactAugmentationError) as lacking:
        check_contacts(everywhere(contact(US)), tlds.get("us"))
    assert lacking.value.code == "domain_contact_needs_augmentation"
    (need,) = lacking.value.extra["needs_augmentation"]
    assert (need["role"], need["tld"]) == ("owner", "us")
    assert need["properties"][0] == {
        "name": "appPurpose",
        "label": "Purpose",
        "type": "String",
        "mandatory": True,
        "values": ["P1", "P2", "P3", "P4", "P5"],
    }
    assert need["properties"][2]["mandatory"] is False

    with pytest.raises(ContactViolationsError) as wrong:
        check_contacts(everywhere(contact(of_organization(IT, entityType="1"))), tlds.get("it"))
    assert wrong.value.code == "domain_contact_invalid"
    assert wrong.value.extra == {
        "violations": [
            {
                "role": "owner",
                "field": "organization",
                "code": "organization_not_allowed",
                "message": "A natural person (entityType 1) has no organization.",
            }
        ]
    }


def test_violations_are_told_of_each_contact_once() -> None:
    french = contact(given(FR, birthDate="1990-01-31", birthCountry="US"))
    american = contact(US)
    fr = tlds.get("fr")
    with pytest.raises(ContactViolationsError) as owner:
        check_contacts(everywhere(american), fr)
    assert [violation.role for violation in owner.value.violations] == [Role.OWNER]
    with pytest.raises(ContactViolationsError) as admin:
        check_contacts(everywhere(french, admin=american), fr)
    assert [(found.role, found.field) for found in admin.value.violations] == [(Role.ADMIN, "country")]
    bare = french.with_properties({})
    check_contacts(everywhere(french, admin=bare, billing=bare, tech=american), fr)


def test_a_reused_contact_keeps_what_the_tld_knows() -> None:
    found = contact(given(US, appPurpose="P1", entityType="1"))
    assert pruned(found, OWNER, tlds.get("us")).extra_properties == {"appPurpose": "P1"}
    assert pruned(found, Role.TECH, tlds.get("us")).extra_properties == {}


def test_a_reused_contact_may_lack_a_state() -> None:
    (violation,) = violations_of(
        contact({name: value for name, value in CA.items() if name != "state"}), Role.TECH, tlds.get("ca")
    )
    assert (violation.field, violation.code) == ("state", "missing")


def test_defaults_are_filled_in_for_the_registry() -> None:
    company = contact(of_organization(FR, entityType="7", regCode="FR1", consentForPublishing="true"))
    assert completed(company, OWNER, tlds.get("it")).extra_properties == {
        **company.extra_properties,
        "nationalityCode": "FR",
    }
    person = contact(given(IT, entityType="1", regCode=CODICE_FISCALE, nationalityCode="IT"))
    assert completed(person, OWNER, tlds.get("it")).extra_properties["consentForPublishing"] == "false"


def test_no_message_repeats_a_value() -> None:
    secret = "ZZSECRET99"
    for tld in sorted(tlds.names()):
        names = [known.name for known in tlds.get(tld).properties]
        found = contact({**given(US, **dict.fromkeys(names, secret)), "last_name": secret})
        for violation in violations_of(found, OWNER, tlds.get(tld)):
            assert secret not in violation.message
