"""Have the site made by the provisioner, once, and keep its access data sealed."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hostcart.contract.statuses import PaymentStatus
from hostcart.domain.cart import Cart, Site, TaskName, deliver_site, require_running, resume_site
from hostcart.domain.site import ProvisionedSite, ProvisionStatus, SiteSpec
from hostcart.ports import CartStore, Cipher, Clock, Metrics, RefusedError, Sites
from hostcart.use_cases.errors import SiteFailedError
from hostcart.use_cases.saving import change, load_uncancelled
from hostcart.use_cases.waiting import growing

_SUSPENSION_IS_OVER: Final = timedelta(seconds=90)
"""No suspension takes effect so long after it was stored that it is asked for: the function that asks and its
request have ended before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionSitePorts:
    carts: CartStore
    sites: Sites
    cipher: Cipher
    clock: Clock
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioning:
    ready: bool
    wait_seconds: int


def provision_site(
    account_id: str, cart_token: str, *, poll: timedelta, deadline: timedelta, ports: ProvisionSitePorts
) -> Provisioning:
    """Asks for the site, or how far it is. Repeatable: the site's id is the order's.

    Raises SiteFailedError when it will not be there, OrderCancelledError until it is delivered, and the
    ports' UnavailableError to be retried.
    """
    cart = load_uncancelled(ports.carts, account_id, cart_token)
    if cart.opened.site is not None:
        return _resumed(cart, cart.opened.site, ports)
    require_running(cart, TaskName.PROVISION_SITE)
    site = _ask(cart, ports.sites)
    if site.status is ProvisionStatus.FAILED:
        raise SiteFailedError("site_failed")
    if site.status is ProvisionStatus.READY:
        _deliver(cart, site, ports)
        return Provisioning(ready=True, wait_seconds=0)
    passed = ports.clock.now() - _started(cart)
    if passed >= deadline:
        raise SiteFailedError("site_deadline_passed")
    return Provisioning(ready=False, wait_seconds=growing(passed, poll))


def _resumed(cart: Cart, site: Site, ports: ProvisionSitePorts) -> Provisioning:
    """A site whose payment failed late is paid after all.

    It is resumed at once, and again when no suspension can be under way any more: the order does not end
    before.
    """
    asked = site.suspension_asked_at
    if not (site.suspended or asked) or cart.payment.status is not PaymentStatus.SUCCEEDED:
        return Provisioning(ready=True, wait_seconds=0)
    now = ports.clock.now()
    left = timedelta(0) if asked is None else max(asked + _SUSPENSION_IS_OVER - now, timedelta(0))
    try:
        ports.sites.resume(site.id)
    except RefusedError as refused:
        raise SiteFailedError("site_failed") from refused
    change(ports.carts, cart, lambda current: resume_site(current, now, final=not left))
    return Provisioning(ready=not left, wait_seconds=math.ceil(left.total_seconds()))


def _ask(cart: Cart, sites: Sites) -> ProvisionedSite:
    try:
        return sites.get(cart.opened.id) or sites.put(_spec(cart))
    except RefusedError as refused:
        raise SiteFailedError("site_refused") from refused


def _spec(cart: Cart) -> SiteSpec:
    return SiteSpec(
        id=cart.opened.id,
        account_id=cart.account.id,
        name=cart.site.name,
        variant=cart.site.variant,
        location=cart.site.location,
        plan=cart.site.plan,
        term=cart.site.term,
    )


def _deliver(cart: Cart, provisioned: ProvisionedSite, ports: ProvisionSitePorts) -> None:
    ssh = provisioned.ssh
    if ssh is None:
        raise SiteFailedError("site_failed")
    site = Site(
        id=provisioned.id,
        name=provisioned.name,
        domain=provisioned.domain,
        variant=cart.site.variant,
        location=cart.site.location,
        ipaddr=ssh.ipaddr,
        username=ssh.username,
        port=ssh.port,
    )
    sealed = ports.cipher.seal(ssh.password.encode(), account_id=cart.account.id, cart_token=cart.token)
    now = ports.clock.now()
    delivered = change(
        ports.carts,
        cart,
        lambda current: current if current.opened.site else deliver_site(current, site, now),
        sealed_password=sealed,
    )
    ports.metrics.seconds("ProvisioningTime", (now - _started(delivered)).total_seconds())


def _started(cart: Cart) -> datetime:
    return cart.opened.delivery_started_at or cart.opened.created_at
