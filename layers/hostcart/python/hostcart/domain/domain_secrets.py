"""What is sealed beside a domain's cart: the contacts and the auth code, as one JSON text."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from hostcart.domain.contacts import Contact, RegistrationContacts, ResolvedContacts
from hostcart.domain.tlds import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainSecrets:
    """`auth_code` is None for a registration and where the registry knows none."""

    contacts: ResolvedContacts = field(repr=False)
    auth_code: str | None = field(default=None, repr=False)

    @property
    def owned(self) -> RegistrationContacts:
        """The contacts as an owned registration, to be reused."""
        of = self.contacts.of
        return RegistrationContacts(
            owner=of(Role.OWNER), admin=of(Role.ADMIN), billing=of(Role.BILLING), tech=of(Role.TECH)
        )


def to_bytes(secrets: DomainSecrets) -> bytes:
    """A role that is the owner's contact again is left out: most orders have one contact."""
    owner = secrets.contacts.owner
    distinct = {role: secrets.contacts.of(role) for role in Role}
    contacts = {
        role.value: asdict(contact)
        for role, contact in distinct.items()
        if role is Role.OWNER or contact != owner
    }
    members = {"contacts": contacts, "auth_code": secrets.auth_code}
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()


def from_bytes(text: bytes) -> DomainSecrets:
    members: dict[str, Any] = json.loads(text)
    found = {role: Contact(**fields) for role, fields in members["contacts"].items()}
    owner = found[Role.OWNER]
    contacts = ResolvedContacts(
        owner=owner,
        admin=found.get(Role.ADMIN, owner),
        billing=found.get(Role.BILLING, owner),
        tech=found.get(Role.TECH, owner),
    )
    return DomainSecrets(contacts=contacts, auth_code=members["auth_code"])
