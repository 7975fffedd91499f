"""The SDK's services over the processor's model: idempotency keys, replays, and what can go wrong."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final

import requests
import stripe
from hostcart.adapters.stripe_api import StripeApi
from hostcart.adapters.stripe_ledger import StripeLedger
from hostcart.adapters.stripe_payments import StripePayments

from tests.simulation.dynamo import Gate
from tests.simulation.stripe_model import (
    KEY_SECONDS,
    Processor,
    fingerprint,
    invalid,
)

type Json = dict[str, Any]

_READS: Final = frozenset({"retrieve", "list"})
_WITH_ID: Final = frozenset(
    {"retrieve", "delete", "add_lines", "finalize_invoice", "pay", "void_invoice", "cancel"}
)
_REPLAYED: Final = {"Idempotent-Replayed": "true"}

# The SDK's exceptions carry no types.
_connection_error: Final[Callable[[str], Exception]] = stripe.APIConnectionError
_card_error: Final[Callable[..., Exception]] = stripe.CardError
_request_error: Final[Callable[..., Exception]] = stripe.InvalidRequestError


class Services:
    """`v1` of the SDK's client: `services.invoices.pay(...)` is the request `invoices.pay`."""

    def __init__(self, processor: Processor, gate: Gate, complain: Callable[[str], None]) -> None:
        self._processor = processor
        self._gate = gate
        self._complain = complain

    def __getattr__(self, name: str) -> "_Path":
        return _Path(self, name)

    def request(self, operation: str, given: tuple[Any, ...], options: Json) -> Any:
        """One HTTP request: an object as the SDK returns it, or the SDK's exception."""
        verb = operation.rpartition(".")[2]
        count = 1 if verb in _WITH_ID or "balance_transactions" in operation else 0
        count += operation == "customers.payment_methods.retrieve"
        ids, rest = given[:count], given[count:]
        params = rest[0] if rest and rest[0] is not None else options.get("params", {})
        keyed = rest[1] if len(rest) > 1 else options.get("options", {})
        key = (keyed or {}).get("idempotency_key")
        request = _Request(self, operation, ids, params, key)
        return self._gate.pass_through(f"stripe.{operation}", request.send, request)


class _Path:
    def __init__(self, services: Services, name: str) -> None:
        self._services = services
        self._name = name

    def __getattr__(self, name: str) -> "_Path":
        return _Path(self._services, f"{self._name}.{name}")

    def __call__(self, *given: Any, **options: Any) -> Any:
        return self._services.request(self._name, given, options)


class _Request:
    def __init__(
        self, services: Services, operation: str, ids: tuple[str, ...], params: Json, key: str | None
    ) -> None:
        self._processor = services._processor
        self._complain = services._complain
        self.operation, self.ids, self.params, self.key = operation, ids, params, key

    @property
    def reads(self) -> bool:
        return self.operation.rpartition(".")[2] in _READS

    def send(self) -> Any:
        """As the processor takes it: a key that it knows is answered from its memory."""
        key = self.key
        if key is None:
            return _object(self._processor.perform(self.operation, self.ids, self.params), {})
        keys = self._processor.state["keys"]
        known = keys.get(key)
        if known is not None and known["at"] + KEY_SECONDS <= self._processor.now:
            known = None
        if known is None:
            return self._execute(keys, key)
        if known["of"] != self._fingerprint:
            self._complain(f"key with other parameters: {key}")
            body = {"error": {"type": "idempotency_error", "message": ""}}
            raise stripe.IdempotencyError("other parameters", http_status=400, json_body=body, headers={})
        if known["answer"] is None:
            raise self.error("", "in_use")
        return _replayed(json.loads(known["answer"]))

    @property
    def _fingerprint(self) -> str:
        return fingerprint(self.operation, self.ids, self.params)

    def _execute(self, keys: Json, key: str) -> Any:
        kept: Json = {"of": self._fingerprint, "at": self._processor.now, "answer": None}
        try:
            answer = self._processor.perform(self.operation, self.ids, self.params)
        except stripe.StripeError as error:
            kept["answer"] = _kept(error)
            keys[key] = kept
            raise
        kept["answer"] = json.dumps(answer)
        keys[key] = kept
        return _object(answer, {})

    # --- what goes wrong --------------------------------------------------------------------------

    @property
    def known(self) -> bool:
        """Whether the processor has seen this key: then it answers from there, or that it is in use."""
        return self.key is not None and self.key in self._processor.state["keys"]

    def keep_error(self) -> None:
        """A 500 is the answer under the key from now on."""
        if self.key is not None:
            self._keep(json.dumps(["APIError", {"error": {"type": "api_error", "message": ""}}, None]))

    def hold(self) -> Json:
        """The request is under way: its key is in use, and its effect comes later."""
        if self.key is not None:
            self._keep(None)
        params = json.loads(json.dumps(self.params))
        return {"operation": self.operation, "ids": list(self.ids), "params": params, "key": self.key}

    def _keep(self, answer: str | None) -> None:
        kept = {"of": self._fingerprint, "at": self._processor.now, "answer": answer}
        self._processor.state["keys"][self.key] = kept

    def refuse_next(self, code: str) -> None:
        """The card is refused this time."""
        self._processor.state["refusals"][self.ids[0]] = f"refused:{code}"

    def error(self, _name: str, kind: str) -> Exception:
        """What the SDK raises for a fault."""
        if kind.startswith(("timeout", "late")):
            error = _connection_error("timed out")
            error.__cause__ = requests.exceptions.Timeout()
            return error
        if kind.startswith("error"):
            return stripe.APIError("down", http_status=503, json_body=None, headers={})
        if kind.startswith("kept"):
            return stripe.APIError("down", http_status=500, json_body=None, headers={})
        if kind == "denied":
            body = {"error": {"type": "invalid_request_error", "message": ""}}
            return stripe.AuthenticationError("denied", http_status=401, json_body=body, headers={})
        if kind == "refused":
            return invalid("Injected.", code="parameter_invalid")
        return _busy(kind)


def _busy(kind: str) -> stripe.StripeError:
    code = {"in_use": "idempotency_key_in_use", "throttle": "rate_limit", "lock": "lock_timeout"}[kind]
    status = 409 if kind == "in_use" else 429
    make = stripe.APIError if kind == "in_use" else stripe.RateLimitError
    body = {"error": {"type": "invalid_request_error", "code": code, "message": ""}}
    return make("busy", http_status=status, json_body=body, headers={})


def finish_late(processor: Processor, held: Json) -> None:
    """The effect of a request that was given up comes after all."""
    key = held["key"]
    try:
        answer = json.dumps(processor.perform(held["operation"], tuple(held["ids"]), held["params"]))
    except stripe.StripeError as error:
        answer = _kept(error)
    if key is not None and key in processor.state["keys"]:
        processor.state["keys"][key]["answer"] = answer


def _kept(error: stripe.StripeError) -> str:
    return json.dumps([type(error).__name__, error.json_body, getattr(error, "param", None)])


def _object(answer: Json, headers: Json) -> Any:
    return SimpleNamespace(id=answer.get("id"), last_response=SimpleNamespace(data=answer, headers=headers))


def _replayed(kept: Any) -> Any:
    if isinstance(kept, dict):
        return _object(kept, _REPLAYED)
    kind, body, param = kept
    status = {"CardError": 402, "APIError": 500}.get(kind, 400)
    if kind == "CardError":
        code = body["error"]["code"]
        raise _card_error("", param, code, http_status=status, json_body=body, headers=_REPLAYED)
    if kind == "InvalidRequestError":
        raise _request_error("", param, http_status=status, json_body=body, headers=_REPLAYED)
    raise stripe.APIError("", http_status=status, json_body=body, headers=_REPLAYED)


class _Api(StripeApi):
    """The real translation of errors over these services."""

    def __init__(self, services: Services) -> None:
        self._services = SimpleNamespace(v1=services)
        self._secrets: Any = SimpleNamespace(forget=lambda _arn: None)
        self._settings: Any = SimpleNamespace(api_key_secret_arn="")

    def _current(self) -> Any:
        return self._services


def payments_over(services: Services) -> StripePayments:
    """The real adapter."""
    adapter = object.__new__(StripePayments)
    adapter._api = _Api(services)
    return adapter


def ledger_over(services: Services) -> StripeLedger:
    """The real adapter of the books."""
    adapter = object.__new__(StripeLedger)
    adapter._api = _Api(services)
    return adapter
