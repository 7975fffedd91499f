"""What goes to the registrar: the contacts as it wants them, and what it wants beside them."""

from dataclasses import replace
from typing import Final

from hostcart.domain import tlds_registrar
from hostcart.domain.contacts import Contact, ResolvedContacts
from hostcart.domain.contacts_rules import completed
from hostcart.domain.domain_names import DomainName, idn_language
from hostcart.domain.tlds import Role, Tld

_LANGUAGE: Final = "language"


def registry_requirements(contacts: ResolvedContacts, tld: Tld, name: DomainName) -> dict[str, str]:
    """The owner's registry properties with their defaults, in the registrar's words.

    `language` is added for every internationalised name: the registrar wants one whatever the registry does.
    """
    owner = completed(contacts.owner, Role.OWNER, tld)
    requirements = tlds_registrar.told(tld.registrar.requirements, owner.facts())
    language = owner.extra_properties.get("idnLanguage") or idn_language(name)
    if name.internationalised and language is not None:
        requirements[_LANGUAGE] = language
    return requirements


def registrar_contacts(contacts: ResolvedContacts, tld: Tld) -> ResolvedContacts:
    """The contacts, with a person's own name where the registrar wants a company's from everybody."""

    def filled(role: Role) -> Contact:
        contact = contacts.of(role)
        if role not in tld.registrar.company_name_of or contact.organization is not None:
            return contact
        return replace(contact, organization=f"{contact.first_name} {contact.last_name}")

    return ResolvedContacts(
        owner=filled(Role.OWNER),
        admin=filled(Role.ADMIN),
        tech=filled(Role.TECH),
        billing=filled(Role.BILLING),
    )
