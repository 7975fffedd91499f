"""What exists outside and costs money: does every site and every registration have its order?"""

from datetime import datetime, timedelta
from typing import Final

from hostcart.contract.statuses import OrderStatus
from hostcart.domain.cart import Cart, DomainItem, SiteItem
from hostcart.domain.findings import FindingKind, Judgement, RepairKind, Subject
from hostcart.domain.registration import OrderItem
from hostcart.domain.tokens import order_id_of, token_of
from hostcart.ports_reconcile import ListedSite, ListedZone, Page
from hostcart.use_cases.reconcile_run import Run

_SITES: Final = 100
_HIDDEN: Final = timedelta(hours=2)
"""So late a purchase may come to light in the registrar's list, dated back."""


def sweep_sites(run: Run) -> None:
    """All sites, a stretch in every run."""

    def fetch(after: str | None) -> Page[ListedSite]:
        listed = run.ports.sites.listed(after=after, limit=_SITES)
        return Page(entries=tuple(listed), after=listed[-1].id if len(listed) == _SITES else None)

    for site in run.rolling("sites", fetch):
        if site.created_at < run.before:
            subject = Subject(
                kind=FindingKind.SITE_WITHOUT_ORDER,
                id=site.id,
                account_id=site.account_id,
                cart_token=token_of(site.id),
            )
            if _site_judgement(run, subject) is Judgement.BROKEN:
                run.judged(subject, Judgement.BROKEN)


def judge_site(run: Run, subject: Subject) -> Judgement:
    """A site that was found before."""
    judgement = _site_judgement(run, subject)
    if judgement is Judgement.BROKEN and not run.ports.sites.exists(subject.id):
        return Judgement.FINE
    return judgement


def _site_judgement(run: Run, subject: Subject) -> Judgement:
    cart = run.cart(subject.account_id, subject.cart_token)
    if cart is None or not isinstance(cart.item, SiteItem):
        return Judgement.BROKEN
    return _judgement_by_order(cart)


def sweep_registrations(run: Run) -> None:
    """Every name that was bought since the last run."""

    for item in run.window("registrations", lambda since, until, _: _bought(run, since, until)):
        subject = Subject(kind=FindingKind.REGISTRATION_WITHOUT_ORDER, id=item.name)
        run.met(subject, judge_registration(run, subject))


def _bought(run: Run, since: datetime, until: datetime) -> Page[OrderItem]:
    """The registrar's list has no upper bound: what is too young is left to the next run."""
    items = run.ports.registrar.purchases(since=since - _HIDDEN)
    due = tuple(item for item in items if item.created_at is None or item.created_at < until)
    return Page(entries=due, after=None)


def judge_registration(run: Run, subject: Subject) -> Judgement:
    """A name in our account at the registrar: its claim leads to the order that owns or awaits it."""
    holder = run.ports.work.holder(subject.id)
    cart = None if holder is None else run.cart(holder.account_id, holder.cart_token)
    if cart is not None and isinstance(cart.item, DomainItem) and cart.item.name == subject.id:
        judgement = _judgement_by_order(cart)
        if judgement is not Judgement.BROKEN:
            return judgement
    return Judgement.BROKEN if run.ports.registrar.owns(subject.id) else Judgement.FINE


def sweep_zones(run: Run) -> None:
    """All zones that orders made: one is left behind by a step that was held up beyond the compensation.

    Removed when its order has ended without delivery; one whose order is not there is told.
    """
    for zone in run.rolling("zones", lambda after: run.ports.zones.listed(after=after)):
        _look_at_zone(run, zone)


def _look_at_zone(run: Run, zone: ListedZone) -> None:
    cart = _cart_of_zone(run, _zone_subject(zone))
    if cart is None:
        run.judged(_zone_subject(zone), Judgement.BROKEN)
    elif _judgement_by_order(cart) is Judgement.BROKEN:
        run.ports.zones.delete(zone.name, reference=zone.reference)
        run.repaired(RepairKind.ZONE_REMOVED)


def _zone_subject(zone: ListedZone) -> Subject:
    return Subject(
        kind=FindingKind.ZONE_WITHOUT_ORDER,
        id=zone.name,
        account_id=zone.account_id,
        cart_token=token_of(zone.reference),
    )


def judge_zone(run: Run, subject: Subject) -> Judgement:
    """A zone that was found without its order; one whose order is there is the sweep's."""
    if subject.cart_token is None or _cart_of_zone(run, subject) is not None:
        return Judgement.FINE
    there = run.ports.zones.exists(subject.id, reference=order_id_of(subject.cart_token))
    return Judgement.BROKEN if there else Judgement.FINE


def _cart_of_zone(run: Run, subject: Subject) -> Cart | None:
    cart = run.cart(subject.account_id, subject.cart_token)
    if cart is None or not isinstance(cart.item, DomainItem) or cart.item.name != subject.id:
        return None
    return cart


def _judgement_by_order(cart: Cart) -> Judgement:
    """What is there is right for an order that was delivered, and too soon to judge before its end."""
    order = cart.order
    if order is None or not order.status.terminal:
        return Judgement.PENDING
    return Judgement.FINE if order.status is OrderStatus.COMPLETED else Judgement.BROKEN
