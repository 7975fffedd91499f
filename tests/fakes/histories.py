"""Random order histories with the ledger that they leave: the same for the same seed."""

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from hostcart.contract.statuses import PaymentStatus, Term
from hostcart.domain import cart as carts
from hostcart.domain.accounts import AccountSnapshot
from hostcart.domain.cancellation import request_cancellation
from hostcart.domain.money import Line, total
from hostcart.domain.payment import Payment

from tests.fakes.world import account
from tests.unit.domain.carts import SITE, SUBSCRIPTION, new_cart

ENDS = (
    "open",
    "awaiting",
    "in delivery",
    "paid",
    "partly refunded",
    "declined",
    "failed, refund pending",
    "refunded",
    "failed, partly refunded",
    "cancelled",
    "cancelled, refunded",
)
WHOLE = {"refunded", "cancelled, refunded"}
"""Ends after which all is given back at once."""
RATES = {"usd": None, "eur": "0.92", "jpy": "151.25"}
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
FAILURE = carts.Failure(code="fulfilment_failed", detail="The order could not be fulfilled.")


@dataclass(frozen=True)
class History:
    """An order with what it took from the customer and gave back, credit included, in minor units."""

    cart: carts.Cart
    end: str
    taken: int
    returned: int


def history(seed: int, number: int, of: AccountSnapshot | None = None) -> History:
    """Order `number`; the account's currency is the order's where one is given."""
    random = Random(seed)  # noqa: S311 - a repeatable test
    currency = random.choice(list(RATES)) if of is None else of.currency
    snapshot = replace(account().snapshot, currency=currency) if of is None else of
    placed = FIRST + timedelta(hours=number)
    cart = new_cart(
        uuid.uuid5(uuid.NAMESPACE_OID, f"{snapshot.id}/{number}").hex,
        created_at=placed,
        updated_at=placed,
        account=snapshot,
        item=_item(random, number),
        currency=currency,
        usd_rate=RATES[currency],
        lines=tuple(
            Line(id=f"line-{place}", description="Something", amount=random.randint(1, 99_999))
            for place in range(random.choice((1, 1, 1, 2, 3)))
        ),
        slot=None,
        callback=carts.CallbackStatus.NONE,
    )
    return _lived(carts.open_order(cart, number, placed), random)


def _item(random: Random, number: int) -> carts.Item:
    suffix = random.choice(("com", "co.uk", "it", ""))
    if not suffix:
        term = random.choice(list(Term))
        return replace(new_cart().site, name=f"site-{number}", term=term)
    return carts.DomainItem(
        name=f"name-{number}.{suffix}",
        unicode_name=f"name-{number}.{suffix}",
        suffix=suffix,
        action=random.choice(list(carts.DomainAction)),
        years=random.choice((1, 2)),
        registrar_price=899,
        purchase_type="registration",
        renewal_amount=1499,
        stripe_product="prod_domain",
    )


def _lived(cart: carts.Cart, random: Random) -> History:
    end, due = random.choice(ENDS), total(cart.lines)
    credit = random.choice((0, 0, due, random.randint(0, due)))
    charging = replace(cart.payment, amount_charged=due - credit, credit_applied=credit)
    if end in {"open", "awaiting", "declined", "cancelled"}:
        return History(_unpaid(cart, charging, end), end, 0, 0)
    returned = random.randint(1, due) if "partly" in end else due if end in WHOLE else 0
    paid = replace(charging, status=PaymentStatus.SUCCEEDED, paid_at=cart.created_at)
    return History(_paid(_seen(cart, paid), end, returned), end, due, returned)


def _unpaid(cart: carts.Cart, charging: Payment, end: str) -> carts.Cart:
    if end == "open":
        return _seen(cart, charging)
    if end == "awaiting":
        asked = replace(charging, status=PaymentStatus.AWAITING_AUTHENTICATION, amount_charged=0)
        return _seen(cart, asked)
    nothing = replace(charging, amount_charged=0, credit_applied=0)
    if end == "cancelled":
        cart = request_cancellation(cart, cart.updated_at)
        return _failed(cart, replace(nothing, status=PaymentStatus.CANCELLED))
    return _failed(cart, replace(nothing, status=PaymentStatus.FAILED))


def _paid(cart: carts.Cart, end: str, returned: int) -> carts.Cart:
    payment = _given_back(cart.payment, returned)
    if end == "in delivery":
        return cart
    if end in {"paid", "partly refunded"}:
        return replace(_completed(cart), payment=payment)
    if end == "failed, refund pending":
        under_way = _given_back(payment, payment.amount_charged + payment.credit_applied)
        return _failed(cart, replace(under_way, status=PaymentStatus.REFUND_PENDING), close=False)
    if end == "cancelled, refunded":
        cart = request_cancellation(cart, cart.updated_at)
    return _failed(cart, replace(payment, status=PaymentStatus.REFUNDED))


def _seen(cart: carts.Cart, payment: Payment) -> carts.Cart:
    return carts.observe_payment(cart, payment, cart.updated_at + timedelta(seconds=2))


def _given_back(payment: Payment, amount: int) -> Payment:
    """First to the method, then to the balance."""
    to_method = min(amount, payment.amount_charged)
    return replace(payment, amount_refunded=to_method, credit_refunded=amount - to_method)


def _completed(cart: carts.Cart) -> carts.Cart:
    now = cart.updated_at + timedelta(seconds=40)
    if isinstance(cart.item, carts.DomainItem):
        cart = carts.deliver_domain(cart, carts.Domain(status=carts.DomainStatus.ACTIVE), now)
    else:
        cart = carts.deliver_site(cart, replace(SITE, name=cart.item.name), now)
    return carts.close_order(carts.activate_subscription(cart, SUBSCRIPTION, now), now)


def _failed(cart: carts.Cart, payment: Payment, *, close: bool = True) -> carts.Cart:
    now = cart.updated_at + timedelta(seconds=20)
    cart = carts.settle_failed_payment(carts.fail_order(cart, FAILURE, now), payment, now)
    return carts.close_order(cart, now) if close else cart
