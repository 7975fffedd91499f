"""The door of the payment processor's events: signed over HTTP, or trusted from a partner event bus.

Over HTTP a refused event is answered with 4xx, which the processor repeats for days. It is counted: it is
either somebody else's or our own configuration is wrong. Why it was refused is in the log alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hostcart.contract.errors import ApiError
from hostcart.domain.payment_events import PaymentEvent
from hostcart.entry.ahead import load_ahead
from hostcart.entry.http import Event, Request, Response, http_door, json_response
from hostcart.entry.observability import log_failure, logger
from hostcart.ports import Clock, EventRefusedError, Metrics, PaymentEvents, PortError
from hostcart.use_cases.errors import ObjectUnknownError

_CODES: Final[Mapping[str, str]] = {
    "too_large": "payload_too_large",
    "not_json": "invalid_json",
    "not_an_event": "webhook_event_invalid",
    "version": "webhook_event_invalid",
    "mode": "webhook_event_invalid",
}
_SIGNATURE: Final = "webhook_signature_invalid"


class EventNotTakenError(Exception):
    """An event of the bus was not taken; the text is a code.

    Lambda tries it twice more, within minutes, and drops it then. What it would have told is found by the
    next look of the order's execution, or by the reconciler.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEventDoor:
    """The Lambda handler of both ways. `receive` answers what became of the event.

    `ahead` and `rarely`: see `load_ahead`; the logger goes with them.
    """

    events: Callable[[], PaymentEvents]
    receive: Callable[[PaymentEvent], str]
    clock: Callable[[], Clock]
    metrics: Callable[[], Metrics]
    ahead: Sequence[Callable[[], object]] = ()
    rarely: Sequence[Callable[[], object]] = ()

    def __post_init__(self) -> None:
        load_ahead([*self.ahead, logger] if self.ahead else (), self.rarely)

    def __call__(self, event: Event, context: Any) -> dict[str, Any]:
        # Only EventBridge calls with an event of its own: API Gateway wraps whatever a client sends.
        return (
            self._over_the_bus(event)
            if "detail-type" in event
            else http_door(self._over_http)(event, context)
        )

    def _over_http(self, request: Request) -> Response:
        signature = request.headers.get("stripe-signature")

        def read() -> PaymentEvent:
            return self.events().signed(request.body, signature, now=self.clock().now())

        try:
            receipt = self._take(read, request.request_id)
        except EventRefusedError as refused:
            raise ApiError(_CODES.get(refused.reason, _SIGNATURE)) from None
        except ObjectUnknownError:
            raise ApiError("webhook_object_unknown", "Send it again.") from None
        return json_response(200, {"status": receipt})

    def _over_the_bus(self, event: Event) -> dict[str, Any]:
        """Raises EventNotTakenError, without any text of the event."""
        logger().clear_state()
        try:
            receipt = self._take(lambda: self.events().trusted(event.get("detail")), event.get("id", ""))
        except EventRefusedError as refused:
            raise EventNotTakenError(refused.reason) from None
        except ObjectUnknownError:
            raise EventNotTakenError("object_unknown") from None
        except PortError as error:
            logger().warning("port_error", code=error.code, kind=type(error).__name__)
            raise EventNotTakenError(error.code) from None
        except Exception as error:  # its text may hold private data
            log_failure(error)
            raise EventNotTakenError(type(error).__name__) from None
        return {"status": receipt}

    def _take(self, read: Callable[[], PaymentEvent], request_id: str) -> str:
        try:
            event = read()
        except EventRefusedError as refused:
            logger().warning("webhook_refused", reason=refused.reason, request_id=request_id)
            metrics = self.metrics()
            metrics.count("WebhookRefused", reason=refused.reason)
            raise
        if event.cart is not None:
            logger().set_correlation_id(event.cart.cart_token)
        logger().append_keys(event=event.id, kind=event.kind, request_id=request_id)
        try:
            receipt = self.receive(event)
        except ObjectUnknownError:
            logger().warning("webhook_object_unknown")
            raise
        logger().info("webhook_taken", receipt=receipt)
        return receipt
