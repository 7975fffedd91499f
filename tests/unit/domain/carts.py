"""Carts at every step of their life."""

from dataclasses import replace
from datetime import timedelta

from hostcart.contract.statuses import CartStatus, MethodType, PaymentStatus, Term
from hostcart.domain.cart import (
    CallbackStatus,
    Cart,
    Domain,
    DomainAction,
    DomainItem,
    DomainStatus,
    Failure,
    Site,
    SiteItem,
    Subscription,
    activate_subscription,
    attempt_domain,
    close_order,
    deliver_domain,
    deliver_site,
    fail_order,
    observe_payment,
    open_order,
    settle_callback,
    settle_failed_payment,
)
from hostcart.domain.money import Line
from hostcart.domain.payment import Payment

from tests.fakes.platform import START
from tests.fakes.world import PDX, account, user

TOKEN = "0b7c9f0e5a3d4c219f6e2d1a8b7c6e5f"
ORDER_ID = "0b7c9f0e-5a3d-4c21-9f6e-2d1a8b7c6e5f"
FAILURE = Failure(code="site_failed", detail="The site could not be created.")
SITE = Site(
    id=ORDER_ID,
    name="My blog",
    domain="my-blog.sites.example",
    variant="vanilla",
    location="pdx",
    ipaddr="203.0.113.10",
    username="site1",
    port=22,
)
SUBSCRIPTION = Subscription(
    id=ORDER_ID,
    status="active",
    bucket_type=Term.MONTHLY,
    bucket_year=2026,
    bucket_month=11,
    stripe_id="sub_1",
)


def new_cart(token: str = TOKEN, **changes: object) -> Cart:
    cart = Cart(
        token=token,
        version=1,
        status=CartStatus.ACTIVE,
        created_at=START,
        updated_at=START,
        fingerprint="f" * 64,
        account=account().snapshot,
        user=user().snapshot,
        item=SiteItem(
            name="My blog",
            variant="vanilla",
            location="pdx",
            plan="basic",
            term=Term.MONTHLY,
            stripe_product="prod_basic",
        ),
        currency="usd",
        lines=(Line(id="site", description="WordPress site My blog: basic, monthly", amount=1300),),
        payment=Payment(
            status=PaymentStatus.PROCESSING,
            customer_id="cus_1",
            method_id="pm_1",
            method_type=MethodType.CARD,
            invoice_id="in_1",
        ),
        slot=PDX,
        callback=CallbackStatus.PENDING,
    )
    return replace(cart, **changes)  # type: ignore[arg-type]


def new_domain_cart(token: str = TOKEN, name: str = "example.com", **changes: object) -> Cart:
    item = DomainItem(
        name=name,
        unicode_name=name,
        suffix="com",
        action=DomainAction.REGISTER,
        years=1,
        registrar_price=1299,
        purchase_type="registration",
        renewal_amount=1700,
        stripe_product="prod_domain_com",
    )
    lines = (Line(id="domain", description=f"Domain registration {name}", amount=1500),)
    return new_cart(token, **({"item": item, "lines": lines, "slot": None} | changes))


def payment(cart: Cart, status: PaymentStatus) -> Payment:
    url = "https://invoice.example/in_1"
    return replace(cart.payment, status=status, hosted_invoice_url=url, amount_charged=1300, paid_at=START)


def opened(number: int = 1, token: str = TOKEN) -> Cart:
    return open_order(new_cart(token), number, START)


def paid() -> Cart:
    return observe_payment(opened(), payment(opened(), PaymentStatus.SUCCEEDED), START)


def delivered() -> Cart:
    return deliver_site(paid(), SITE, START)


def active() -> Cart:
    return activate_subscription(delivered(), SUBSCRIPTION, START)


def completed() -> Cart:
    return close_order(active(), START)


def attempted(cart: Cart) -> Cart:
    """A paid domain order at its point of no return; `cart` has its order open."""
    paid_for = observe_payment(cart, payment(cart, PaymentStatus.SUCCEEDED), START)
    attempt = Domain(status=DomainStatus.IN_PROGRESS, attempt=1, started_at=START, attempt_at=START)
    return attempt_domain(paid_for, attempt, START)


def registered(cart: Cart) -> Cart:
    """The name is delivered and its subscription active; `cart` was attempted."""
    domain = Domain(
        status=DomainStatus.ACTIVE,
        expires_at=START + timedelta(days=365),
        nameservers=("ns-1.dns.example", "ns-2.dns.example"),
        zone_id="Z1",
        registration_id=cart.opened.number,
        delivered_at=START,
        attempt=1,
        started_at=START,
        attempt_at=START,
    )
    return activate_subscription(deliver_domain(cart, domain, START), SUBSCRIPTION, START)


def failed() -> Cart:
    return fail_order(delivered(), FAILURE, START)


def refunded() -> Cart:
    return settle_failed_payment(failed(), payment(failed(), PaymentStatus.REFUNDED), START)


STEPS = {
    "opened": opened(),
    "awaiting": observe_payment(opened(), payment(opened(), PaymentStatus.AWAITING_AUTHENTICATION), START),
    "paid": paid(),
    "delivered": delivered(),
    "active": active(),
    "completed": completed(),
    "notified": settle_callback(completed(), CallbackStatus.DELIVERED, START),
    "failed early": fail_order(opened(), FAILURE, START),
    "failed": failed(),
    "refunded": refunded(),
    "closed failed": close_order(refunded(), START),
    "failed subscribed": fail_order(active(), FAILURE, START),
}
