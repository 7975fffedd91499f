"""The past of account `history`: orders as the system itself would have stored them.

Every order is brought to its end by the domain's own transitions and rendered by the store's own item
builder. One in twenty was delivered: those hold an encrypted password, and each costs a call to the key
service; the others failed.
"""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from hostcart.adapters import dynamodb_keys
from hostcart.adapters.dynamodb_carts import DynamoCarts, cart_item
from hostcart.contract.statuses import CartStatus, MethodType, PaymentStatus, Term
from hostcart.domain import cart as carts
from hostcart.domain.accounts import Account, User
from hostcart.domain.catalogue import Plan
from hostcart.domain.money import Line, total
from hostcart.domain.payment import Payment
from hostcart.ports import Cipher

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

ORDERS: Final = 10_000
DELIVERED_EVERY: Final = 20
LOCATIONS: Final = ("pdx", "fra")
_SPAN: Final = timedelta(days=730)
_NAMESPACE: Final = uuid.UUID("0d8f0a57-51a5-5d0e-8a4e-2f7f9a6c4f10")
_BATCH: Final = 25  # items in one BatchWriteItem
_THREADS: Final = 4
_FAILURES: Final = (
    carts.Failure(code="payment_declined", detail="The payment was declined."),
    carts.Failure(code="payment_expired", detail="The payment was not completed in time."),
    carts.Failure(code="site_failed", detail="The site could not be created."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Whose orders they are, of what, how many, and when the newest was placed."""

    account: Account
    user: User
    plan: Plan
    orders: int
    until: datetime

    def placed_at(self, number: int) -> datetime:
        """Spread evenly over two years, in whole seconds."""
        return (self.until - _SPAN * ((self.orders - number) / self.orders)).replace(microsecond=0)


def seed_history(
    client: "DynamoDBClient",
    table: str,
    cipher: Cipher,
    *,
    account: Account,
    user: User,
    plan: Plan,
    orders: int = ORDERS,
) -> int:
    """Write the past orders unless there are orders; how many were written. The counter comes last.

    An account that has ordered already keeps its numbers: it gets no past.
    """
    if DynamoCarts(client, table).last_number(account.snapshot.id):
        return 0
    past = Past(account=account, user=user, plan=plan, orders=orders, until=datetime.now(UTC))

    def write(numbers: tuple[int, ...]) -> None:
        carts_ = [past_order(past, number) for number in numbers]
        items = [cart_item(cart, _password(cart, cipher)) for cart in carts_]
        _put_all(client, table, items)

    with ThreadPoolExecutor(_THREADS) as pool:
        for _ in pool.map(write, batched(range(1, orders + 1), _BATCH, strict=False)):
            pass
    client.put_item(
        TableName=table,
        Item={**dynamodb_keys.counter(account.snapshot.id), "last_number": {"N": str(orders)}},
    )
    return orders


def past_order(past: Past, number: int) -> carts.Cart:
    """Order `number`, in its terminal state."""
    placed = past.placed_at(number)
    cart = carts.open_order(_cart(past, number, placed), number, placed)
    cart = _delivered(cart, number) if number % DELIVERED_EVERY == 0 else _failed(cart, number)
    return carts.close_order(cart, cart.updated_at + timedelta(seconds=1))


def _cart(past: Past, number: int, placed: datetime) -> carts.Cart:
    account, plan = past.account, past.plan
    term = Term.ANNUAL if number % 7 == 0 else Term.MONTHLY
    currency = account.snapshot.currency
    name = f"site-{number:05}"  # of one length, so that every page of the list is of one size
    line = Line(
        id="site",
        description=f"WordPress site {name}: {plan.name}, {term}",
        amount=plan.prices[currency][term],
    )
    return carts.Cart(
        token=uuid.uuid5(_NAMESPACE, f"{account.snapshot.id}/{number}").hex,
        version=1,
        status=CartStatus.ACTIVE,
        created_at=placed,
        updated_at=placed,
        fingerprint="seeded",
        account=account.snapshot,
        user=past.user.snapshot,
        item=carts.SiteItem(
            name=name,
            variant="vanilla",
            location=LOCATIONS[number % len(LOCATIONS)],
            plan=plan.name,
            term=term,
            stripe_product=plan.stripe_product,
        ),
        currency=currency,
        lines=(line,),
        payment=Payment(
            status=PaymentStatus.PROCESSING,
            customer_id=account.stripe_customer_id or "",
            method_id=account.payment_method_id or "",
            method_type=MethodType.CARD,
            invoice_id=f"in_seeded{number}",
        ),
        slot=None,
        callback=carts.CallbackStatus.NONE,
    )


def _paid(cart: carts.Cart) -> Payment:
    amount = total(cart.lines)
    return replace(
        cart.payment, status=PaymentStatus.SUCCEEDED, amount_charged=amount, paid_at=cart.created_at
    )


def _delivered(cart: carts.Cart, number: int) -> carts.Cart:
    placed, order = cart.created_at, cart.opened
    site = carts.Site(
        id=order.id,
        name=cart.site.name,
        domain=f"{cart.site.name}.sites.example",
        variant=cart.site.variant,
        location=cart.site.location,
        ipaddr=f"203.0.113.{number % 254 + 1}",
        username=f"site{number}",
        port=22,
    )
    subscription = carts.Subscription(
        id=str(uuid.uuid5(uuid.UUID(order.id), "subscription")),
        status="active",
        bucket_type=cart.site.term,
        bucket_year=placed.year,
        bucket_month=placed.month,
        stripe_id=f"sub_seeded{number}",
    )
    cart = carts.observe_payment(cart, _paid(cart), placed + timedelta(seconds=2))
    cart = carts.deliver_site(cart, site, placed + timedelta(seconds=40))
    return carts.activate_subscription(cart, subscription, placed + timedelta(seconds=42))


def _failed(cart: carts.Cart, number: int) -> carts.Cart:
    failure = _FAILURES[number % len(_FAILURES)]
    moment = cart.created_at + timedelta(seconds=5)
    payment = replace(cart.payment, status=PaymentStatus.FAILED)
    if failure.code == "site_failed":
        paid = _paid(cart)
        cart = carts.observe_payment(cart, paid, moment)
        payment = replace(paid, status=PaymentStatus.REFUNDED, amount_refunded=paid.amount_charged)
    cart = carts.fail_order(cart, failure, moment + timedelta(seconds=20))
    return carts.settle_failed_payment(cart, payment, moment + timedelta(seconds=22))


def _password(cart: carts.Cart, cipher: Cipher) -> bytes | None:
    if cart.opened.site is None:
        return None
    password = f"seeded-{uuid.uuid4().hex}".encode()
    return cipher.seal(password, account_id=cart.account.id, cart_token=cart.token)


def _put_all(client: "DynamoDBClient", table: str, items: list[Any]) -> None:
    pending: list[Any] = [{"PutRequest": {"Item": item}} for item in items]
    for _ in _attempts():
        answer = client.batch_write_item(RequestItems={table: pending})
        pending = list(answer.get("UnprocessedItems", {}).get(table, []))
        if not pending:
            return
    raise RuntimeError(f"{len(pending)} items were not taken by the table")


def _attempts() -> Iterator[int]:
    yield from range(10)
