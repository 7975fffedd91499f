"""A contact in our form and in the registrar's."""

from typing import Final

from pydantic.alias_generators import to_camel

from hostcart.adapters.registrar_answers import Answer
from hostcart.domain.registration import Contact, Contacts

# The same in both forms, but for the name.
_NAMES: Final = {
    "first_name": "first_name",
    "last_name": "last_name",
    "company_name": "organization",
    "city": "city",
    "state": "state",
    "zip": "post_code",
    "country": "country",
    "phone": "phone",
    "fax": "fax",
    "email": "email",
}


class ContactAnswer(Answer):
    """A contact as the registrar tells it; what is empty is left out."""

    first_name: str = ""
    last_name: str = ""
    company_name: str = ""
    address1: str = ""
    address2: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""
    phone: str = ""
    fax: str = ""
    email: str = ""


class ContactsAnswer(Answer):
    registrant: ContactAnswer = ContactAnswer()
    admin: ContactAnswer = ContactAnswer()
    tech: ContactAnswer = ContactAnswer()
    billing: ContactAnswer = ContactAnswer()


def contact_to_json(contact: Contact) -> dict[str, str]:
    """Empty members are left out: some registries take an empty company for a company."""
    first, _, second = contact.street_address.partition("\n")
    members = {to_camel(theirs): str(getattr(contact, ours)) for theirs, ours in _NAMES.items()}
    members |= {"address1": first, "address2": second}
    return {name: value for name, value in members.items() if value}


def contacts_to_json(contacts: Contacts) -> dict[str, dict[str, str]]:
    return {
        "registrant": contact_to_json(contacts.registrant),
        "admin": contact_to_json(contacts.admin),
        "tech": contact_to_json(contacts.tech),
        "billing": contact_to_json(contacts.billing),
    }


def contact_of(answer: ContactAnswer) -> Contact:
    street = "\n".join(filter(None, (answer.address1, answer.address2)))
    members = {ours: getattr(answer, theirs) for theirs, ours in _NAMES.items()}
    return Contact(street_address=street, **members)


def contacts_of(answer: ContactsAnswer) -> Contacts:
    return Contacts(
        registrant=contact_of(answer.registrant),
        admin=contact_of(answer.admin),
        tech=contact_of(answer.tech),
        billing=contact_of(answer.billing),
    )
