"""Who fills which role: inline, reused, or the owner again."""

from typing import Any

import pytest
from hostcart.domain import tlds
from hostcart.domain.contacts import (
    Contact,
    ContactError,
    IncompleteContactError,
    InvalidContactError,
    InvalidContactSourceError,
    RegistrationContacts,
)
from hostcart.domain.contacts_fields import Findings, read_contact
from hostcart.domain.contacts_roles import ContactsDraft, resolve_contacts

from tests.unit.contacts.samples import DE, FR, US, given

COM = tlds.get("com")


def contact(sample: dict[str, Any]) -> Contact:
    found = read_contact(sample, COM, "domain.contact", Findings())
    assert found is not None
    return found


ADA = contact(US)
OTTO = contact({**DE, "first_name": "Otto"})
AMELIE = contact({**FR, "first_name": "Amélie"})
REGISTRATIONS = {
    7: RegistrationContacts(owner=OTTO.with_properties({"entityType": "1"}), tech=AMELIE),
    8: RegistrationContacts(owner=None, tech=AMELIE),
}


def resolve(**draft: Any) -> Any:
    return resolve_contacts(ContactsDraft(**draft), COM, REGISTRATIONS.get)


def test_every_role_is_the_owner_unless_said_otherwise() -> None:
    for roles in ({}, {"admin": {}, "billing": {"source": None}, "tech": {"source": "same_as_owner"}}):
        contacts = resolve(contact=US, roles=roles)
        assert (contacts.owner, contacts.admin, contacts.billing, contacts.tech) == (ADA,) * 4


def test_a_reused_registration_gives_its_owner() -> None:
    contacts = resolve(source_registration_id=7)
    assert (contacts.owner, contacts.tech) == (OTTO, OTTO)  # without what .com does not know


def test_roles_may_differ() -> None:
    contacts = resolve(
        contact=US,
        roles={
            "admin": {"source": "existing", "source_registration_id": 7},
            "tech": {"source": "existing", "source_registration_id": 7},
            "billing": {"source": "new", **FR},
        },
    )
    assert contacts.owner == ADA
    assert contacts.admin == OTTO  # the registration has no admin of its own
    assert contacts.tech == AMELIE
    assert contacts.billing == contact(FR)


def test_the_owner_s_properties_stay_with_the_owner() -> None:
    it = tlds.get("it")
    sample = given(FR, entityType="1", regCode="12345", nationalityCode="FR", consentForPublishing="true")
    contacts = resolve_contacts(ContactsDraft(contact=sample), it, REGISTRATIONS.get)
    assert contacts.owner.extra_properties["entityType"] == "1"
    assert contacts.admin.extra_properties == {}


@pytest.mark.parametrize(
    ("draft", "kind", "fields"),
    [
        ({}, IncompleteContactError, 8),
        ({"contact": {**US, "city": None}}, IncompleteContactError, ["domain.contact.city"]),
        (
            {"contact": US, "roles": {"tech": {"source": "new", **US, "phone": ""}}},
            IncompleteContactError,
            ["domain.role_contacts.tech.phone"],
        ),
        (
            {"contact": {**US, "country": "USA"}, "roles": {"tech": {"source": "new", **US, "email": "x"}}},
            InvalidContactError,
            ["domain.contact.country", "domain.role_contacts.tech.email"],
        ),
        (
            {"contact": US, "roles": {"admin": {"source": "other"}}},
            InvalidContactError,
            ["domain.role_contacts.admin.source"],
        ),
        (
            {"contact": US, "roles": {"admin": {"city": "Rome"}}},
            InvalidContactError,
            ["domain.role_contacts.admin.city"],
        ),
        (
            {"contact": US, "roles": {"admin": {"source": "new", **US, "source_registration_id": 7}}},
            InvalidContactError,
            ["domain.role_contacts.admin.source_registration_id"],
        ),
        (
            {"source_registration_id": 9},
            InvalidContactSourceError,
            ["domain.contact_source.registration_id"],
        ),
        (
            {"source_registration_id": 8},
            InvalidContactSourceError,
            ["domain.contact_source.registration_id"],
        ),
        (
            {"contact": US, "source_registration_id": 7},
            InvalidContactSourceError,
            ["domain.contact_source"],
        ),
        (
            {"contact": US, "roles": {"admin": {"source": "existing"}}},
            InvalidContactSourceError,
            ["domain.role_contacts.admin.source_registration_id"],
        ),
        (
            {"contact": US, "roles": {"tech": {"source": "existing", "source_registration_id": 8}}},
            InvalidContactSourceError,
            ["domain.role_contacts.tech.source_registration_id"],
        ),
    ],
)
def test_what_cannot_be_resolved_is_named(
    draft: dict[str, Any], kind: type[ContactError], fields: list[str] | int
) -> None:
    with pytest.raises(kind) as caught:
        resolve(**draft)
    named = [fault.field for fault in caught.value.faults]
    assert (len(named) if isinstance(fields, int) else named) == fields


def test_nothing_is_loaded_for_a_request_that_is_wrong_anyway() -> None:
    def load(_: int) -> RegistrationContacts | None:
        raise AssertionError

    draft = ContactsDraft(contact={}, roles={"tech": {"source": "existing", "source_registration_id": 7}})
    with pytest.raises(IncompleteContactError):
        resolve_contacts(draft, COM, load)


def test_no_repr_shows_a_contact() -> None:
    shown = repr((ContactsDraft(contact=US), resolve(contact=US), REGISTRATIONS[7]))
    assert not [value for value in US.values() if value in shown]
