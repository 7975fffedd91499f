"""A contact in our form and in the registrar's: the owner is its registrant, phones are dotted there.

Properties of a TLD are no part of a contact there; they go with the registration.
"""

from hostcart.adapters.registrar_answers import Answer
from hostcart.domain.contacts import Contact, ResolvedContacts


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
    email: str = ""


class ContactsAnswer(Answer):
    registrant: ContactAnswer = ContactAnswer()
    admin: ContactAnswer = ContactAnswer()
    tech: ContactAnswer = ContactAnswer()
    billing: ContactAnswer = ContactAnswer()


def contact_to_json(contact: Contact) -> dict[str, str]:
    """What is empty is left out: some registries take an empty company for a company."""
    # A newline parts the two lines of a street that was read from the registrar.
    first, _, second = contact.street_address.partition("\n")
    members = {
        "firstName": contact.first_name,
        "lastName": contact.last_name,
        "companyName": contact.organization,
        "address1": first,
        "address2": second,
        "city": contact.city,
        "state": contact.state,
        "zip": contact.post_code,
        "country": contact.country,
        "phone": contact.phone_epp,
        "email": contact.email,
    }
    return {name: value for name, value in members.items() if value}


def contacts_to_json(contacts: ResolvedContacts) -> dict[str, dict[str, str]]:
    return {
        "registrant": contact_to_json(contacts.owner),
        "admin": contact_to_json(contacts.admin),
        "tech": contact_to_json(contacts.tech),
        "billing": contact_to_json(contacts.billing),
    }


def contact_of(answer: ContactAnswer) -> Contact:
    return Contact(
        first_name=answer.first_name,
        last_name=answer.last_name,
        organization=answer.company_name or None,
        street_address="\n".join(filter(None, (answer.address1, answer.address2))),
        post_code=answer.zip,
        city=answer.city,
        state=answer.state or None,
        country=answer.country,
        email=answer.email,
        phone=answer.phone.replace(".", ""),
    )


def contacts_of(answer: ContactsAnswer) -> ResolvedContacts:
    return ResolvedContacts(
        owner=contact_of(answer.registrant),
        admin=contact_of(answer.admin),
        tech=contact_of(answer.tech),
        billing=contact_of(answer.billing),
    )
