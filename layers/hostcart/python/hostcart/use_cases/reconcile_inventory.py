"""What exists outside and costs money: does every site and every registration have its order?"""

from datetime import datetime, timedelta
from typing import Final

from hostcart.contract.statuses import OrderStatus
from hostcart.domain.cart import Cart, DomainItem, SiteItem
from hostcart.domain.findings import FindingKind, Judgement, Subject
from hostcart.domain.registration import OrderItem
from hostcart.domain.tokens import token_of
from hostcart.ports_reconcile import ListedSite, Page
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


def _judgement_by_order(cart: Cart) -> Judgement:
    """What is there is right for an order that was delivered, and too soon to judge before its end."""
    order = cart.order
    if order is None or not order.status.terminal:
        return Judgement.PENDING
    return Judgement.FINE if order.status is OrderStatus.COMPLETED else Judgement.BROKEN
