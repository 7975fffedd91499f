"""A client orders a site: validate, price, open the invoice, store the cart, start the fulfilment."""

import hashlib
import json
import time
import uuid
from dataclasses import dataclass
from typing import Final

from hostcart.contract.errors import ApiError, FieldError
from hostcart.contract.requests import SiteOrderRequest
from hostcart.contract.statuses import CartStatus, MethodType, PaymentStatus, Term
from hostcart.domain.accounts import Account, UserSnapshot
from hostcart.domain.cart import CallbackStatus, Cart, SiteItem
from hostcart.domain.catalogue import Catalogue, Location, Plan, Slot
from hostcart.domain.money import Line, display
from hostcart.domain.payment import Invoice, Payment
from hostcart.ports import (
    CapacityExhaustedError,
    CartExistsError,
    CartStore,
    CatalogueStore,
    Cipher,
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
class OrderSitePorts:
    directory: Directory
    catalogue: CatalogueStore
    carts: CartStore
    payments: Payments
    cipher: Cipher
    workflow: Workflow
    clock: Clock
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOrder:
    """The validated command; `idempotency_key` as the client sent it."""

    account_id: str
    user_id: str | None
    request: SiteOrderRequest
    idempotency_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Quote:
    item: SiteItem
    slot: Slot | None
    amount: int


def order_site(order: SiteOrder, ports: OrderSitePorts) -> Cart:
    """The stored cart, the same one for a repeat of the same request under one Idempotency-Key.

    Raises ApiError with the documented refusals; after a refusal there is no cart and no open invoice.
    """
    token = cart_token(order)
    fingerprint = _fingerprint(order.request)
    if order.idempotency_key is not None:
        existing = ports.carts.load(order.account_id, token)
        if existing is not None:
            return _repeat(existing, fingerprint, ports)
    account = _account(order.account_id, ports.directory)
    quote = _quote(order.request, account, ports.catalogue)
    _refuse_account(account)
    method_id = _gate(account)
    sealed = _sealed(order, token, ports.cipher)  # first: what fails here leaves no draft behind
    invoice = _open_invoice(account, method_id, token, ports.payments)
    cart = _new_cart(order, account, quote, invoice, token=token, fingerprint=fingerprint, ports=ports)
    return _store(cart, sealed, order, ports)


def cart_token(order: SiteOrder) -> str:
    """32 hex digits: derived from account and Idempotency-Key when there is one, random otherwise."""
    if order.idempotency_key is None:
        return uuid.uuid4().hex
    return uuid.uuid5(_TOKENS, f"{order.account_id}\n{order.idempotency_key}").hex


def _repeat(cart: Cart, fingerprint: str, ports: OrderSitePorts) -> Cart:
    if cart.fingerprint != fingerprint:
        raise ApiError(
            "idempotency_key_reused", "This Idempotency-Key was used with a different request body."
        )
    if cart.order is None:  # the first try may have ended before it started the fulfilment
        _start(cart, ports)
    return cart


def _account(account_id: str, directory: Directory) -> Account:
    account = directory.account(account_id)
    if account is None:
        raise ApiError("account_forbidden")
    return account


def _quote(request: SiteOrderRequest, account: Account, store: CatalogueStore) -> _Quote:
    site = request.site
    catalogue = store.catalogue()
    location, plan, term = _look_up(request, catalogue)
    slot = _free_slot(location, site.variant, store)
    currency = account.snapshot.currency
    amount = plan.price(currency, term)
    if amount is None:
        raise ApiError("missing_pricing", f"Plan {plan.name} has no {term} price in {currency.upper()}.")
    if request.expected_total_cents not in {None, amount}:
        raise ApiError(
            "price_changed",
            f"The price is {display(amount, currency)}.",
            extra={"total_cents": amount, "currency": currency},
        )
    item = SiteItem(
        name=site.name,
        variant=site.variant,
        location=location.name,
        plan=plan.name,
        term=term,
        stripe_product=plan.stripe_product,
    )
    return _Quote(item=item, slot=slot, amount=amount)


def _look_up(request: SiteOrderRequest, catalogue: Catalogue) -> tuple[Location, Plan, Term]:
    site = request.site
    if site.variant not in catalogue.variants:
        raise _unknown("variant", site.variant)
    location = catalogue.locations.get(site.location)
    if location is None:
        raise _unknown("location", site.location)
    plan = catalogue.plans.get(site.plan)
    if plan is None:
        raise _unknown("plan", site.plan)
    if site.term not in set(Term):
        raise _unknown("term", site.term)
    return location, plan, Term(site.term)


def _unknown(field: str, value: str) -> ApiError:
    code = f"unknown_{field}"
    message = f"{value!r} is not a known {field}; see GET /api/about."
    return ApiError(code, message, errors=[FieldError(f"site.{field}", code, message)])


def _free_slot(location: Location, variant: str, store: CatalogueStore) -> Slot | None:
    """The slot to take, None where capacity is not limited."""
    if variant not in location.capacity:
        raise _over_capacity(location.name, variant)
    if location.capacity[variant] is None:
        return None
    slot = Slot(location=location.name, variant=variant)
    if not any(occupancy.free for occupancy in store.occupancy([slot])):
        raise _over_capacity(location.name, variant)
    return slot


def _over_capacity(location: str, variant: str) -> ApiError:
    return ApiError("variant_unavailable", f"Variant {variant} has no capacity left in {location}.")


def _refuse_account(account: Account) -> None:
    if not account.may_order:
        raise ApiError("account_cannot_order", "Account unable to create orders.")


def _gate(account: Account) -> str:
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


def _new_cart(
    order: SiteOrder,
    account: Account,
    quote: _Quote,
    invoice: Invoice,
    *,
    token: str,
    fingerprint: str,
    ports: OrderSitePorts,
) -> Cart:
    now = ports.clock.now()
    description = f"WordPress site {quote.item.name}: {quote.item.plan}, {quote.item.term}"
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
        fingerprint=fingerprint,
        account=account.snapshot,
        user=_user(order.user_id, ports.directory),
        site=quote.item,
        currency=account.snapshot.currency,
        lines=(Line(id="site", description=description, amount=quote.amount),),
        payment=payment,
        slot=quote.slot,
        callback=CallbackStatus.NONE if order.request.callback is None else CallbackStatus.PENDING,
    )


def _user(user_id: str | None, directory: Directory) -> UserSnapshot | None:
    if user_id is None:
        return None
    user = directory.user(user_id)
    return None if user is None else user.snapshot


def _store(cart: Cart, sealed: Sealed, order: SiteOrder, ports: OrderSitePorts) -> Cart:
    try:
        ports.carts.create(cart, sealed)
    except CapacityExhaustedError as exhausted:
        twin = ports.carts.load(cart.account.id, cart.token)
        if twin is None:
            ports.payments.discard_draft(cart.payment.invoice_id)
            raise _over_capacity(cart.site.location, cart.site.variant) from exhausted
        return _take_up(twin, cart, ports)
    except CartExistsError:
        twin = ports.carts.load(cart.account.id, cart.token)
        if twin is None:
            raise UnavailableError("contended") from None
        return _take_up(twin, cart, ports)
    _start_or_withdraw(cart, order, ports)
    ports.metrics.count("OrdersPlaced", kind="site")
    return cart


def _take_up(twin: Cart, cart: Cart, ports: OrderSitePorts) -> Cart:
    """A request under the same key was faster: its cart counts, a draft that only we opened goes."""
    if twin.payment.invoice_id != cart.payment.invoice_id:
        ports.payments.discard_draft(cart.payment.invoice_id)
    return _repeat(twin, cart.fingerprint, ports)


def _start_or_withdraw(cart: Cart, order: SiteOrder, ports: OrderSitePorts) -> None:
    """A cart that nobody can name must not stay behind a 503; under a key the repeat takes it up again."""
    try:
        _start(cart, ports)
    except PortError:
        if order.idempotency_key is not None:
            raise
        try:
            ports.carts.discard(cart)
        except ConflictError:
            return  # it was started after all, only the answer was lost
        ports.payments.discard_draft(cart.payment.invoice_id)
        raise


def _start(cart: Cart, ports: OrderSitePorts) -> None:
    ports.workflow.start(account_id=cart.account.id, cart_token=cart.token)


def _sealed(order: SiteOrder, token: str, cipher: Cipher) -> Sealed:
    callback = order.request.callback
    if callback is None:
        return Sealed()
    plaintext = json.dumps({"url": callback.url, "authorization": callback.authorization}).encode()
    return Sealed(callback=cipher.seal(plaintext, account_id=order.account_id, cart_token=token))


def _fingerprint(request: SiteOrderRequest) -> str:
    return hashlib.sha256(b"site\n" + request.model_dump_json().encode()).hexdigest()
