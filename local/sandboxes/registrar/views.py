"""What only the sandbox has.

GET  /_sandbox/domains      [{"name", "status": active | registering, "order", "contacts", "nameservers",
                            "requirements", "years", "created_at", "expires_at"}]
GET  /_sandbox/transfers    [{"name", "status", "order"}]
GET  /_sandbox/orders       [{"id", "status", "created_at", "total", "refund", "items"}], cents
POST /_sandbox/clock        {"advance_seconds": n}
POST /_sandbox/foreign      {"name", "taken" = true}: somebody else registers a name, or lets it go
GET, POST /_sandbox/settings    see store.DEFAULTS
"""

from collections.abc import Callable

from local.sandboxes.http import Json, Request, Response, Router, json_response
from local.sandboxes.registrar.registry import phase, settle
from local.sandboxes.registrar.store import DEFAULTS, Store, moment

type _View = Callable[[Store, Request], object]


def answer_view(store: Store, request: Request) -> Response | None:
    """The answer, or None for an unknown path; ValueError or KeyError for a request that makes no sense."""
    found = _ROUTER.find(request.method, request.path)
    return None if found is None else json_response(200, found[0](store, request))


def _domains(store: Store, _request: Request) -> list[Json]:
    names = ("name", "status", "order", "contacts", "nameservers", "requirements", "years")
    return [
        {
            **{name: domain[name] for name in names},
            "created_at": moment(domain["created"]),
            "expires_at": moment(domain["expires"]),
        }
        for domain in store.domains.values()
    ]


def _transfers(store: Store, _request: Request) -> list[Json]:
    return [
        {"name": entry["name"], "status": phase(store, entry), "order": entry["order"]}
        for entry in store.transfers.values()
    ]


def _orders(store: Store, _request: Request) -> list[Json]:
    return [
        {
            "id": order["id"],
            "status": order["status"],
            "created_at": moment(order["created"]),
            "total": order["total"],
            "refund": order["refund"],
            "items": order["items"],
        }
        for order in store.orders
    ]


def _advance(store: Store, request: Request) -> Json:
    store.advance(request.json()["advance_seconds"])
    settle(store)
    return {"now": int(store.now())}


def _foreign(store: Store, request: Request) -> Json:
    order = request.json()
    name, taken = str(order["name"]).lower(), order.get("taken", True)
    if taken:
        store.foreign.add(name)
    else:
        store.foreign.discard(name)
    return {"name": name, "taken": taken}


def _settings(store: Store, _request: Request) -> Json:
    return store.settings


def _change_settings(store: Store, request: Request) -> Json:
    changes = request.json()
    for name, value in changes.items():
        if name not in DEFAULTS:
            raise ValueError(f"unknown setting: {name}")
        if not _fits(value, DEFAULTS[name]):
            raise ValueError(f"{name} must be like {DEFAULTS[name]!r}")
    store.settings.update(changes)
    return store.settings


def _fits(value: object, example: object) -> bool:
    if isinstance(example, bool):
        return isinstance(value, bool)
    if isinstance(example, list):
        return isinstance(value, list) and all(isinstance(entry, str) and entry for entry in value)
    return not isinstance(value, bool) and isinstance(value, int | float) and value >= 0


_ROUTER: Router[_View] = Router()
_ROUTER.add("GET /_sandbox/domains", _domains)
_ROUTER.add("GET /_sandbox/transfers", _transfers)
_ROUTER.add("GET /_sandbox/orders", _orders)
_ROUTER.add("POST /_sandbox/clock", _advance)
_ROUTER.add("POST /_sandbox/foreign", _foreign)
_ROUTER.add("GET /_sandbox/settings", _settings)
_ROUTER.add("POST /_sandbox/settings", _change_settings)
