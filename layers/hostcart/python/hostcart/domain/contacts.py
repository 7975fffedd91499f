"""Contacts of a domain registration, and the errors that refuse them.

ContactError
  IncompleteContactError        incomplete_contact                  required fields are missing
  InvalidContactError           invalid_contact                     fields have bad values
  InvalidContactSourceError     invalid_contact_source              the registration to reuse is not there
  ContactViolationsError        domain_contact_invalid              the registry's rules forbid it
  ContactAugmentationError      domain_contact_needs_augmentation   the registry wants more fields

Contacts are personal data: no repr and no message of this module carries a value of theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from hostcart.contract.errors import FieldError
from hostcart.domain.contacts_values import epp_phone
from hostcart.domain.tlds import Role
from hostcart.domain.tlds_conditions import Facts

PROPERTIES = "extra_properties"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Contact:
    """A person, or an organisation with a person who answers for it.

    `country` is ISO 3166-1 alpha-2, `phone` is E.164, `state` a code in AU, CA, IT and US.
    """

    first_name: str
    last_name: str
    organization: str | None
    street_address: str
    post_code: str
    city: str
    state: str | None
    country: str
    email: str
    phone: str
    extra_properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def phone_epp(self) -> str:
        """`+1.5555555555`, as registries write it (RFC 5733)."""
        return epp_phone(self.phone)

    def facts(self) -> Facts:
        """What the conditions of the TLD catalogue look at."""
        values = {name: value for name, value in asdict(self).items() if name != PROPERTIES and value}
        return values | {f"{PROPERTIES}.{name}": value for name, value in self.extra_properties.items()}

    def with_properties(self, properties: Mapping[str, str]) -> "Contact":
        return replace(self, extra_properties=dict(properties))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RegistrationContacts:
    """The contacts of one registration; a role is None where nothing is known of it."""

    owner: Contact | None
    admin: Contact | None = None
    billing: Contact | None = None
    tech: Contact | None = None

    def of(self, role: Role) -> Contact | None:
        found: Contact | None = getattr(self, role.value)
        return found


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ResolvedContacts:
    """All four roles, each as the registry gets it."""

    owner: Contact
    admin: Contact
    billing: Contact
    tech: Contact

    def of(self, role: Role) -> Contact:
        found: Contact = getattr(self, role.value)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One broken rule of a registry; `field` is a path in the contact."""

    role: Role
    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededProperty:
    """A property that is not given; the `values` are empty where any text will do."""

    name: str
    label: str
    type: str
    mandatory: bool
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """What a role's contact lacks."""

    role: Role
    tld: str
    properties: tuple[NeededProperty, ...]


class ContactError(Exception):
    """Base of all; `code` is the public error code, `faults` name the request's fields at fault."""

    code: str

    def __init__(self, faults: Sequence[FieldError] = ()) -> None:
        super().__init__(self.code)
        self.faults = tuple(faults)

    @property
    def extra(self) -> dict[str, Any]:
        """Members of the error body beyond those that every error has."""
        return {}


class IncompleteContactError(ContactError):
    """Required fields are missing."""

    code = "incomplete_contact"


class InvalidContactError(ContactError):
    """Fields have values that no contact may have."""

    code = "invalid_contact"


class InvalidContactSourceError(ContactError):
    """The registration whose contacts are to be reused is not the account's or has no owner contact."""

    code = "invalid_contact_source"


class ContactViolationsError(ContactError):
    """The contacts are well formed, but the registry would refuse them."""

    code = "domain_contact_invalid"

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__()
        self.violations = tuple(violations)

    @property
    def extra(self) -> dict[str, Any]:
        return {"violations": [asdict(violation) for violation in self.violations]}


class ContactAugmentationError(ContactError):
    """The registry wants more of the contacts."""

    code = "domain_contact_needs_augmentation"

    def __init__(self, needs: Sequence[Augmentation]) -> None:
        super().__init__()
        self.needs = tuple(needs)

    @property
    def extra(self) -> dict[str, Any]:
        return {"needs_augmentation": [_needed(need) for need in self.needs]}


def _needed(need: Augmentation) -> dict[str, Any]:
    properties = [{**asdict(found), "values": list(found.values)} for found in need.properties]
    return {"role": need.role, "tld": need.tld, "properties": properties}
