"""Who is owner, admin, billing and tech contact of an order: inline, reused or the owner again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from hostcart.contract.errors import FieldError
from hostcart.domain.contacts import (
    Contact,
    InvalidContactSourceError,
    RegistrationContacts,
    ResolvedContacts,
)
from hostcart.domain.contacts_fields import FIELDS, Draft, Findings, read_contact
from hostcart.domain.contacts_rules import check_contacts, pruned
from hostcart.domain.tlds import Role, Tld

type Load = Callable[[int], RegistrationContacts | None]

_OTHERS: Final = (Role.ADMIN, Role.BILLING, Role.TECH)
_AT_CONTACT: Final = "domain.contact"
_AT_SOURCE: Final = "domain.contact_source"


class Source(StrEnum):
    SAME_AS_OWNER = "same_as_owner"
    EXISTING = "existing"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ContactsDraft:
    """The request's contacts, unchecked.

    `contact` is `domain.contact`, `source_registration_id` is that of `domain.contact_source`; `roles` are
    the members of `domain.role_contacts`, each with source, source_registration_id and a contact's fields.
    """

    contact: Draft | None = None
    source_registration_id: int | None = None
    roles: Mapping[str, Draft] = field(default_factory=dict)


def resolve_contacts(draft: ContactsDraft, tld: Tld, load: Load) -> ResolvedContacts:
    """The four contacts, fit for the TLD's registry.

    `load` gives the contacts of a registration that the account owns, None when there is none. Raises
    ContactError, for everything of a kind at once: fields first, then sources, then the registry's rules.
    """
    _refuse_both(draft)
    findings = Findings()
    fresh = _read_new(draft, tld, findings)
    _refuse_odd_roles(draft, findings)
    findings.raise_any()
    existing = _load_existing(draft, load)
    owner = fresh.get(Role.OWNER) or pruned(existing[Role.OWNER], Role.OWNER, tld)

    def contact(role: Role) -> Contact:
        return fresh.get(role) or pruned(existing.get(role, owner), role, tld)

    contacts = ResolvedContacts(
        owner=owner, admin=contact(Role.ADMIN), billing=contact(Role.BILLING), tech=contact(Role.TECH)
    )
    check_contacts(contacts, tld)
    return contacts


def _refuse_both(draft: ContactsDraft) -> None:
    if draft.contact is not None and draft.source_registration_id is not None:
        raise InvalidContactSourceError(
            [FieldError(_AT_SOURCE, "not_applicable", "Give either contact or contact_source, not both.")]
        )


def _read_new(draft: ContactsDraft, tld: Tld, findings: Findings) -> dict[Role, Contact]:
    """The contacts whose fields are in the request."""
    drafts: dict[Role, tuple[Draft, str]] = {}
    if draft.source_registration_id is None:
        drafts[Role.OWNER] = (draft.contact or {}, _AT_CONTACT)
    for role in _OTHERS:
        if _source(draft, role) == Source.NEW:
            drafts[role] = (draft.roles[role], _at(role))
    found = {role: read_contact(fields, tld, at, findings) for role, (fields, at) in drafts.items()}
    return {role: contact for role, contact in found.items() if contact is not None}


def _refuse_odd_roles(draft: ContactsDraft, findings: Findings) -> None:
    """A source that is unknown, and fields that would silently be ignored."""
    for role in _OTHERS:
        source = _source(draft, role)
        given = {name for name, value in draft.roles.get(role, {}).items() if value is not None}
        if source not in set(Source):
            fault = FieldError(f"{_at(role)}.source", "invalid", f"One of {', '.join(Source)}.")
            findings.invalid.append(fault)
            continue
        unused = given & set(FIELDS) if source != Source.NEW else set()
        if source != Source.EXISTING:
            unused |= given & {"source_registration_id"}
        findings.invalid += [
            FieldError(f"{_at(role)}.{name}", "not_applicable", f"Not used with source {source}.")
            for name in sorted(unused)
        ]


def _load_existing(draft: ContactsDraft, load: Load) -> dict[Role, Contact]:
    """The contacts that are reused; a role that the registration lacks is its owner."""
    wanted: dict[Role, tuple[object, str]] = {}
    if draft.source_registration_id is not None:
        wanted[Role.OWNER] = (draft.source_registration_id, f"{_AT_SOURCE}.registration_id")
    for role in _OTHERS:
        if _source(draft, role) == Source.EXISTING:
            wanted[role] = (
                draft.roles[role].get("source_registration_id"),
                f"{_at(role)}.source_registration_id",
            )
    found: dict[Role, Contact] = {}
    faults: list[FieldError] = []
    for role, (id_, at) in wanted.items():
        registration = load(id_) if isinstance(id_, int) else None
        contact = None if registration is None else registration.of(role) or registration.owner
        if registration is None or registration.owner is None or contact is None:
            faults.append(FieldError(at, "not_found", "No registration of yours with an owner contact."))
        else:
            found[role] = contact
    if faults:
        raise InvalidContactSourceError(faults)
    return found


def _source(draft: ContactsDraft, role: Role) -> str:
    source = draft.roles.get(role, {}).get("source")
    return Source.SAME_AS_OWNER if source is None else str(source)


def _at(role: Role) -> str:
    return f"domain.role_contacts.{role}"
