"""What holds of a site that was delivered before its debit settled, at every write of its cart."""

from typing import Final

from hostcart.contract.statuses import PaymentStatus
from hostcart.domain.cart import Cart, Site

from tests.simulation.world import World

_SOON: Final = 3600
"""Within so many seconds the task's retries are over."""


def check_write(world: World, old: Cart, new: Cart) -> None:
    """What the customer reads of their site is how it is at the provisioner, and they read it in time."""
    if old.order is None or old.order.site is None or new.order is None:
        return
    site = old.order.site
    told = new.order.site is not None and new.order.site.suspended and not site.suspended
    if told and site.id not in world.sites.state["suspended"]:
        world.violate("the order says that its site is suspended, which it is not")
    if _owed(old) and not _owed(new):
        _check_end(world, old, site)


def _check_end(world: World, cart: Cart, site: Site) -> None:
    """The customer has paid, or has not in time."""
    since = world.sites.state["suspended"].get(site.id)
    if since is not None and world.now - since > _SOON and not site.suspended:
        world.violate("a site was suspended and its order did not say so")
    asked_at = cart.payment.asked_at
    late = asked_at is not None and world.now - asked_at.timestamp() > _SOON
    if late and site.id not in world.sites.state["unwanted"]:
        world.violate("a site whose payment failed late was left in use")


def _owed(cart: Cart) -> bool:
    return cart.payment.status is PaymentStatus.AWAITING_AUTHENTICATION
