"""What the registrar's refusals mean. There are no machine codes: the status decides first, the text last.

The text itself goes nowhere: it may quote a contact.
"""

import re
from http import HTTPStatus
from typing import Any, Final

from hostcart.ports import MisconfiguredError, OutcomeUnknownError, PortError, RefusedError, UnavailableError

DENIED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_NAMED: Final = {
    HTTPStatus.PAYMENT_REQUIRED: MisconfiguredError("registrar_no_credit"),
    HTTPStatus.NOT_FOUND: RefusedError("not_found"),
    # Something between us gave up waiting; the registrar may have acted.
    HTTPStatus.REQUEST_TIMEOUT: OutcomeUnknownError("timeout"),
    HTTPStatus.CONFLICT: RefusedError("conflict"),
    HTTPStatus.TOO_MANY_REQUESTS: UnavailableError("registrar_busy"),
}
# What a 400 was about, the most telling word first.
_SUBJECTS: Final = (
    ("auth_code_refused", re.compile(r"auth\w* ?code", re.IGNORECASE)),
    ("price_refused", re.compile(r"\bprice", re.IGNORECASE)),
    ("nameservers_refused", re.compile(r"name ?server", re.IGNORECASE)),
    ("requirements_refused", re.compile(r"requirement|language", re.IGNORECASE)),
    ("contact_refused", re.compile(r"contact|registrant|\b(?:admin|tech|billing)\b", re.IGNORECASE)),
    ("name_unavailable", re.compile(r"not available|unavailable|taken|already", re.IGNORECASE)),
)


def refusal(status: int, answer: Any) -> PortError:
    """The port's error for a status other than 200.

    A 5xx is an unknown outcome, always: this registrar answers lasting refusals (no credit, a wrong auth
    code) and its own failures alike.
    """
    if status in DENIED:
        return MisconfiguredError("registrar_denied")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return OutcomeUnknownError("server_unavailable")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return MisconfiguredError("registrar_redirected")
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return OutcomeUnknownError("invalid_answer")
    if status == HTTPStatus.BAD_REQUEST:
        return RefusedError(_subject(answer))
    named = _NAMED.get(HTTPStatus(status)) if status in HTTPStatus else None
    # A new one each time: an exception keeps the trace of where it was raised.
    return type(named)(named.code) if named is not None else RefusedError(f"registrar_http_{status}")


def _subject(answer: Any) -> str:
    details = answer.get("details") if isinstance(answer, dict) else None
    if isinstance(details, str):
        for code, pattern in _SUBJECTS:
            if pattern.search(details):
                return code
    return "invalid_argument"
