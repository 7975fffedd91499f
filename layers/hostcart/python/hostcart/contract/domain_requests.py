"""The body of `POST /api/orders/domain`. Unknown fields are refused by name, as everywhere.

A contact's fields are all optional here: which are missing or wrong has codes of its own
(`incomplete_contact`, `invalid_contact`), and the domain's rules know them. Contacts and the auth code are
kept out of reprs.
"""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr, StringConstraints

from hostcart.contract.requests import OrderRequest, _Request

_INT32_MAX: Final = 2**31 - 1
_REGISTER: Final = "register"

# The length of a text in a refusal is told by the domain's own checks; this only bounds what they look at.
_Text = Annotated[str, StringConstraints(max_length=2000)]
_PropertyName = Annotated[str, StringConstraints(min_length=1, max_length=64)]
RegistrationId = Annotated[int, Field(ge=1, le=_INT32_MAX, examples=[101])]
AuthCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=255, pattern=r"^[\x20-\x7e]*$"),
]


class ContactFields(_Request):
    """A contact; which fields a TLD wants beyond the usual ones is in its requirements."""

    first_name: _Text | None = Field(default=None, repr=False, examples=["Ada"])
    last_name: _Text | None = Field(default=None, repr=False, examples=["Example"])
    organization: _Text | None = Field(default=None, repr=False, examples=["Example Ltd"])
    street_address: _Text | None = Field(default=None, repr=False, examples=["1 Example Road"])
    post_code: _Text | None = Field(default=None, repr=False, examples=["97201"])
    city: _Text | None = Field(default=None, repr=False, examples=["Portland"])
    state: _Text | None = Field(default=None, repr=False, examples=["OR"])
    country: _Text | None = Field(
        default=None, repr=False, description="ISO 3166-1 alpha-2 code.", examples=["US"]
    )
    email: _Text | None = Field(default=None, repr=False, examples=["ada@example.com"])
    phone: _Text | None = Field(default=None, repr=False, description="E.164.", examples=["+1.5555555555"])
    extra_properties: dict[_PropertyName, StrictStr | StrictInt | StrictBool | None] | None = Field(
        default=None,
        repr=False,
        description="Registry fields of the TLD, see its requirements.",
        examples=[{"entityType": "1"}],
    )


class RoleContactFields(ContactFields):
    """The contact of a role: the owner's, that of an owned registration, or a new one."""

    source: _Text | None = Field(
        default=None,
        description="same_as_owner when left out.",
        json_schema_extra={"enum": ["same_as_owner", "existing", "new", None]},
        examples=["same_as_owner"],
    )
    source_registration_id: RegistrationId | None = Field(
        default=None, description="An owned registration, when source is existing."
    )


class RoleContacts(_Request):
    admin: RoleContactFields | None = Field(default=None, repr=False)
    billing: RoleContactFields | None = Field(default=None, repr=False)
    tech: RoleContactFields | None = Field(default=None, repr=False)


class ContactSource(_Request):
    """An owned registration whose owner contact is used again."""

    registration_id: RegistrationId


class DomainFields(_Request):
    """The domain to register, for the shortest term of its TLD, or to transfer."""

    name: str = Field(description="Fully qualified; an A-label or a U-label.", examples=["example.com"])
    action: _Text = Field(
        default=_REGISTER,
        json_schema_extra={"enum": [_REGISTER, "transfer"]},
        examples=[_REGISTER],
    )
    authcode: AuthCode | None = Field(
        default=None, repr=False, description="For a transfer of a TLD that requires it."
    )
    contact: ContactFields | None = Field(
        default=None, repr=False, description="The registrant; either this or contact_source."
    )
    contact_source: ContactSource | None = None
    role_contacts: RoleContacts | None = Field(default=None, repr=False)


class DomainOrderRequest(OrderRequest):
    """`POST /api/orders/domain`. `expected_total_cents`: refuse (409) when the price differs."""

    domain: DomainFields


type FaultCode = Literal[
    "validation_failed", "invalid_domain", "invalid_action", "invalid_contact", "invalid_contact_source"
]

_SHAPE: Final = frozenset({"missing", "extra_forbidden"})
_CODES: Final[tuple[tuple[tuple[str, ...], FaultCode], ...]] = (
    (("domain", "name"), "invalid_domain"),
    (("domain", "action"), "invalid_action"),
    (("domain", "contact"), "invalid_contact"),
    (("domain", "role_contacts"), "invalid_contact"),
    (("domain", "contact_source"), "invalid_contact_source"),
)


def fault_code(faults: Sequence[tuple[tuple[str | int, ...], str]]) -> FaultCode:
    """The refusal's code for pydantic's errors, each as its location and its type.

    A value of the wrong type or size has the code of its field; several codes, fields that are missing and
    fields that do not exist are `validation_failed`.
    """
    codes = {_code(location) if kind not in _SHAPE else "validation_failed" for location, kind in faults}
    return codes.pop() if len(codes) == 1 else "validation_failed"


def _code(location: tuple[str | int, ...]) -> FaultCode:
    for path, code in _CODES:
        if location[: len(path)] == path:
            return code
    return "validation_failed"
