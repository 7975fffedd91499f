"""What a TLD's registry wants of contacts beyond well-formed fields."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from hostcart.domain.contacts import (
    PROPERTIES,
    Augmentation,
    Contact,
    ContactAugmentationError,
    ContactViolationsError,
    NeededProperty,
    ResolvedContacts,
    Violation,
)
from hostcart.domain.tlds import Property, PropertyType, Role, Tld
from hostcart.domain.tlds_conditions import holds, matches

DATE: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
INTEGER: Final = "-?[0-9]{1,18}"


def check_contacts(contacts: ResolvedContacts, tld: Tld) -> None:
    """Raises ContactViolationsError, else ContactAugmentationError when something is lacking."""
    distinct = [(role, contacts.of(role)) for role in Role if not _is_owner_again(contacts, role)]
    violations = [found for role, contact in distinct for found in violations_of(contact, role, tld)]
    if violations:
        raise ContactViolationsError(violations)
    needs = [need for role, contact in distinct if (need := needs_of(contact, role, tld)) is not None]
    if needs:
        raise ContactAugmentationError(needs)


def violations_of(contact: Contact, role: Role, tld: Tld) -> list[Violation]:
    """Every broken rule, one for a field at the most."""
    found: dict[str, Violation] = {}
    for field, code, message in (*_of_address(contact, role, tld), *_of_properties(contact, role, tld)):
        found.setdefault(field, Violation(role=role, field=field, code=code, message=message))
    facts = contact.facts()
    for rule in tld.rules:
        if role in rule.roles and holds(rule.condition, facts) and not holds(rule.demand, facts):
            violation = Violation(role=role, field=rule.field, code=rule.code, message=rule.message)
            found.setdefault(rule.field, violation)
    return list(found.values())


def needs_of(contact: Contact, role: Role, tld: Tld) -> Augmentation | None:
    """Every property that is not given, if a mandatory one is among them."""
    facts = contact.facts()
    absent = [found for found in tld.properties_of(role) if found.name not in contact.extra_properties]
    if not any(holds(found.mandatory, facts) for found in absent):
        return None
    return Augmentation(
        role=role,
        tld=tld.name,
        properties=tuple(
            NeededProperty(
                name=found.name,
                label=found.label,
                type=found.type,
                mandatory=holds(found.mandatory, facts),
                values=tuple(value.value for value in found.values),
            )
            for found in absent
        ),
    )


def pruned(contact: Contact, role: Role, tld: Tld) -> Contact:
    """The contact with those properties only that the TLD has for the role: for a contact made elsewhere."""
    known = {found.name for found in tld.properties_of(role)}
    return contact.with_properties(
        {name: value for name, value in contact.extra_properties.items() if name in known}
    )


def completed(contact: Contact, role: Role, tld: Tld) -> Contact:
    """The contact with the defaults of properties that were left out, as the registry gets it."""
    facts = contact.facts()
    properties = dict(contact.extra_properties)
    for known in tld.properties_of(role):
        value = facts.get(known.default_from) if known.default_from else known.default
        if known.name not in properties and value is not None:
            properties[known.name] = value
    return contact.with_properties(properties)


def _is_owner_again(contacts: ResolvedContacts, role: Role) -> bool:
    """Faults of the owner's contact are told once, not once for each role that it fills."""
    if role is Role.OWNER:
        return False
    return contacts.of(role).with_properties({}) == contacts.owner.with_properties({})


def _of_address(contact: Contact, role: Role, tld: Tld) -> Iterator[tuple[str, str, str]]:
    eligible = tld.contact.eligible_countries.get(role)
    if eligible is not None and contact.country not in eligible:
        yield "country", "not_eligible", f"The registry of .{tld.name} takes no {role} in this country."
    if contact.state is None and contact.country in tld.contact.state_required_in:
        yield "state", "missing", f"The registry of .{tld.name} wants a state or province."


def _of_properties(contact: Contact, role: Role, tld: Tld) -> Iterator[tuple[str, str, str]]:
    known = {found.name: found for found in tld.properties_of(role)}
    for name, value in contact.extra_properties.items():
        if name not in known:
            yield f"{PROPERTIES}.{name}", "unknown_property", f"No property of .{tld.name} for this role."
        elif not _fits(known[name], value):
            yield f"{PROPERTIES}.{name}", "invalid_value", _expectation(known[name])


def _fits(known: Property, value: str) -> bool:
    if known.values and not known.open and value not in {allowed.value for allowed in known.values}:
        return False
    if known.pattern is not None and not matches(known.pattern, value):
        return False
    if known.type is PropertyType.DATE:
        return _is_date(value)
    return known.type is not PropertyType.INTEGER or matches(INTEGER, value)


def _is_date(value: str) -> bool:
    if not matches(DATE, value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _expectation(known: Property) -> str:
    if known.values and not known.open:
        return f"One of {', '.join(allowed.value for allowed in known.values)}."
    if known.type is PropertyType.DATE:
        return "A date, such as 1990-01-31."
    return f"Must match {known.pattern}." if known.pattern else "A whole number."
