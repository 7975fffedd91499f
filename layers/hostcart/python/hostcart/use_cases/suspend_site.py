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

    A provisioner that refuses is counted for an operator; the order goes on, since the customer may still pay
    and what is not paid in time is removed. Raises the ports' UnavailableError to be retried.
    """
    cart = load(ports.carts, account_id, cart_token)
    site = cart.opened.site
    if site is None or site.suspended or not _owed(cart):
        return site is not None and site.suspended
    try:
        ports.sites.suspend(site.id)
    except RefusedError as refused:
        ports.metrics.count("SuspensionRefused", code=refused.code)
        return False
    now = ports.clock.now()
    change(ports.carts, cart, lambda current: domain.suspend_site(current, now))
    ports.metrics.count("SitesSuspended")
    return True


def _owed(cart: Cart) -> bool:
    return cart.payment.status is PaymentStatus.AWAITING_AUTHENTICATION and cart.opened.failure is None
