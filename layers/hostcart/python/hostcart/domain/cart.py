"""The cart and its order: one aggregate, stored as one item, changed only by the functions here.

Every function is pure: it returns the changed cart or raises TransitionRefusedError. `version` is what the
stored item carries; the store writes a cart only over that version.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from hostcart.contract.statuses import CartStatus, OrderStatus, PaymentStatus, TaskStatus, Term
from hostcart.domain.accounts import AccountSnapshot, UserSnapshot
from hostcart.domain.catalogue import Slot
from hostcart.domain.money import Line
from hostcart.domain.payment import Payment
from hostcart.domain.tokens import order_id_of
from hostcart.domain.transitions import (
    CART,
    ORDER,
    PAYMENT,
    TASK,
    CancelRequestedError,
    TransitionRefusedError,
    advance,
)


class TaskName(StrEnum):
    CHARGE_PAYMENT = "charge_payment"
    PROVISION_SITE = "provision_site"
    REGISTER_DOMAIN = "register_domain"
    ACTIVATE_SUBSCRIPTION = "activate_subscription"


class OrderKind(StrEnum):
    SITE = "site"
    DOMAIN = "domain"


DELIVERY: Final = {OrderKind.SITE: TaskName.PROVISION_SITE, OrderKind.DOMAIN: TaskName.REGISTER_DOMAIN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One step of the order that the client sees; ids count from 1."""

    id: int
    name: TaskName
    status: TaskStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteItem:
    """The site as it was ordered; see Plan for the policy."""

    kind: Literal[OrderKind.SITE] = OrderKind.SITE
    name: str
    variant: str
    location: str
    plan: str
    term: Term
    stripe_product: str
    deliver_while_processing: bool = False


class DomainAction(StrEnum):
    REGISTER = "register"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainItem:
    """The domain as it was ordered.

    `name` is the A-label form and the claim's key. `registrar_price` is what the registrar quoted (US cents)
    and the most that will be paid to it; `registrar_asks` what it asked when it was asked anew, if that was
    less. `renewal_amount` is the client's yearly price in minor units.
    """

    kind: Literal[OrderKind.DOMAIN] = OrderKind.DOMAIN
    name: str
    unicode_name: str
    suffix: str
    action: DomainAction
    years: int
    registrar_price: int
    purchase_type: str
    renewal_amount: int
    stripe_product: str
    registrar_asks: int | None = None

    @property
    def to_pay(self) -> int:
        """What is paid to the registrar (US cents): it refuses every other price than the one it asks."""
        return self.registrar_price if self.registrar_asks is None else self.registrar_asks


type Item = SiteItem | DomainItem


# A claim on a name lasts this long without being renewed; every look at the payment renews it.
CLAIM_LEASE: Final = timedelta(hours=2)


class DomainStatus(StrEnum):
    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    ACTIVE = "active"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """The domain as it is delivered.

    What begins with the attempt is stored before the registrar is asked, so that a lost answer can be looked
    up: how often it was asked (`attempt`), when first and last, which order items and which transfer of the
    name there were before, and whether a cancellation was refused. `registration_id` is the owned
    registration's number in the account.
    """

    status: DomainStatus = DomainStatus.PENDING
    expires_at: datetime | None = None
    nameservers: tuple[str, ...] = ()
    zone_id: str | None = None
    registration_id: int | None = None
    delivered_at: datetime | None = None
    attempt: int = 0
    started_at: datetime | None = None
    attempt_at: datetime | None = None
    settled_items: tuple[int, ...] = ()
    earlier_transfer: str | None = None
    cancel_refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The site as it was delivered; its password is kept apart, sealed.

    It is suspended while a payment that was trusted to arrive has failed. `suspension_asked_at` is stored
    before the provisioner is asked, whose answer may be lost: then the site may be suspended all the same.
    """

    id: str
    name: str
    domain: str
    variant: str
    location: str
    ipaddr: str
    username: str
    port: int
    suspended: bool = False
    suspension_asked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """`id` is ours, `stripe_id` the processor's; the period began in `bucket_year`-`bucket_month` (UTC)."""

    id: str
    status: str
    bucket_type: Term
    bucket_year: int
    bucket_month: int
    stripe_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why the order is not delivered: a stable snake_case code and a sentence without private data."""

    code: str
    detail: str


CANCELLED: Final = Failure(code="order_cancelled", detail="The order was cancelled.")
"""Stops a cancelled order as a failure stops others; its view shows the cancellation instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """The customer's accepted request; `refused`: the registrar no longer stopped the transfer."""

    requested_at: datetime
    refused: bool = False


class CallbackStatus(StrEnum):
    NONE = "none"
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The order: `number` is dense per account, from 1."""

    id: str
    number: int
    status: OrderStatus
    created_at: datetime
    updated_at: datetime
    tasks: tuple[Task, ...]
    site: Site | None = None
    domain: Domain | None = None
    subscription: Subscription | None = None
    failure: Failure | None = None
    delivery_started_at: datetime | None = None
    cancellation: Cancellation | None = None

    @property
    def cancelling(self) -> bool:
        """Whether an accepted cancellation stands: such an order ends cancelled."""
        return self.cancellation is not None and not self.cancellation.refused

    @property
    def stopped_by_customer(self) -> bool:
        """Whether it was stopped as cancelled; what stopped an order stays, whatever is learnt later."""
        return self.failure == CANCELLED


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """A cart with its snapshot of prices and, once opened, its order. `slot` is the capacity it holds.

    `usd_rate` is what a US dollar was worth in `currency` when it was ordered, as decimal text; None for
    orders in US dollars.
    `news` says that something was reported which no look has taken note of; it is stored beside the facts,
    like the version.
    """

    token: str
    version: int
    status: CartStatus
    created_at: datetime
    updated_at: datetime
    fingerprint: str
    account: AccountSnapshot
    user: UserSnapshot | None
    item: Item
    currency: str
    lines: tuple[Line, ...]
    payment: Payment
    slot: Slot | None
    callback: CallbackStatus
    order: Order | None = None
    usd_rate: str | None = None
    news: bool = False

    @property
    def site(self) -> SiteItem:
        """The ordered site; raises TransitionRefusedError when something else was ordered."""
        if isinstance(self.item, SiteItem):
            return self.item
        raise TransitionRefusedError("the order is not for a site")

    @property
    def domain(self) -> DomainItem:
        """The ordered domain; raises TransitionRefusedError when something else was ordered."""
        if isinstance(self.item, DomainItem):
            return self.item
        raise TransitionRefusedError("the order is not for a domain")

    def owns_registration(self, number: int) -> bool:
        """Whether this is the completed order of the domain registration with that id."""
        order = self.order
        return (
            order is not None
            and order.domain is not None
            and order.domain.registration_id == number
            and order.status is OrderStatus.COMPLETED
        )

    @property
    def work_owed(self) -> bool:
        """Whether anything is still to be done for it: its order to be ended, its owner to be notified."""
        order = self.order
        return order is None or not order.status.terminal or self.callback is CallbackStatus.PENDING

    @property
    def undelivered(self) -> bool:
        """Whether its order ended without what was ordered: what was sealed for it has no use any more.

        A delivered one keeps its site's password for its owner, and its contacts for orders that name it as
        their source.
        """
        order = self.order
        return order is not None and order.status.terminal and order.status is not OrderStatus.COMPLETED

    @property
    def opened(self) -> Order:
        """The order; raises TransitionRefusedError while there is none."""
        if self.order is None:
            raise TransitionRefusedError("the order is not open yet")
        return self.order


def open_order(cart: Cart, number: int, now: datetime) -> Cart:
    """The order materialises: cart active -> processing, order pending with its tasks."""
    if cart.order is not None:
        raise TransitionRefusedError("the order is open already")
    names = (TaskName.CHARGE_PAYMENT, DELIVERY[cart.item.kind], TaskName.ACTIVATE_SUBSCRIPTION)
    tasks = tuple(
        Task(id=position, name=name, status=TaskStatus.PENDING) for position, name in enumerate(names, 1)
    )
    order = Order(
        id=order_id_of(cart.token),
        number=number,
        status=OrderStatus.PENDING,
        created_at=now,
        updated_at=now,
        tasks=_set_task(tasks, TaskName.CHARGE_PAYMENT, TaskStatus.RUNNING),
        domain=Domain() if isinstance(cart.item, DomainItem) else None,
    )
    return replace(
        cart, status=advance(CART, cart.status, CartStatus.PROCESSING), order=order, updated_at=now
    )


def observe_payment(cart: Cart, payment: Payment, now: datetime) -> Cart:
    """The payment as the processor reports it.

    Success starts the delivery, or what comes after it. A site whose plan allows that is delivered while the
    payment is under way.
    """
    refuse_cancelled(cart)
    order = cart.opened
    _refuse_failed(order)
    advance(PAYMENT, cart.payment.status, payment.status)
    if payment.status is PaymentStatus.SUCCEEDED:
        order = replace(order, tasks=_set_task(order.tasks, TaskName.CHARGE_PAYMENT, TaskStatus.COMPLETED))
        if order.site is not None:
            order = replace(
                order, tasks=_set_task(order.tasks, TaskName.ACTIVATE_SUBSCRIPTION, TaskStatus.RUNNING)
            )
    if order.status is OrderStatus.PENDING and _may_deliver(cart.item, payment):
        order = replace(
            order,
            status=advance(ORDER, order.status, OrderStatus.PROCESSING),
            tasks=_set_task(order.tasks, DELIVERY[cart.item.kind], TaskStatus.RUNNING),
            delivery_started_at=now,
        )
    return _touch(cart, order, now, payment=payment)


def _may_deliver(item: Item, payment: Payment) -> bool:
    trusted = isinstance(item, SiteItem) and item.deliver_while_processing
    under_way = payment.status is PaymentStatus.PROCESSING and payment.hosted_invoice_url is not None
    return payment.status is PaymentStatus.SUCCEEDED or (trusted and under_way)


def start_attempt(cart: Cart, attempt: int, now: datetime) -> Cart:
    """A new pay attempt after a definite failure of the last; stored before the call that uses it."""
    refuse_cancelled(cart)
    _refuse_failed(cart.opened)
    return _touch(cart, cart.opened, now, payment=replace(cart.payment, attempt=attempt))


def note_saved_method(cart: Cart, *, saved: bool, now: datetime) -> Cart:
    """Whether the method that paid can renew: the first look decides, so that every try asks for the same."""
    _refuse_failed(cart.opened)
    if cart.payment.paid_with_saved is not None:
        return cart
    return _touch(cart, cart.opened, now, payment=replace(cart.payment, paid_with_saved=saved))


def reprice_domain(cart: Cart, price: int, now: datetime) -> Cart:
    """The registrar asks this now, no more than it quoted: on record before it is named to it.

    Nothing changes for the client.
    """
    _refuse_failed(cart.opened)
    if price == cart.domain.to_pay:
        return cart
    asks = None if price == cart.domain.registrar_price else price
    return replace(_touch(cart, cart.opened, now), item=replace(cart.domain, registrar_asks=asks))


def require_running(cart: Cart, name: TaskName) -> None:
    """Refuses a step out of turn, before it touches the outside: too early, or after a failure."""
    _refuse_failed(cart.opened)
    if not any(task.name is name and task.status is TaskStatus.RUNNING for task in cart.opened.tasks):
        raise TransitionRefusedError(f"the task {name} is not running")


def refuse_cancelled(cart: Cart) -> None:
    """Refuses any step forward once the customer has cancelled."""
    if cart.opened.cancelling:
        raise CancelRequestedError("the order was cancelled")


def deliver_site(cart: Cart, site: Site, now: datetime) -> Cart:
    """The site is there: the point of no return, refused once the order was cancelled."""
    refuse_cancelled(cart)
    order = cart.opened
    _refuse_failed(order)
    tasks = _set_task(order.tasks, TaskName.PROVISION_SITE, TaskStatus.COMPLETED)
    if cart.payment.status is PaymentStatus.SUCCEEDED:
        tasks = _set_task(tasks, TaskName.ACTIVATE_SUBSCRIPTION, TaskStatus.RUNNING)
    return _touch(cart, replace(order, site=site, tasks=tasks), now)


def ask_for_suspension(cart: Cart, now: datetime) -> Cart:
    """The site is there and its payment failed late: stored before the provisioner is asked to suspend it."""
    if cart.payment.status is not PaymentStatus.AWAITING_AUTHENTICATION:
        raise TransitionRefusedError("nothing is owed for the site")
    return _with_site(cart, replace(_delivered_site(cart), suspension_asked_at=now), now)


def suspend_site(cart: Cart, now: datetime) -> Cart:
    """Nobody can use the site until it is paid; one that was paid meanwhile is to be resumed all the same."""
    site = _delivered_site(cart)
    if cart.payment.status is PaymentStatus.SUCCEEDED:
        return cart
    return _with_site(cart, replace(site, suspended=True), now)


def resume_site(cart: Cart, now: datetime, *, final: bool) -> Cart:
    """The site is paid after all and can be used. `final`: no suspension that was asked for can follow."""
    if cart.payment.status is not PaymentStatus.SUCCEEDED:
        raise TransitionRefusedError("the site is not paid")
    site = replace(_delivered_site(cart), suspended=False)
    return _with_site(cart, replace(site, suspension_asked_at=None) if final else site, now)


def _delivered_site(cart: Cart) -> Site:
    _refuse_failed(cart.opened)
    if cart.opened.site is None:
        raise TransitionRefusedError("there is no site")
    return cart.opened.site


def _with_site(cart: Cart, site: Site, now: datetime) -> Cart:
    return cart if site == cart.opened.site else _touch(cart, replace(cart.opened, site=site), now)


def attempt_domain(cart: Cart, domain: Domain, now: datetime) -> Cart:
    """The record of an attempt. One more is the point of no return: stored before the registrar is asked,
    refused once the order has failed or was cancelled.
    """
    require_running(cart, TaskName.REGISTER_DOMAIN)
    before = cart.opened.domain
    if before is None or domain.attempt > before.attempt:
        refuse_cancelled(cart)
    return _touch(cart, replace(cart.opened, domain=domain), now)


def deliver_domain(cart: Cart, domain: Domain, now: datetime) -> Cart:
    """The name is registered or transferred and set up; a cancellation came too late for it."""
    order = _uncancelled(cart.opened)
    _refuse_failed(order)
    tasks = _set_task(order.tasks, TaskName.REGISTER_DOMAIN, TaskStatus.COMPLETED)
    tasks = _set_task(tasks, TaskName.ACTIVATE_SUBSCRIPTION, TaskStatus.RUNNING)
    return _touch(cart, replace(order, domain=domain, tasks=tasks), now)


def activate_subscription(cart: Cart, subscription: Subscription, now: datetime) -> Cart:
    """The renewal subscription is there."""
    order = cart.opened
    _refuse_failed(order)
    tasks = _set_task(order.tasks, TaskName.ACTIVATE_SUBSCRIPTION, TaskStatus.COMPLETED)
    return _touch(cart, replace(order, subscription=subscription, tasks=tasks), now)


def fail_order(cart: Cart, failure: Failure, now: datetime) -> Cart:
    """From here on nothing may be charged or delivered: the running task failed, later ones are skipped.

    An order that was cancelled is stopped as cancelled, whatever failed meanwhile.
    """
    order = cart.opened
    if order.status.terminal:
        raise TransitionRefusedError(f"the order is {order.status}")
    if order.failure is not None:
        return cart
    if order.cancelling:
        stopped = replace(order, failure=CANCELLED, tasks=_end_tasks(order.tasks, _CANCELLED_TASKS))
    else:
        stopped = replace(order, failure=failure, tasks=_end_tasks(order.tasks, _FAILED_TASKS))
    return _touch(cart, stopped, now)


def settle_failed_payment(cart: Cart, payment: Payment, now: datetime) -> Cart:
    """The money's end after a failure: cancelled, failed, refund pending or refunded; the site is gone."""
    order = cart.opened
    if order.failure is None:
        raise TransitionRefusedError("the order has not failed")
    advance(PAYMENT, cart.payment.status, payment.status)
    ended = None if order.subscription is None else replace(order.subscription, status="canceled")
    domain = None if order.domain is None else replace(order.domain, status=DomainStatus.FAILED, zone_id=None)
    undone = replace(order, site=None, domain=domain, subscription=ended)
    return _touch(cart, undone, now, payment=payment)


def close_order(cart: Cart, now: datetime) -> Cart:
    """The terminal state: completed when all tasks are, cancelled or failed when it was stopped."""
    order = cart.opened
    if order.status.terminal:
        return cart
    if order.failure is None:
        target = OrderStatus.COMPLETED
    else:
        target = OrderStatus.CANCELLED if order.stopped_by_customer else OrderStatus.FAILED
    if target is OrderStatus.COMPLETED and any(t.status is not TaskStatus.COMPLETED for t in order.tasks):
        raise TransitionRefusedError("a task is not completed")
    closed = replace(order, status=advance(ORDER, order.status, target))
    return replace(
        _touch(cart, closed, now),
        status=advance(CART, cart.status, CartStatus.CHECKED_OUT),
        slot=cart.slot if target is OrderStatus.COMPLETED else None,
    )


def _touch(cart: Cart, order: Order, now: datetime, *, payment: Payment | None = None) -> Cart:
    return replace(
        cart, order=replace(order, updated_at=now), updated_at=now, payment=payment or cart.payment
    )


def _refuse_failed(order: Order) -> None:
    if order.failure is not None or order.status.terminal:
        raise TransitionRefusedError(f"the order is {order.status} and takes no further step")


def _uncancelled(order: Order) -> Order:
    if order.cancellation is None:
        return order
    return replace(order, cancellation=replace(order.cancellation, refused=True))


def _set_task(tasks: Iterable[Task], name: TaskName, status: TaskStatus) -> tuple[Task, ...]:
    return tuple(
        replace(task, status=advance(TASK, task.status, status)) if task.name is name else task
        for task in tasks
    )


_FAILED_TASKS: Final = {TaskStatus.RUNNING: TaskStatus.FAILED, TaskStatus.PENDING: TaskStatus.SKIPPED}
_CANCELLED_TASKS: Final = dict.fromkeys((TaskStatus.RUNNING, TaskStatus.PENDING), TaskStatus.CANCELLED)


def _end_tasks(tasks: Iterable[Task], ended: Mapping[TaskStatus, TaskStatus]) -> tuple[Task, ...]:
    return tuple(
        replace(task, status=advance(TASK, task.status, ended.get(task.status, task.status)))
        for task in tasks
    )


def require_ended(cart: Cart) -> None:
    """Refuses to tell of an order, or to settle that it was told of, while it may still change."""
    if not cart.opened.status.terminal:
        raise TransitionRefusedError("the order is not terminal")


def settle_callback(cart: Cart, status: CallbackStatus, now: datetime) -> Cart:
    """What became of the notification; the order itself stays as it is."""
    require_ended(cart)
    return replace(cart, callback=status, updated_at=now)
