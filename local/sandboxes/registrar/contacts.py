"""Contacts as a registrar checks them. The answer names the role and the field, never the value."""

import re

from local.sandboxes.http import Json
from local.sandboxes.registrar.answers import invalid

ROLES = ("registrant", "admin", "tech", "billing")
FIELDS = (
    "firstName",
    "lastName",
    "companyName",
    "address1",
    "address2",
    "city",
    "state",
    "zip",
    "country",
    "phone",
    "fax",
    "email",
)
ACCOUNT_DEFAULT = {
    "firstName": "Sandbox",
    "lastName": "Account",
    "companyName": "Sandbox Hosting",
    "address1": "1 Example Street",
    "city": "Denver",
    "state": "CO",
    "zip": "80202",
    "country": "US",
    "phone": "+1.3035550100",
    "email": "hostmaster@sandbox.example",
}
_REQUIRED = ("firstName", "lastName", "address1", "city", "zip", "country", "phone", "email")
_WITH_STATE = frozenset({"US", "CA", "AU", "IT"})
_LONGEST = 255
_PHONE = re.compile(r"\+[0-9]{1,3}\.[0-9]{4,14}|\+[1-9][0-9]{7,14}")
_PATTERNS = {
    "country": re.compile(r"[A-Z]{2}"),
    "phone": _PHONE,
    "fax": _PHONE,
    "email": re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+"),
}


def account_contacts() -> Json:
    """What a domain gets when the request names no contacts."""
    return {role: dict(ACCOUNT_DEFAULT) for role in ROLES}


def checked(given: object) -> Json:
    """All four roles of a request; V4Error 400 when one is missing or wrong."""
    if not isinstance(given, dict):
        raise invalid("contacts are required")
    return {role: _contact(role, given.get(role)) for role in ROLES}


def _contact(role: str, given: object) -> Json:
    if not isinstance(given, dict):
        raise invalid(f"contacts.{role} is required")
    contact = {name: given[name] for name in FIELDS if given.get(name) is not None}
    for name, value in contact.items():
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise invalid(f"contacts.{role}.{name} must be a string of {_LONGEST} characters at most")
    contact = {name: value for name, value in contact.items() if value}
    required = (*_REQUIRED, "state") if contact.get("country") in _WITH_STATE else _REQUIRED
    for name in required:
        if name not in contact:
            raise invalid(f"contacts.{role}.{name} is required")
    for name, pattern in _PATTERNS.items():
        if name in contact and not pattern.fullmatch(contact[name]):
            raise invalid(f"contacts.{role}.{name} is not valid")
    return contact
