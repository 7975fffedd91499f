"""The calls under /v4/transfers."""

from local.sandboxes.http import Json, Request, Response
from local.sandboxes.registrar import orders
from local.sandboxes.registrar.answers import Cents, V4Error, answer, internal, invalid, not_found, page
from local.sandboxes.registrar.names import WITHOUT_AUTH_CODE, Name, check_price
from local.sandboxes.registrar.registry import PRIVACY_PRICE, cancelable, phase
from local.sandboxes.registrar.store import Store

_OUTCOMES = {
    "reject-transfer-": "rejected",
    "fail-transfer-": "failed",
    "stuck-transfer-": "stuck",
}


def create(store: Store, request: Request) -> Response:
    """POST /v4/transfers: any name that the account does not have can be asked for."""
    body = request.json()
    name = Name(body.get("domainName"))
    _check(store, name, body)
    items = [("transfer", int(name.transfer_price), 1)]
    if body.get("privacyEnabled"):
        items.append(("whois_privacy", PRIVACY_PRICE, 1))
    if name.label.startswith("no-credit-"):
        raise internal()
    number = orders.place(store, name, items)
    transfer = {
        "name": name.text,
        "order": number,
        "created": store.now(),
        "seconds": store.settings["transfer_seconds"],
        "outcome": _outcome(name),
        "ended": None,
        "privacy": bool(body.get("privacyEnabled")),
    }
    store.transfers[name.text] = transfer
    paid = Cents(sum(cents for _, cents, _ in items))
    return answer({"transfer": view(store, transfer), "order": number, "totalPaid": paid})


def _check(store: Store, name: Name, body: Json) -> None:
    if name.text in store.domains:
        raise invalid("The domain is already in the account")
    if store.open_transfer(name.text) is not None:
        raise invalid("A transfer of the domain is already under way")
    if name.label.startswith("unregistered-"):
        raise invalid("The domain is not registered")
    code = body.get("authCode")
    if not code and name.tld not in WITHOUT_AUTH_CODE:
        raise invalid("authCode is required: an auth code is needed for this TLD")
    check_price(body.get("purchasePrice"), name.transfer_price, required=name.premium)
    if name.label.startswith("locked-") or (isinstance(code, str) and code.lower().startswith("wrong")):
        raise internal()


def _outcome(name: Name) -> str:
    return next((end for prefix, end in _OUTCOMES.items() if name.label.startswith(prefix)), "completed")


def list_transfers(store: Store, request: Request) -> Response:
    """GET /v4/transfers: only those under way."""
    pending = [transfer for transfer in store.transfers.values() if transfer["ended"] is None]
    return page(request, "transfers", [view(store, transfer) for transfer in pending])


def get_transfer(store: Store, request: Request) -> Response:
    """GET /v4/transfers/{name}: ended ones too."""
    return answer(view(store, _known(store, request)))


def cancel(store: Store, request: Request) -> Response:
    """POST /v4/transfers/{name}:cancel: the money goes back to the credit."""
    transfer = _known(store, request)
    if transfer["ended"] == "canceled":
        raise invalid("The transfer was cancelled before")
    if not cancelable(store, transfer):
        raise V4Error(409, "Conflict", "The transfer can no longer be cancelled")
    transfer["ended"] = "canceled"
    orders.refund(store, transfer["order"])
    return answer(view(store, transfer))


def view(store: Store, transfer: Json) -> Json:
    """A transfer as the protocol shows it."""
    mailbox = f"admin@{transfer['name']}"
    return {"domainName": transfer["name"], "email": mailbox, "status": phase(store, transfer)}


def _known(store: Store, request: Request) -> Json:
    transfer = store.transfers.get(request.params["name"].lower())
    if transfer is None:
        raise not_found()
    return transfer
