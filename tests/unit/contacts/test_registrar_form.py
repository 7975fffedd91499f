"""What the registrar is told beside the contacts, in its own words."""

from typing import Final

import pytest
from hostcart.domain import tlds
from hostcart.domain.contacts import RegistrationContacts
from hostcart.domain.contacts_registrar import registrar_contacts, registry_requirements
from hostcart.domain.contacts_roles import ContactsDraft, resolve_contacts
from hostcart.domain.domain_names import normalise
from hostcart.domain.tlds import Role

from tests.unit.contacts.samples import (
    ABN,
    AU,
    CA,
    CODICE_FISCALE,
    DE,
    FR,
    GB,
    IT,
    US,
    Sample,
    given,
    of_organization,
)

NOBODY: Final[dict[int, RegistrationContacts]] = {}


@pytest.mark.parametrize(
    ("name", "properties", "requirements"),
    [
        ("bücher.com", {}, {"language": "DE"}),
        ("bücher.com", {"idnLanguage": "HU"}, {"language": "HU"}),
        ("example.com", {"idnLanguage": "HU"}, {}),
        ("bücher.de", {}, {"language": "DE"}),
    ],
)
def test_the_registrar_is_told_the_language_of_the_name(
    name: str, properties: dict[str, str], requirements: dict[str, str]
) -> None:
    assert told(name, given(DE, **properties)) == requirements


def told(name: str, contact: Sample) -> dict[str, str]:
    domain = normalise(name)
    tld = tlds.get(domain.suffix)
    return registry_requirements(
        resolve_contacts(ContactsDraft(contact=contact), tld, NOBODY.get), tld, domain
    )


# By the registrar's documents for .it and .fr, by its gateway's for the others.
TOLD: Final[list[tuple[str, Sample, dict[str, str]]]] = [
    (
        "example.it",
        given(IT, entityType="1", regCode=CODICE_FISCALE, nationalityCode="IT", consentForPublishing="true"),
        {"X-IT-ENTITY-TYPE": "1", "X-IT-PIN": CODICE_FISCALE},
    ),
    (
        "example.it",
        of_organization(IT, entityType="4", consentForPublishing="true"),
        {"X-IT-ENTITY-TYPE": "4"},
    ),
    (
        "example.fr",
        given(FR, birthDate="1990-01-31", birthCountry="FR", birthCity="Paris", birthPostcode="75001"),
        {
            "business": "no",
            "X-FR-BIRTHDATE": "1990-01-31",
            "X-FR-BIRTHPLACE": "FR",
            "X-FR-BIRTHCITY": "Paris",
            "X-FR-BIRTHPC": "75001",
        },
    ),
    (
        "example.fr",
        given(FR, birthDate="1990-01-31", birthCountry="US"),
        {"business": "no", "X-FR-BIRTHDATE": "1990-01-31", "X-FR-BIRTHPLACE": "US"},
    ),
    (
        "example.fr",
        of_organization(FR, legalStatusType="company", siren="123456789", siret="12345678901234"),
        {"business": "yes", "X-FR-LOCAL": "12345678901234"},
    ),
    (
        "example.fr",
        of_organization(DE, legalStatusType="association", vat="DE123456789"),
        {"business": "yes", "X-FR-LOCAL": "DE123456789"},
    ),
    (
        "example.us",
        given(DE, appPurpose="P1", nexusCategory="C31", nexusCountry="DE"),
        {"X-US-NEXUS-APPPURPOSE": "P1", "X-US-NEXUS-CATEGORY": "C31", "X-US-NEXUS-VALIDATOR": "DE"},
    ),
    (
        "example.us",
        given(US, appPurpose="P3", nexusCategory="C11"),
        {"X-US-NEXUS-APPPURPOSE": "P3", "X-US-NEXUS-CATEGORY": "C11"},
    ),
    # .ca has a property `language`, which is not the registrar's `language` of an internationalised name.
    ("example.ca", given(CA, cpr="CCT", language="fr"), {"X-CA-LEGAL-TYPE": "CCT"}),
    (
        "example.ca",
        of_organization(CA, cpr="TDM", brandNumber="TMA123456"),
        {"X-CA-LEGAL-TYPE": "TDM", "X-CA-TRADEMARK": "1"},
    ),
    ("example.eu", given(US, countryOfCitizenship="FR"), {"X-EU-REGISTRANT-CITIZENSHIP": "fr"}),
    ("example.eu", DE, {}),
    ("example.uk", given(GB, type="IND", optOut="Y"), {}),
    (
        "example.com.au",
        of_organization(AU, **ABN),
        {
            "X-AU-OWNER-ORGANIZATION": "Example Pty Ltd",
            "X-AU-DOMAIN-IDTYPE": "ABN",
            "X-AU-DOMAIN-IDNUMBER": "51824753556",
            "X-AU-DOMAIN-RELATIONTYPE": "Company",
            "X-AU-DOMAIN-RELATION": "1",
        },
    ),
    ("example.com", US, {}),
]


@pytest.mark.parametrize(("name", "contact", "requirements"), TOLD)
def test_the_registrar_is_told_in_its_own_words(
    name: str, contact: Sample, requirements: dict[str, str]
) -> None:
    assert told(name, contact) == requirements


def test_a_person_stands_in_for_the_company_that_the_registrar_wants() -> None:
    french = given(FR, birthDate="1990-01-31", birthCountry="US")
    contacts = resolve_contacts(ContactsDraft(contact=french), tlds.get("fr"), NOBODY.get)
    sent = registrar_contacts(contacts, tlds.get("fr"))
    assert [sent.of(role).organization for role in Role] == [None, None, None, "Ada Example"]
    assert registrar_contacts(contacts, tlds.get("com")) == contacts
    company = resolve_contacts(ContactsDraft(contact=of_organization(FR)), tlds.get("com"), NOBODY.get)
    assert registrar_contacts(company, tlds.get("fr")) == company
