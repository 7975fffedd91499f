"""The registrar sandbox: credentials, content types, the rate limit and dispatch."""

import base64
import hmac
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

from local.sandboxes.http import Json, Request, Response, Router
from local.sandboxes.registrar import domains, orders, transfers
from local.sandboxes.registrar.answers import V4Error, answer, denied, internal, invalid, not_found
from local.sandboxes.registrar.registry import settle
from local.sandboxes.registrar.store import Store, moment
from local.sandboxes.registrar.views import answer_view
from local.sandboxes.server import Sandbox

type Call = Callable[[Store, Request], Response]

_HOUR = 3600.0
_INJECTED = {
    "permission_denied": denied(),
    "not_found": not_found(),
    "internal": internal(),
    "no_credit": internal(),
    "wrong_auth_code": internal(),
    "rate_limited": V4Error(HTTPStatus.TOO_MANY_REQUESTS, ""),
    "not_available": invalid("Domain is not available"),
    "wrong_price": invalid("Purchase price does not match the price of the domain"),
    "contact": invalid("The registry refused the registrant contact"),
    "nameservers": invalid("Nameserver check failed"),
}


class RegistrarSandbox(Sandbox):
    """An account at the registrar."""

    name = "registrar"

    def __init__(self, *, username: str, token: str, port: int = 0, state_dir: Path | None = None) -> None:
        super().__init__(port=port, state_dir=state_dir)
        self._username = username
        self._credential = base64.b64encode(f"{username}:{token}".encode())
        self.store = Store()
        self._served: deque[float] = deque()  # when, on the machine's clock
        self._router = _router()

    def serve(self, request: Request) -> Response:
        try:
            self._admit(request)
            call, values = self._route(request)
            with self.lock:
                if settle(self.store):
                    self.touch()
                return call(self.store, replace(request, params=values))
        except V4Error as error:
            return error.response()
        except (ValueError, TypeError, OverflowError):
            return invalid("the body is not a JSON object").response()

    def _admit(self, request: Request) -> None:
        scheme, _, given = (request.header("authorization") or "").partition(" ")
        if scheme != "Basic" or not hmac.compare_digest(given.encode(), self._credential):
            raise denied()
        self._limit()
        if request.method in ("POST", "PUT") and not self._is_json(request):
            raise denied()

    def _limit(self) -> None:
        with self.lock:
            now, limits = time.monotonic(), self.store.settings
            while self._served and self._served[0] <= now - _HOUR:
                self._served.popleft()
            latest = 0
            for served in reversed(self._served):
                if served <= now - 1:
                    break
                latest += 1
            for most, seen in (
                (limits["requests_per_second"], latest),
                (limits["requests_per_hour"], len(self._served)),
            ):
                if most and seen >= most:
                    raise V4Error(HTTPStatus.TOO_MANY_REQUESTS, "")
            self._served.append(now)

    def _is_json(self, request: Request) -> bool:
        declared = request.header("content-type")
        if declared is None:
            agent = request.header("user-agent") or ""
            return agent.startswith(tuple(self.store.settings["untyped_agents"]))
        return declared.partition(";")[0].strip().lower() == "application/json"

    def _route(self, request: Request) -> tuple[Call, dict[str, str]]:
        if request.path == "/v4/hello":
            return self._hello, {}
        # A colon begins the verb: as a segment of its own the router can tell it from the name.
        found = self._router.find(request.method, request.path.replace(":", "/:"))
        if found is None:
            raise not_found()
        return found

    def _hello(self, store: Store, _request: Request) -> Response:
        return answer(
            {
                "serverName": "sandbox",
                "motd": "This is no registrar.",
                "username": self._username,
                "serverTime": moment(store.now()),
            }
        )

    def views(self, request: Request) -> Response | None:
        with self.lock:
            changed = settle(self.store)
            if changed or request.method != "GET":
                self.touch()
            return answer_view(self.store, request)

    def error_response(self, code: str) -> Response:
        return _INJECTED.get(code, invalid(f"injected error {code}")).response()

    def status_response(self, status: int, request: Request) -> Response:
        known = HTTPStatus(status) if status in HTTPStatus else None
        message = known.phrase if known is not None else "Injected"
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            message = ""
        return V4Error(status, message).response()

    def snapshot(self) -> Json:
        return self.store.snapshot()

    def restore(self, state: Json) -> None:
        self.store.restore(state)


def _router() -> Router[Call]:
    router: Router[Call] = Router()
    calls: dict[str, Call] = {
        "POST /v4/domains/:checkAvailability": domains.check_availability,
        "POST /v4/domains/:search": domains.search,
        "GET /v4/domains": domains.list_domains,
        "POST /v4/domains": domains.create,
        "GET /v4/domains/{name}": domains.get_domain,
        "GET /v4/domains/{name}/:getPricing": domains.get_pricing,
        "GET /v4/domains/{name}/:getAuthCode": domains.get_auth_code,
        "POST /v4/domains/{name}/:renew": domains.renew,
        "POST /v4/domains/{name}/:setContacts": domains.set_contacts,
        "POST /v4/domains/{name}/:setNameservers": domains.set_nameservers,
        "POST /v4/domains/{name}/:lock": domains.switch("locked", on=True),
        "POST /v4/domains/{name}/:unlock": domains.switch("locked", on=False),
        "POST /v4/domains/{name}/:enableAutorenew": domains.switch("autorenew", on=True),
        "POST /v4/domains/{name}/:disableAutorenew": domains.switch("autorenew", on=False),
        "POST /v4/domains/{name}/:enableWhoisPrivacy": domains.switch("privacy", on=True),
        "POST /v4/domains/{name}/:disableWhoisPrivacy": domains.switch("privacy", on=False),
        "GET /v4/transfers": transfers.list_transfers,
        "POST /v4/transfers": transfers.create,
        "GET /v4/transfers/{name}": transfers.get_transfer,
        "POST /v4/transfers/{name}/:cancel": transfers.cancel,
        "GET /v4/orders": orders.list_orders,
        "GET /v4/orders/{id}": orders.get_order,
    }
    for route, call in calls.items():
        router.add(route, call)
    return router
