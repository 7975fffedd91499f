"""The registrar's sandbox as the protocol's fact sheet has it, seen over bare HTTP."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import urllib3

from local.sandboxes.registrar import RegistrarSandbox
from tests.contract.registrar_shop import TOKEN, USER, Control, control, sandbox

__all__ = ["control", "sandbox"]

PERSON = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "address1": "12 St James Square",
    "city": "London",
    "zip": "SW1Y 4JH",
    "country": "GB",
    "phone": "+44.2079460123",
    "email": "ada@example.com",
}
PEOPLE = dict.fromkeys(("registrant", "admin", "tech", "billing"), PERSON)

type Call = Callable[..., urllib3.BaseHTTPResponse]


@pytest.fixture
def call(sandbox: RegistrarSandbox, http: urllib3.PoolManager) -> Call:
    basic = urllib3.util.make_headers(basic_auth=f"{USER}:{TOKEN}")

    def send(method: str, path: str, body: object = None, **headers: str) -> urllib3.BaseHTTPResponse:
        sent = {**basic, **{name.replace("_", "-"): value for name, value in headers.items()}}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        return http.request(method, f"{sandbox.url}{path}", body=content, headers=sent, redirect=False)

    return send


def buy(name: str, **changes: Any) -> dict[str, Any]:
    return {"domain": {"domainName": name, "contacts": PEOPLE, "nameservers": ["ns1.example.net"]}, **changes}


def test_hello(call: Call) -> None:
    answer = call("GET", "/v4/hello")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html")
    assert answer.json()["username"] == USER


@pytest.mark.parametrize("credentials", [f"{USER}:wrong", f"nobody:{TOKEN}", ""])
def test_wrong_credentials_are_403(
    sandbox: RegistrarSandbox, http: urllib3.PoolManager, credentials: str
) -> None:
    headers = urllib3.util.make_headers(basic_auth=credentials) if credentials else {}
    answer = http.request("GET", f"{sandbox.url}/v4/domains", headers=headers)
    assert (answer.status, answer.json()) == (403, {"message": "Permission Denied"})


@pytest.mark.parametrize(
    ("declared", "status"),
    [
        ({"Content-Type": "application/json; charset=utf-8"}, 200),
        ({"Content-Type": "text/plain"}, 403),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 403),
        ({}, 403),
        ({"User-Agent": "python-requests/2.32"}, 200),
        ({"User-Agent": "python-requests/2.32", "Content-Type": "text/plain"}, 403),
    ],
)
def test_what_is_not_declared_as_json_is_403(
    sandbox: RegistrarSandbox, http: urllib3.PoolManager, declared: dict[str, str], status: int
) -> None:
    headers = urllib3.util.make_headers(basic_auth=f"{USER}:{TOKEN}") | declared
    body = json.dumps({"domainNames": ["example.com"]}).encode()
    path = "/v4/domains:checkAvailability"
    assert http.request("POST", f"{sandbox.url}{path}", body=body, headers=headers).status == status


def test_defaults_are_left_out_and_money_is_noisy(call: Call) -> None:
    answer = call("POST", "/v4/domains:checkAvailability", {"domainNames": ["taken-1.org", "example.org"]})
    assert answer.headers["Content-Type"] == "text/html"
    assert b'"purchasePrice":9.9900000000000002' in answer.data
    free, taken = answer.json()["results"]  # not in the order asked for
    assert taken == {"domainName": "taken-1.org", "sld": "taken-1", "tld": "org"}
    assert free["purchasable"] is True
    assert "premium" not in free


def test_a_registration_and_its_order(call: Call, control: Control) -> None:
    body = call("POST", "/v4/domains", buy("example.org", years=2, purchasePrice=19.98)).json()
    assert body["domain"]["domainName"] == "example.org"
    assert body["totalPaid"] == 19.98
    assert "privacyEnabled" not in body["domain"]
    found = call("GET", "/v4/domains/example.org").json()
    assert found["contacts"]["registrant"] == PERSON
    order = call("GET", f"/v4/orders/{body['order']}").json()
    assert (order["registrar"], order["finalAmount"], order["status"]) == ("name.com", "19.98", "success")
    assert order["orderItems"][0]["duration"] == 2
    (listed,) = call("GET", "/v4/orders").json()["orders"]
    assert "registrar" not in listed
    assert "originalPrice" not in listed["orderItems"][0]
    (view,) = control("GET", "domains")
    assert (view["name"], view["status"], view["order"]) == ("example.org", "active", body["order"])
    assert view["nameservers"] == ["ns1.example.net"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "domain"),
        (buy("example"), "TLD"),
        (buy("a.example.com"), "TLD"),
        (buy("-example.com"), "valid"),
        (buy("example.xyz"), "TLD"),
        (buy("taken-1.com"), "not available"),
        (buy("example.com", years=11), "years"),
        (buy("example.com", years="2"), "years"),
        (buy("example.com", purchasePrice=1), "price"),
        (buy("example.com", purchasePrice="12.99"), "number"),
        (buy("example.com", purchaseType="backorder"), "purchaseType"),
        (buy("premium-1.com"), "Purchase price is required"),
        (buy("premium-1.com", purchasePrice=12.99), "price"),
        (buy("aftermarket-1.com", purchasePrice=499), "purchaseType"),
        (buy("refused-contact-1.com"), "contact"),
        (buy("xn--mnchen-3ya.de"), "language"),
        ({"domain": {"domainName": "example.de", "contacts": PEOPLE}}, "Nameserver"),
        ({"domain": {"domainName": "example.de", "nameservers": ["lame.example.net"]}}, "Nameserver"),
        ({"domain": {"domainName": "example.com", "nameservers": ["nope"]}}, "Nameserver"),
        ({"domain": {"domainName": "example.com", "contacts": {}}}, "registrant"),
    ],
)
def test_what_is_refused_is_400_and_costs_nothing(
    call: Call, control: Control, body: dict[str, Any], word: str
) -> None:
    answer = call("POST", "/v4/domains", body)
    assert answer.status == 400
    assert answer.json()["message"] == "Invalid Argument"
    assert word in answer.json()["details"]
    assert control("GET", "orders") == control("GET", "domains") == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("firstName", ""),
        ("country", "gb"),
        ("country", "US"),  # then the state is missing
        ("phone", "2079460123"),
        ("phone", "+1234.55"),
        ("email", "ada@example"),
        ("city", 7),
        ("address1", "x" * 256),
    ],
)
def test_contacts_are_checked_and_not_quoted(call: Call, field: str, value: object) -> None:
    body = buy("example.com")
    body["domain"]["contacts"] = PEOPLE | {"tech": PERSON | {field: value}}
    answer = call("POST", "/v4/domains", body)
    assert answer.status == 400
    assert "contacts.tech." in answer.json()["details"]
    assert str(value or "-") not in answer.json()["details"].replace("255", "")


def test_an_idn_with_its_language(call: Call) -> None:
    body = buy("xn--mnchen-3ya.de", tldRequirements={"language": "DE"})
    assert call("POST", "/v4/domains", body).status == 200
    assert call("GET", "/v4/domains/xn--mnchen-3ya.de").json()["domainName"] == "xn--mnchen-3ya.de"


def test_a_premium_name_at_its_price(call: Call) -> None:
    assert call("GET", "/v4/domains/premium-1.com:getPricing?years=2").json()["purchasePrice"] == 699.9
    body = call("POST", "/v4/domains", buy("premium-1.com", purchasePrice=699.9, years=2)).json()
    assert body["totalPaid"] == 699.9


def test_without_credit_500_and_nothing_happened(call: Call, control: Control) -> None:
    control("POST", "settings", {"credit": 12.98})
    answer = call("POST", "/v4/domains", buy("example.com"))
    assert (answer.status, answer.json()) == (500, {"message": "Internal Error"})
    control("POST", "settings", {"credit": 12.99})
    assert call("POST", "/v4/domains", buy("example.com")).status == 200
    assert call("POST", "/v4/domains", buy("example.net")).status == 500
    assert len(control("GET", "orders")) == 1


def test_a_late_refusal(call: Call, control: Control) -> None:
    number = call("POST", "/v4/domains", buy("late-refusal-1.com")).json()["order"]
    assert call("GET", "/v4/domains/late-refusal-1.com").status == 404
    assert call("GET", f"/v4/orders/{number}").json()["status"] == "success"
    control("POST", "clock", {"advance_seconds": 3})
    order = call("GET", f"/v4/orders/{number}").json()
    assert (order["status"], order["orderItems"][0]["status"]) == ("failed", "refunded")
    assert order["totalRefund"] == order["totalCapture"] == 12.99
    assert "finalAmount" not in order
    assert call("GET", "/v4/domains/late-refusal-1.com").status == 404
    assert control("GET", "domains") == []


def test_a_slow_registration(call: Call, control: Control) -> None:
    assert call("POST", "/v4/domains", buy("slow-registration-1.com")).status == 200
    assert call("GET", "/v4/domains/slow-registration-1.com").status == 404
    assert len(call("GET", "/v4/orders").json()["orders"]) == 1
    control("POST", "clock", {"advance_seconds": 3})
    assert call("GET", "/v4/domains/slow-registration-1.com").status == 200


def test_a_registration_that_comes_to_light_late(call: Call, control: Control) -> None:
    assert call("POST", "/v4/domains", buy("late-registration-1.com")).status == 500
    assert call("GET", "/v4/orders").json() == {}
    assert call("POST", "/v4/domains", buy("late-registration-1.com")).status == 400
    control("POST", "clock", {"advance_seconds": 3})
    assert call("GET", "/v4/domains/late-registration-1.com").status == 200
    assert len(call("GET", "/v4/orders").json()["orders"]) == 1


def test_a_name_that_somebody_else_is_faster_for(call: Call, control: Control) -> None:
    def free(name: str) -> bool:
        found = call("POST", "/v4/domains:checkAvailability", {"domainNames": [name]}).json()["results"]
        return bool(found[0].get("purchasable"))

    assert free("sniped-1.com")
    assert call("POST", "/v4/domains", buy("sniped-1.com")).status == 500
    assert not free("sniped-1.com")
    control("POST", "foreign", {"name": "example.com"})
    assert not free("example.com")
    control("POST", "foreign", {"name": "example.com", "taken": False})
    assert free("example.com")


def test_changing_a_domain(call: Call) -> None:
    call("POST", "/v4/domains", buy("example.com"))
    path = "/v4/domains/example.com"
    assert "locked" not in call("POST", f"{path}:unlock", {}).json()
    assert call("POST", f"{path}:lock", {}).json()["locked"] is True
    assert call("POST", f"{path}:enableAutorenew", {}).json()["autorenewEnabled"] is True
    assert call("POST", f"{path}:setNameservers", {"nameservers": ["A.example.net."]}).json()[
        "nameservers"
    ] == ["a.example.net"]
    assert call("POST", f"{path}:setNameservers", {}).status == 400
    assert call("POST", f"{path}:setContacts", {"contacts": {"registrant": PERSON}}).status == 400
    moved = {role: PERSON | {"city": "Turin"} for role in PEOPLE}
    assert call("POST", f"{path}:setContacts", {"contacts": moved}).json()["contacts"] == moved
    assert call("GET", f"{path}:getAuthCode").json() == call("GET", f"{path}:getAuthCode").json()
    assert call("POST", f"{path}:renew", {"purchasePrice": 12.99}).json()["totalPaid"] == 12.99
    assert call("POST", "/v4/domains/other.com:lock", {}).status == 404


def test_pages(call: Call) -> None:
    for number in range(5):
        call("POST", "/v4/domains", buy(f"example{number}.com"))
    first = call("GET", "/v4/orders?perPage=2")
    assert (first.json()["nextPage"], first.json()["lastPage"]) == (2, 3)
    assert first.headers["Link"] == (
        '</v4/orders?page=2&perPage=2>; rel="next", </v4/orders?page=3&perPage=2>; rel="last"'
    )
    last = call("GET", "/v4/orders?perPage=2&page=3")
    assert set(last.json()) == {"orders"}
    assert "Link" not in last.headers
    assert last.json()["orders"][0]["orderItems"][0]["name"] == "example4.com"
    assert call("GET", "/v4/domains?perPage=2&page=4").json() == {}
    assert call("GET", "/v4/domains?page=0").status == call("GET", "/v4/domains?page=x").status == 400


def test_a_transfer_goes_through_its_phases(call: Call, control: Control) -> None:
    body = call("POST", "/v4/transfers", {"domainName": "example.com", "authCode": "Auth0-code"}).json()
    assert body["transfer"]["status"] == "Retrieving Email"
    path, seen = "/v4/transfers/example.com", []
    for _ in range(10):
        seen.append(call("GET", path).json()["status"])
        control("POST", "clock", {"advance_seconds": 40_000})
    assert list(dict.fromkeys(seen)) == [
        "Retrieving Email",
        "Pending Your Approval",
        "Pending Unlock",
        "Transfer Submitted ETA: 2 day(s)",
        "Transfer Submitted ETA: 1 day(s)",
    ]
    assert call("GET", path).json()["status"] == "Completed"
    assert call("GET", "/v4/transfers").json() == {}
    domain = call("GET", "/v4/domains/example.com").json()
    assert domain["createDate"] < domain["expireDate"]
    assert control("GET", "transfers") == [
        {"name": "example.com", "status": "Completed", "order": body["order"]}
    ]


@pytest.mark.parametrize(
    ("name", "end", "core"),
    [
        ("reject-transfer-1.com", "Rejected", "rejected"),
        ("fail-transfer-1.com", "Failed", "failed"),
    ],
)
def test_a_transfer_that_fails_is_refunded(
    call: Call, control: Control, name: str, end: str, core: str
) -> None:
    number = call("POST", "/v4/transfers", {"domainName": name, "authCode": "x"}).json()["order"]
    control("POST", "clock", {"advance_seconds": 400_000})
    assert call("GET", f"/v4/transfers/{name}").json()["status"] == end
    control("POST", "settings", {"core_statuses": True})
    assert call("GET", f"/v4/transfers/{name}").json()["status"] == core
    assert call("GET", f"/v4/orders/{number}").json()["status"] == "failed"
    assert call("GET", f"/v4/domains/{name}").status == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"domainName": "example.com"}, 400),
        ({"domainName": "example.co.uk"}, 200),
        ({"domainName": "example.com", "authCode": "wrong-code"}, 500),
        ({"domainName": "example.com", "authCode": "x", "purchasePrice": 1}, 400),
        ({"domainName": "locked-1.com", "authCode": "x"}, 500),
        ({"domainName": "unregistered-1.com", "authCode": "x"}, 400),
        ({"domainName": "no-credit-1.com", "authCode": "x"}, 500),
    ],
)
def test_what_can_be_transferred(call: Call, control: Control, body: dict[str, Any], status: int) -> None:
    assert call("POST", "/v4/transfers", body).status == status
    assert len(control("GET", "orders")) == (status == 200)


def test_cancelling_a_transfer(call: Call, control: Control) -> None:
    body = {"domainName": "example.com", "authCode": "x"}
    assert call("POST", "/v4/transfers/example.com:cancel", {}).status == 404
    call("POST", "/v4/transfers", body)
    assert call("POST", "/v4/transfers", body).status == 400
    assert call("POST", "/v4/transfers/example.com:cancel", {}).json()["status"] == "Canceled"
    assert call("POST", "/v4/transfers/example.com:cancel", {}).status == 400
    assert [order["status"] for order in control("GET", "orders")] == ["failed"]
    call("POST", "/v4/transfers", body)
    control("POST", "clock", {"advance_seconds": 200_001})
    assert call("POST", "/v4/transfers/example.com:cancel", {}).status == 409


def test_the_rate_limit_has_no_words(call: Call, control: Control) -> None:
    control("POST", "settings", {"requests_per_second": 5})
    answers = [call("GET", "/v4/hello") for _ in range(8)]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    assert [answer.status for answer in answers[:5]] == [200] * 5
    assert all(answer.json() == {} for answer in refused)
    control("POST", "settings", {"requests_per_second": 0, "requests_per_hour": 6})
    assert [call("GET", "/v4/hello").status for _ in range(3)][-1] == 429


def test_settings_are_checked(sandbox: RegistrarSandbox, http: urllib3.PoolManager) -> None:
    for wrong in ({"speed": 1}, {"credit": -1}, {"core_statuses": 1}, {"untyped_agents": "x"}):
        assert http.request("POST", f"{sandbox.url}/_sandbox/settings", json=wrong).status == 400


def test_faults(call: Call, control: Control) -> None:
    control("POST", "faults", {"match": "POST /v4/domains/*:lock", "action": "status:502"})
    control("POST", "faults", {"match": "GET /v4/domains/*", "action": "error:rate_limited"})
    call("POST", "/v4/domains", buy("example.com"))
    assert call("POST", "/v4/domains/example.com:unlock", {}).status == 200
    assert call("POST", "/v4/domains/example.com:lock", {}).status == 502
    assert call("GET", "/v4/domains/example.com").status == 429
    assert call("GET", "/v4/domains/example.com").status == 200


def test_the_account_survives_a_restart(tmp_path: Path) -> None:
    with RegistrarSandbox(username=USER, token=TOKEN, state_dir=tmp_path) as before:
        before.store.foreign.add("example.com")
        before.store.spent = 5
        before.touch()
    with RegistrarSandbox(username=USER, token=TOKEN, state_dir=tmp_path) as after:
        assert after.store.snapshot() == before.store.snapshot()
        assert after.store.spent == 5
