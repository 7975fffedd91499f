"""What goes to the registrar beside the contacts themselves."""

from hostcart.domain.contacts import ResolvedContacts
from hostcart.domain.contacts_rules import completed
from hostcart.domain.domain_names import DomainName, idn_language
from hostcart.domain.tlds import Role, Tld

_IDN_LANGUAGE = "idnLanguage"


def registry_requirements(contacts: ResolvedContacts, tld: Tld, name: DomainName) -> dict[str, str]:
    """The owner's registry properties with their defaults.

    `language` is added for every internationalised name: the registrar wants one whatever the registry does.
    """
    owner = completed(contacts.owner, Role.OWNER, tld)
    properties = dict(owner.extra_properties)
    language = properties.pop(_IDN_LANGUAGE, None) or idn_language(name)
    if name.internationalised and language is not None:
        properties["language"] = language
    return properties
