"""The registrar's adapter against the sandbox, and the reconciliation of what got lost between them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hostcart.adapters.registrar_namecom import NamecomRegistrar
from hostcart.domain.reconciliation import (
    Attempt,
    Decision,
    Patience,
    Verdict,
    reconcile_registration,
    reconcile_transfer,
    window_start,
)
from hostcart.domain.registration import ItemKind, ItemStatus, TransferStatus
from hostcart.ports import MisconfiguredError, OutcomeUnknownError, PortError, RefusedError, UnavailableError

from local.sandboxes.registrar import RegistrarSandbox
from tests.contract.registrar_shop import (
    CONTACTS,
    NAMESERVERS,
    Control,
    adapter,
    control,
    registrar,
    registration,
    sandbox,
    transfer,
)

__all__ = ["control", "registrar", "sandbox"]

PATIENCE = Patience(
    settle=timedelta(seconds=10), late=timedelta(seconds=60), skew=timedelta(seconds=2), most_sends=2
)


@pytest.fixture
def attempt() -> Attempt:
    now = datetime.now(UTC)
    return Attempt(name="example.com", started_at=now, sent_at=now)


def test_a_registration_from_the_question_to_the_domain(registrar: NamecomRegistrar) -> None:
    offer = registrar.check("example.org")
    assert (offer.available, offer.premium, offer.price) == (True, False, 999)
    prices = registrar.pricing("example.org", years=2)
    assert (prices.purchase, prices.transfer) == (1998, 999)
    bought = registrar.register(registration("example.org", price=1998, years=2))
    assert bought.paid == 1998
    found = registrar.domain("example.org")
    assert found is not None
    assert (found.nameservers, found.autorenew) == (NAMESERVERS, False)
    assert found.contacts is not None
    assert found.contacts.owner == CONTACTS.owner
    assert found.created_at is not None
    assert found.expires_at is not None
    assert (found.expires_at - found.created_at).days == 730
    assert bought.order_id is not None
    (item,) = registrar.order(bought.order_id) or ()
    assert (item.kind, item.status, item.price) == (ItemKind.REGISTRATION, ItemStatus.SUCCESS, 1998)
    assert not registrar.check("example.org").available


def test_an_idn_under_a_registry_that_asks_the_nameservers(registrar: NamecomRegistrar) -> None:
    wanted = registration("xn--mnchen-3ya.de", price=899)
    with pytest.raises(RefusedError, match="requirements_refused"):
        registrar.register(wanted)
    wanted = replace(wanted, requirements={"language": "DE"})
    with pytest.raises(RefusedError, match="nameservers_refused"):
        registrar.register(replace(wanted, nameservers=("lame.example.net",)))
    assert registrar.register(wanted).paid == 899


@pytest.mark.parametrize(
    ("name", "price", "code"),
    [
        ("taken-1.com", 1299, "name_unavailable"),
        ("example.com", 1298, "price_refused"),
        ("premium-1.com", 1299, "price_refused"),
        ("refused-contact-1.com", 1299, "contact_refused"),
        ("example.xyz", 1299, "invalid_argument"),
    ],
)
def test_refusals(registrar: NamecomRegistrar, control: Control, name: str, price: int, code: str) -> None:
    with pytest.raises(RefusedError) as caught:
        registrar.register(registration(name, price=price))
    assert caught.value.code == code
    assert control("GET", "orders") == []


def test_a_contact_that_the_registrar_would_not_take(registrar: NamecomRegistrar) -> None:
    nobody = replace(CONTACTS, tech=replace(CONTACTS.tech, email="nobody"))
    with pytest.raises(RefusedError, match="contact_refused"):
        registrar.register(registration("example.com", contacts=nobody))


def test_changing_a_domain(registrar: NamecomRegistrar) -> None:
    registrar.register(registration("example.com"))
    registrar.set_nameservers("example.com", ["a.example.net", "b.example.net"])
    moved = replace(CONTACTS, billing=replace(CONTACTS.billing, city="Turin", organization="Engines Ltd"))
    registrar.set_contacts("example.com", moved)
    found = registrar.domain("example.com")
    assert found is not None
    assert found.nameservers == ("a.example.net", "b.example.net")
    assert found.contacts is not None
    assert found.contacts.billing == moved.billing
    with pytest.raises(RefusedError, match="not_found"):
        registrar.set_contacts("other.com", CONTACTS)


def test_wrong_credentials(sandbox: RegistrarSandbox) -> None:
    with (
        adapter(sandbox.url, token="old") as subject,
        pytest.raises(MisconfiguredError, match="registrar_denied"),
    ):
        subject.domain("example.com")


def test_too_many_requests(registrar: NamecomRegistrar, control: Control) -> None:
    control("POST", "settings", {"requests_per_hour": 1})
    registrar.check("example.com")
    with pytest.raises(UnavailableError, match="registrar_busy"):
        registrar.check("example.com")


def test_nobody_there() -> None:
    with (
        adapter("http://127.0.0.1:9") as subject,
        pytest.raises(OutcomeUnknownError, match="connection_lost"),
    ):
        subject.domain("example.com")


def test_orders_are_found_among_many(registrar: NamecomRegistrar, sandbox: RegistrarSandbox) -> None:
    begin = datetime.now(UTC) - timedelta(seconds=1)
    registrar.register(registration("example.com"))
    sample = sandbox.store.orders[0]
    # Two years of orders before it, one each day: four pages.
    sandbox.store.orders[:] = [
        {**sample, "id": number + 1, "created": sample["created"] - (800 - number) * 86_400, "items": []}
        for number in range(800)
    ] + [sample]
    (found,) = registrar.orders_since("example.com", kind=ItemKind.REGISTRATION, since=begin)
    assert found.id == sample["items"][0]["id"]
    assert registrar.orders_since("example.com", kind=ItemKind.TRANSFER, since=begin) == []
    pages = [entry["path"] for entry in sandbox._requests]
    assert pages.count("/v4/orders") == 2 * 2


def test_a_transfer_to_its_end(registrar: NamecomRegistrar, control: Control) -> None:
    assert registrar.transfer("example.com") is None
    bought = registrar.start_transfer(transfer("example.com"))
    under_way = registrar.transfer("example.com")
    assert under_way is not None
    assert (under_way.status, under_way.phase) == (TransferStatus.PENDING, "Retrieving Email")
    control("POST", "settings", {"core_statuses": True})
    for seconds in (100_000, 100_000, 190_000):
        control("POST", "clock", {"advance_seconds": seconds})
        moving = registrar.transfer("example.com")
        assert moving is not None
        assert moving.status is TransferStatus.PENDING
    control("POST", "clock", {"advance_seconds": 20_000})
    ended = registrar.transfer("example.com")
    assert ended is not None
    assert ended.status is TransferStatus.COMPLETED
    found = registrar.domain("example.com")
    assert found is not None
    assert found.created_at is not None
    assert found.created_at < datetime.now(UTC) - timedelta(days=300)
    (item,) = registrar.order(bought.order_id or 0) or ()
    assert (item.kind, item.status) == (ItemKind.TRANSFER, ItemStatus.SUCCESS)


def test_a_transfer_is_cancelled_while_it_can_be(registrar: NamecomRegistrar, control: Control) -> None:
    with pytest.raises(RefusedError, match="not_found"):
        registrar.cancel_transfer("example.com")
    registrar.start_transfer(transfer("example.com"))
    assert registrar.cancel_transfer("example.com").status is TransferStatus.CANCELED
    with pytest.raises(RefusedError, match="invalid_argument"):
        registrar.cancel_transfer("example.com")
    registrar.start_transfer(transfer("example.com"))
    control("POST", "clock", {"advance_seconds": 300_000})
    with pytest.raises(RefusedError, match="conflict"):
        registrar.cancel_transfer("example.com")


def test_a_transfer_without_the_code(registrar: NamecomRegistrar) -> None:
    with pytest.raises(RefusedError, match="auth_code_refused"):
        registrar.start_transfer(transfer("example.com", auth_code=None))
    with pytest.raises(OutcomeUnknownError, match="server_unavailable"):
        registrar.start_transfer(transfer("example.com", auth_code="wrong-code"))
    assert registrar.start_transfer(transfer("example.co.uk", price=999, auth_code=None)).paid == 999


def decide(registrar: NamecomRegistrar, attempt: Attempt, after: float = 0) -> Decision:
    """What production does after a lost answer, `after` seconds later."""
    now, since = attempt.sent_at + timedelta(seconds=after), window_start(attempt, PATIENCE)
    domain = registrar.domain(attempt.name)
    items = registrar.orders_since(attempt.name, kind=ItemKind.REGISTRATION, since=since)
    decision = reconcile_registration(attempt, PATIENCE, now=now, domain=domain, items=items)
    if decision.verdict is Verdict.ASK:
        availability = registrar.check(attempt.name)
        decision = reconcile_registration(
            attempt, PATIENCE, now=now, domain=domain, items=items, availability=availability
        )
    return decision


def register_blindly(registrar: NamecomRegistrar, attempt: Attempt) -> None:
    with pytest.raises(PortError) as caught:
        registrar.register(registration(attempt.name))
    assert type(caught.value) is OutcomeUnknownError


@pytest.mark.parametrize("action", ["timeout_after", "drop_after"])
def test_an_effect_without_an_answer_is_adopted(
    registrar: NamecomRegistrar, control: Control, attempt: Attempt, action: str
) -> None:
    control("POST", "faults", {"match": "POST /v4/domains", "action": action})
    register_blindly(registrar, attempt)
    decided = decide(registrar, attempt)
    (order,) = control("GET", "orders")
    assert decided == Decision(verdict=Verdict.ADOPT, reason="registered", order_id=order["id"])


@pytest.mark.parametrize("action", ["timeout_before", "drop", "status:500", "status:503"])
def test_no_effect_and_no_answer_is_sent_again_once_settled(
    registrar: NamecomRegistrar, control: Control, attempt: Attempt, action: str
) -> None:
    control("POST", "faults", {"match": "POST /v4/domains", "action": action})
    register_blindly(registrar, attempt)
    assert decide(registrar, attempt).reason == "settling"
    assert decide(registrar, attempt, after=10).verdict is Verdict.RETRY
    registrar.register(registration(attempt.name))
    assert decide(registrar, replace(attempt, sends=2)).verdict is Verdict.ADOPT
    assert len(control("GET", "orders")) == len(control("GET", "domains")) == 1


def test_a_lasting_refusal_ends(registrar: NamecomRegistrar, attempt: Attempt) -> None:
    attempt = replace(attempt, name="no-credit-1.com")
    register_blindly(registrar, attempt)
    assert decide(registrar, attempt, after=10).verdict is Verdict.RETRY
    register_blindly(registrar, attempt)
    attempt = replace(attempt, sends=2)
    assert decide(registrar, attempt, after=10).verdict is Verdict.WAIT
    assert decide(registrar, attempt, after=60).verdict is Verdict.FAILED


def test_a_registration_that_comes_to_light_late_is_waited_for(
    registrar: NamecomRegistrar, control: Control, attempt: Attempt
) -> None:
    attempt = replace(attempt, name="late-registration-1.com")
    register_blindly(registrar, attempt)
    assert decide(registrar, attempt, after=10).reason == "taken_by_whom"
    control("POST", "clock", {"advance_seconds": 20})
    assert decide(registrar, attempt, after=20).verdict is Verdict.ADOPT


def test_a_late_refusal_is_a_failure(registrar: NamecomRegistrar, control: Control, attempt: Attempt) -> None:
    attempt = replace(attempt, name="late-refusal-1.com")
    bought = registrar.register(registration(attempt.name))
    assert decide(registrar, attempt, after=60).reason == "registry_working"
    control("POST", "clock", {"advance_seconds": 20})
    assert decide(registrar, attempt) == Decision(
        verdict=Verdict.FAILED, reason="registration_failed", order_id=bought.order_id
    )


def test_a_name_lost_to_somebody_else(registrar: NamecomRegistrar, attempt: Attempt) -> None:
    attempt = replace(attempt, name="sniped-1.com")
    register_blindly(registrar, attempt)
    assert decide(registrar, attempt, after=10).verdict is Verdict.WAIT
    assert decide(registrar, attempt, after=60).verdict is Verdict.LOST


@pytest.mark.parametrize(
    ("action", "expected"), [("timeout_before", Verdict.RETRY), ("timeout_after", Verdict.WAIT)]
)
def test_a_transfer_without_an_answer(
    registrar: NamecomRegistrar, control: Control, attempt: Attempt, action: str, expected: Verdict
) -> None:
    control("POST", "faults", {"match": "POST /v4/transfers", "action": action})
    with pytest.raises(OutcomeUnknownError, match="timeout"):
        registrar.start_transfer(transfer("example.com"))
    since = window_start(attempt, PATIENCE)
    decided = reconcile_transfer(
        attempt,
        PATIENCE,
        now=attempt.sent_at + PATIENCE.settle,
        transfer=registrar.transfer("example.com"),
        items=registrar.orders_since("example.com", kind=ItemKind.TRANSFER, since=since),
        domain=registrar.domain("example.com"),
    )
    assert decided.verdict is expected
    assert [order["id"] for order in control("GET", "orders")] == (
        [decided.order_id] if decided.order_id else []
    )
