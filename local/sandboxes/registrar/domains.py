"""The calls under /v4/domains."""

import secrets
from collections.abc import Callable

from local.sandboxes.http import Json, Request, Response
from local.sandboxes.registrar import contacts, orders
from local.sandboxes.registrar.answers import (
    Cents,
    answer,
    internal,
    invalid,
    not_found,
    page,
    request_int,
)
from local.sandboxes.registrar.names import PRICES, Name, check_nameservers, check_price
from local.sandboxes.registrar.registry import PRIVACY_PRICE, YEAR
from local.sandboxes.registrar.requirements import check_requirements
from local.sandboxes.registrar.store import Store, moment

_MOST_CHECKED = 50
_MOST_YEARS = 10
_ACCOUNT_NAMESERVERS = ["ns1.sandbox-registrar.example", "ns2.sandbox-registrar.example"]


def purchasable(store: Store, name: Name) -> bool:
    """Whether nobody has the name, we included."""
    foreign = name.text in store.foreign or name.label.startswith(("taken-", "locked-"))
    return not foreign and name.text not in store.domains and store.open_transfer(name.text) is None


def check_availability(store: Store, request: Request) -> Response:
    """POST /v4/domains:checkAvailability; the results come in another order than the names."""
    names = request.json().get("domainNames")
    if not isinstance(names, list) or not 0 < len(names) <= _MOST_CHECKED:
        raise invalid(f"domainNames must hold 1 to {_MOST_CHECKED} names")
    return answer({"results": [_result(store, Name(name)) for name in reversed(names)]})


def search(store: Store, request: Request) -> Response:
    """POST /v4/domains:search: the keyword under every suffix asked for."""
    body = request.json()
    keyword, tlds = body.get("keyword"), body.get("tldFilter") or list(PRICES)
    if not isinstance(keyword, str) or not keyword:
        raise invalid("keyword is required")
    label = keyword.partition(".")[0]
    return answer({"results": [_result(store, Name(f"{label}.{tld}")) for tld in tlds]})


def _result(store: Store, name: Name) -> Json:
    result: Json = {"domainName": name.text, "sld": name.sld, "tld": name.tld}
    if not purchasable(store, name):
        return result
    return {
        **result,
        "purchasable": True,
        "premium": name.premium,
        "purchasePrice": name.price,
        "purchaseType": name.purchase_type,
        "renewalPrice": name.renewal_price,
    }


def get_pricing(_store: Store, request: Request) -> Response:
    """GET /v4/domains/{name}:getPricing; the transfer's price is for one year."""
    name, years = Name(request.params["name"]), _years(request_int(request, "years", 1))
    return answer(
        {
            "purchasePrice": Cents(name.price * years),
            "renewalPrice": Cents(name.renewal_price * years),
            "transferPrice": name.transfer_price,
            "premium": name.premium,
        }
    )


def create(store: Store, request: Request) -> Response:
    """POST /v4/domains: checked, paid, registered, at once or later."""
    body = request.json()
    wanted = body.get("domain")
    if not isinstance(wanted, dict):
        raise invalid("domain is required")
    name, years = Name(wanted.get("domainName")), _years(body.get("years") or 1)
    given = wanted.get("contacts")
    people = contacts.account_contacts() if given is None else contacts.checked(given)
    servers = check_nameservers(name, wanted.get("nameservers")) or list(_ACCOUNT_NAMESERVERS)
    requirements = check_requirements(name, body.get("tldRequirements"), people)
    _check_purchase(store, name, body, years)
    items = [("registration", name.price * years, years)]
    if wanted.get("privacyEnabled"):
        items.append(("whois_privacy", PRIVACY_PRICE, 1))
    if name.label.startswith("no-credit-"):
        raise internal()
    hidden = name.label.startswith("late-registration-")
    due = store.now() + store.settings["late_seconds"]
    number = orders.place(store, name, items, hidden_until=due if hidden else 0)
    domain = {
        "name": name.text,
        **_registration(store, name, years),
        "order": number,
        "contacts": people,
        "nameservers": servers,
        "privacy": bool(wanted.get("privacyEnabled")),
        "locked": wanted.get("locked") is not False,
        "autorenew": bool(wanted.get("autorenewEnabled")),
        "years": years,
        "requirements": requirements,
    }
    store.domains[name.text] = domain
    if hidden:
        raise internal()
    paid = Cents(sum(cents for _, cents, _ in items))
    return answer({"domain": _view(domain), "order": number, "totalPaid": paid})


def _registration(store: Store, name: Name, years: int) -> Json:
    now = store.now()
    times = {"created": now, "expires": now + years * YEAR}
    if not name.label.startswith(("slow-registration-", "late-registration-", "late-refusal-")):
        return {"status": "active", **times}
    outcome = "refused" if name.label.startswith("late-refusal-") else "active"
    return {
        "status": "registering",
        "due": now + store.settings["late_seconds"],
        "outcome": outcome,
        **times,
    }


def _check_purchase(store: Store, name: Name, body: Json, years: int) -> None:
    if not purchasable(store, name):
        raise invalid("Domain is not available")
    if (body.get("purchaseType") or "registration") != name.purchase_type:
        raise invalid("purchaseType does not match the domain")
    check_price(body.get("purchasePrice"), name.price * years, required=name.must_name_price)
    if name.label.startswith("refused-contact-"):
        raise invalid("The registry refused the registrant contact")
    if name.label.startswith("sniped-"):
        store.foreign.add(name.text)
        raise internal()


def renew(store: Store, request: Request) -> Response:
    """POST /v4/domains/{name}:renew."""
    domain, body = _own(store, request), request.json()
    name, years = Name(domain["name"]), _years(body.get("years") or 1)
    total = Cents(name.renewal_price * years)
    check_price(body.get("purchasePrice"), total, required=name.premium)
    number = orders.place(store, name, [("renewal", total, years)])
    domain["expires"] += years * YEAR
    return answer({"domain": _view(domain), "order": number, "totalPaid": total})


def list_domains(store: Store, request: Request) -> Response:
    """GET /v4/domains, in short form."""
    short = ("domainName", "locked", "autorenewEnabled", "expireDate", "createDate")
    views = [_view(domain) for domain in store.domains.values() if domain["status"] == "active"]
    return page(request, "domains", [{name: view[name] for name in short} for view in views])


def get_domain(store: Store, request: Request) -> Response:
    """GET /v4/domains/{name}."""
    return answer(_view(_own(store, request)))


def set_contacts(store: Store, request: Request) -> Response:
    """POST /v4/domains/{name}:setContacts replaces all four."""
    domain = _own(store, request)
    domain["contacts"] = contacts.checked(request.json().get("contacts"))
    return answer(_view(domain))


def set_nameservers(store: Store, request: Request) -> Response:
    """POST /v4/domains/{name}:setNameservers."""
    domain = _own(store, request)
    servers = check_nameservers(Name(domain["name"]), request.json().get("nameservers"))
    if not servers:
        raise invalid("nameservers are required")
    domain["nameservers"] = servers
    return answer(_view(domain))


def switch(name: str, *, on: bool) -> Callable[[Store, Request], Response]:
    """A call that sets one flag of a domain, such as :lock."""

    def call(store: Store, request: Request) -> Response:
        domain = _own(store, request)
        domain[name] = on
        return answer(_view(domain))

    return call


def get_auth_code(store: Store, request: Request) -> Response:
    """GET /v4/domains/{name}:getAuthCode."""
    domain = _own(store, request)
    domain.setdefault("auth_code", secrets.token_urlsafe(9))
    return answer({"authCode": domain["auth_code"]})


def _own(store: Store, request: Request) -> Json:
    domain = store.active(request.params["name"].lower())
    if domain is None:
        raise not_found()
    return domain


def _years(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_YEARS:
        raise invalid(f"years must be 1 to {_MOST_YEARS}")
    return value


def _view(domain: Json) -> Json:
    return {
        "domainName": domain["name"],
        "nameservers": domain["nameservers"],
        "contacts": domain["contacts"],
        "privacyEnabled": domain["privacy"],
        "locked": domain["locked"],
        "autorenewEnabled": domain["autorenew"],
        "expireDate": moment(domain["expires"]),
        "createDate": moment(domain["created"]),
        "renewalPrice": Name(domain["name"]).renewal_price,
    }
