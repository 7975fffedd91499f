"""The registrar: what is sent, and what its objects mean."""

from datetime import UTC, datetime

import pytest
from hostcart.domain.registration import (
    Availability,
    ItemKind,
    ItemStatus,
    Pricing,
    Purchase,
    RegistrationRequest,
    TransferRequest,
    TransferStatus,
)
from hostcart.ports import OutcomeUnknownError, RefusedError, UnavailableError

from tests.unit.adapters.registrar_stub import BASIC, CONTACTS, answer, scene

NAME = "example.com"
ADA_SENT = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "address1": "12 St James Square",
    "zip": "SW1Y 4JH",
    "city": "London",
    "country": "GB",
    "email": "ada@example.com",
    "phone": "+44.2079460123",
}
FOUR = dict.fromkeys(("registrant", "admin", "tech", "billing"), ADA_SENT)


def test_every_request_says_who_asks_and_that_it_is_json() -> None:
    stage = scene(answer({"domainName": NAME}), answer({"domainName": NAME}))
    stage.registrar.domain(NAME)
    stage.registrar.set_nameservers(NAME, ["ns1.example.net"])
    for _, _, _, headers in stage.sent:
        assert headers["authorization"] == BASIC
        assert headers["Content-Type"] == "application/json"
    assert stage.limit.taken == 2


def test_no_leave_no_request() -> None:
    stage = scene()
    stage.limit.error = UnavailableError("registrar_throttled")
    with pytest.raises(UnavailableError, match="registrar_throttled"):
        stage.registrar.domain(NAME)
    assert stage.sent == []


def test_a_free_name() -> None:
    body = b"""{"results": [
        {"domainName": "other.com"},
        {"domainName": "example.com", "sld": "example", "tld": "com", "purchasable": true,
         "purchasePrice": 9.9900000000000002, "purchaseType": "registration", "renewalPrice": 12.99}]}"""
    stage = scene(answer(body))
    found = stage.registrar.check(NAME)
    assert found == Availability(name=NAME, available=True, price=999, renewal_price=1299)
    assert stage.sent[0][:3] == ("POST", "/v4/domains:checkAvailability", {"domainNames": [NAME]})


def test_a_premium_name() -> None:
    result = {"domainName": NAME, "purchasable": True, "premium": True, "purchasePrice": 349.95}
    found = scene(answer({"results": [result]})).registrar.check(NAME)
    assert (found.premium, found.price, found.renewal_price) == (True, 34_995, None)


def test_what_is_left_out_is_not_for_sale() -> None:
    found = scene(answer({"results": [{"domainName": NAME, "sld": "example"}]})).registrar.check(NAME)
    assert found == Availability(name=NAME, available=False)


@pytest.mark.parametrize("body", [{}, {"results": []}, {"results": [{"domainName": "other.com"}]}])
def test_an_answer_without_the_name_is_no_answer(body: object) -> None:
    with pytest.raises(OutcomeUnknownError, match="invalid_answer"):
        scene(answer(body)).registrar.check(NAME)


def test_pricing_of_some_years() -> None:
    stage = scene(answer({"purchasePrice": 25.98, "renewalPrice": 25.98, "transferPrice": None}))
    found = stage.registrar.pricing(NAME, years=2)
    assert found == Pricing(years=2, premium=False, purchase=2598, renewal=2598, transfer=None)
    assert stage.routes == ["GET /v4/domains/example.com:getPricing?years=2"]


def test_a_registration() -> None:
    stage = scene(answer({"domain": {"domainName": NAME}, "order": 7, "totalPaid": 19.98}))
    request = RegistrationRequest(
        name=NAME,
        years=2,
        contacts=CONTACTS,
        nameservers=("ns1.example.net", "ns2.example.net"),
        price=1998,
        requirements={"language": "DE"},
    )
    assert stage.registrar.register(request) == Purchase(order_id=7, paid=1998)
    method, target, body, _ = stage.sent[0]
    assert (method, target) == ("POST", "/v4/domains")
    assert body == {
        "domain": {
            "domainName": NAME,
            "nameservers": ["ns1.example.net", "ns2.example.net"],
            "contacts": FOUR,
            "autorenewEnabled": False,
        },
        "purchasePrice": 19.98,
        "purchaseType": "registration",
        "years": 2,
        "tldRequirements": {"language": "DE"},
    }


def test_a_registered_domain() -> None:
    body = {
        "domainName": "EXAMPLE.com",
        "nameservers": ["NS1.example.net."],
        "contacts": FOUR,
        "locked": True,
        "createDate": "2022-01-13T22:58:35Z",
        "expireDate": "2024-01-13T22:58:35+00:00",
        "renewalPrice": 12.99,
    }
    found = scene(answer(body)).registrar.domain(NAME)
    assert found is not None
    assert (found.name, found.nameservers, found.locked) == (NAME, ("ns1.example.net",), True)
    assert (found.autorenew, found.privacy) == (False, False)
    assert found.created_at == datetime(2022, 1, 13, 22, 58, 35, tzinfo=UTC)
    assert found.contacts is not None
    assert found.contacts.owner == CONTACTS.owner
    assert "Ada" not in repr(found)


def test_what_is_not_there_is_none() -> None:
    missing = {"message": "Not Found"}
    stage = scene(answer(missing, 404), answer(missing, 404), answer(missing, 404))
    assert stage.registrar.domain(NAME) is None
    assert stage.registrar.transfer(NAME) is None
    assert stage.registrar.order(1) is None
    assert stage.routes == [
        "GET /v4/domains/example.com",
        "GET /v4/transfers/example.com",
        "GET /v4/orders/1",
    ]


def test_an_answer_about_another_name_is_not_believed() -> None:
    with pytest.raises(OutcomeUnknownError, match="invalid_answer"):
        scene(answer({"domainName": "other.com"})).registrar.domain(NAME)


@pytest.mark.parametrize("code", ["s3cret code", None])
def test_a_transfer(code: str | None) -> None:
    stage = scene(answer({"transfer": {"domainName": NAME}, "order": 8, "totalPaid": 12.99}))
    request = TransferRequest(name=NAME, price=1299, auth_code=code)
    assert stage.registrar.start_transfer(request) == Purchase(order_id=8, paid=1299)
    expected = {"domainName": NAME, "purchasePrice": 12.99} | ({"authCode": code} if code else {})
    assert stage.sent[0][:3] == ("POST", "/v4/transfers", expected)
    assert "s3cret" not in repr(request)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Retrieving Email", TransferStatus.PENDING),
        ("Pending Your Approval", TransferStatus.PENDING),
        ("Transfer Submitted ETA: 5 day(s)", TransferStatus.PENDING),
        ("pending_registry_unlock", TransferStatus.PENDING),
        ("submitting_transfer", TransferStatus.PENDING),
        ("Failure is not an option", TransferStatus.PENDING),
        ("", TransferStatus.PENDING),
        ("Completed", TransferStatus.COMPLETED),
        ("completed", TransferStatus.COMPLETED),
        ("Rejected", TransferStatus.REJECTED),
        ("failed", TransferStatus.FAILED),
        ("Canceled", TransferStatus.CANCELED),
        ("Canceled Pending Refund", TransferStatus.CANCELED),
        ("canceled_pending_refund", TransferStatus.CANCELED),
    ],
)
def test_both_vocabularies_of_a_transfer(text: str, status: TransferStatus) -> None:
    found = scene(answer({"domainName": NAME, "email": "x@example.com", "status": text})).registrar.transfer(
        NAME
    )
    assert found is not None
    assert (found.status, found.phase) == (status, text)


def test_cancelling_and_changing() -> None:
    stage = scene(
        answer({"domainName": NAME, "status": "Canceled"}),
        answer({"domainName": NAME}),
        answer({"domainName": NAME}),
    )
    assert stage.registrar.cancel_transfer(NAME).status is TransferStatus.CANCELED
    stage.registrar.set_contacts(NAME, CONTACTS)
    stage.registrar.set_nameservers(NAME, ("a.example.net", "b.example.net"))
    assert [(target, body) for _, target, body, _ in stage.sent] == [
        ("/v4/transfers/example.com:cancel", {}),
        ("/v4/domains/example.com:setContacts", {"contacts": FOUR}),
        ("/v4/domains/example.com:setNameservers", {"nameservers": ["a.example.net", "b.example.net"]}),
    ]


def test_an_order() -> None:
    items = [
        {
            "id": 1,
            "status": "success",
            "name": "Example.com",
            "type": "registration",
            "price": 9.9900000000000002,
        },
        {"id": 2, "status": "refunded", "name": "example.com", "type": "whois_privacy", "tld": None},
        {"id": 3, "status": "on its way", "name": "example.com", "type": "backorder"},
        {"id": 4, "name": None, "type": "transfer"},
    ]
    body = {"id": 9, "createDate": "2022-01-13T22:58:35Z", "status": "failed", "orderItems": items}
    found = scene(answer(body)).registrar.order(9)
    assert found is not None
    assert [(item.kind, item.status, item.price) for item in found] == [
        (ItemKind.REGISTRATION, ItemStatus.SUCCESS, 999),
        (ItemKind.PRIVACY, ItemStatus.REFUNDED, 0),
        (ItemKind.OTHER, ItemStatus.PENDING, 0),
        (ItemKind.TRANSFER, ItemStatus.FAILED, 0),
    ]
    assert {(item.order_id, item.created_at) for item in found} == {
        (9, datetime(2022, 1, 13, 22, 58, 35, tzinfo=UTC))
    }


def test_a_refusal_of_a_change_is_no_absence() -> None:
    with pytest.raises(RefusedError, match="not_found"):
        scene(answer({"message": "Not Found"}, 404)).registrar.set_contacts(NAME, CONTACTS)


def test_a_name_cannot_leave_its_place_in_the_path() -> None:
    stage = scene(answer(status=404))
    stage.registrar.domain("../orders?x=1")
    assert stage.routes == ["GET /v4/domains/..%2Forders%3Fx%3D1"]
