"""A contact's fields, from what a client sent to a Contact: everything that any registry would refuse.

Surrounding space is dropped, the country becomes upper case, phone, e-mail, postcode and state get their one
form; what is empty counts as missing.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from hostcart.contract.errors import FieldError
from hostcart.domain import contacts_values as values
from hostcart.domain.contacts import (
    PROPERTIES,
    Contact,
    IncompleteContactError,
    InvalidContactError,
)
from hostcart.domain.tlds import Tld

type Draft = Mapping[str, object]

REQUIRED: Final = (
    "first_name",
    "last_name",
    "street_address",
    "post_code",
    "city",
    "country",
    "email",
    "phone",
)
OPTIONAL: Final = ("organization", "state")
FIELDS: Final = (*REQUIRED, *OPTIONAL, PROPERTIES)
# What a registry stores of each (RFC 5733 allows 255, and 16 for a postcode).
LONGEST: Final = {
    "first_name": 100,
    "last_name": 100,
    "organization": 255,
    "street_address": 255,
    "post_code": 16,
    "city": 100,
    "state": 100,
    "country": 2,
    "email": 254,
    "phone": 40,
}
LONGEST_PROPERTY: Final = 255
_MOST_PROPERTIES: Final = 50

# Control characters, and what stands where a byte was not UTF-8.
_CONTROL: Final = r"\u0000-\u001f\u007f-\u009f\ufffd"
LINE: Final = rf"^[^{_CONTROL}]*[^\s{_CONTROL}][^{_CONTROL}]*$"
TWO_LINES: Final = rf"^[^{_CONTROL}]*[^\s{_CONTROL}][^{_CONTROL}]*(\n[^{_CONTROL}]*)?$"

_MESSAGES: Final = {
    "street_address": "Up to two lines of text, 255 characters.",
    "post_code": "Not a postcode of the country.",
    "state": "Not a state, province or territory of the country; give its code or its name.",
    "country": "An ISO 3166-1 alpha-2 code, such as US; GB for the United Kingdom.",
    "email": "Not an e-mail address.",
    "phone": "An international number, such as +1.5555555555.",
}


@dataclass(slots=True)
class Findings:
    """What is wrong with the contacts of one request, so that one answer names all of it."""

    missing: list[FieldError] = field(default_factory=list)
    invalid: list[FieldError] = field(default_factory=list)

    def raise_any(self) -> None:
        """Raises IncompleteContactError or InvalidContactError when there is something."""
        if self.missing:
            raise IncompleteContactError(self.missing)
        if self.invalid:
            raise InvalidContactError(self.invalid)


def read_contact(draft: Draft, tld: Tld, at: str, findings: Findings) -> Contact | None:
    """The contact, None when something was found; `at` is where it stands in the request."""
    reader = _Reader(draft, at, findings)
    texts = {name: reader.text(name) for name in (*REQUIRED, *OPTIONAL)}
    reader.require(*REQUIRED)
    country = reader.value("country", texts["country"], values.country)
    if country in tld.contact.state_required_in:
        reader.require("state")
    email = reader.value("email", texts["email"], values.email)
    phone = reader.value("phone", texts["phone"], values.phone)
    post_code = texts["post_code"]
    state = texts["state"]
    if country is not None:  # what belongs to a country cannot be judged without it
        post_code = reader.value("post_code", post_code, lambda text: values.post_code(text, country))
        state = reader.value("state", state, lambda text: values.state(text, country))
    properties = reader.properties()
    if reader.failed:
        return None
    return Contact(
        first_name=texts["first_name"] or "",
        last_name=texts["last_name"] or "",
        organization=texts["organization"],
        street_address=texts["street_address"] or "",
        post_code=post_code or "",
        city=texts["city"] or "",
        state=state,
        country=country or "",
        email=email or "",
        phone=phone or "",
        extra_properties=properties,
    )


class _Reader:
    """One draft; every fault is noted with its path."""

    def __init__(self, draft: Draft, at: str, findings: Findings) -> None:
        self._draft = draft
        self._at = at
        self._findings = findings
        self._given: set[str] = set()
        self.failed = False

    def text(self, name: str) -> str | None:
        """The text without surrounding space; None when there is none or it is at fault."""
        found = self._draft.get(name)
        if found is None:
            return None
        if not isinstance(found, str):
            self._refuse(name, "Must be text.")
            return None
        text = found.replace("\r\n", "\n").strip()
        if not text:
            return None
        self._given.add(name)
        pattern = TWO_LINES if name == "street_address" else LINE
        # A country of the wrong length is told as such by its own check.
        too_long = len(text) > LONGEST[name] and name != "country"
        if too_long or not re.fullmatch(pattern, text):
            self._refuse(name, f"One line of text, up to {LONGEST[name]} characters.")
            return None
        return text

    def require(self, *names: str) -> None:
        for name in names:
            if name not in self._given and not self._refused(name):
                self._findings.missing.append(FieldError(f"{self._at}.{name}", "missing", "Required."))
                self.failed = True

    def value(self, name: str, text: str | None, check: Callable[[str], str | None]) -> str | None:
        """The checked form of a text."""
        if text is None:
            return None
        found = check(text)
        if found is None:
            self._refuse(name)
        return found

    def properties(self) -> dict[str, str]:
        """The properties as text; those that are empty are left out."""
        given = self._draft.get(PROPERTIES)
        if given is None:
            return {}
        if not isinstance(given, Mapping) or len(given) > _MOST_PROPERTIES:
            self._refuse(PROPERTIES, f"An object with up to {_MOST_PROPERTIES} members.")
            return {}
        found = {str(name): self._property(str(name), value) for name, value in given.items()}
        return {name: value for name, value in found.items() if value}

    def _property(self, name: str, value: object) -> str | None:
        if value is None:
            return None
        text = _property_text(value)
        if text is None or len(text) > LONGEST_PROPERTY or (text and not re.fullmatch(LINE, text)):
            where = f"{PROPERTIES}.{name[:LONGEST_PROPERTY]}"
            self._refuse(where, f"One line of text, up to {LONGEST_PROPERTY} characters.")
            return None
        return text

    def _refuse(self, name: str, message: str | None = None) -> None:
        fault = FieldError(f"{self._at}.{name}", "invalid", _MESSAGES.get(name) or message or "Not valid.")
        self._findings.invalid.append(fault)
        self.failed = True

    def _refused(self, name: str) -> bool:
        return any(fault.field == f"{self._at}.{name}" for fault in self._findings.invalid)


def _property_text(value: object) -> str | None:
    """Registries take text; clients also write true and 1."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    return value.strip() if isinstance(value, str) else None
