"""Every refusal of a domain order, through HTTP: nothing is charged, claimed, stored or registered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import pytest
from hostcart.contract.responses import Problem

from tests.e2e.support.names import (
    AUTH_CODE,
    CHECK,
    COM,
    FRENCH,
    ITALIAN,
    PATH,
    REGISTRANT,
    SECRETS,
    Names,
    contact,
    domain_body,
    new_name,
    place,
    post,
    transfer_body,
)
from tests.e2e.support.patience import await_value
from tests.e2e.support.problems import refused
from tests.e2e.support.shop import Shop, new_key, site_body
from tests.e2e.support.world import World

type Json = dict[str, Any]
type Shops = Callable[..., Shop]

JSON: Final = {"Content-Type": "application/json"}
_EVER: Final = 1000
DOCUMENTED: Final = {
    # authorization and gating
    "user_required",
    "feature_disabled",
    "trial_account",
    "oauth_not_allowed",
    # validation
    "invalid_action",
    "invalid_domain",
    "unsupported_tld",
    "pricing_unavailable",
    "authcode_required",
    "incomplete_contact",
    "invalid_contact",
    "invalid_contact_source",
    "no_default_payment_method",
    # processing
    "domain_unavailable",
    "domain_add_failed",
    "domain_contact_invalid",
    "domain_contact_needs_augmentation",
    "cart_pay_failed",
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A request and its refusal; `fields` are the fields at fault, `fault` one of the payment processor."""

    code: str
    body: Any
    name: str
    account: str = "ready"
    credential: str = "user_key"
    headers: Mapping[str, str | None] = field(default_factory=dict)
    content: bytes | None = None
    fields: tuple[str, ...] = ()
    fault: tuple[str, str, str] | None = None
    times: int = 1


def case(code: str, *fields: str, fate: str = "", suffix: str = "com", **more: Any) -> Case:
    """An order of a new name that is refused; what is no member of Case goes into the domain."""
    own = {name: more.pop(name) for name in Case.__dataclass_fields__ if name in more}
    name = own.pop("name", None) or new_name(fate, suffix)
    body = own.pop("body", None) or domain_body(name, **more)
    return Case(code=code, name=name, body=body, fields=fields, **own)


def transfer(code: str, *fields: str, suffix: str = "com", fate: str = "", **more: Any) -> Case:
    """The same for a transfer."""
    domain = {"action": "transfer", "authcode": AUTH_CODE, **more}
    return case(code, *fields, suffix=suffix, fate=fate, **domain)


def wrong_name(text: str, code: str = "invalid_domain") -> Case:
    return case(code, "domain.name", name="never-registered.com", body=domain_body(text))


def wrong_contact(code: str, at: str, **fields: Any) -> Case:
    return case(code, f"domain.contact.{at}", contact=contact(**fields))


WHO: Final = {
    "an account's own key": case("user_required", credential="account_key"),
    "an account's own key, for a transfer": transfer("user_required", credential="account_key"),
    "the feature is off": case("feature_disabled", account="no_flag"),
    "a trial account": case("trial_account", account="trial"),
    "an OAuth token": case("oauth_not_allowed", credential="oauth_read_token"),
    "no credential": case("unauthenticated", headers={"Authorization": None}),
    "an unknown key": case("unauthenticated", headers={"Authorization": "Bearer hcu_" + "x" * 32}),
    "no account": case("account_required", headers={"X-Auth-Account": None}),
    "another's account": case("account_forbidden", headers={"X-Auth-Account": "10000002"}),
    "may not order": case("account_cannot_order", account="blocked"),
    "no payment method": case(
        "no_default_payment_method", "account.default_payment_method", account="no_method"
    ),
    "no billing contact": case(
        "no_default_payment_method",
        "account.billing_contact.address",
        "account.billing_contact.postal_code",
        account="no_contact",
    ),
    "no customer": case(
        "no_default_payment_method",
        "account.stripe_customer",
        "account.default_payment_method",
        account="no_customer",
    ),
}

BODIES: Final = {
    "no JSON": case("invalid_json", content=b"{"),
    "an array": case("invalid_json", body=[1]),
    "no domain": case("validation_failed", "domain", body={"callback": None}),
    "no name": case("validation_failed", "domain.name", body=domain_body(None)),  # type: ignore[arg-type]
    "an unknown field": case("validation_failed", "domain.years", years=2),
    "a site too": case("validation_failed", "site", body={**domain_body(new_name()), **site_body()}),
    "a callback to the inside": case(
        "validation_failed",
        "callback.url",
        body=domain_body(new_name(), {"url": "https://169.254.169.254/"}),
    ),
    "an auth code with a line break": transfer("validation_failed", "domain.authcode", authcode="a\nb"),
    "another media type": case("unsupported_media_type", headers={"Content-Type": "text/plain"}),
    "too large": case("payload_too_large", contact=contact(city="x" * 70_000)),
    "an empty key": case("invalid_idempotency_key", headers={"Idempotency-Key": ""}),
    "another price": case("price_changed", body={**domain_body(new_name()), "expected_total_cents": COM - 1}),
}

ACTIONS: Final = {
    **{
        f"action {action!r}": case("invalid_action", "domain.action", action=action)
        for action in ("renew", "REGISTER", "", " transfer", 1, True, ["register"])
    },
    "no auth code": transfer("authcode_required", "domain.authcode", authcode=None),
    "an empty auth code": transfer("authcode_required", "domain.authcode", authcode=""),
    "a blank auth code": transfer("authcode_required", "domain.authcode", authcode="  ", suffix="io"),
}

NAMES: Final = {
    **{
        f"name {text!r}": wrong_name(text)
        for text in (
            "",
            "com",
            "localhost",
            "www.example.com",
            "co.uk",
            "exa mple.com",
            "-example.com",
            "example-.com",
            "ex--ample.com",
            "example..com",
            "xn--zzzzzzzz99999.com",
            f"{'x' * 64}.com",
            f"{'x.' * 130}com",
            "192.0.2.1",
            "http://example.com/",
            "example.com/x",
            "b\u00fccher.uk",
            "ex\u202eample.com",
            "\U0001f4a9.com",
            "example.com\x00",
        )
    },
    "a number for a name": case("invalid_domain", "domain.name", body=domain_body(7)),  # type: ignore[arg-type]
    **{
        f"name {text!r} of no TLD of ours": wrong_name(text, "unsupported_tld")
        for text in ("example.museum", "example.nosuchtld", "example.org.uk", "b\u00fccher.\u0440\u0444")
    },
}

PRICES: Final = {
    "no price in the account's currency": case("pricing_unavailable", account="eur", suffix="ninja"),
    "no price for a transfer in it either": transfer("pricing_unavailable", account="eur", suffix="ninja"),
    "premium": case("pricing_unavailable", fate="premium-"),
    "premium, in transfer": transfer("pricing_unavailable", fate="premium-"),
    "from the aftermarket": case("pricing_unavailable", fate="aftermarket-"),
}

_REQUIRED: Final = (
    "first_name",
    "last_name",
    "street_address",
    "post_code",
    "city",
    "country",
    "email",
    "phone",
)
CONTACTS: Final = {
    "no contact": case("incomplete_contact", *(f"domain.contact.{name}" for name in _REQUIRED), contact=None),
    **{f"no {name}": wrong_contact("incomplete_contact", name, **{name: None}) for name in _REQUIRED},
    "a blank city": wrong_contact("incomplete_contact", "city", city="  "),
    "no province in Italy": case(
        "incomplete_contact", "domain.contact.state", suffix="it", contact=contact(ITALIAN, state=None)
    ),
    "a new role without a name": case(
        "incomplete_contact",
        "domain.role_contacts.tech.first_name",
        role_contacts={"tech": {"source": "new", **contact(first_name=None)}},
    ),
    **{
        f"{name} {value!r}": wrong_contact("invalid_contact", name, **{name: value})
        for name, value in (
            ("country", "USA"),
            ("country", "XX"),
            ("country", "U"),
            ("country", 1),
            ("email", "quintessa"),
            ("email", "q@@hollowbrook.example"),
            ("phone", "5035550147"),
            ("phone", "+1.1"),
            ("post_code", "ABCDE"),
            ("state", "Bavaria"),
            ("city", "Port\nland"),
            ("first_name", "x" * 101),
        )
    },
    "extra properties in a list": wrong_contact("invalid_contact", "extra_properties", extra_properties=[]),
    "a role from nowhere": case(
        "invalid_contact",
        "domain.role_contacts.admin.source",
        role_contacts={"admin": {"source": "somewhere"}},
    ),
    "a role's country": case(
        "invalid_contact",
        "domain.role_contacts.billing.country",
        role_contacts={"billing": {"source": "new", **contact(country="USA")}},
    ),
}

SOURCES: Final = {
    "an unknown registration": case(
        "invalid_contact_source",
        "domain.contact_source.registration_id",
        contact=None,
        contact_source={"registration_id": 2**31 - 1},
    ),
    "a registration that is no number": case(
        "invalid_contact_source",
        "domain.contact_source.registration_id",
        contact=None,
        contact_source={"registration_id": "1"},
    ),
    "contact and source": case(
        "invalid_contact_source", "domain.contact_source", contact_source={"registration_id": 1}
    ),
    "an existing role without a registration": case(
        "invalid_contact_source",
        "domain.role_contacts.tech.source_registration_id",
        role_contacts={"tech": {"source": "existing"}},
    ),
}

PROCESSING: Final = {
    "somebody else's name": case("domain_unavailable", fate="taken-"),
    "a locked name": case("domain_unavailable", fate="locked-"),
    "a holder outside": case("domain_contact_invalid", suffix="fr"),
    "an organisation as a person": case(
        "domain_contact_invalid", suffix="it", contact=contact(ITALIAN, organization="Example Srl")
    ),
    "an unknown property": case(
        "domain_contact_invalid", contact=contact(extra_properties={"entityType": "1"})
    ),
    "no registry fields": case(
        "domain_contact_needs_augmentation", suffix="it", contact=contact(ITALIAN, extra_properties=None)
    ),
    "no birth data": case(
        "domain_contact_needs_augmentation", suffix="fr", contact=contact(FRENCH, extra_properties=None)
    ),
    "no purpose": case("domain_contact_needs_augmentation", suffix="us"),
    "the payment cannot begin": case(
        "cart_pay_failed", fault=("stripe", "POST /v1/invoices", "error:parameter_invalid_empty")
    ),
    "the payment of a transfer cannot begin": transfer(
        "cart_pay_failed", fault=("stripe", "POST /v1/invoices", "error:resource_missing")
    ),
    "the registrar is down": case(
        "temporarily_unavailable", fault=("registrar", CHECK, "status:503"), times=_EVER
    ),
    "the registrar knows us no more": case(
        "temporarily_unavailable", fault=("registrar", CHECK, "error:permission_denied"), times=_EVER
    ),
    "the payment processor is down": case(
        "temporarily_unavailable", fault=("stripe", "POST /v1/invoices", "status:401"), times=_EVER
    ),
}

CASES: Final = {**WHO, **BODIES, **ACTIONS, **NAMES, **PRICES, **CONTACTS, **SOURCES, **PROCESSING}


@pytest.fixture(scope="module")
def names(world: World) -> Names:
    return Names(world)


def send(client: Shop, wanted: Case) -> httpx.Response:
    if wanted.content is not None:
        headers = {**JSON, **wanted.headers}
        return client.call("POST", PATH, content=wanted.content, headers=headers)
    return client.call("POST", PATH, json=wanted.body, headers=wanted.headers)


@pytest.mark.parametrize("title", CASES)
def test_it_is_refused_and_nothing_is_made(world: World, names: Names, shop: Shops, title: str) -> None:
    wanted = CASES[title]
    if wanted.fault is not None:
        world.arm(*wanted.fault, times=wanted.times)
    with names.nothing_ordered(wanted.account, wanted.name):
        answer = send(shop(wanted.account, wanted.credential), wanted)
    problem = refused(answer, wanted.code)
    assert sorted(error["field"] for error in problem.get("errors", [])) == sorted(wanted.fields)
    assert not [name for name, value in SECRETS.items() if value in answer.text]


def test_every_documented_code_is_in_the_table() -> None:
    here = {"domain_add_failed"}  # needs an order before: below
    assert {wanted.code for wanted in CASES.values()} >= DOCUMENTED - here


def test_the_footprint_would_notice_an_order(world: World, names: Names, shop: Shops) -> None:
    client, name = shop("ready"), new_name()
    before = names.footprint("ready", name)
    tokens = []
    with pytest.raises(AssertionError), names.nothing_ordered("ready", name):
        tokens.append(place(client, domain_body(name)))
    client.finish(tokens[0])
    world.outcome(tokens[0])
    after = names.footprint("ready", name)
    assert {part for part in before.__slots__ if getattr(after, part) != getattr(before, part)} == set(
        before.__slots__
    )
    assert (before.at_registrar, after.at_registrar) == (0, 2)


# --- the bodies of the two refusals that a client's form is built from ------------------------------------


def test_violations_name_role_field_and_rule(shop: Shops) -> None:
    american = contact(organization=None)
    roles = {
        "admin": {"source": "new", **american},
        "tech": {"source": "new", **contact(FRENCH, extra_properties=None)},
    }
    body = domain_body(new_name(suffix="fr"), contact=contact(FRENCH, country="DE", post_code="10115"))
    body["domain"]["role_contacts"] = roles
    answer = post(shop("ready"), body)
    problem = refused(answer, "domain_contact_invalid")
    assert problem["violations"] == [
        {
            "role": "admin",
            "field": "country",
            "code": "not_eligible",
            "message": "The registry of .fr takes no admin in this country.",
        }
    ]
    assert "needs_augmentation" not in problem


def test_needs_augmentation_has_the_documented_shape(shop: Shops) -> None:
    body = domain_body(new_name(suffix="it"), contact=contact(ITALIAN, extra_properties=None))
    problem = refused(post(shop("ready"), body), "domain_contact_needs_augmentation")
    assert problem["needs_augmentation"] == [
        {
            "role": "owner",
            "tld": "it",
            "properties": [
                {
                    "name": "entityType",
                    "label": "Kind of holder",
                    "type": "String",
                    "mandatory": True,
                    "values": ["1", "2", "3", "4", "5", "6", "7"],
                },
                {
                    "name": "regCode",
                    "label": "Registration code",
                    "type": "String",
                    "mandatory": False,
                    "values": [],
                },
                {
                    "name": "nationalityCode",
                    "label": "Nationality",
                    "type": "String",
                    "mandatory": False,
                    "values": [],
                },
                {
                    "name": "consentForPublishing",
                    "label": "Consent to the publication of personal data",
                    "type": "String",
                    "mandatory": False,
                    "values": ["true", "false"],
                },
            ],
        }
    ]
    assert "violations" not in problem


def test_what_is_needed_is_asked_for_until_the_order_passes(world: World, names: Names, shop: Shops) -> None:
    """A client that fills in nothing but what it was asked for gets through, as its form would."""
    client, name = shop("ready"), new_name(suffix="it")
    answers = {"entityType": "1", "regCode": "RSSMRA80A01H501U", "nationalityCode": "IT"}
    given: dict[str, str] = {}
    for _ in range(len(answers)):
        answer = post(client, domain_body(name, contact=contact(ITALIAN, extra_properties=given)))
        if answer.status_code == 202:
            break
        (need,) = refused(answer, "domain_contact_needs_augmentation")["needs_augmentation"]
        given |= {entry["name"]: answers[entry["name"]] for entry in need["properties"] if entry["mandatory"]}
    token = answer.json()["cart"]["token"]
    client.finish(token)
    world.outcome(token)
    names.delivered_once(token, name, amount=999)


def test_a_changed_price_is_told(shop: Shops) -> None:
    body = {**domain_body(new_name()), "expected_total_cents": 1}
    problem = refused(post(shop("ready"), body), "price_changed")
    assert (problem["total_cents"], problem["currency"]) == (COM, "usd")


# --- what needs another order before ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def owned(world: World, names: Names) -> tuple[str, int]:
    """A name of account `child`, delivered, and the number of its registration."""
    client = Shop(world.http, world.facts["api_url"], world.accounts["child"])
    name = new_name()
    token = place(client, domain_body(name))
    view = client.finish(token)
    world.outcome(token)
    names.delivered_once(token, name, amount=COM)
    return name, view["domain"]["registration_id"]


@pytest.mark.parametrize("account", ["child", "ready"])
@pytest.mark.parametrize("action", ["register", "transfer"])
def test_an_owned_name_cannot_be_added(
    owned: tuple[str, int], names: Names, shop: Shops, account: str, action: str
) -> None:
    with names.nothing_ordered(account, owned[0]):
        answer = post(shop(account), transfer_body(owned[0], action=action))
    refused(answer, "domain_add_failed")


def test_a_name_in_transfer_cannot_be_added(world: World, names: Names, shop: Shops) -> None:
    client, name = shop("child"), new_name()
    with names.settings(transfer_seconds=4):
        token = place(client, transfer_body(name))
        await_value(lambda: names.transfer(name), seconds=20)  # from here on nothing grows for a while
        for action in ("register", "transfer"):
            with names.nothing_ordered("ready", name):
                refused(post(shop("ready"), transfer_body(name, action=action)), "domain_add_failed")
    client.finish(token)
    world.outcome(token)
    names.delivered_once(token, name, amount=COM, kind="transfer")


def test_another_account_s_registration_is_no_source(
    owned: tuple[str, int], names: Names, shop: Shops
) -> None:
    number = owned[1] + 1_000_000
    for source, account in ((number, "child"), (owned[1], "empty")):
        name = new_name()
        body = domain_body(name, contact=None, contact_source={"registration_id": source})
        with names.nothing_ordered(account, name):
            refused(post(shop(account), body), "invalid_contact_source")


def test_an_order_of_a_site_is_no_source(world: World, names: Names, shop: Shops) -> None:
    client, name = shop("child"), new_name()
    token = client.place()
    number = world.last_number("child") if client.finish(token) else 0
    world.outcome(token)
    body = domain_body(name, contact=None, contact_source={"registration_id": number})
    with names.nothing_ordered("child", name):
        refused(post(client, body), "invalid_contact_source")


def test_another_body_under_the_key_is_refused(world: World, names: Names, shop: Shops) -> None:
    client, key, name = shop("ready"), new_key(), new_name()
    token = place(client, domain_body(name), key=key)
    client.finish(token)
    world.outcome(token)
    for changed in (
        domain_body(new_name()),
        domain_body(name, contact=contact(city="Salem")),
        transfer_body(name),
        {**domain_body(name), "expected_total_cents": COM},
        domain_body(name, {"url": world.sink()["url"]}),
    ):
        with names.nothing_ordered("ready", changed["domain"]["name"]):
            refused(post(client, changed, key=key), "idempotency_key_reused")
    with world.nothing_created():
        refused(client.post(site_body(), key=key), "idempotency_key_reused")


def test_a_refused_key_may_be_used_again(world: World, names: Names, shop: Shops) -> None:
    client, key, name = shop("ready"), new_key(), new_name()
    world.arm("stripe", "POST /v1/invoices", "error:parameter_invalid_empty")
    with names.nothing_ordered("ready", name):
        refused(post(client, domain_body(name), key=key), "cart_pay_failed")
    token = place(client, domain_body(name), key=key)
    client.finish(token)
    world.outcome(token)
    names.delivered_once(token, name, amount=COM)


# --- the order of the checks ------------------------------------------------------------------------------


def test_what_is_wrong_first_is_named(names: Names, shop: Shops) -> None:
    """Each step's request is wrong in every later way too."""
    bad_contact = contact(country="USA")
    last = {"expected_total_cents": 1}
    everything: Json = {"action": "renew", "contact": bad_contact}
    steps: list[tuple[str, str, str, Json]] = [
        ("oauth_not_allowed", "no_flag", "oauth_read_token", {}),
        ("user_required", "no_flag", "account_key", {}),
        ("feature_disabled", "no_flag", "user_key", {}),
        ("trial_account", "trial", "user_key", {}),
        ("validation_failed", "blocked", "user_key", {**domain_body("x", **everything), "x": 1}),
        ("invalid_action", "blocked", "user_key", domain_body("x", **everything)),
        ("invalid_domain", "blocked", "user_key", transfer_body("x", contact=bad_contact)),
        ("unsupported_tld", "blocked", "user_key", transfer_body("x.museum", contact=bad_contact)),
        ("price_changed", "blocked", "user_key", transfer_body("taken-x.com", authcode=None) | last),
        ("authcode_required", "blocked", "user_key", transfer_body("x.com", authcode=None)),
        ("invalid_contact", "blocked", "user_key", domain_body("taken-x.com", contact=bad_contact)),
        ("account_cannot_order", "blocked", "user_key", domain_body("taken-x.com")),
        ("no_default_payment_method", "no_method", "user_key", domain_body("taken-x.com")),
        ("domain_unavailable", "ready", "user_key", domain_body("taken-x.com")),
    ]
    for code, account, credential, body in steps:
        with names.nothing_ordered(account, "taken-x.com"):
            answer = post(shop(account, credential), body)
        refused(answer, code)


def test_other_methods_are_named(shop: Shops) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        answer = shop("ready").call(method, PATH, json=domain_body(new_name()))
        assert answer.status_code in (404, 405), method
        Problem.model_validate_json(answer.text)


def test_no_answer_repeats_a_contact() -> None:
    assert set(REGISTRANT) - {"country", "state", "city", "post_code"} <= {
        name.removeprefix("registrant ") for name in SECRETS
    }
