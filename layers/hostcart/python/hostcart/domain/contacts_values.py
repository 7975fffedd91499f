"""The values of a contact, one at a time: each function gives the one form that is stored, or None.

What is refused is told by the caller; no value goes into a message or a log from here.
"""

import json
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, Final

ADDRESSES: Final = Path(__file__).parents[1] / "data" / "addresses.json"
SUBDIVIDED: Final = ("AU", "CA", "IT", "US")  # where a state has to be one of the country's

_LONGEST_EMAIL: Final = 254
_LONGEST_POSTCODE: Final = 16
PHONE: Final = r"^\+[0-9][0-9 .()/-]{2,38}[0-9]$"
_COUNTRY: Final = re.compile(r"[A-Za-z]{2}")


def country(text: str) -> str | None:
    """An ISO 3166-1 alpha-2 code in upper case; Britain is GB."""
    code = text.upper()
    return code if _COUNTRY.fullmatch(text) and code in countries() else None


def countries() -> frozenset[str]:
    """Every country's code."""
    from iso3166 import countries_by_alpha2

    return frozenset(countries_by_alpha2)


def email(text: str) -> str | None:
    """The address with its domain as A-labels; DNS is not asked."""
    from email_validator import EmailNotValidError, validate_email

    try:
        checked = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError:
        return None
    address = checked.ascii_email
    return address if address is not None and len(address) <= _LONGEST_EMAIL else None


def phone(text: str) -> str | None:
    """E.164 (`+15555555555`) of an international number, dotted or spaced as one likes."""
    import phonenumbers

    if not re.fullmatch(PHONE, text):
        return None
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None
    # Only the length is checked: numbers are assigned faster than tables are published.
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def epp_phone(e164: str) -> str:
    """The form of RFC 5733 (`+1.5555555555`) of a number that `phone` gave."""
    import phonenumbers

    number = phonenumbers.parse(e164)
    return f"+{number.country_code}.{phonenumbers.national_significant_number(number)}"


def post_code(text: str, country_code: str) -> str | None:
    """In upper case; by the country's pattern where the country has one."""
    code = " ".join(text.upper().split())
    if not 0 < len(code) <= _LONGEST_POSTCODE:
        return None
    pattern = _addresses()["postcodes"].get(country_code)
    return code if pattern is None or re.fullmatch(pattern, code, re.ASCII) else None


def state(text: str, country_code: str) -> str | None:
    """The code of the subdivision, found by code or name, in the SUBDIVIDED countries; elsewhere as given."""
    if country_code not in SUBDIVIDED:
        return text
    return _subdivisions(country_code).get(_folded(text.removeprefix(f"{country_code}-")))


def states(country_code: str) -> dict[str, str]:
    """Code to name of a country's subdivisions; empty where any text will do."""
    found: dict[str, str] = _addresses()["subdivisions"].get(country_code, {})
    return found


@cache
def _subdivisions(country_code: str) -> dict[str, str]:
    known = states(country_code)
    return {_folded(name): code for code, name in known.items()} | {_folded(code): code for code in known}


def _folded(text: str) -> str:
    """Without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))


@cache
def _addresses() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(ADDRESSES.read_text(encoding="utf-8"))
    return document
