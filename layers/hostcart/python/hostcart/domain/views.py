"""The public views of a cart: pure functions from facts to the shapes of the contract.

Every write stores them beside the facts, so that a poll is one read.
"""

from datetime import UTC, datetime
from typing import Any

from hostcart.contract.statuses import RollupStatus
from hostcart.domain.accounts import AccountSnapshot, UserSnapshot
from hostcart.domain.cart import Cart, Domain, DomainItem, Order, Site, SiteItem, Subscription

type View = dict[str, Any]


def cart_view(cart: Cart) -> View:
    """The envelope of `POST /api/orders` and `GET /api/carts/{token}`."""
    rollup = RollupStatus.PENDING if cart.order is None else RollupStatus(cart.order.status)
    orders = [] if cart.order is None else [_order_link(cart.order)]
    return {
        "status": "accepted",
        "cart": {
            "token": cart.token,
            "status": cart.status,
            "rollup_status": rollup,
            "poll_url": f"/api/carts/{cart.token}",
        },
        "payment": _payment_state(cart),
        "orders": orders,
    }


def order_view(cart: Cart) -> View:
    """`GET /api/orders/{id}`; the site's password is joined on reading, for the owner only."""
    order = cart.opened
    view: View = {
        "order": _order_fields(cart, order),
        "tasks": [{"id": task.id, "name": task.name, "status": task.status} for task in order.tasks],
        "payment": {
            **_payment_state(cart),
            "amount_charged_cents": cart.payment.amount_charged,
            "credit_applied_cents": cart.payment.credit_applied,
        },
        "account": _account(cart.account),
        "user": None if cart.user is None else _user(cart.user),
    }
    if isinstance(cart.item, DomainItem) and order.domain is not None:
        view["domain"] = _domain(cart.item, order.domain)
    if order.site is not None:
        view["site"] = _site(order.site)
    if order.subscription is not None:
        view["subscription"] = _subscription(order.subscription)
    if order.cancellation is not None:
        refused = order.cancellation.refused
        view["cancellation"] = {
            "status": "refused" if refused else "accepted",
            "requested_at": timestamp(order.cancellation.requested_at),
        }
    if order.failure is not None and not order.stopped_by_customer:
        view["failure"] = {"code": order.failure.code, "detail": order.failure.detail}
    return view


def list_entry(cart: Cart) -> View:
    """One entry of `GET /api/orders`."""
    return {
        **_order_fields(cart, cart.opened),
        "account": {"id": cart.account.id, "name": cart.account.name},
    }


def callback_body(cart: Cart, now: datetime) -> View:
    """The notification; it carries no secret, so that a leaked endpoint leaks no site."""
    order = cart.opened
    return {
        "type": f"order.{order.status}",
        "timestamp": timestamp(now),
        "data": {
            "cart": cart_view(cart)["cart"],
            "order": {**_order_fields(cart, order), "poll_url": _poll_url(order)},
        },
    }


def timestamp(moment: datetime) -> str:
    """RFC 3339, UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _order_fields(cart: Cart, order: Order) -> View:
    return {
        "id": order.id,
        "status": order.status,
        "created_at": timestamp(order.created_at),
        "updated_at": timestamp(order.updated_at),
        "location": cart.item.location if isinstance(cart.item, SiteItem) else None,
    }


def _order_link(order: Order) -> View:
    return {"id": order.id, "status": order.status, "poll_url": _poll_url(order)}


def _poll_url(order: Order) -> str:
    return f"/api/orders/{order.id}"


def _payment_state(cart: Cart) -> View:
    return {
        "status": cart.payment.status,
        "method_type": cart.payment.method_type,
        "hosted_invoice_url": cart.payment.hosted_invoice_url,
    }


def _account(account: AccountSnapshot) -> View:
    return {
        "id": account.id,
        "name": account.name,
        "status": account.status,
        "trial": account.trial,
        "currency": account.currency,
        "billing_plan": account.billing_plan,
        "parent_id": account.parent_id,
        "created_at": timestamp(account.created_at),
    }


def _user(user: UserSnapshot) -> View:
    return {"id": user.id, "name": user.name, "email": user.email}


def _site(site: Site) -> View:
    return {
        "id": site.id,
        "name": site.name,
        "domain": site.domain,
        "variant": site.variant,
        "location": site.location,
        "ssh_data": {"ipaddr": site.ipaddr, "username": site.username, "port": site.port},
        **({"status": "suspended"} if site.suspended else {}),
    }


def _domain(item: DomainItem, domain: Domain) -> View:
    return {
        "name": item.name,
        "unicode_name": item.unicode_name,
        "action": item.action,
        "status": domain.status,
        "expires_at": None if domain.expires_at is None else timestamp(domain.expires_at),
        "nameservers": list(domain.nameservers),
        "registration_id": domain.registration_id,
        "zone_id": domain.zone_id,
    }


def _subscription(subscription: Subscription) -> View:
    return {
        "id": subscription.id,
        "status": subscription.status,
        "bucket_type": subscription.bucket_type,
        "bucket_year": subscription.bucket_year,
        "bucket_month": subscription.bucket_month,
        "stripe_id": subscription.stripe_id,
    }
