"""What our contacts become at the registrar: its sandbox checks keys and values by a list of its own."""

from dataclasses import replace

import pytest
from hostcart.adapters.registrar_namecom import NamecomRegistrar
from hostcart.domain import tlds
from hostcart.domain.contacts import RegistrationContacts
from hostcart.domain.contacts_registrar import registrar_contacts, registry_requirements
from hostcart.domain.contacts_roles import ContactsDraft, resolve_contacts
from hostcart.domain.domain_names import normalise
from hostcart.domain.registration import RegistrationRequest
from hostcart.ports import RefusedError

from local.sandboxes.registrar.names import PRICES
from tests.contract.registrar_shop import Control, control, registrar, registration, sandbox
from tests.unit.contacts.samples import GOOD, Sample

__all__ = ["control", "registrar", "sandbox"]
NOBODY: dict[int, RegistrationContacts] = {}


def ordered(name: str, sample: Sample) -> RegistrationRequest:
    """The request that RegisterDomain makes of this contact."""
    domain = normalise(name)
    tld = tlds.get(domain.suffix)
    contacts = resolve_contacts(ContactsDraft(contact=sample), tld, NOBODY.get)
    return registration(
        domain.ascii,
        price=PRICES[tld.name],
        contacts=registrar_contacts(contacts, tld),
        requirements=registry_requirements(contacts, tld, domain),
    )


@pytest.mark.parametrize("position", range(len(GOOD)), ids=lambda position: GOOD[position][0])
def test_what_we_accept_the_registrar_accepts(
    registrar: NamecomRegistrar, control: Control, position: int
) -> None:
    tld, sample = GOOD[position]
    wanted = ordered(f"example-{position}.{tld}", sample)
    assert registrar.register(wanted).paid == PRICES[tld]
    (held,) = control("GET", "domains")
    assert held["requirements"] == wanted.requirements


@pytest.mark.parametrize(
    ("tld", "requirements"),
    [
        ("it", {}),
        ("it", {"entityType": "1", "regCode": "RSSMRA80A01H501U"}),
        ("it", {"X-IT-ENTITY-TYPE": "1"}),
        ("it", {"X-IT-ENTITY-TYPE": "8", "X-IT-PIN": "RSSMRA80A01H501U"}),
        ("it", {"X-IT-ENTITY-TYPE": "1", "X-IT-PIN": "RSSMRA80A01H501U", "X-FR-LOCAL": "1"}),
        ("fr", {"X-FR-BIRTHPLACE": "US"}),
        ("fr", {"business": "no", "X-FR-BIRTHPLACE": "FR", "X-FR-BIRTHCITY": "Paris"}),
        ("us", {"appPurpose": "P3", "nexusCategory": "C11"}),
        ("us", {"X-US-NEXUS-APPPURPOSE": "P3", "X-US-NEXUS-CATEGORY": "C31"}),
        ("ca", {"cpr": "CCT"}),
        ("eu", {"X-EU-REGISTRANT-CITIZENSHIP": "FR"}),
        ("com.au", {"X-AU-DOMAIN-IDTYPE": "ABN"}),
        ("com", {"X-IT-PIN": "1"}),
        ("com", {"language": "DE"}),
    ],
)
def test_other_keys_and_values_are_refused_before_they_cost(
    registrar: NamecomRegistrar, control: Control, tld: str, requirements: dict[str, str]
) -> None:
    _, sample = next((found for found in GOOD if found[0] == tld), GOOD[0])
    wanted = replace(ordered(f"example.{tld}", sample), requirements=requirements)
    with pytest.raises(RefusedError, match="requirements_refused"):
        registrar.register(wanted)
    assert control("GET", "orders") == []


def test_a_technical_contact_without_a_company_is_refused_for_fr(registrar: NamecomRegistrar) -> None:
    _, sample = next(found for found in GOOD if found[0] == "fr")
    wanted = ordered("example.fr", sample)
    person = replace(wanted.contacts.tech, organization=None)
    with pytest.raises(RefusedError, match="contact_refused"):
        registrar.register(replace(wanted, contacts=replace(wanted.contacts, tech=person)))
