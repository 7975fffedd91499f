"""The Stripe sandbox: authentication, parameter checks, idempotency keys and dispatch."""

import base64
import binascii
import hashlib
import hmac
import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import stripe

from local.sandboxes.faults import Fault
from local.sandboxes.http import Json, Request, Response, json_response, text_response
from local.sandboxes.server import Sandbox
from local.sandboxes.stripe.account import Account
from local.sandboxes.stripe.errors import StripeApiError, by_code, invalid
from local.sandboxes.stripe.forms import decode
from local.sandboxes.stripe.idempotency import IdempotencyKeys
from local.sandboxes.stripe.objects import new_id
from local.sandboxes.stripe.params import check
from local.sandboxes.stripe.render import Renderer
from local.sandboxes.stripe.routes import Route, router
from local.sandboxes.stripe.store import Store
from local.sandboxes.stripe.timers import run_due
from local.sandboxes.stripe.views import Views
from local.sandboxes.stripe.webhooks import Endpoint, Webhooks

_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class _Call:
    """One checked request."""

    route: Route
    params: Json
    path: Mapping[str, str]
    url: str
    request_id: str
    key: str | None


class StripeSandbox(Sandbox):
    """A Stripe account over HTTP, as the pinned API version of the SDK sees it."""

    name = "stripe"

    def __init__(
        self,
        *,
        api_key: str,
        port: int = 0,
        state_dir: Path | None = None,
        webhook_url: str | None = None,
        webhook_secret: str = "",
    ) -> None:
        super().__init__(port=port, state_dir=state_dir)
        self._api_key = api_key
        self.store = Store()
        self.keys = IdempotencyKeys(self.store)
        self.webhooks = Webhooks(self.store, Endpoint(webhook_url, webhook_secret), self.lock)
        self.account = Account(self.store, self._emit, lambda: self.url)
        self._renderer = Renderer(self.store)
        self._router = router()
        self._views = Views(self.account, self.webhooks)
        self._current: _Call | None = None  # the request under way, for its events

    def background(self) -> list[threading.Thread]:
        self.webhooks.resume()
        return [threading.Thread(target=self.webhooks.run, args=(self.stopping,), name="stripe-webhooks")]

    def stop(self) -> None:
        self.stopping.set()
        self.webhooks.wake()
        self.touch()  # deliveries change the state without a request
        super().stop()

    def serve(self, request: Request) -> Response:
        raise NotImplementedError  # respond() does it all: a key stays in use while a fault delays

    def respond(self, request: Request) -> Response:
        if request.path.startswith("/hosted/"):
            with self.lock:
                return self._views.hosted_page(request)
        request_id = new_id("req")
        try:
            response = self._execute(request, request_id)
        except StripeApiError as error:
            response = error.response()
        return response.with_headers(Request_Id=request_id, Stripe_Version=stripe.api_version)

    def _execute(self, request: Request, request_id: str) -> Response:
        self._authenticate(request)
        found = self._router.find(request.method, request.path)
        if found is None:
            raise StripeApiError(404, f"Unrecognized request URL ({request.method}: {request.path}).")
        route, path = found
        form = request.body.decode() if request.method == "POST" else request.query or request.body.decode()
        data = _decoded(form)
        key = request.header("idempotency-key") if request.method == "POST" else None
        call = _Call(route, check(route.params, data), path, request.path, request_id, key)
        if key is None:
            self.stopping.wait(request.delay)
            with self.lock:
                return self._run(call)
        with self.lock:
            replayed = self.keys.claim(key, _fingerprint(request, data), request_id)
        if replayed is not None:
            return replayed
        self.stopping.wait(request.delay)
        with self.lock:
            return self._run_under_key(call, key)

    def _run_under_key(self, call: _Call, key: str) -> Response:
        try:
            response = self._run(call)
        except StripeApiError as error:
            self.keys.settle(key, error.response())
            raise
        except BaseException:
            self.keys.release(key)
            raise
        self.keys.settle(key, response)
        return response

    def _run(self, call: _Call) -> Response:
        run_due(self.account)
        self._current = call
        try:
            result = call.route.operation(self.account, call.params, call.path)
        finally:
            self._current = None
        if isinstance(result, list):
            return json_response(200, self._renderer.page(call.url, result, call.params))
        return json_response(200, self._renderer.object(result, call.params.get("expand")))

    def _emit(self, kind: str, value: Json) -> None:
        call = self._current
        request_id, key = (call.request_id, call.key) if call else (None, None)
        self.webhooks.emit(kind, value, request_id=request_id, idempotency_key=key)

    def _authenticate(self, request: Request) -> None:
        given = _given_key(request.header("authorization") or "")
        if given is None:
            raise StripeApiError(401, "You did not provide an API key.")
        if not hmac.compare_digest(given.encode(), self._api_key.encode()):
            raise StripeApiError(401, "Invalid API Key provided.")

    def injected(self, request: Request, fault: Fault) -> Response | None:
        kept = fault.kind == "replay" or (fault.kind == "error" and by_code(fault.value).stored)
        response = super().injected(request, fault)
        key = request.header("idempotency-key")
        if response is None or not kept or key is None:
            return response
        with self.lock:
            try:
                replayed = self.keys.claim(
                    key, _fingerprint(request, _decoded(request.body.decode())), "req_injected"
                )
            except StripeApiError as error:
                return error.response()
            if replayed is None:
                self.keys.settle(key, response)
        return replayed or response

    def error_response(self, code: str) -> Response:
        return by_code(code).response().with_headers(Request_Id=new_id("req"))

    def status_response(self, status: int, request: Request) -> Response:
        if status > _SERVER_ERROR:
            return text_response(status, f"<html><body><h1>{status}</h1></body></html>")
        kind = "api_error" if status == _SERVER_ERROR else "invalid_request_error"
        error = StripeApiError(status, f"Injected status {status}.", kind=kind)
        return error.response().with_headers(Request_Id=new_id("req"))

    def views(self, request: Request) -> Response | None:
        with self.lock:
            try:
                response = self._views.answer(request)
            except StripeApiError as error:
                return error.response()
            if request.method != "GET":
                self.touch()
            return response

    def snapshot(self) -> Json:
        endpoint = asdict(self.webhooks.endpoint)
        return {"store": self.store.snapshot(), "keys": self.keys.snapshot(), "webhook_endpoint": endpoint}

    def restore(self, state: Json) -> None:
        self.store.restore(state["store"])
        self.keys.restore(state["keys"])
        if self.webhooks.endpoint.url is None:  # the configured address comes before the remembered one
            self.webhooks.endpoint = Endpoint(**state["webhook_endpoint"])


def _decoded(form: str) -> Json:
    try:
        return decode(form)
    except ValueError as error:
        raise invalid("Invalid request: the body is not form-encoded.") from error


def _fingerprint(request: Request, data: Json) -> str:
    text = json.dumps([request.method, request.path, data], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _given_key(authorization: str) -> str | None:
    scheme, _, value = authorization.partition(" ")
    if scheme == "Bearer":
        return value
    if scheme != "Basic":
        return None
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return None
