"""The body of POST /api/orders/domain."""

import json
from typing import Any

import pytest
from hostcart.contract.domain_requests import DomainOrderRequest, fault_code
from pydantic import ValidationError

from tests.unit.contacts.samples import US

FULL: dict[str, Any] = {
    "domain": {
        "name": "example.com",
        "action": "transfer",
        "authcode": "s3cret-code",
        "contact": {**US, "organization": None, "extra_properties": {"entityType": 1, "consent": True}},
        "role_contacts": {
            "admin": {"source": "same_as_owner"},
            "billing": {"source": "existing", "source_registration_id": 101},
            "tech": {"source": "new", **US},
        },
    },
    "callback": {"url": "https://client.example/hooks", "authorization": "Bearer 12345"},
    "expected_total_cents": 1299,
}


def read(body: dict[str, Any]) -> DomainOrderRequest:
    return DomainOrderRequest.model_validate_json(json.dumps(body))


def domain(**fields: Any) -> dict[str, Any]:
    return {"domain": {"name": "example.com", **fields}}


def refused(body: dict[str, Any]) -> tuple[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        read(body)
    errors = caught.value.errors(include_url=False, include_input=False, include_context=False)
    assert "s3cret" not in str(caught.value)
    code = fault_code([(error["loc"], error["type"]) for error in errors])
    return code, sorted({".".join(str(part) for part in error["loc"]) for error in errors})


def test_every_field_of_the_contract_is_known() -> None:
    request = read(FULL)
    assert request.domain.action == "transfer"
    assert request.domain.contact is not None
    assert request.domain.contact.extra_properties == {"entityType": 1, "consent": True}
    assert request.domain.role_contacts is not None
    assert request.domain.role_contacts.billing is not None
    assert request.domain.role_contacts.billing.source_registration_id == 101


def test_little_is_required() -> None:
    request = read(domain(contact_source={"registration_id": 7}))
    assert request.domain.action == "register"
    assert request.domain.contact is None
    # An empty contact and an empty auth code are for the domain's own codes.
    assert read(domain(contact={}, authcode=" ")).domain.authcode == ""


@pytest.mark.parametrize(
    ("body", "code", "fields"),
    [
        ({}, "validation_failed", ["domain"]),
        ({"domain": {}}, "validation_failed", ["domain.name"]),
        (domain(years=2), "validation_failed", ["domain.years"]),
        (domain(contact={"firstname": "Ada"}), "validation_failed", ["domain.contact.firstname"]),
        (domain(role_contacts={"owner": {}}), "validation_failed", ["domain.role_contacts.owner"]),
        ({"domain": {"name": 5}}, "invalid_domain", ["domain.name"]),
        (domain(action=1), "invalid_action", ["domain.action"]),
        (domain(action=None), "invalid_action", ["domain.action"]),
        (domain(contact=[]), "invalid_contact", ["domain.contact"]),
        (domain(contact={"city": 5}), "invalid_contact", ["domain.contact.city"]),
        (
            domain(role_contacts={"tech": {"source": 1}}),
            "invalid_contact",
            ["domain.role_contacts.tech.source"],
        ),
        (
            domain(contact_source={"registration_id": "7"}),
            "invalid_contact_source",
            ["domain.contact_source.registration_id"],
        ),
        (
            domain(contact_source={"registration_id": 0}),
            "invalid_contact_source",
            ["domain.contact_source.registration_id"],
        ),
        (domain(contact_source={}), "validation_failed", ["domain.contact_source.registration_id"]),
        (domain(authcode="s3cret\u0000"), "validation_failed", ["domain.authcode"]),
        ({**domain(), "expected_total_cents": -1}, "validation_failed", ["expected_total_cents"]),
        (domain(action=1, contact=[]), "validation_failed", ["domain.action", "domain.contact"]),
    ],
)
def test_a_refusal_has_the_code_of_its_field(body: dict[str, Any], code: str, fields: list[str]) -> None:
    assert refused(body) == (code, fields)


def test_no_repr_shows_a_contact_or_a_secret() -> None:
    shown = f"{read(FULL)!r}"
    assert "example.com" in shown
    hidden = [str(value) for value in (*US.values(), "s3cret-code") if value != "US"]
    assert not [value for value in hidden if value in shown]
