"""Every documented refusal of a domain order, before anything is charged, claimed or stored."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hostcart.contract.errors import ApiError
from hostcart.domain.cart import CLAIM_LEASE, DomainAction
from hostcart.domain.catalogue import DomainCharge
from hostcart.domain.domain_secrets import from_bytes
from hostcart.domain.registration import RegisteredDomain, TransferStatus
from hostcart.ports import OutcomeUnknownError, RefusedError, UnavailableError

from tests.fakes.registrar import PRICE
from tests.fakes.world import ACCOUNT, CALLBACK, CONTACT, World, account, domain_request

NAME = "example.com"


def refused(world: World, **changes: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        world.order_domain(domain_request(**changes))
    return caught.value


def untouched(world: World) -> bool:
    return not (
        world.carts.items or world.carts.claims or world.payments.invoices or world.registrar.purchases
    )


def test_an_order_is_stored_with_its_claim_and_its_sealed_contacts(world: World) -> None:
    cart = world.order_domain(domain_request(callback=CALLBACK))
    assert world.cart == cart
    item = cart.domain
    assert (item.name, item.suffix, item.action, item.years) == (NAME, "com", DomainAction.REGISTER, 1)
    assert (item.registrar_price, item.renewal_amount, item.stripe_product) == (
        PRICE,
        1700,
        "prod_domain_com",
    )
    assert [(line.description, line.amount) for line in cart.lines] == [
        ("Domain registration example.com", 1500)
    ]
    assert world.carts.claims == {NAME: ((ACCOUNT, cart.token), world.clock.now() + CLAIM_LEASE)}
    sealed = world.carts.load_sealed(ACCOUNT, cart.token)
    assert sealed.item is not None
    assert b"Ada" not in sealed.item
    secrets = from_bytes(world.cipher.open(sealed.item, account_id=ACCOUNT, cart_token=cart.token))
    assert (secrets.contacts.owner.first_name, secrets.auth_code) == ("Ada", None)
    assert secrets.contacts.tech == secrets.contacts.owner
    assert world.workflow.executions == {(ACCOUNT, cart.token)}
    assert "Ada" not in repr(cart) + repr(secrets)


def test_a_name_is_ordered_in_its_one_form(world: World) -> None:
    cart = world.order_domain(domain_request(name=" BÜCHER.com. "))
    assert (cart.domain.name, cart.domain.unicode_name) == ("xn--bcher-kva.com", "bücher.com")
    assert list(world.carts.claims) == ["xn--bcher-kva.com"]


def test_a_transfer_keeps_its_auth_code_sealed(world: World) -> None:
    cart = world.order_domain(domain_request(action="transfer", authcode="s3cret"))
    sealed = world.carts.load_sealed(ACCOUNT, cart.token).item
    assert sealed is not None
    assert (
        from_bytes(world.cipher.open(sealed, account_id=ACCOUNT, cart_token=cart.token)).auth_code == "s3cret"
    )
    assert [line.amount for line in cart.lines] == [1400]
    assert "s3cret" not in repr(cart)


def test_a_transfer_without_auth_code_where_none_is_known(world: World) -> None:
    gb = {**CONTACT, "country": "GB", "post_code": "SW1A 1AA", "phone": "+442079460018", "state": None}
    cart = world.order_domain(domain_request(name="example.co.uk", action="transfer", contact=gb))
    assert cart.domain.action is DomainAction.TRANSFER


def _without(name: str) -> dict[str, str]:
    return {key: value for key, value in CONTACT.items() if key != name}


IT = {
    **CONTACT,
    "country": "IT",
    "state": "MI",
    "post_code": "20121",
    "city": "Milano",
    "phone": "+390612345678",
}
ODD = {**CONTACT, "extra_properties": {"entityType": "1"}}
REFUSALS: dict[str, tuple[dict[str, Any], str, int]] = {
    "action": ({"action": "buy"}, "invalid_action", 400),
    "no name": ({"name": "example"}, "invalid_domain", 400),
    "a subdomain": ({"name": "www.example.com"}, "invalid_domain", 400),
    "a suffix": ({"name": "co.uk"}, "invalid_domain", 400),
    "an unknown TLD": ({"name": "example.zz"}, "unsupported_tld", 400),
    "a TLD that is not sold": ({"name": "example.org"}, "unsupported_tld", 400),
    "a TLD that is not sold, and a subdomain": ({"name": "www.example.org"}, "unsupported_tld", 400),
    "another price": ({"expected_total_cents": 1}, "price_changed", 409),
    "no auth code": ({"action": "transfer"}, "authcode_required", 400),
    "no contact": ({"contact": None}, "incomplete_contact", 400),
    "no e-mail": ({"contact": _without("email")}, "incomplete_contact", 400),
    "a bad country": ({"contact": {**CONTACT, "country": "USA"}}, "invalid_contact", 400),
    "no such registration": (
        {"contact": None, "contact_source": {"registration_id": 7}},
        "invalid_contact_source",
        400,
    ),
    "both": ({"contact_source": {"registration_id": 7}}, "invalid_contact_source", 400),
    "odd properties": ({"contact": ODD}, "domain_contact_invalid", 422),
    "no properties": ({"name": "example.it", "contact": IT}, "domain_contact_needs_augmentation", 422),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_request_that_is_refused(world: World, name: str) -> None:
    changes, code, status = REFUSALS[name]
    error = refused(world, **changes)
    assert (error.code, error.status) == (code, status)
    assert untouched(world)
    assert world.registrar.calls == []
    assert "ada@client.example" not in str(error.problem("r"))


_CHARGES = {DomainCharge.REGISTER: 1500, DomainCharge.TRANSFER: 1400, DomainCharge.RENEW: 1700}


@pytest.mark.parametrize(
    "prices",
    [
        {"standard": {"eur": _CHARGES}},
        {"gold": {"usd": _CHARGES}},
        {"standard": {"usd": {DomainCharge.TRANSFER: 1400, DomainCharge.RENEW: 1700}}},
        {"standard": {"usd": {DomainCharge.REGISTER: 1500, DomainCharge.TRANSFER: 1400}}},
        {},
    ],
    ids=["another currency", "another billing plan", "transfers only", "no renewal", "no price at all"],
)
def test_a_tld_that_is_sold_without_the_amount_that_is_needed(world: World, prices: Any) -> None:
    sold = world.catalogue.current.tlds
    tlds = {**sold, "com": replace(sold["com"], prices=prices)}
    world.catalogue.current = replace(world.catalogue.current, tlds=tlds)
    error = refused(world)
    assert (error.code, error.status) == ("pricing_unavailable", 400)
    assert untouched(world)


def test_the_registrys_rules_are_told(world: World) -> None:
    (violation, *_) = refused(world, contact=ODD).extra["violations"]
    assert (violation["role"], violation["field"]) == ("owner", "extra_properties.entityType")
    (need, *_) = refused(world, name="example.it", contact=IT).extra["needs_augmentation"]
    assert (need["role"], need["tld"]) == ("owner", "it")
    assert "entityType" in {known["name"] for known in need["properties"]}


def _no_flag(world: World) -> None:
    world.directory.accounts[ACCOUNT] = account(features=())


def _trial(world: World) -> None:
    world.directory.accounts[ACCOUNT] = account(trial=True)


def _blocked(world: World) -> None:
    world.directory.accounts[ACCOUNT] = account(may_order=False)


def _no_method(world: World) -> None:
    world.directory.accounts[ACCOUNT] = account(payment_method_id=None)


def _gone(world: World) -> None:
    world.directory.accounts.clear()


def _taken(world: World) -> None:
    world.registrar.taken.add(NAME)


def _premium(world: World) -> None:
    world.registrar.premium.add(NAME)


def _refusing(world: World) -> None:
    world.registrar.fail("check", RefusedError("invalid_argument"))


def _claimed(world: World) -> None:
    world.carts.claims[NAME] = (("10000002", "other"), None)


def _no_draft(world: World) -> None:
    world.payments.fail("open_invoice", RefusedError("resource_missing"))


@pytest.mark.parametrize(
    ("arrange", "code", "status"),
    [
        (_gone, "account_forbidden", 403),
        (_no_flag, "feature_disabled", 503),
        (_trial, "trial_account", 403),
        (_blocked, "account_cannot_order", 400),
        (_no_method, "no_default_payment_method", 400),
        (_taken, "domain_unavailable", 422),
        (_refusing, "domain_unavailable", 422),
        (_premium, "pricing_unavailable", 400),
        (_claimed, "domain_add_failed", 422),
        (_no_draft, "cart_pay_failed", 422),
    ],
)
def test_a_situation_that_is_refused(
    world: World, arrange: Callable[[World], None], code: str, status: int
) -> None:
    arrange(world)
    before = dict(world.carts.claims)
    error = refused(world)
    assert (error.code, error.status) == (code, status)
    assert (world.carts.items, world.payments.invoices, world.registrar.purchases) == ({}, {}, [])
    assert world.carts.claims == before


def test_the_flag_comes_before_the_trial(world: World) -> None:
    world.directory.accounts[ACCOUNT] = account(features=(), trial=True)
    assert refused(world).code == "feature_disabled"


def test_a_name_of_ours_cannot_be_transferred_in(world: World) -> None:
    world.registrar.owned[NAME] = RegisteredDomain(
        name=NAME,
        created_at=None,
        expires_at=None,
        nameservers=(),
        locked=True,
        autorenew=False,
        privacy=False,
        contacts=None,
    )
    assert refused(world, action="transfer", authcode="x").code == "domain_add_failed"
    assert untouched(world)


def test_a_premium_name_cannot_be_transferred(world: World) -> None:
    world.registrar.premium.add(NAME)
    assert refused(world, action="transfer", authcode="x").code == "pricing_unavailable"


def test_a_claim_lost_at_the_last_moment_leaves_nothing(world: World) -> None:
    """Both asked, one was first: the other's draft goes."""
    world.order_domain(domain_request(), key=None)
    world.carts.is_claimed = lambda name, at: False  # type: ignore[method-assign]
    with pytest.raises(ApiError) as caught:
        world.order_domain(domain_request(), key=None)
    assert caught.value.code == "domain_add_failed"
    assert len(world.carts.items) == len(world.payments.invoices) == 1


def test_an_expired_claim_is_free_again(world: World) -> None:
    first = world.order_domain(domain_request(), key="a")
    world.clock.advance(hours=3)
    second = world.order_domain(domain_request(), key="b")
    assert world.carts.claims[NAME][0] == (ACCOUNT, second.token) != (ACCOUNT, first.token)


def test_a_repeat_finds_its_cart_whatever_became_of_the_name(world: World) -> None:
    first = world.order_domain()
    world.registrar.taken.add(NAME)
    assert world.order_domain().token == first.token
    with pytest.raises(ApiError) as caught:
        world.order_domain(domain_request(name="other.com"))
    assert caught.value.code == "idempotency_key_reused"


@pytest.mark.parametrize("refused_by", ["the claim", "the registrar"])
def test_a_repeat_that_was_faster_is_the_answer(world: World, refused_by: str) -> None:
    """Two of the same request at once: the one finds the name held by the other, which is itself."""
    held, first = world.carts.is_claimed, []

    def overtaken(name: str, at: datetime) -> bool:
        world.carts.is_claimed = held  # type: ignore[method-assign]
        first.append(world.order_domain())
        if refused_by == "the claim":
            return held(name, at)
        world.registrar.taken.add(NAME)
        return False

    world.carts.is_claimed = overtaken  # type: ignore[method-assign]
    assert world.order_domain().token == first[0].token
    assert len(world.carts.items) == len(world.payments.invoices) == 1


def test_another_request_that_was_faster_under_the_key_is_told(world: World) -> None:
    held = world.carts.is_claimed

    def overtaken(name: str, at: datetime) -> bool:
        world.carts.is_claimed = held  # type: ignore[method-assign]
        world.order_domain(domain_request(callback=CALLBACK))
        return held(name, at)

    world.carts.is_claimed = overtaken  # type: ignore[method-assign]
    assert refused(world).code == "idempotency_key_reused"


def test_a_cart_that_cannot_be_started_is_withdrawn_with_its_claim(world: World) -> None:
    world.workflow.failures = [UnavailableError("workflow_unavailable")]
    with pytest.raises(UnavailableError):
        world.order_domain(key=None)
    assert (world.carts.items, world.carts.claims, world.payments.invoices) == ({}, {}, {})


def test_a_registrar_that_is_silent_costs_nothing(world: World) -> None:
    world.registrar.fail("check", OutcomeUnknownError("timeout"))
    with pytest.raises(UnavailableError):
        world.order_domain()
    assert untouched(world)


def test_the_contacts_of_an_owned_registration_are_used_again(registered: World) -> None:
    owned = registered.cart.opened.domain
    assert owned is not None
    again = registered.order_domain(
        domain_request(
            name="second.com", contact=None, contact_source={"registration_id": owned.registration_id}
        ),
        key="key-2",
    )
    sealed = registered.carts.load_sealed(ACCOUNT, again.token).item
    assert sealed is not None
    opened = from_bytes(registered.cipher.open(sealed, account_id=ACCOUNT, cart_token=again.token))
    assert opened.contacts.owner.email == CONTACT["email"]


def test_a_registration_of_another_account_is_no_source(registered: World) -> None:
    stranger = account(id="10000002")
    registered.directory.accounts[ACCOUNT] = replace(stranger)
    error = refused_as(registered, {"registration_id": 1})
    assert error.code == "invalid_contact_source"


def refused_as(world: World, source: dict[str, int]) -> ApiError:
    with pytest.raises(ApiError) as caught:
        world.order_domain(domain_request(name="second.com", contact=None, contact_source=source), key="k")
    return caught.value


def test_a_transfer_under_way_is_not_ordered_again(world: World) -> None:
    world.registrar.takes = timedelta(days=5)
    world.order_domain(domain_request(action="transfer", authcode="x"), key="a")
    world.charge()
    world.register()
    world.carts.claims.clear()
    with pytest.raises(ApiError) as caught:
        world.order_domain(domain_request(action="transfer", authcode="x"), key="b")
    assert caught.value.code == "domain_add_failed"
    found = world.registrar.transfer(NAME)
    assert found is not None
    assert found.status is TransferStatus.PENDING


def test_an_order_in_another_currency_keeps_the_day_s_rate(world: World) -> None:
    assert world.order_domain().usd_rate is None
    world.directory.accounts[ACCOUNT] = account(currency="eur")
    in_euro = world.catalogue.current.tlds["it"]
    prices = {"standard": {"eur": in_euro.prices["standard"]["usd"]}}
    tlds = {**world.catalogue.current.tlds, "dev": replace(in_euro, name="dev", prices=prices)}
    world.catalogue.current = replace(world.catalogue.current, tlds=tlds)
    cart = world.order_domain(domain_request(name="example.dev"), key="key-2")
    assert (cart.currency, cart.usd_rate) == ("eur", "0.92")
