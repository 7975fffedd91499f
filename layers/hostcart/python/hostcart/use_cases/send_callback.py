"""Tell the client's endpoint that the order is terminal."""

import json
from dataclasses import dataclass

from hostcart.domain.cart import CallbackStatus, Cart, require_ended, settle_callback
from hostcart.domain.views import callback_body
from hostcart.ports import (
    Callback,
    Callbacks,
    CartStore,
    Cipher,
    Clock,
    Metrics,
    RefusedError,
    UnavailableError,
)
from hostcart.use_cases.errors import CallbackUndeliveredError
from hostcart.use_cases.saving import change, load


@dataclass(frozen=True, slots=True, kw_only=True)
class SendCallbackPorts:
    carts: CartStore
    callbacks: Callbacks
    cipher: Cipher
    clock: Clock
    metrics: Metrics


def send_callback(account_id: str, cart_token: str, *, ports: SendCallbackPorts) -> CallbackStatus:
    """One delivery under the order's one message id, so that the receiver can drop a repeat.

    Returns none where the client wants no notification, delivered, or failed when the endpoint is gone or
    must not be called. Raises CallbackUndeliveredError when it should be tried again later, and
    TransitionRefusedError before the order's end, when nothing may be told yet.
    """
    cart = load(ports.carts, account_id, cart_token)
    if cart.callback is CallbackStatus.NONE:
        return cart.callback
    if cart.callback is CallbackStatus.PENDING:
        require_ended(cart)
        status = _deliver(cart, ports)
        now = ports.clock.now()
        cart = change(ports.carts, cart, lambda current: settle_callback(current, status, now))
    ports.carts.forget_callback(cart)
    return cart.callback


def _deliver(cart: Cart, ports: SendCallbackPorts) -> CallbackStatus:
    order = cart.opened
    callback = _callback(cart, ports)  # outside: our own store and key are not the client's endpoint
    try:
        ports.callbacks.deliver(
            callback,
            message_id=f"msg_{order.id}",
            account_id=cart.account.id,
            body=json.dumps(callback_body(cart, order.updated_at), separators=(",", ":")).encode(),
        )
    except RefusedError as refused:
        ports.metrics.count("CallbackFailures", reason=refused.code)
        return CallbackStatus.FAILED
    except UnavailableError as unavailable:
        ports.metrics.count("CallbackFailures", reason=unavailable.code)
        raise CallbackUndeliveredError(unavailable.code) from unavailable
    return CallbackStatus.DELIVERED


def _callback(cart: Cart, ports: SendCallbackPorts) -> Callback:
    sealed = ports.carts.load_sealed(cart.account.id, cart.token).callback
    if sealed is None:
        raise CallbackUndeliveredError("callback_missing")
    fields = json.loads(ports.cipher.open(sealed, account_id=cart.account.id, cart_token=cart.token))
    return Callback(url=fields["url"], authorization=fields["authorization"])
