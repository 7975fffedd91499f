"""Suspend a site that was delivered before its debit settled, when the debit has failed."""

from dataclasses import dataclass

from hostcart.contract.statuses import PaymentStatus
from hostcart.domain import cart as domain
from hostcart.domain.cart import Cart
from hostcart.ports import CartStore, Clock, Metrics, RefusedError, Sites
from hostcart.use_cases.saving import change, load


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendSitePorts:
    carts: CartStore
    sites: Sites
    clock: Clock
    metrics: Metrics


def suspend_site(account_id: str, cart_token: str, *, ports: SuspendSitePorts) -> bool:
    """Whether the site is suspended now. Repeatable.

    That it is asked for is stored first: one whose answer is lost is lifted too when the site is paid.
    Both a suspended site and a provisioner that refuses are counted for an operator. The order goes on, since
    the customer may still pay, and what is not paid in time is removed. Raises the ports' UnavailableError to
    be retried.
    """
    cart = load(ports.carts, account_id, cart_token)
    now = ports.clock.now()
    cart = change(
        ports.carts,
        cart,
        lambda current: domain.ask_for_suspension(current, now) if _due(current) else current,
    )
    site = cart.opened.site
    if site is None or not _due(cart):
        return site is not None and site.suspended
    try:
        ports.sites.suspend(site.id)
    except RefusedError as refused:
        ports.metrics.count("SuspensionRefused", code=refused.code)
        return False
    ports.metrics.count("SitesSuspended")  # first: a crash behind the write would lose the alarm
    now = ports.clock.now()
    cart = change(ports.carts, cart, lambda current: domain.suspend_site(current, now))
    return cart.opened.site is not None and cart.opened.site.suspended


def _due(cart: Cart) -> bool:
    order = cart.opened
    owed = cart.payment.status is PaymentStatus.AWAITING_AUTHENTICATION and order.failure is None
    return owed and order.site is not None and not order.site.suspended
