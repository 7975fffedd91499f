"""What every order has in common: the gate, the draft invoice, the stored cart, the started fulfilment."""

import hashlib
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from hostcart.contract.errors import ApiError, FieldError
from hostcart.contract.requests import CallbackFields
from hostcart.contract.statuses import CartStatus, MethodType, PaymentStatus
from hostcart.domain.accounts import Account, UserSnapshot
from hostcart.domain.cart import CallbackStatus, Cart, Item, SiteItem
from hostcart.domain.catalogue import Slot
from hostcart.domain.money import MINIMUM_CHARGE, Line, below_minimum, display, total
from hostcart.domain.payment import Invoice, Payment
from hostcart.ports import (
    CapacityExhaustedError,
    CartExistsError,
    CartStore,
    Cipher,
    ClaimTakenError,
    Clock,
    ConflictError,
    Directory,
    Metrics,
    Payments,
    PortError,
    RefusedError,
    Sealed,
    UnavailableError,
    Workflow,
)

# Names the tokens of carts ordered with an Idempotency-Key (RFC 9562, version 5).
_TOKENS: Final = uuid.UUID("6f8d1c1e-2f0b-5d1c-9a53-3a3f1c8f6b1d")
_INITIATION_SECONDS: Final = 8  # one more try may follow; the function has 28 s, the gateway 29


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacingPorts:
    directory: Directory
    carts: CartStore
    payments: Payments
    cipher: Cipher
    workflow: Workflow
    clock: Clock
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Who orders, under which key, and what the request was; `idempotency_key` as the client sent it.

    `account` is given when it was loaded before.
    """

    account_id: str
    user_id: str | None
    idempotency_key: str | None
    fingerprint: str
    callback: CallbackFields | None
    account: Account | None = None

    @property
    def keyed(self) -> bool:
        return self.idempotency_key is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What is ordered at which price; `secrets` are sealed beside the cart (contacts, auth code).

    `usd_rate` is today's rate of the account's currency, None for US dollars.
    """

    item: Item
    lines: tuple[Line, ...]
    slot: Slot | None = None
    usd_rate: str | None = None
    secrets: bytes | None = field(default=None, repr=False)


def fingerprint(kind: str, request_json: str) -> str:
    """Tells one request from another under the same Idempotency-Key."""
    return hashlib.sha256(f"{kind}\n{request_json}".encode()).hexdigest()


def cart_token(placement: Placement) -> str:
    """32 hex digits: derived from account and Idempotency-Key when there is one, random otherwise."""
    if placement.idempotency_key is None:
        return uuid.uuid4().hex
    return uuid.uuid5(_TOKENS, f"{placement.account_id}\n{placement.idempotency_key}").hex


def place(
    placement: Placement,
    quote: Callable[[Account], Quote],
    ports: PlacingPorts,
    *,
    confirm: Callable[[Quote], Quote] | None = None,
) -> Cart:
    """The stored cart, the same one for a repeat of the same request under one Idempotency-Key.

    `quote` prices the request and raises its refusals; `confirm` asks others for what it takes, once the
    account may order and can be charged. Raises ApiError with the documented refusals; after a refusal there
    is no cart and no open invoice.
    """
    token = cart_token(placement)
    if placement.keyed:
        existing = ports.carts.load(placement.account_id, token)
        if existing is not None:
            return _repeat(existing, placement.fingerprint, ports)
    account = placement.account or ports.directory.account(placement.account_id)
    if account is None:
        raise ApiError("account_forbidden")
    try:
        quoted, method_id = _confirmed(account, quote, confirm)
    except ApiError:
        # A twin of this request may have been faster, and hold the name or the capacity that it asks for.
        twin = ports.carts.load(placement.account_id, token) if placement.keyed else None
        if twin is None:
            raise
        return _repeat(twin, placement.fingerprint, ports)
    sealed = _sealed(placement, quoted, token, ports.cipher)  # first: what fails here leaves no draft behind
    invoice = _open_invoice(account, method_id, token, ports.payments)
    _refuse_small(quoted, invoice, placement, token, ports)
    cart = _new_cart(placement, account, quoted, invoice, token=token, ports=ports)
    return _store(cart, sealed, placement, ports)


def _confirmed(
    account: Account, quote: Callable[[Account], Quote], confirm: Callable[[Quote], Quote] | None
) -> tuple[Quote, str]:
    """The confirmed quote and the method to charge."""
    quoted = quote(account)
    if not account.may_order:
        raise ApiError("account_cannot_order", "Account unable to create orders.")
    method_id = billing_gate(account)
    return (quoted if confirm is None else confirm(quoted)), method_id


def refuse_changed_price(amount: int, currency: str, expected: int | None) -> None:
    """Raises ApiError price_changed with the present price when the caller agreed to another."""
    if expected not in {None, amount}:
        raise ApiError(
            "price_changed",
            f"The price is {display(amount, currency)}.",
            extra={"total_cents": amount, "currency": currency},
        )


def over_capacity(location: str, variant: str) -> ApiError:
    return ApiError("variant_unavailable", f"Variant {variant} has no capacity left in {location}.")


def billing_gate(account: Account) -> str:
    """The saved payment method; everything that is missing is named."""
    missing = [
        name
        for name, present in (
            ("stripe_customer", account.stripe_customer_id),
            ("default_payment_method", account.payment_method_id),
        )
        if not present
    ] + [f"billing_contact.{name}" for name in account.billing_contact_missing]
    if missing or account.payment_method_id is None:
        raise ApiError(
            "no_default_payment_method",
            "The billing account is not ready to charge.",
            errors=[FieldError(f"account.{name}", "missing", "Missing.") for name in missing],
        )
    return account.payment_method_id


def _repeat(cart: Cart, wanted: str, ports: PlacingPorts) -> Cart:
    if cart.fingerprint != wanted:
        raise ApiError(
            "idempotency_key_reused", "This Idempotency-Key was used with a different request body."
        )
    if cart.order is None:  # the first try may have ended before it started the fulfilment
        _start(cart, ports)
    return cart


def _open_invoice(account: Account, method_id: str, token: str, payments: Payments) -> Invoice:
    """A draft under a key of the cart: a crash after it leaves nothing that could move money."""
    deadline = time.monotonic() + _INITIATION_SECONDS
    pause = 0.05
    while True:
        try:
            return payments.open_invoice(
                customer_id=account.stripe_customer_id or "",
                method_id=method_id,
                currency=account.snapshot.currency,
                account_id=account.snapshot.id,
                cart_token=token,
            )
        except RefusedError as refused:
            raise ApiError("cart_pay_failed", "The payment could not be initiated.") from refused
        except UnavailableError:
            if time.monotonic() + pause > deadline:
                raise
            time.sleep(pause)  # a repeat at the same moment holds the key, or the processor is busy
            pause = min(pause * 2, 1.0)


def _refuse_small(
    quote: Quote, invoice: Invoice, placement: Placement, token: str, ports: PlacingPorts
) -> None:
    """What credit would leave to be charged must be chargeable: less is booked as a debt by the processor.

    The credit may be another at the charge, which looks again.
    """
    due = max(0, total(quote.lines) + invoice.balance)
    if not below_minimum(due, invoice.currency):
        return
    if ports.carts.load(placement.account_id, token) is not None:
        return  # a twin under the same key was taken a moment before, and the draft is its own
    ports.payments.discard_draft(invoice.id)
    smallest = display(MINIMUM_CHARGE[invoice.currency], invoice.currency)
    raise ApiError(
        "amount_below_minimum",
        f"{display(due, invoice.currency)} would be left to charge; the smallest charge is {smallest}.",
        extra={"due_cents": due, "currency": invoice.currency},
    )


def _new_cart(
    placement: Placement,
    account: Account,
    quote: Quote,
    invoice: Invoice,
    *,
    token: str,
    ports: PlacingPorts,
) -> Cart:
    now = ports.clock.now()
    method_type = account.payment_method_type
    payment = Payment(
        status=PaymentStatus.PROCESSING,
        customer_id=account.stripe_customer_id or "",
        method_id=account.payment_method_id or "",
        method_type=MethodType(method_type) if method_type in set(MethodType) else None,
        invoice_id=invoice.id,
    )
    return Cart(
        token=token,
        version=1,
        status=CartStatus.ACTIVE,
        created_at=now,
        updated_at=now,
        fingerprint=placement.fingerprint,
        account=account.snapshot,
        user=_user(placement.user_id, ports.directory),
        item=quote.item,
        currency=account.snapshot.currency,
        lines=quote.lines,
        payment=payment,
        slot=quote.slot,
        callback=CallbackStatus.NONE if placement.callback is None else CallbackStatus.PENDING,
        usd_rate=quote.usd_rate,
    )


def _user(user_id: str | None, directory: Directory) -> UserSnapshot | None:
    if user_id is None:
        return None
    user = directory.user(user_id)
    return None if user is None else user.snapshot


def _store(cart: Cart, sealed: Sealed, placement: Placement, ports: PlacingPorts) -> Cart:
    try:
        ports.carts.create(cart, sealed)
    except (CapacityExhaustedError, ClaimTakenError) as refused:
        twin = ports.carts.load(cart.account.id, cart.token)
        if twin is None:
            ports.payments.discard_draft(cart.payment.invoice_id)
            raise _taken(cart) from refused
        return _take_up(twin, cart, ports)
    except CartExistsError:
        twin = ports.carts.load(cart.account.id, cart.token)
        if twin is None:
            raise UnavailableError("contended") from None
        return _take_up(twin, cart, ports)
    _start_or_withdraw(cart, placement, ports)
    ports.metrics.count("OrdersPlaced", kind=cart.item.kind)
    return cart


def _taken(cart: Cart) -> ApiError:
    """Somebody was faster: the last slot or the name is gone."""
    if isinstance(cart.item, SiteItem):
        return over_capacity(cart.item.location, cart.item.variant)
    return ApiError("domain_add_failed", "This name is already being ordered or owned.")


def _take_up(twin: Cart, cart: Cart, ports: PlacingPorts) -> Cart:
    """A request under the same key was faster: its cart counts, a draft that only we opened goes."""
    if twin.payment.invoice_id != cart.payment.invoice_id:
        ports.payments.discard_draft(cart.payment.invoice_id)
    return _repeat(twin, cart.fingerprint, ports)


def _start_or_withdraw(cart: Cart, placement: Placement, ports: PlacingPorts) -> None:
    """A cart that nobody can name must not stay behind a 503; under a key the repeat takes it up again."""
    try:
        _start(cart, ports)
    except PortError:
        if placement.keyed:
            raise
        try:
            ports.carts.discard(cart)
        except ConflictError:
            return  # it was started after all, only the answer was lost
        ports.payments.discard_draft(cart.payment.invoice_id)
        raise


def _start(cart: Cart, ports: PlacingPorts) -> None:
    ports.workflow.start(account_id=cart.account.id, cart_token=cart.token)


def _sealed(placement: Placement, quote: Quote, token: str, cipher: Cipher) -> Sealed:
    def seal(plaintext: bytes) -> bytes:
        return cipher.seal(plaintext, account_id=placement.account_id, cart_token=token)

    sealed = Sealed()
    if placement.callback is not None:
        fields = {"url": placement.callback.url, "authorization": placement.callback.authorization}
        sealed = replace(sealed, callback=seal(json.dumps(fields).encode()))
    if quote.secrets is not None:
        sealed = replace(sealed, item=seal(quote.secrets))
    return sealed
