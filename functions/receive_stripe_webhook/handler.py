"""POST /webhooks/stripe, and the same events over an EventBridge partner bus"""

from hostcart import wiring
from hostcart.domain.payment_events import PaymentEvent
from hostcart.entry.payment_event import PaymentEventDoor
from hostcart.use_cases.receive_payment_event import receive_payment_event


def _receive(event: PaymentEvent) -> str:
    return receive_payment_event(event, ports=wiring.for_receive_payment_event())


handler = PaymentEventDoor(
    events=wiring.payment_events,
    receive=_receive,
    clock=wiring.SystemClock,
    metrics=wiring.metrics,
    ahead=[wiring.for_receive_payment_event, wiring.payment_events, wiring.cart_model],
    rarely=[wiring.payments],
)
