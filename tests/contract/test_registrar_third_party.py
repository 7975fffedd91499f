"""pynamecom, a third-party client of the v4 protocol: only its base address is changed."""

from collections.abc import Iterator

import namecom
import pytest

from local.sandboxes.registrar import RegistrarSandbox
from tests.contract.registrar_shop import TOKEN, USER, Control, control

__all__ = ["control"]

CONTACT = namecom.Contact(
    firstName="Tian",
    lastName="Chu",
    address1="Room 501, 3031 Example Road",
    city="Shanghai",
    state="Shanghai",
    zip="200090",
    country="CN",
    phone="+86.13800000000",
    email="chu@example.com",
)
CONTACTS = namecom.Contacts(registrant=CONTACT, admin=CONTACT, tech=CONTACT, billing=CONTACT)


@pytest.fixture
def sandbox() -> Iterator[RegistrarSandbox]:
    """As it comes, rate limit and all, but for the time that a transfer takes."""
    with RegistrarSandbox(username=USER, token=TOKEN) as started:
        started.store.settings["transfer_seconds"] = 400_000
        yield started


@pytest.fixture
def domains(sandbox: RegistrarSandbox) -> namecom.DomainApi:
    return pointed_at(sandbox, namecom.DomainApi(namecom.Auth(USER, TOKEN)))


@pytest.fixture
def transfers(sandbox: RegistrarSandbox) -> namecom.TransferApi:
    return pointed_at(sandbox, namecom.TransferApi(namecom.Auth(USER, TOKEN)))


def pointed_at[A](sandbox: RegistrarSandbox, api: A) -> A:
    api.api_host = sandbox.url  # type: ignore[attr-defined] # the client carries no types
    return api


def test_register(domains: namecom.DomainApi, control: Control) -> None:
    (offer,) = domains.check_availability(["example.org"]).results
    assert (offer.purchasable, offer.purchasePrice) == (True, 9.99)
    wanted = namecom.Domain("example.org", nameservers=["ns1.example.net"], contacts=CONTACTS)
    bought = domains.create_domain(wanted, offer.purchasePrice)
    assert (bought.domain.domainName, bought.totalPaid) == ("example.org", 9.99)
    assert [(view["name"], view["order"]) for view in control("GET", "domains")] == [
        ("example.org", bought.order)
    ]
    found = domains.get_domain("example.org").domain
    assert found.contacts == CONTACTS
    assert found.nameservers == ["ns1.example.net"]
    assert [entry.domainName for entry in domains.list_domains().domains] == ["example.org"]
    assert domains.search("example", tldFilter=["org", "com"]).results


def test_manage(domains: namecom.DomainApi) -> None:
    domains.create_domain(namecom.Domain("example.com"), 12.99)
    assert domains.enable_autorenew("example.com").domain.autorenewEnabled
    assert not domains.disable_autorenew("example.com").domain.autorenewEnabled
    assert domains.lock_domain("example.com").domain.locked
    assert not domains.unlock_domain("example.com").domain.locked
    assert domains.get_auth_code_for_domain("example.com").authCode
    assert domains.set_contacts("example.com", CONTACTS).domain.contacts == CONTACTS
    assert domains.set_nameservers("example.com", ["a.example.net"]).domain.nameservers == ["a.example.net"]
    before = domains.get_domain("example.com").domain
    renewed = domains.renew_domain("example.com", before.renewalPrice)
    assert renewed.domain.expireDate > before.expireDate


def test_transfer(transfers: namecom.TransferApi, domains: namecom.DomainApi, control: Control) -> None:
    bought = transfers.create_transfer("example.com", "Auth0-code", 12.99)
    assert (bought.totalPaid, bought.transfer.status) == (12.99, "Retrieving Email")
    assert [entry.domainName for entry in transfers.list_transfers().transfers] == ["example.com"]
    control("POST", "clock", {"advance_seconds": 400_000})
    assert transfers.get_transfer("example.com").transfer.status == "Completed"
    assert domains.get_domain("example.com").domain.domainName == "example.com"


def test_cancel(transfers: namecom.TransferApi) -> None:
    transfers.create_transfer("example.com", "Auth0-code", 12.99)
    assert transfers.cancel_transfer("example.com").transfer.status == "Canceled"


def test_refusals_are_the_clients_own_errors(
    sandbox: RegistrarSandbox, domains: namecom.DomainApi, transfers: namecom.TransferApi
) -> None:
    stranger = pointed_at(sandbox, namecom.DomainApi(namecom.Auth(USER, "wrong")))
    with pytest.raises(namecom.exceptions.PermissionDeniedError):
        stranger.list_domains()
    with pytest.raises(namecom.exceptions.NotFoundError):
        domains.get_domain("example.com")
    with pytest.raises(namecom.exceptions.InvalidArgumentError):
        domains.create_domain(namecom.Domain("taken-1.com"), 12.99)
    with pytest.raises(namecom.exceptions.ServerError):
        transfers.create_transfer("example.com", "wrong-code", 12.99)
